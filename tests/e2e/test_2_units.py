"""The running units: what systemd says of them, and what a program under the same restrictions can do."""

import re

import pytest

PROBE = "/root/probe.py"
SHOWN = {"User": "stepup", "DynamicUser": "no", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
         "AmbientCapabilities": "", "PrivateNetwork": "yes", "ProtectHome": "yes", "ProtectSystem": "strict",
         "ProtectProc": "default", "ProcSubset": "all", "PrivateUsers": "no", "RuntimeDirectory": "",
         "RestrictAddressFamilies": "AF_UNIX", "MemoryDenyWriteExecute": "yes", "Restart": "always", "Type": "notify",
         "WatchdogUSec": "15s", "StartLimitIntervalUSec": "0", "MemoryMax": "536870912", "UMask": "0077",
         "PrivateDevices": "yes", "DevicePolicy": "closed"}
ATTEMPTS = {"a Unix socket": "allowed", "an internet socket": "EAFNOSUPPORT", "a netlink socket": "EAFNOSUPPORT",
            "its state": "allowed", "write /etc": "EROFS", "write /run/stepup": "EACCES", "list /home": "EACCES",
            "list /root": "EACCES", "another's database": "EACCES", "the master key's file": "EACCES",
            "run a program": "EACCES", "a new user namespace": "EPERM", "become root": "EPERM", "mount": "EPERM",
            "trace its parent": "EPERM", "set the clock": "EPERM", "a set-user-id file": "EPERM",
            "see another process": "allowed", "the system bus": "allowed", "reach a host": "EAFNOSUPPORT"}


@pytest.fixture(scope="module")
def installed(machine, debs):
    machine.install(debs)
    return machine


@pytest.mark.parametrize("name", SHOWN)
def test_the_running_service_says(installed, name):
    assert installed.run("systemctl", "show", "--value", "--property", name, "stepupd.service").strip() == SHOWN[name]


def test_its_exposure_is_at_most_0_6(installed):
    said = installed.run("systemd-analyze", "security", "--no-pager", "--threshold=6", "stepupd.service")
    assert float(re.search(r"exposure level for stepupd.service: ([\d.]+)", said)[1]) <= 0.6


def test_the_process_has_no_capability_and_a_filter(installed):
    pid = installed.run("systemctl", "show", "--value", "--property", "MainPID", "stepupd.service").strip()
    status = installed.run("cat", f"/proc/{pid}/status")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert re.search(rf"^{name}:\s+0+$", status, re.M), status
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M) and re.search(r"^Seccomp:\s+2$", status, re.M)


def test_its_threads_are_far_from_what_the_unit_lets_it_have(installed):
    pid = installed.run("systemctl", "show", "--value", "--property", "MainPID", "stepupd.service").strip()
    most = int(installed.run("systemctl", "show", "--value", "--property", "TasksMax", "stepupd.service"))
    threads = int(re.search(r"^Threads:\s+(\d+)$", installed.run("cat", f"/proc/{pid}/status"), re.M)[1])
    assert threads + 32 <= most <= 256, threads


def test_the_sockets_folder_is_root_s_and_outlives_the_service(installed):
    assert installed.run("stat", "-c", "%U %a %F", "/run/stepup") == "root 755 directory\n"
    before = installed.run("stat", "-c", "%i", "/run/stepup/pam.sock")
    installed.run("systemctl", "stop", "stepupd.service")
    assert installed.run("stat", "-c", "%i", "/run/stepup/pam.sock") == before
    installed.run("systemctl", "start", "stepupd.service")


@pytest.fixture(scope="module")
def verdicts(installed, request):
    """What became of each attempt of probe.py, run in the daemon's place: by a unit that differs in ExecStart alone."""
    installed.copy_in(request.path.with_name("probe.py"))
    installed.run("install", "-m", "755", PROBE, "/usr/lib/probe.py")
    unit = (installed.root / "lib/systemd/system/stepupd.service").read_text(encoding="utf-8")
    unit = re.sub(r"^ExecStart=.*$", "ExecStart=/usr/bin/python3 -I -B /usr/lib/probe.py", unit, flags=re.M)
    unit = re.sub(r"^(ExecPaths=.*)$", r"\1 /usr/bin/python3.11 /usr/bin/python3", unit, flags=re.M)
    unit = re.sub(r"^(Restart|WatchdogSec|Requires|After)=.*$", "", unit, flags=re.M)
    unit = unit.replace("Type=notify", "Type=oneshot").replace("NotifyAccess=main", "StandardOutput=file:/run/verdicts")
    (installed.root / "etc/systemd/system/probe.service").write_text(unit, encoding="utf-8")
    installed.run("sh", "-c", "install -d -m 700 /var/lib/other && touch /var/lib/other/other.db")
    installed.run("systemctl", "daemon-reload")
    installed.run("systemctl", "stop", "stepupd.service")
    installed.run("systemctl", "start", "probe.service")
    return dict(line.split(": ", 1) for line in installed.run("cat", "/run/verdicts").splitlines())


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_in_the_daemon_s_place(verdicts, attempt):
    assert verdicts[attempt] == ATTEMPTS[attempt]
