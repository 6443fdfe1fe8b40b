"""A name service that hangs, fails or is not there: the strictest outcome, in time, and for nobody else's login."""

import contextlib
import fcntl
import pathlib
import shutil
import subprocess
import threading

import pytest

import ssh
from conftest import BUILD
from door import log_in
from ssh import Conversation, typed
from terminal import PASSWORD
from waiting import wait_for

LOCK = pathlib.Path("/run/rig/names")
AWAY = pathlib.Path("/run/rig/away")
LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/libnss_rig.so.2")
NAMES = pathlib.Path("/etc/nsswitch.conf")
GROUPS = pathlib.Path("/etc/group")
AT_ONCE = 64  # logins that one user may have at the same time

BY_GROUP = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "by group"
match = {{ groups = ["{}"], services = ["sshd"] }}
requirement = "required"
"""


@pytest.fixture
def directory():
    """A directory behind /etc/passwd and /etc/group, asked by everybody on this machine."""
    if not LIBRARY.exists():  # never written over: stepupd has it mapped by then
        shutil.copy(BUILD / "tests" / "rig" / "libnss_rig.so", LIBRARY)
    before = NAMES.read_text(encoding="utf-8")
    kept = [line for line in before.splitlines() if not line.startswith(("group:", "initgroups:"))]
    NAMES.write_text("\n".join([*kept, "group: files rig", ""]), encoding="utf-8")
    yield
    NAMES.write_text(before, encoding="utf-8")


def is_asked(user):
    with Conversation(user, typed(user)) as login:
        assert login.granted == (len(login.prompts) == 1), login.prompts
        return not login.granted


def logins_under_way():
    """Connections to stepupd that it has accepted, and those that it has not yet."""
    shown = subprocess.run(["ss", "--no-header", "--unix", "state", "connected"], capture_output=True, text=True,
                           check=True).stdout
    return sum("/run/stepup/pam.sock" in line for line in shown.splitlines())


def test_a_group_that_the_directory_cannot_tell_is_everybody_s(alice, directory, policy):
    policy(BY_GROUP.format("sudo"))
    assert is_asked(alice), "who is in it"
    policy(BY_GROUP.format("nopasswd"))
    assert not is_asked(alice), "who is not"
    policy(BY_GROUP.format("gone-admins"))
    assert is_asked(alice), "who may be"


def test_while_the_directory_is_away_everybody_may_be_in_a_group_of_the_host_s_own(bob, directory, policy):
    policy(BY_GROUP.format("sudo"))
    assert not is_asked(bob)
    AWAY.touch()
    try:
        with Conversation(bob, typed(bob)) as login:
            assert not login.granted and len(login.prompts) > 1, "the directory could have put him into it"
    finally:
        AWAY.unlink()
    assert not is_asked(bob)


def test_a_group_of_ten_thousand_members_hides_nothing(bob, policy):
    policy(BY_GROUP.format("sudo"))
    before = GROUPS.read_text(encoding="utf-8")
    members = ",".join(f"somebody{number}" for number in range(10_000))
    try:
        GROUPS.write_text(f"{before}crowd:x:4711:{members}\n", encoding="utf-8")
        assert not is_asked(bob)
    finally:
        GROUPS.write_text(before, encoding="utf-8")


def test_without_a_group_database_everybody_is_in_every_group(bob, policy):
    policy(BY_GROUP.format("sudo"))
    assert not is_asked(bob)
    text = GROUPS.read_bytes()
    try:
        GROUPS.unlink()
        with Conversation(bob, typed(bob)) as login:
            assert not login.granted
            assert len(login.prompts) > 1, "he is asked for a code"
    finally:
        GROUPS.write_bytes(text)
    assert not is_asked(bob)


def test_a_lookup_that_hangs_is_refused_in_time_and_holds_up_nobody_else(alice, new_user, directory, policy, host, stack):
    slow = new_user("slow")
    policy(BY_GROUP.format("sudo"))
    lock = open(LOCK, "w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)
    replies = []
    hung = [threading.Thread(target=lambda: replies.append(log_in(slow.name)[-1])) for _ in range(AT_ONCE)]
    before = logins_under_way()
    try:
        for each in hung:
            each.start()
        wait_for(lambda: logins_under_way() >= before + AT_ONCE, "all of them wait for the directory")
        with Conversation(alice, typed(alice, alice.totp.code())) as login:
            assert login.granted and login.run("id -un") == (0, f"{alice.name}\n")
        text = pathlib.Path("/etc/pam.d/sshd").read_text(encoding="utf-8")
        host.write_stack("sshd", text.replace("pam_stepup.so", "pam_stepup.so timeout=5"))
        with Conversation(slow, typed(slow)) as login:
            assert not login.granted, "the module's time is over before the directory's"
            assert [prompt for prompt, _ in login.prompts] == ["Password: "], "and nothing was asked"
        assert not replies, "they wait still"
    finally:
        lock.close()
        for each in hung:
            with contextlib.suppress(RuntimeError):  # not started
                each.join()
        host.use_stack("sshd")
    # Not in the group, as the directory now says, so nothing is asked.
    assert len(replies) == AT_ONCE and not any(reply.asks for reply in replies)
    assert ssh.run(slow, "id", key=True)[0] == 0
