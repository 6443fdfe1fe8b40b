"""Two different factors in one attempt: sshd, sudo, `stepup verify`."""

import ssh
from ssh import Conversation, typed
from terminal import CODE, PASSWORD

TWO = """[defaults]
requirement = "required"
two_different_factors = true
"""
SECOND = r"Second code \(\? for help\): "


def test_sshd_lets_in_after_two_proofs_of_different_kinds_and_not_after_one(alice, policy):
    policy(TWO)
    with Conversation(alice, typed(alice, alice.totp.code(), alice.recovery_codes[0])) as login:
        assert login.granted, login.error
        assert [text for text, _ in login.prompts] == [
            "Password: ", "Code (? for help): ",
            "Accepted. One more is needed, of another kind.\nSecond code (? for help): "]
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert not login.granted
    wrong = alice.totp.wrong_code()
    with Conversation(alice, typed(alice, alice.recovery_codes[1], wrong, wrong, wrong)) as login:
        assert not login.granted


def test_what_was_proved_at_the_login_is_a_window_for_sudo_that_wants_two(alice, policy, terminals):
    policy(TWO)
    shell = terminals(two_proofs(alice))
    assert not shell.asks("sudo -k id", (PASSWORD, alice.password))
    assert "uid=0(root)" in shell.run("sudo -k id", (PASSWORD, alice.password)).output


def two_proofs(user):
    from terminal import Shell
    shell = Shell(ssh.command(user, "-tt"))
    shell.play((PASSWORD, user.password), (CODE, user.totp.code()), (SECOND, user.recovery_codes[0]))
    return shell.ready()


def test_sudo_that_wants_two_is_not_satisfied_by_a_login_that_proved_one(alice, policy, terminals):
    policy('[defaults]\nrequirement = "required"\n[[rule]]\nname = "two"\nmatch = { services = ["sudo"] }\n'
           'two_different_factors = true\n')
    shell = terminals(ssh.login(alice, code=alice.totp.code()))
    ran = shell.run("sudo -k id", (PASSWORD, alice.password), (CODE, alice.recovery_codes[0]),
                    (SECOND, alice.totp.code()))
    assert "uid=0(root)" in ran.output
    assert not shell.asks("sudo -k id", (PASSWORD, alice.password)), "both are recent now"


def test_stepup_verify_asks_for_both_and_who_has_one_kind_is_told(alice, policy):
    policy(TWO)
    with alice.terminal("stepup", "verify") as screen:
        screen.play((CODE, alice.totp.code()), (SECOND, alice.recovery_codes[0]))
        assert screen.finish() == 0, screen.transcript
    with alice.terminal("stepup", "verify", "totp") as screen:
        assert screen.finish() != 0
        assert "Two different factors are needed here" in screen.transcript
