"""A host with a TPM (swtpm's): its master key opens there and nowhere else."""

import subprocess

import pytest

from machine import RUN
from person import Person
from waiting import wait_for

pytestmark = pytest.mark.long
TPM = "swtpm:path=/swtpm/sock"


@pytest.fixture(scope="module")
def tpm():
    """The folder of a software TPM that runs."""
    folder = RUN / "swtpm"
    folder.mkdir()
    subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", folder, "--createek"], check=True, stdout=subprocess.DEVNULL)
    running = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--server",
                                f"type=unixio,path={folder}/sock", "--ctrl", f"type=unixio,path={folder}/sock.ctrl",
                                "--flags", "not-need-init,startup-clear"])
    wait_for((folder / "sock").exists, "swtpm")
    yield folder
    running.terminate()
    running.wait()


@pytest.fixture(scope="module")
def host(machine, tpm, debs):
    """Installed with the TPM in place: systemd is told of it by its environment, since no kernel driver knows it."""
    machine.extra = [f"--bind={tpm}:/swtpm", f"--setenv=SYSTEMD_TPM2_DEVICE={TPM}"]
    machine.reboot()
    machine.install(debs)
    return machine


def extend(tpm, pcr):
    """What new firmware would do: another measurement."""
    subprocess.run(["tpm2_pcrextend", "-T", f"swtpm:path={tpm}/sock", f"{pcr}:sha256={'ab' * 32}"], check=True)


def flush():
    """Ends sessions and objects that were left open: no kernel does it here, and the TPM has room for three."""
    for what in ("--loaded-session", "--transient-object"):
        subprocess.run(["tpm2_flushcontext", "-T", f"swtpm:path={RUN}/swtpm/sock", what], check=True)


def seal(host, *how):
    """Seals the same key in another way."""
    flush()
    host.run("sh", "-c", f"umask 077; trap 'rm -f /run/key' EXIT; export SYSTEMD_TPM2_DEVICE={TPM}; systemd-creds decrypt --name=master.key /etc/stepup/master.cred /run/key && "
             f"systemd-creds encrypt --name=master.key {' '.join(how)} /run/key /run/cred && "
             "mv /run/cred /etc/stepup/master.cred")


def serves(host):
    flush()
    host.try_run("systemctl", "restart", "stepupd.service")
    return host.try_run("systemctl", "is-active", "stepupd.service").stdout == "active\n"


@pytest.fixture(scope="module")
def sealed(host):
    """The key that stepupd made, sealed by it as it is where systemd sees a TPM: here the kernel knows of none."""
    real = host.root / "usr/bin/systemd-creds"
    bare = real.with_name("systemd-creds.bare")
    real.rename(bare)
    real.write_text(f'#!/bin/sh\nwhat=$1\nshift\n[ "$what" != encrypt ] || set -- --with-key=tpm2 "$@"\n'
                    f'SYSTEMD_TPM2_DEVICE={TPM} exec /usr/bin/systemd-creds.bare "$what" "$@"\n', encoding="ascii")
    real.chmod(0o755)
    flush()
    host.run("systemctl", "stop", "stepupd.socket", "stepupd.service")
    host.run("sh", "-c", "rm /etc/stepup/master.cred /var/lib/stepup/stepup.*")
    host.run("/usr/sbin/stepupd", "--make-key", "/etc/stepup/master.cred")
    bare.rename(real)
    host.run("systemctl", "start", "stepupd.socket")


def test_a_key_that_stepupd_sealed_by_the_tpm_opens_on_this_host(host, sealed):
    assert serves(host)
    flush()
    assert host.try_run("systemd-creds", "decrypt", "--name=master.key", "/etc/stepup/master.cred",
                        "-").returncode != 0, "not without the TPM"


def test_a_change_of_the_firmware_keeps_nobody_out(host, tpm):
    extend(tpm, 7)
    assert serves(host)


def test_who_bound_the_key_to_a_pcr_is_told_by_a_failing_unit(host, tpm):
    seal(host, "--with-key=tpm2", "--tpm2-pcrs=7")
    assert serves(host)
    extend(tpm, 7)
    assert not serves(host)
    wait_for(lambda: "status=243/CREDENTIALS" in host.journal("--unit=stepupd.service"), "the reason")
    assert "Current policy digest does not match" in host.journal("--unit=stepupd.service")
    assert host.run("systemctl", "is-active", "stepupd.socket") == "active\n"
