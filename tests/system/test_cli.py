"""The command line, in a real terminal and in scripts."""

import json
import re

import pytest

from terminal import CODE
from totp import Totp

REFUSED, USAGE, UNREACHABLE, NOT_AUTHORIZED = 1, 2, 3, 4


def data(ran):
    """What a command printed with --json."""
    assert ran.status == 0, ran
    return json.loads(ran.output)


@pytest.fixture
def shell(alice, terminals):
    return terminals(alice.shell())


def test_enrolling_shows_a_qr_code_the_uri_and_the_recovery_codes_once(carol):
    shown = carol.enroll("--label", "phone")
    assert "otpauth://totp/" in shown and "█" in shown
    assert len(set(carol.recovery_codes)) == 10
    with carol.shell() as shell:
        assert carol.recovery_codes[0] not in shell.run("stepup recovery").output


def test_enrolling_with_a_wrong_first_code_leaves_nothing_behind(carol, terminals):
    screen = terminals(carol.terminal("stepup", "enroll", "totp"))
    screen.expect(r"secret=([A-Z2-7]+)")
    wrong = Totp(screen.child.match[1]).wrong_code()
    screen.expect(r"[Cc]ode[^\r\n]*: ")
    for _ in range(10):
        screen.type(wrong)
        if screen.expect(r"[Cc]ode[^\r\n]*: ", "") == 1:
            break
    assert screen.finish() != 0
    shell = terminals(carol.shell())
    assert factors(shell) == []


@pytest.mark.parametrize("algorithm, digits", [("SHA256", 8), ("SHA512", 7)])
def test_other_algorithms_and_lengths_work(carol, terminals, algorithm, digits):
    screen = terminals(carol.terminal("stepup", "enroll", "totp", "--algorithm", algorithm, "--digits", str(digits)))
    screen.expect(r"secret=([A-Z2-7]+)")
    totp = Totp(screen.child.match[1], algorithm, digits)
    screen.play((r"[Cc]ode[^\r\n]*: ", totp.code()))
    assert screen.finish() == 0, screen.transcript
    shell = terminals(carol.shell())
    assert shell.run("stepup verify", (CODE, totp.code())).status == 0


def test_list_names_the_factor(alice, shell):
    ran = shell.run("stepup list")
    assert ran.status == 0 and "totp" in ran.output
    assert [factor["type"] for factor in factors(shell)].count("totp") == 1


def test_verify_makes_the_status_recent(alice, shell):
    assert data(shell.run("stepup status --json"))["recent"] is False
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    assert data(shell.run("stepup status --json"))["recent"] is True
    assert not shell.asks("sudo -k id", ("password for", alice.password))


def test_require_guards_a_script(alice, shell):
    assert shell.run("stepup require --no-prompt --window 5m && echo deployed").status == REFUSED
    ran = shell.run("stepup require --window 5m && echo deployed", (CODE, alice.totp.code()))
    assert "deployed" in ran.output
    assert "deployed" in shell.run("stepup require --no-prompt --window 5m && echo deployed").output


def test_lock_ends_the_window(alice, shell):
    shell.run("stepup verify", (CODE, alice.totp.code()))
    assert shell.run("stepup lock").status == 0
    assert data(shell.run("stepup status --json"))["recent"] is False
    assert shell.run("stepup require --no-prompt").status == REFUSED


def test_recovery_counts_what_is_left(alice, shell):
    shell.run("stepup verify", (CODE, alice.recovery_codes[0]))
    assert data(shell.run("stepup recovery --json"))["left"] == 9


def test_new_recovery_codes_void_the_old_ones(alice, shell):
    shell.run("stepup verify", (CODE, alice.totp.code()))
    ran = shell.run("stepup recovery regenerate")
    fresh = re.findall(r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b", ran.output)
    assert len(set(fresh)) == 10 and not set(fresh) & set(alice.recovery_codes)
    old = alice.recovery_codes[0]
    assert shell.run("stepup verify", *[(CODE, old)] * 3).status == REFUSED
    assert shell.run("stepup verify", (CODE, fresh[0])).status == 0


def identifier_of_totp(shell):
    return next(factor["id"] for factor in factors(shell) if factor["type"] == "totp")


def factors(shell):
    return data(shell.run("stepup list --json"))["factors"]


def test_removing_a_factor_needs_a_recent_verification(bob, policy, terminals):
    policy('[defaults]\nrequirement = "optional"\n')
    shell = terminals(bob.shell())
    identifier = identifier_of_totp(shell)
    refused = bob.without_terminal("stepup", "remove", str(identifier))
    assert refused.returncode == NOT_AUTHORIZED, refused
    assert "totp" in [factor["type"] for factor in factors(shell)]
    shell.run("stepup verify", (CODE, bob.totp.code()))
    assert shell.run(f"stepup remove {identifier}").status == 0
    assert "totp" not in [factor["type"] for factor in factors(shell)]


def test_the_last_factor_stays_where_a_rule_requires_one(alice, shell):
    identifier = identifier_of_totp(shell)
    shell.run("stepup verify", (CODE, alice.totp.code()))
    assert shell.run(f"stepup remove {identifier}").status == REFUSED
    assert "totp" in [factor["type"] for factor in factors(shell)]


def test_a_user_sees_only_his_own_factors(alice, carol, terminals):
    assert factors(terminals(carol.shell())) == []


def test_an_unknown_verb_is_a_usage_error(shell):
    assert shell.run("stepup frobnicate").status == USAGE
    assert shell.run("stepup enroll carrier-pigeon").status == USAGE


def test_an_unreachable_daemon_has_an_exit_status_of_its_own(alice, shell, daemon):
    daemon("stop")
    assert shell.run("stepup status").status == UNREACHABLE
    assert shell.run("stepup verify").status == UNREACHABLE
