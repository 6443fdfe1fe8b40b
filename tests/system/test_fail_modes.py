"""The ways in that docs/fail-modes.md shows: they open where the page says so, and nowhere else."""

import json
import pathlib
import re
import subprocess

import pytest

from host import run
from people import User
from ssh import Conversation, typed
from terminal import CODE, PASSWORD, Shell, Terminal

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/fail-modes.md"
REST = "session required pam_loginuid.so\nsession optional pam_stepup.so\n@include common-session\n"


@pytest.fixture
def console(host):
    """console(name) makes what the page shows under that name login's stack, for this test."""
    page = PAGE.read_text(encoding="utf-8")

    def change(name):
        shown = re.search(rf"<!-- stack of tests/system/test_fail_modes.py: {name} -->\n```text\n(.*?)```", page, re.S)
        host.write_stack("login", shown[1] + REST)

    yield change
    host.use_stack("login")


@pytest.fixture(scope="module")
def breakglass(host):
    """The account of the page, with nothing enrolled."""
    return User("breakglass")


def gets_in(user, *codes):
    """Whether login at a console lets `user` in, who has his password and these codes."""
    with Shell(["login", user.name]) as terminal:
        terminal.play((PASSWORD, user.password), *[(CODE, code) for code in codes])
        return terminal.ready().run("id -un").output == f"{user.name}\n"


def is_refused(user):
    with Terminal(["login", user.name]) as terminal:
        terminal.play((PASSWORD, user.password))
        terminal.expect("Login incorrect|StepUp is not answering")
        return True


def verdict():
    """What `stepup pam status` says of login: the verdict and the remarks."""
    services = json.loads(subprocess.run(["stepup", "pam", "status", "--json"], capture_output=True, text=True,
                                         check=False).stdout)["services"]
    return next(one for one in services if one["service"] == "login")


def test_the_open_console_asks_while_the_daemon_answers_and_lets_pass_while_it_does_not(alice, console, daemon):
    console("open")
    assert gets_in(alice, alice.totp.code())
    with Terminal(["login", alice.name]) as terminal:
        terminal.play((PASSWORD, alice.password), *[(CODE, alice.totp.wrong_code())] * 3)
        terminal.expect("Login incorrect")
    daemon("stop")
    assert gets_in(alice)
    with Conversation(alice, typed(alice)) as login:
        assert not login.granted, "sshd's stack is another"


def test_the_shipped_console_lets_nobody_pass_while_the_daemon_does_not_answer(alice, daemon):
    daemon("stop")
    assert is_refused(alice)


def test_the_account_behind_glass_gets_in_at_the_console_whatever_is_broken_and_nobody_else_does(
        alice, breakglass, console, policy, daemon):
    console("account")
    policy('[defaults]\nrequirement = "required"\n')
    assert gets_in(breakglass), "although it has no factor and policy asks for one"
    with Conversation(breakglass, typed(breakglass)) as login:
        assert not login.granted, "not over ssh"
    assert gets_in(alice, alice.totp.code())
    daemon("stop")
    assert gets_in(breakglass)
    assert is_refused(alice)


@pytest.mark.parametrize("name", ["open", "account"])
def test_status_tells_what_such_a_stack_opens(name, console):
    console(name)
    assert verdict()["verdict"] == {"open": "weak", "account": "weak"}[name], verdict()
    assert run("stepup", "pam", "status") != ""
