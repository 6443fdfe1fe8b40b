"""What users type and what the daemon keeps is nowhere to be found: not in logs, journal, core dumps, arguments,
environments, nor in files of ours."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess

import pytest

import journald
import ssh
from conftest import BUILD, TREE
from canaries import Canaries, ProcessWatch, forms_of_base32, forms_of_bytes, forms_of_recovery_code
from host import LOGS, MASTER_KEY, STACKS, master_key
from ssh import Conversation, typed
from terminal import CODE, PASSWORD
from waiting import wait_for

SETTINGS = pathlib.Path("/etc/stepup/stepup.toml")
# The rig's own bookkeeping, and where a secret belongs: the key, the credential made of it, and shadow's hashes.
WHERE_IT_BELONGS = [MASTER_KEY, pathlib.Path("/run/credentials"), pathlib.Path("/run/rig/kept"),
                    pathlib.Path("/run/rig/overlay"), BUILD, TREE]
FOLDERS = ["/var/lib/stepup", "/run", "/tmp", "/var/tmp", "/var/log", "/var/crash", "/dev/shm", "/etc/stepup", "/home"]


@pytest.fixture
def chatty(daemon, stack, host):
    """Everything says all it can: the daemon, the module, and a real journal."""
    SETTINGS.write_text('[log]\nlevel = "debug"\n', encoding="utf-8")
    running = journald.Journald()
    for service in ("sshd", "sudo"):
        text = (STACKS / service).read_text(encoding="utf-8").replace("pam_stepup.so", "pam_stepup.so debug")
        stack(service)
        host.write_stack(service, text)
    daemon("restart")
    yield running
    running.stop()
    SETTINGS.unlink()
    daemon("restart")


@pytest.fixture
def canaries():
    known = Canaries()
    known.add("master key", forms_of_bytes(master_key()))
    return known


@pytest.fixture
def watch(canaries):
    watching = ProcessWatch(canaries)
    watching.start()
    yield watching
    watching.stop()


def everything_below(canaries):
    return canaries.found_below(*FOLDERS, but=WHERE_IT_BELONGS)


def learn(canaries, user):
    """All that is secret about `user`."""
    canaries.add("seed", forms_of_base32(user.totp.secret))
    canaries.add("password", [user.password.encode()])
    for number, code in enumerate(user.recovery_codes):
        canaries.add(f"recovery code {number}", forms_of_recovery_code(code))


def remembered(canaries, user, code=None):
    """A code that is about to be typed."""
    code = code or user.totp.code()
    canaries.add(f"code {code}", [code.encode()])
    return code


def in_sight(watch, program, *dialog):
    """`dialog`, at whose last prompt `program` waits until the watch has looked at it."""
    *others, last = dialog
    yield from others
    wait_for(lambda: program in watch.seen, f"the watch sees {program}")
    yield last


def use_everything(user, canaries, watch, terminals):
    """Logs in by code and recovery code, fails, steps up, and says every verb."""
    with Conversation(user, typed(user, remembered(canaries, user))) as login:
        assert login.granted, login.error
    with Conversation(user, typed(user, user.recovery_codes[0])) as login:
        assert login.granted, login.error
    wrong = remembered(canaries, user, user.totp.wrong_code())
    with Conversation(user, typed(user, wrong, "wrong-canary-answer", user.recovery_codes[0])) as login:
        assert not login.granted
    canaries.add("wrong answer", [b"wrong-canary-answer"])
    shell = terminals(user.shell())
    shell.begin("sudo -k id", in_sight(watch, b"sudo", (PASSWORD, user.password), (CODE, remembered(canaries, user))))
    shell.expect(shell.ENDED)
    started = json.loads(shell.run("stepup enroll totp --json --label other").output)
    canaries.add("other seed", forms_of_base32(started["secret"]))
    for verb in ("list", "status", "recovery", "remove other", "lock --all", "require --no-prompt", "remove --no-prompt 9"):
        shell.run(f"stepup {verb} --json")
    shell.begin("stepup verify --json", in_sight(watch, b"stepup", (CODE, remembered(canaries, user))))
    shell.expect(shell.ENDED)


def test_no_secret_is_left_anywhere(alice, chatty, canaries, watch, daemon, terminals):
    learn(canaries, alice)
    use_everything(alice, canaries, watch, terminals)
    starts = daemon("status")["starts"]
    daemon("kill", number=signal.SIGQUIT)
    wait_for(lambda: (now := daemon("status"))["ready"] and now["starts"] > starts, "the daemon is back")
    with Conversation(alice, typed(alice, alice.recovery_codes[1])) as login:
        assert login.granted, login.error
    subprocess.run(["stepup", "audit", "--json", "-n", "all"], stdout=open("/run/rig/log/audit", "wb"), check=True)
    chatty.sync()
    watch.stop()
    assert everything_below(canaries) == set()
    assert watch.found == set()
    assert {b"stepupd", b"stepup", b"sshd", b"sudo"} <= watch.seen, "the watch saw them at work"
    assert "debug" in pathlib.Path("/etc/pam.d/sshd").read_text(encoding="ascii")


def test_the_scan_finds_what_is_planted(alice, chatty, canaries, watch, tmp_path):
    learn(canaries, alice)
    code = remembered(canaries, alice, "31415926")
    journald.log_as(alice, MESSAGE=f"the code was {code}.")
    chatty.sync()
    raw = forms_of_base32(alice.totp.secret)[0]
    planted = {LOGS / "planted": code.encode(), pathlib.Path("/var/lib/stepup/planted"): b"\0\1" + raw + b"\0",
               pathlib.Path("/tmp/planted"): alice.recovery_codes[3].encode(),
               pathlib.Path("/dev/shm/planted"): master_key().hex().encode()}
    for path, content in planted.items():
        path.write_bytes(content)
    shutil.copyfile("/usr/bin/sleep", tmp_path / "stepup")
    (tmp_path / "stepup").chmod(0o755)
    with subprocess.Popen([tmp_path / "stepup", "60"], env={"CANARY": alice.password}) as process:
        wait_for(lambda: watch.found, "the watch sees the environment")
        process.terminate()
    found = everything_below(canaries)
    for path in planted:
        assert any(where == str(path) for where, _ in found), path
        path.unlink()
    assert any(where.endswith(".journal") and name == f"code {code}" for where, name in found), found


def test_a_daemon_that_dies_leaves_no_core_where_others_do(daemon, tmp_path):
    """Others do: a process like it, in the same folder. The daemon does not even let itself be looked into."""
    victim = subprocess.Popen(["sleep", "60"], cwd=tmp_path, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
    victim.send_signal(signal.SIGQUIT)
    victim.wait()
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()
    if not pattern.startswith(("|", "/")):
        assert list(tmp_path.glob("core*")), "the host writes core files"
    before = daemon("status")
    assert os.stat(f"/proc/{before['pid']}/environ").st_uid == 0, "not dumpable: its /proc is root's"
    daemon("kill", number=signal.SIGQUIT)
    after = wait_for(lambda: (now := daemon("status"))["ready"] and now["starts"] > before["starts"] and now,
                     "the daemon is back")
    assert "SIGQUIT" in after["last_end"] and "core" not in after["last_end"]
