"""A user's life at a terminal of 80 columns over ssh, screen by screen. The screens are in tests/system/screens."""

import re

import pytest

import golden
import ssh
from terminal import CODE, PASSWORD, Terminal, clean
from totp import Totp

PROMPT = r"(?<=\n)\$ $"
RECOVERY_CODE = r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b"


class Screen:
    """A terminal of 80 columns, typed at by a person: its text is what was typed and what came."""

    def __init__(self, user, name, command, *dialog):
        """Runs `command`, which ends in a shell, and answers what it asks before."""
        self.user, self.name, self.text = user, name, ""
        self.terminal = Terminal(command, size=(24, 80))
        for pattern, answer in dialog:
            self.see(pattern)
            self.terminal.type(answer)
        self.terminal.expect(r"[$#] ")
        self.terminal.type("exec env PS1='$ ' PS2= bash --norc --noediting")
        self.terminal.expect(PROMPT)
        self.text += "\n\n$ "

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.terminal.type("exit")
            self.see("")
            golden.compare(self.name, self.text)
            assert golden.too_wide(self.text) == []
        self.terminal.close()

    def see(self, pattern):
        """Waits for `pattern`; everything up to it is on the screen."""
        self.terminal.expect(pattern)
        after = self.terminal.child.after if isinstance(self.terminal.child.after, str) else ""
        self.text += clean(self.terminal.before + after)

    def run(self, command, *dialog):
        """Types a command and answers what it asks; what the screen showed until the next prompt."""
        start = len(self.text)
        self.terminal.type(command)
        for pattern, answer in dialog:
            self.see(pattern)
            self.terminal.type(answer)
        self.see(PROMPT)
        return self.text[start:]

    def enroll(self, *options):
        """`stepup enroll totp`, and the first code of whatever it shows."""
        self.terminal.type(" ".join(["stepup enroll totp", *options]))
        self.see(r"secret=[A-Z2-7]+")
        self.user.totp = Totp(re.findall(r"secret=([A-Z2-7]+)", self.text)[-1])
        self.see(r"Code that the app shows: ")
        self.terminal.type(self.user.totp.code())
        self.see(PROMPT)
        self.user.recovery_codes = re.findall(RECOVERY_CODE, self.text) or self.user.recovery_codes


def login(user, name, *dialog):
    """`user`'s ssh login with the password, and whatever `dialog` answers."""
    return Screen(user, name, ssh.command(user, "-tt"), (PASSWORD, user.password), *dialog)


def root(user, name):
    """A shell of root's, to look after `user` in."""
    return Screen(user, name, ["bash", "--norc", "--noediting"])


# Whole names: where a line breaks depends on them.

@pytest.fixture
def dave(host):
    from people import User
    return User("dave")


@pytest.fixture
def erin(host):
    from people import User
    return User("erin")


def test_a_user_s_life_looks_as_it_did(dave):
    with login(dave, "1-first-factor") as screen:
        screen.run("stepup list")
        screen.run("stepup status")
        screen.enroll("--label", "phone")
        screen.run("stepup list")
        screen.run("stepup recovery")

    codes = iter(dave.recovery_codes)
    with login(dave, "2-logging-in", (CODE, "?"), (CODE, dave.totp.code())) as screen:
        screen.run("stepup status")
        screen.run("stepup lock")
        screen.run("stepup require --no-prompt && echo deployed")
        screen.run("stepup verify --service sudo", (r"\[1\] ", "1"), (r"Code of [^\r\n]*: ", next(codes)),
                   (r"Code of [^\r\n]*: ", dave.totp.code()))
        screen.run("stepup require --no-prompt && echo deployed")

    with login(dave, "3-the-phone-is-lost", (CODE, next(codes))) as screen:
        screen.run("stepup recovery")
        screen.enroll("--label", "'new phone'", "--plain")
        screen.run("stepup primary 'new phone'", (CODE, next(codes)))
        screen.run("stepup remove phone")
        screen.run("stepup rename 'new phone' phone", (CODE, next(codes)))
        screen.run("stepup list")
        screen.run("stepup list --plain")
        renewed = screen.run("stepup recovery regenerate")
    codes = iter(re.findall(RECOVERY_CODE, renewed))

    with login(dave, "4-what-goes-wrong", (CODE, next(codes))) as screen:
        screen.run("stepup remove watch")
        screen.run(r"stepup rename phone $'two\nlines'")
        screen.run("stepup frobnicate")
        screen.run("stepup confirm 4711 123456")
        screen.run("stepup require --window tomorrow")
        screen.run("setsid -w stepup admin unlock root")
        screen.run("stepup lock")
        screen.run("stepup remove phone --no-prompt")

    with login(dave, "5-doing-without", (CODE, next(codes))) as screen:
        screen.run("stepup disable", (r"to go on: ", "no"))
        screen.run("stepup disable", (r"to go on: ", "disable"))
        screen.run("stepup list")


def test_what_an_administrator_does_looks_as_it_did(erin, policy):
    erin.enroll()
    with root(erin, "6-an-administrator") as screen:
        screen.run(f"stepup admin status {erin.name}")
        screen.run(f"stepup admin bypass {erin.name}")
        bypass = screen.run(f"stepup admin bypass {erin.name} --for 2h --reason 'lost phone, called back'")
        screen.run(f"stepup admin invite {erin.name}")
        screen.run(f"stepup admin unlock {erin.name}")
        screen.run(f"stepup admin reset {erin.name}", (r"to go on: ", "no"))
        screen.run("stepup admin status nobody-here")

    with login(erin, "7-let-in-without-the-phone", (CODE, re.search(RECOVERY_CODE, bypass)[0])) as screen:
        screen.run("stepup status")
        screen.run("stepup remove totp --no-prompt")
        screen.enroll("--label", "'new phone'", "--plain")

    policy('[defaults]\nrequirement = "required"\n')
    with root(erin, "8-reset-and-invited") as screen:
        screen.run(f"stepup admin reset {erin.name}", (r"to go on: ", "reset"))
        invite = screen.run(f"stepup admin invite {erin.name} --for 3d")
    with login(erin, "9-the-door-is-closed-but-for-the-invite", (CODE, re.search(RECOVERY_CODE, invite)[0])) as screen:
        screen.enroll("--plain")
        screen.run("stepup status")


@pytest.fixture
def fay(host):
    from people import User
    return User("fay")


def test_trusting_a_key_looks_as_it_did(fay, policy, stack, sshd):
    fay.enroll("--label", "phone")
    policy('[defaults]\nrequirement = "required"\n[defaults.trusted_keys]\nenabled = true\n')
    stack("sshd", "sshd-key-and-code")
    sshd(2239, "AuthenticationMethods publickey,keyboard-interactive:pam")
    command = ssh.command(fay, "-tt", port=2239, key=True)
    with Screen(fay, "10-trusting-a-key", command, (CODE, fay.totp.code()), (r"\[y/N\]: ", "y")) as screen:
        screen.run("stepup keys list")

    with Screen(fay, "11-logging-in-with-it", command) as screen:
        screen.run("stepup status")
        screen.run("stepup keys list")
        screen.run("stepup keys forget")
        screen.run("stepup keys forget 4711")
        screen.run("stepup keys forget --all")
        screen.run("stepup keys list")

    with Screen(fay, "12-and-saying-no", command, (CODE, fay.totp.code()), (r"\[y/N\]: ", "")) as screen:
        screen.run("stepup keys list")
