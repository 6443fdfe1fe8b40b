"""Names, labels and places that a stranger chose: they get nowhere as they are, be it a log, a prompt or a list."""

import itertools
import subprocess
import unicodedata

import pytest

import door
import ssh
from ssh import Conversation

TREACHEROUS = {
    "a line": "x\nMFA-1001 factor-accepted user=root uid=0 service=sshd",
    "a return": "root\rMFA-1001 factor-accepted",
    "an escape": "\x1b[2J\x1b]0;owned\x07root",
    "C1": "\x9b2Jroot",
    "backwards": "toor\u202eroot",
    "isolated": "\u2066root\u2069",
    "nothing to see": "ro\u200bot\ufeff",
    "a path": "../../../etc/shadow",
    "a format": "%s%n%1000000d",
    "a shell": "$(id)`id`;id|id",
    "SQL": "x'; DROP TABLE audit; --",
    "quotes": "a\"b\\c'd=e",
    "10 kB": "A" * 10_000,
    "2 kB of marks": "\u202e" * 700,
}
STRANGERS = (f"stranger-{number}" for number in itertools.count(1))  # nobody failed by these names yet
NOT_TEXT = {"no UTF-8": b"\xff\xfe\xc0\xaf", "cut short": b"root\xe2\x80"}

LABEL_REFUSED = ("stepup: A label is at most 64 bytes of printable text.\n",
                 "stepup: An argument is missing, too long or of another type.\n")


def odd_characters(text):
    """What in `text` is not for a log's eyes: controls but the line feed, marks that hide or reorder."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char != "\n"}


@pytest.mark.parametrize("name", [*TREACHEROUS.values(), *NOT_TEXT.values()], ids=[*TREACHEROUS, *NOT_TEXT])
@pytest.mark.parametrize("place", ["user", "ruser", "rhost", "tty", "service"])
def test_no_word_of_a_program_forges_a_line_of_the_log(host, place, name):
    words = {"user": next(STRANGERS), place: name}
    before = len(host.log("stepupd"))
    replies = door.log_in(words.pop("user"), "000000", "?", "", **words)
    log = host.log("stepupd")[before:]
    assert not odd_characters(log), log
    assert all(line.startswith("MFA-") for line in log.splitlines()), log
    assert "factor-accepted" not in {line.split()[1] for line in log.splitlines()}
    assert not any(odd_characters(reply.text) for reply in replies)


@pytest.mark.parametrize("name", [name for name in TREACHEROUS.values() if "\0" not in name], ids=TREACHEROUS)
def test_a_real_program_s_words_stay_what_they_are_on_the_whole_way(host, name):
    host.write_stack("stranger", "auth required pam_stepup.so\n")
    before = {log: len(host.log(log)) for log in ("stepupd", "syslog")}
    items = [f"-I{item}={name}" for item in ("ruser", "rhost", "tty")]
    done = subprocess.run(["pamtester", *items, "stranger", name, "authenticate"], input="000000\n", text=True,
                          capture_output=True, check=False)
    assert done.returncode != 0
    assert not odd_characters(host.log("stepupd")[before["stepupd"]:])
    ours = [line for line in host.log("syslog")[before["syslog"]:].splitlines() if "pam_stepup" in line]
    assert not odd_characters("".join(ours)), ours


@pytest.mark.parametrize("kind", TREACHEROUS)
def test_no_label_reaches_a_screen_as_it_is_unless_it_is_plain_text(carol, kind):
    label = TREACHEROUS[kind]
    done = carol.without_terminal("stepup", "enroll", "totp", "--label", label)
    shown = done.stdout + done.stderr
    assert done.returncode != 0 and not odd_characters(shown), shown
    if odd_characters(label) or "\n" in label or len(label) > 64:
        assert shown in LABEL_REFUSED
    assert not odd_characters(carol.without_terminal("stepup", "list").stdout)


def test_a_label_in_any_language_goes_the_whole_way(carol, host, terminals):
    label = "Zoë’s téléphone 電話"
    carol.enroll("--label", label)
    assert label in terminals(carol.shell()).run("stepup list").output
    host.heard("stepupd", label)
    answers = iter([carol.password, "?", carol.totp.code()])
    with Conversation(carol, lambda prompt: next(answers)) as login:
        assert login.granted
    assert any(label in prompt for prompt, _ in login.prompts)


@pytest.mark.parametrize("name", ["nobody-logs-in-by-this", "nobody"])
def test_names_that_nobody_logs_in_by_are_asked_like_one_who_is_enrolled(alice, name):
    wrong = alice.totp.wrong_code()
    seen = [[reply.packet for reply in door.log_in(user, wrong, wrong, wrong, rhost=ssh.new_address())]
            for user in (alice.name, name)]
    assert seen[0] == seen[1]


def test_a_locked_account_and_a_locked_name_look_alike(alice, policy):
    policy('[defaults]\nrequirement = "required"\n[limits]\ndelay_from = 3\nlock_after = 3\n')
    wrong = alice.totp.wrong_code()
    seen = []
    for user in (alice.name, "no-such-user-at-all"):
        door.log_in(user, wrong, wrong, wrong, rhost=ssh.new_address())
        seen.append([reply.packet for reply in door.log_in(user, wrong, wrong, rhost=ssh.new_address())])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2, "no second try"
