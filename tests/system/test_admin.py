"""The administrator's side: whom he sees, and what he can do to accounts."""

import json
import subprocess

import pytest

from host import run
from people import User
from ssh import Conversation, typed


def stepup(*words):
    """`stepup` run by root, outside of any login: CompletedProcess."""
    return subprocess.run(["stepup", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=60)


def data(*words):
    """What it printed with --json."""
    ran = stepup(*words, "--json")
    assert ran.returncode == 0, ran
    return json.loads(ran.stdout)


def lines(*words):
    """The same where it prints one object a line, by user."""
    ran = stepup(*words, "--json")
    assert ran.returncode == 0, ran
    return {one["user"]: one for one in map(json.loads, ran.stdout.splitlines())}


def test_the_status_of_a_user_tells_factors_codes_and_the_last_proof(alice):
    status = data("admin", "status", alice.name)
    assert (status["factors"], status["codes_left"], status["codes_issued"]) == (1, 10, 10)
    assert status["required"] and status["enrolled"] and not status["locked"]
    with Conversation(alice, typed(alice, alice.recovery_codes[0])) as login:
        assert login.granted
    status = data("admin", "status", alice.name)
    assert status["codes_left"] == 9 and status["last_verified"]


def test_everybody_with_a_factor_is_listed_and_nobody_else(alice, bob, carol):
    listed = lines("admin", "status")
    assert {alice.name, bob.name} <= listed.keys()
    assert carol.name not in listed
    missing = lines("admin", "status", "--not-enrolled")
    assert carol.name in missing and not {alice.name, bob.name} & missing.keys()
    assert "sshd" not in missing and "stepup" not in missing


def test_a_locked_account_is_shown_as_locked(bob):
    for _ in range(4):
        with Conversation(bob, typed(bob, *[bob.totp.wrong_code()] * 3)) as login:
            assert not login.granted
    assert data("admin", "status", bob.name)["failures"] >= 3


def test_only_root_sees_accounts(alice):
    refused = alice.without_terminal("stepup", "admin", "status", alice.name)
    assert refused.returncode == 4, refused


@pytest.fixture
def leaver(new_user):
    """A user with a factor whose account is gone."""
    user = new_user("dave")
    user.enroll()
    run("userdel", user.name)
    return user


def heir(name, uid):
    """A new account with this name and uid."""
    user = object.__new__(User)
    run("useradd", "--uid", str(uid), "--no-create-home", "--shell", "/bin/bash", name)
    user.name = name
    return user


def test_factors_of_a_deleted_account_are_orphans(leaver, alice):
    orphans = lines("admin", "status", "--orphans")
    assert orphans[leaver.name]["account"] == "gone"
    assert alice.name not in orphans


def test_a_recycled_uid_inherits_nothing(leaver):
    heir(leaver.name + "x", leaver.entry.pw_uid)
    assert not data("admin", "status", leaver.name + "x")["enrolled"]
    assert lines("admin", "status", "--orphans")[leaver.name]["account"] == "gone"


def test_a_recycled_name_inherits_nothing(leaver):
    heir(leaver.name, leaver.entry.pw_uid + 5000)
    assert not data("admin", "status", leaver.name)["enrolled"]
    assert lines("admin", "status", "--orphans")[leaver.name]["account"] == "other-uid"
