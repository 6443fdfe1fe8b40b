"""What users do with their factors over a real bus and a real store."""

import json
import subprocess

import pytest

import ssh
from ssh import Conversation
from terminal import CODE
from totp import Totp

REFUSED, USAGE, NOT_AUTHORIZED = 1, 2, 4
ONE_CODE = r"Code of [^\r\n]*: "


def data(ran, status=0):
    """What a command printed with --json."""
    assert ran.status == status, ran
    return json.loads(ran.output[ran.output.index("{"):])


def factors(shell):
    return data(shell.run("stepup list --json"))["factors"]


def labels(shell):
    return [factor["label"] for factor in factors(shell) if factor["type"] == "totp"]


def events(user, name):
    """The fields of that event's records about `user`, oldest first."""
    done = subprocess.run(["stepup", "audit", "--json", "--lines", "all", "--user", user.name, "--event", name],
                          check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def shell(bob, terminals):
    """Bob's, where he has just proved his phone."""
    opened = terminals(bob.shell())
    assert opened.run("stepup verify", (CODE, bob.totp.code())).status == 0
    return opened


@pytest.fixture
def tablet(shell):
    """Bob's second factor."""
    started = data(shell.run("stepup enroll totp --label tablet --json"))
    totp = Totp(started["secret"])
    assert shell.run(f"stepup confirm {started['id']} {totp.code()}").status == 0
    return totp


def test_the_primary_is_what_a_login_lists_first(bob, shell, tablet):
    assert labels(shell) == ["totp", "tablet"]
    assert shell.run("stepup primary tablet", (CODE, tablet.code())).status == 0
    assert labels(shell) == ["tablet", "totp"]
    asked = iter([bob.password, "?", tablet.code()])
    with Conversation(bob, lambda prompt: next(asked)) as login:
        assert login.granted, login.error
        menu = login.prompts[2][0]
    assert menu.index('1  totp "tablet"') < menu.index('2  totp "totp"')
    assert events(bob, "primary-chosen")


def test_a_new_label_stays_over_a_restart_and_is_audited(bob, shell, daemon):
    assert shell.run("stepup rename totp 'old phone'").status == 0
    daemon("restart")
    assert labels(shell) == ["old phone"]
    assert events(bob, "factor-renamed")
    assert data(shell.run("stepup rename 'old phone' 'recovery codes' --json"), REFUSED)["error"] == "AlreadyEnrolled"


def test_changes_need_a_verification_in_this_very_session(bob, shell, terminals):
    other = terminals(bob.shell())
    for verb in ("rename totp x", "primary totp", "remove totp", "recovery regenerate", "disable --yes"):
        ran = other.run(f"stepup {verb} --no-prompt --json")
        assert data(ran, NOT_AUTHORIZED)["error"] == "StepUpRequired", verb
    assert labels(shell) == ["totp"]


def test_disable_ends_it_all_where_policy_lets_it(bob, shell):
    assert data(shell.run("stepup disable --yes --json")) == {"removed": 1}
    assert factors(shell) == []
    status = data(shell.run("stepup status --json"))
    assert status["enrolled"] is False and status["recent"] is False
    assert events(bob, "factors-disabled")
    with Conversation(bob, ssh.typed(bob)) as login:
        assert login.granted and len(login.prompts) == 1


def test_disable_is_refused_where_a_rule_requires_a_factor(alice, terminals):
    shell = terminals(alice.shell())
    shell.run("stepup verify", (CODE, alice.totp.code()))
    assert data(shell.run("stepup disable --yes --json"), NOT_AUTHORIZED)["error"] == "PolicyForbids"
    assert labels(shell) == ["totp"]


def test_a_challenge_over_the_bus_opens_the_window_of_this_session(bob, terminals):
    shell, other = terminals(bob.shell()), terminals(bob.shell())
    ran = shell.run("stepup verify --service sudo", (r"\[1\] ", "1"), (ONE_CODE, bob.totp.code()))
    assert ran.status == 0, ran
    assert shell.run("stepup require --no-prompt").status == 0
    assert other.run("stepup require --no-prompt").status == REFUSED
    assert data(shell.run("stepup status --json"))["scope"] == "terminal"


def test_a_code_of_another_factor_confirms_nothing_and_says_so(bob, shell):
    started = data(shell.run("stepup enroll totp --label tablet --json"))
    other = data(shell.run("stepup enroll totp --label watch --json"))
    ran = shell.run(f"stepup confirm {started['id']} {bob.totp.code()} --json")
    assert data(ran, REFUSED)["error"] == "WrongFactor"
    ran = shell.run(f"stepup confirm {started['id']} {Totp(other['secret']).code()} --json")
    assert data(ran, REFUSED)["error"] == "DifferentSecret"
    ran = shell.run(f"stepup confirm {started['id']} {bob.recovery_codes[0]} --json")
    assert data(ran, REFUSED)["error"] == "WrongFactor"
    assert [factor["active"] for factor in factors(shell) if factor["type"] == "totp"] == [True, False, False]
    assert data(shell.run("stepup recovery --json"))["left"] == 10


def test_of_two_confirms_at_once_one_wins(bob, shell):
    started = data(shell.run("stepup enroll totp --label tablet --json"))
    confirm = f"stepup confirm {started['id']} {Totp(started['secret']).code()} --no-prompt --json"
    ran = shell.run(f"({confirm}; true) >1 & ({confirm}; true) >2 & wait; cat 1 2")
    assert ran.output.count('"confirmed": true') == 1, ran
    assert ran.output.count('"error"') == 1 and "DifferentSecret" not in ran.output, ran
    assert [factor["active"] for factor in factors(shell) if factor["label"] == "tablet"] == [True]


def test_other_clients_see_what_there_is(host):
    for words in (["busctl", "introspect", "org.stepup.StepUp1", "/org/stepup/StepUp1"],
                  ["gdbus", "introspect", "--system", "--dest", "org.stepup.StepUp1", "--object-path",
                   "/org/stepup/StepUp1"]):
        shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        for method in ("EnrollTotp", "Rename", "Begin", "Answer", "Unlock"):
            assert method in shown, words
