"""What the packages' scripts do, and what the packages bring, where no package manager is needed to see it."""

import os
import pathlib
import re
import subprocess

import pytest

from host import MASTER_KEY

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("STEPUP_BUILD", TREE / "build"))
GUIDES = pathlib.Path("/usr/share/doc/stepup")


@pytest.fixture
def systemctl(tmp_path):
    """A systemctl that only notes what it is told: (PATH with it in front, what it was told)."""
    program, told = tmp_path / "bin/systemctl", tmp_path / "told"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >>{told}\n', encoding="utf-8")
    program.chmod(0o755)
    told.touch()
    return f"{program.parent}:/usr/sbin:/usr/bin:/sbin:/bin", lambda: told.read_text(encoding="utf-8")


def run(script, *words, path="/usr/sbin:/usr/bin:/sbin:/bin"):
    return subprocess.run(["/bin/sh", "-c", script, "sh", *words], capture_output=True, text=True, check=False,
                          env={"PATH": path, "LANG": "C"}, stdin=subprocess.DEVNULL)


# --- rpm ---

@pytest.fixture(scope="module")
def rpms(tmp_path_factory, host):
    out = tmp_path_factory.mktemp("rpm")
    subprocess.run([TREE / "packaging/build-rpm", out], check=True, env={**os.environ, "STEPUP_BUILD": str(BUILD)},
                   stdout=subprocess.DEVNULL)
    return {path.name.split("-")[0]: path for path in out.glob("*.rpm")}


def of_rpm(package, *words):
    return subprocess.run(["rpm", "-qp", *words, package], check=True, capture_output=True, text=True).stdout


def test_an_rpm_is_preset_when_it_comes_and_never_again(rpms, systemctl):
    path, told = systemctl
    script = of_rpm(rpms["stepup"], "--qf", "%{POSTIN}")
    assert run(script, "2", path=path).returncode == 0 and "preset" not in told() and "try-restart" in told()
    assert run(script, "1", path=path).returncode == 0 and "preset stepupd.socket stepupd.service" in told()


@pytest.mark.parametrize("package", ["stepup", "pam_stepup"])
@pytest.mark.parametrize("place", ["/etc/pam.conf", "/etc/pam.d/shop", "/usr/lib/pam.d/shop"])
def test_neither_rpm_goes_while_a_stack_names_the_module(rpms, systemctl, host, package, place):
    path, told = systemctl
    script = of_rpm(rpms[package], "--qf", "%{PREUN}")
    stacks = [file for file in pathlib.Path("/etc/pam.d").iterdir() if "pam_stepup" in file.read_text(encoding="utf-8")]
    texts = [file.read_text(encoding="utf-8") for file in stacks]
    try:
        for file, text in zip(stacks, texts):
            file.write_text("".join("#" + line for line in text.splitlines(keepends=True)), encoding="utf-8")
        assert run(script, "0", path=path).returncode == 0, "named by comments alone"
        pathlib.Path(place).write_text("auth required pam_stepup.so\n", encoding="utf-8")
        before = told()
        ran = run(script, "0", path=path)
        assert ran.returncode == 1 and place in ran.stderr and "stepup pam disable" in ran.stderr, ran
        assert told() == before, "the daemon goes on"
        assert run(script, "1", path=path).returncode == 0, "an upgrade"
    finally:
        pathlib.Path(place).unlink(missing_ok=True)
        for file, text in zip(stacks, texts):
            file.write_text(text, encoding="utf-8")


def test_the_rpms_bring_the_folders_the_guides_and_the_examples(rpms):
    files = of_rpm(rpms["stepup"], "-l").split()
    for path in ("/etc/stepup/suspicious.d", f"{GUIDES}/first-hour.md", f"{GUIDES}/migrate/README.md",
                 f"{GUIDES}/examples/sshd_config.d/00-stepup.conf"):
        assert path in files
    assert f"{GUIDES}/examples/pam.d/sshd" in of_rpm(rpms["pam_stepup"], "-l").split()


# --- Debian ---

def test_a_host_that_cannot_seal_a_key_yet_is_left_configured_and_told(host):
    """As in a chroot: /etc/machine-id is empty, and nothing was sealed there before."""
    script = (TREE / "packaging/debian/stepup.postinst").read_text(encoding="utf-8")
    machine, key, database = pathlib.Path("/etc/machine-id"), MASTER_KEY, pathlib.Path("/var/lib/stepup/stepup.db")
    secret = pathlib.Path("/var/lib/systemd/credential.secret")
    before, aside = machine.read_bytes(), [(path, path.with_name(path.name + ".aside")) for path in (key, database, secret)
                                           if path.exists()]
    for path, kept in aside:
        path.rename(kept)
    machine.write_bytes(b"")
    try:
        ran = run(script, "configure")
        assert ran.returncode == 0, ran
        assert f'make it on the host itself, by "stepupd --make-key {key}"' in ran.stderr and not key.exists(), ran
        machine.write_bytes(before)
        ran = run(script, "configure")
        assert ran.returncode == 0 and key.exists() and "recovery-share" in ran.stdout, ran
    finally:
        machine.write_bytes(before)
        for path, kept in aside:
            kept.replace(path)


@pytest.mark.parametrize("is_the_hosts, installed, stays", [(True, 1, True), (True, 2, True), (False, 2, False)])
def test_the_module_of_this_host_stays_while_a_stack_names_it_also_beside_another_architectures(
        host, is_the_hosts, installed, stays):
    script = (TREE / "packaging/debian/libpam-stepup.prerm").read_text(encoding="utf-8")
    own = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    surrounding = (f"export DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT={installed} "
                   f"DPKG_MAINTSCRIPT_ARCH={own if is_the_hosts else 'another'}\n")
    ran = run(surrounding + script, "remove")
    assert (ran.returncode != 0) == stays and ("/etc/pam.d/sshd" in ran.stderr) == stays, ran


# --- what is read on the host ---

def test_links_of_the_guides_lead_to_others_that_are_installed(host):
    pages = sorted(GUIDES.rglob("*.md"))
    assert {"first-hour.md", "fail-modes.md", "policy.md"} <= {page.name for page in pages}
    lost = [(page.name, link) for page in pages
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
            if not (page.parent / link).exists()]
    assert not lost


def test_what_manuals_and_settings_point_to_is_installed(host):
    pages = [*(TREE / "docs/man").iterdir(), *(TREE / "packaging").glob("*.toml")]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    named = {path for text in texts for path in re.findall(rf"{GUIDES}/[\w./-]*\w", text)}
    assert {f"{GUIDES}/pam-lines.md", f"{GUIDES}/storage.md", f"{GUIDES}/policy.md"} <= named
    assert not [path for path in named if not pathlib.Path(path).exists()]
    assert not [text for text in texts if re.search(r"(?<![\w/])docs/", text)], "docs/ is in the source alone"


# --- SELinux ---

def test_the_selinux_module_has_people_and_their_logins_connect_to_the_daemons_own_label(tmp_path):
    source = TREE / "packaging/selinux/stepup.te"
    subprocess.run(["checkmodule", "-M", "-m", "-o", tmp_path / "stepup.mod", source], check=True)
    text = source.read_text(encoding="utf-8")
    assert set(re.findall(r"(\w+):unix_stream_socket connectto", text)) == {"stepupd_t", "system_dbusd_t", "syslogd_t"}, \
        "systemd gives a socket the label of its service"
    assert re.search(r"allow init_t stepupd_t:unix_stream_socket \{ create bind listen", text)
    assert "allow stepupd_t self:unix_stream_socket { accept" in text
    client = r"(?:typeattribute|allow) (\w+) (?:stepup_client;|stepupd_t:unix_stream_socket connectto)"
    clients = set(re.findall(client, text))
    assert {"sshd_t", "sshd_session_t", "local_login_t", "xdm_t", "policykit_auth_t", "sudodomain", "userdomain"} <= clients
