"""A token that counts its presses: enrolled, used everywhere, lost count of and found again."""

import base64
import json
import os

import pytest

import ssh
from hotp import Hotp
from ssh import Conversation, typed
from terminal import CODE

ASK = ("Code (? for help): ", True)
ASK_AGAIN = ("Not accepted. Code (? for help): ", True)
NEXT = r"Next code of the token: "
SEED = base64.b32encode(bytes(range(20))).decode()


@pytest.fixture
def dora(new_user):
    """An administrator with a token."""
    user = new_user("dora", "sudo")
    with user.terminal("stepup", "enroll", "hotp", "--label", "token") as screen:
        screen.expect(r"otpauth://hotp/[^?]+\?secret=([A-Z2-7]+)&[^\r\n]*&counter=0\r?\n")
        user.token = Hotp(screen.child.match[1])
        screen.play((NEXT, user.token.code()))
        assert screen.finish() == 0, screen.transcript
    return user


def granted(user, *codes):
    """Whether one login over SSH, in which `codes` are typed one after the other, is let in."""
    with Conversation(user, typed(user, *codes)) as login:
        return login.granted


def factors(shell):
    ran = shell.run("stepup list --json")
    return json.loads(ran.output)["factors"]


def test_a_code_logs_in_and_the_window_serves_sudo(dora, terminals):
    shell = terminals(ssh.login(dora, code=dora.token.code()))
    assert not shell.asks("sudo -k id", ("password for", dora.password))


def test_sudo_and_verify_take_the_next_codes(dora, terminals):
    shell = terminals(dora.shell())
    ran = shell.run("sudo -k id", ("password for", dora.password), (CODE, dora.token.code()))
    assert "uid=0(root)" in ran.output
    assert shell.run("stepup verify --factor token", (CODE, dora.token.code())).status == 0
    assert json.loads(shell.run("stepup status --json").output)["factor"] == "hotp"


def test_a_code_is_worth_one_login(dora):
    assert granted(dora, dora.token.code())
    assert not granted(dora, dora.token.spent_code())
    assert granted(dora, dora.token.code())


def test_the_code_that_confirmed_the_enrollment_is_spent(dora):
    assert not granted(dora, dora.token.spent_code())


def test_nine_presses_in_between_do_not_matter_and_their_codes_are_void(dora):
    skipped = dora.token.at(dora.token.counter + 4)
    dora.token.press(9)
    assert granted(dora, dora.token.code())
    assert not granted(dora, skipped)


def test_a_token_that_was_pressed_ten_times_too_often_is_found_again_by_two_codes_in_one_login(dora):
    dora.token.press(10)
    with Conversation(dora, typed(dora, dora.token.code(), dora.token.code())) as login:
        assert login.granted, login.error
        assert login.prompts[1:] == [ASK, ASK_AGAIN], "the first of them reads like any wrong code"
    assert granted(dora, dora.token.code())


def test_the_two_codes_may_come_in_two_logins_to_two_services(dora, daemon, terminals):
    dora.token.press(50)
    assert not granted(dora, dora.token.code())
    daemon("restart")
    shell = terminals(dora.shell())
    assert shell.run("stepup verify", (CODE, dora.token.code())).status == 0


def test_a_wrong_code_between_the_two_undoes_it(dora):
    dora.token.press(50)
    first, wrong, second = dora.token.code(), dora.token.wrong_code(), dora.token.code()
    assert not granted(dora, first, wrong, second)


def test_two_far_codes_that_do_not_follow_each_other_are_refused(dora):
    dora.token.press(50)
    first = dora.token.code()
    dora.token.press(1)
    assert not granted(dora, first, dora.token.code())


def test_a_hundred_presses_are_too_many(dora):
    dora.token.press(100)
    assert not granted(dora, dora.token.code(), dora.token.code())


def test_the_menu_shows_the_token_and_what_to_do_when_it_is_refused(dora):
    with Conversation(dora, typed(dora, "?", dora.token.code())) as login:
        assert login.granted, login.error
        menu, _ = login.prompts[2]
        assert 'hotp "token", 6 digits' in menu and "Type the token's next code, too." in menu


def test_a_recovery_code_still_logs_in_and_lets_the_token_be_removed(new_user, terminals):
    erin = new_user("erin")
    with erin.terminal("stepup", "enroll", "hotp", "--own-secret") as screen:
        screen.play((r"Secret of the token[^:]*: ", SEED), (NEXT, Hotp(SEED).code()))
        assert screen.finish() == 0, screen.transcript
        assert SEED not in screen.transcript and "otpauth" not in screen.transcript
        code = next(word for word in screen.transcript.split() if word.count("-") == 4)
    assert granted(erin, code)
    shell = terminals(erin.shell())
    identifier = next(factor["id"] for factor in factors(shell) if factor["type"] == "hotp")
    token = Hotp(SEED, counter=1)
    assert shell.run("stepup verify", (CODE, token.code())).status == 0
    assert shell.run(f"stepup remove {identifier}").status == 0
    assert factors(shell) == []


def test_a_seed_from_a_makers_list_comes_by_standard_input_and_a_late_counter_by_two_codes(carol, terminals):
    """The token left the factory with 57 presses behind it, and nobody knows."""
    hex_seed = base64.b32decode(SEED).hex()
    shell = terminals(carol.shell())
    token = Hotp(SEED, counter=57, digits=8)
    ran = shell.run(f"echo {hex_seed} | stepup enroll hotp --own-secret --hex --digits 8",
                    (NEXT, token.code()), (NEXT, token.code()))
    assert ran.status == 0 and SEED not in ran.output, ran
    assert granted(carol, token.code())


def test_a_counter_that_is_known_is_told(carol, terminals):
    shell = terminals(carol.shell())
    token = Hotp(SEED, counter=4000)
    ran = shell.run(f"echo {SEED} | stepup enroll hotp --own-secret --counter 4000", (NEXT, token.code()))
    assert ran.status == 0, ran
    assert granted(carol, token.code())


def test_the_secret_is_never_an_argument(carol):
    """Nor does the parser take one by accident."""
    ran = carol.without_terminal("stepup", "enroll", "hotp", "--own-secret", SEED)
    assert ran.returncode == 2
    ran = carol.without_terminal("stepup", "enroll", "hotp", f"--own-secret={SEED}")
    assert ran.returncode == 2 and SEED not in ran.stdout + ran.stderr


def test_the_database_holds_no_seed_in_the_clear(dora):
    raw = base64.b32decode(dora.token.secret + "=" * (-len(dora.token.secret) % 8))
    for folder, _, names in os.walk("/var/lib/stepup"):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            assert raw not in content and dora.token.secret.encode() not in content, name
