"""Real sshd, password and code, key and code."""

import pytest

import ssh
from host import run
from ssh import Conversation, typed

KEY_AND_CODE = "AuthenticationMethods publickey,keyboard-interactive:pam"
PASSWORD_METHOD = ("PasswordAuthentication yes", "KbdInteractiveAuthentication no")
ASK = ("Code (? for help): ", True)  # shown while it is typed: security.md calls for echo on codes
ASK_AGAIN = ("Not accepted. Code (? for help): ", True)
PASSWORD = ("Password: ", False)


def test_password_and_code_log_in(alice):
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, login.error
        assert login.prompts == [PASSWORD, ASK]
        assert login.run("id -un") == (0, f"{alice.name}\n")


def test_openssh_shows_the_same_two_prompts(alice, terminals):
    shell = terminals(ssh.login(alice, code=alice.totp.code()))
    assert shell.run("id -un").output == f"{alice.name}\n"


def test_a_user_without_a_factor_gets_in_by_password_where_policy_says_optional(carol):
    with Conversation(carol, typed(carol)) as login:
        assert login.granted, login.error
        assert login.prompts == [PASSWORD]


def test_three_wrong_codes_end_the_login(alice):
    wrong = alice.totp.wrong_code()
    with Conversation(alice, typed(alice, wrong, wrong, wrong)) as login:
        assert not login.granted
        assert login.prompts[:4] == [PASSWORD, ASK, ASK_AGAIN, ASK_AGAIN]


def test_a_right_code_after_a_wrong_one_logs_in(alice):
    with Conversation(alice, typed(alice, alice.totp.wrong_code(), alice.totp.code())) as login:
        assert login.granted, login.error
        assert login.prompts == [PASSWORD, ASK, ASK_AGAIN]


def test_a_spent_code_is_refused(alice):
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, login.error
    with Conversation(alice, typed(alice, *[alice.totp.spent_code()] * 3)) as login:
        assert not login.granted


def test_the_code_that_confirmed_the_enrollment_is_spent(alice):
    with Conversation(alice, typed(alice, *[alice.totp.spent_code()] * 3)) as login:
        assert not login.granted


def test_a_recovery_code_logs_in_once(alice):
    code = alice.recovery_codes[0]
    with Conversation(alice, typed(alice, code)) as login:
        assert login.granted, login.error
    with Conversation(alice, typed(alice, code, code, code)) as login:
        assert not login.granted
    with Conversation(alice, typed(alice, alice.recovery_codes[1])) as login:
        assert login.granted, "another code of the same set still works"


def test_a_question_mark_lists_the_factors_in_the_same_prompt(alice):
    with Conversation(alice, typed(alice, "?", alice.totp.code())) as login:
        assert login.granted, login.error
        menu, echo = login.prompts[2]
        assert echo and menu.endswith("Code (? for help): ") and "1" in menu


def test_a_key_and_a_code_log_in_without_a_password(alice, stack, sshd):
    stack("sshd", "sshd-key-and-code")
    sshd(2201, KEY_AND_CODE)
    with Conversation(alice, typed(alice, alice.totp.code()), port=2201, key=ssh.private_key(alice)) as login:
        assert login.granted, login.error
        assert login.prompts == [ASK]


def test_a_key_and_a_wrong_code_do_not(alice, stack, sshd):
    stack("sshd", "sshd-key-and-code")
    sshd(2202, KEY_AND_CODE)
    wrong = alice.totp.wrong_code()
    with Conversation(alice, typed(alice, wrong, wrong, wrong), port=2202, key=ssh.private_key(alice)) as login:
        assert not login.granted


def test_a_key_alone_is_refused_where_a_rule_requires_a_factor(alice, policy):
    policy('[defaults]\nrequirement = "required"\n')
    status, output = ssh.run(alice, "id", key=True)
    assert status != 0 and "uid=" not in output


def test_a_key_alone_logs_in_where_policy_allows_it(alice, policy):
    policy('[defaults]\nrequirement = "required"\nkey_only = "allow"\n')
    status, output = ssh.run(alice, "id", key=True)
    assert status == 0 and "uid=" in output


def test_the_password_method_is_refused_and_costs_no_attempt(alice, sshd):
    sshd(2203, *PASSWORD_METHOD)
    for _ in range(5):
        with Conversation(alice, lambda _: alice.password, port=2203, method="password") as login:
            assert not login.granted
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, "five blind answers were counted as wrong codes"


@pytest.fixture
def wrong_password(alice):
    """What alice sees who types a wrong password: (prompts, texts)."""
    with Conversation(alice, lambda _: "wrong") as login:
        assert not login.granted
        return login.prompts, login.told


@pytest.mark.parametrize("name", ["nobody-like-this", "root", "nobody", "sshd"])
def test_users_who_may_not_log_in_see_what_a_wrong_password_shows(alice, wrong_password, name):
    with Conversation(alice, lambda _: "wrong", name=name) as login:
        assert not login.granted
        assert (no_name(login.prompts, name), login.told) == (no_name(wrong_password[0], alice.name), wrong_password[1])


def test_a_locked_password_and_a_missing_factor_look_like_a_wrong_password(alice, carol, new_user, wrong_password):
    locked = new_user("locked")
    run("usermod", "--lock", locked.name)
    for user in (locked, carol):
        with Conversation(user, lambda _: "wrong") as login:
            assert not login.granted
            assert (no_name(login.prompts, user.name), login.told) == (no_name(wrong_password[0], alice.name), [])


def no_name(prompts, name):
    return [(text.replace(name, "NAME"), echo) for text, echo in prompts]
