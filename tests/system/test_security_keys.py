"""Logins by FIDO2 keys (sk-…) in the real sshd and ssh: where policy counts them, they are a factor."""

import itertools
import pathlib
import re

import pytest

import ssh
from host import run
from terminal import CODE, PASSWORD, Shell, Terminal, clean

KEY_AND_CODE = "AuthenticationMethods publickey,keyboard-interactive:pam"
VERIFIED = "PubkeyAuthOptions verify-required"
CA = pathlib.Path("/etc/ssh/rig_ca")
PIN = r"Enter PIN for [^\r\n]*: "
_ports = itertools.count(2340)


def counting(more=""):
    return f'[defaults]\nrequirement = "required"\nsecurity_key_login = "verified"\n{more}'


@pytest.fixture
def port(stack, sshd, policy):
    """Of an sshd that wants a verified key and a code, where a security key counts."""
    policy(counting())
    stack("sshd", "sshd-key-and-code")
    chosen = next(_ports)
    sshd(chosen, KEY_AND_CODE, VERIFIED, f"TrustedUserCAKeys {CA}.pub")
    return chosen


@pytest.fixture
def provider(host):
    return str(pathlib.Path(host.build) / "tests/rig/security_key.so")


class SecurityKey:
    """A key of `user`'s in software, which may log in wherever its public part is added."""

    def __init__(self, user, provider, name, *options):
        self.user, self.provider, self.file = user, provider, str(user.home / ".ssh" / name)
        run("ssh-keygen", "-q", "-t", "ed25519-sk", "-w", provider, *options, "-N", "", "-C", name, "-f", self.file)
        self.verifies = bool(options)
        self.may_log_in(user)

    def may_log_in(self, user):
        allowed = user.home / ".ssh" / "authorized_keys"
        public = pathlib.Path(f"{self.file}.pub").read_text(encoding="utf-8")
        allowed.write_text(allowed.read_text(encoding="utf-8") + public, encoding="utf-8")

    def command(self, user, port, *options):
        return ssh.command(user, "-o", f"SecurityKeyProvider={self.provider}", *options, port=port, key=self.file)

    def shell(self, port, *dialog, user=None):
        """A login at a terminal that asks for nothing but the PIN and what `dialog` answers."""
        shell = Shell(self.command(user or self.user, port, "-tt"))
        return shell.play((PIN, "1234"), *dialog).ready()

    def attempt(self, port, *options, user=None):
        """What a login comes to: "in", "asked" for a code, or "refused"."""
        command = Terminal([*self.command(user or self.user, port, *options), "id", "-un"])
        if self.verifies:
            command.play((PIN, "1234"))
        found = command.expect(CODE, rf"\n{(user or self.user).name}\r\n", "")
        command.close()
        return ("asked", "in", "refused")[found]


@pytest.fixture
def yubikey(alice, provider):
    """alice's, which asks for a PIN."""
    return SecurityKey(alice, provider, "yubikey", "-O", "verify-required")


def enroll(key, port, terminals):
    """Logs in with key and code, and enrolls the key there; what was shown."""
    user = key.user
    shell = terminals(key.shell(port, (CODE, user.totp.code())))
    ran = shell.run("stepup enroll ssh-security-key --label yubikey")
    assert ran.status == 0, ran
    assert "Enrolled." in ran.output and "sudo asks for a code as ever" in ran.output
    return shell


def test_a_login_by_an_enrolled_key_asks_for_nothing_and_is_a_window_for_sudo(alice, port, yubikey, terminals, host):
    assert yubikey.attempt(port) == "asked"
    enroll(yubikey, port, terminals)
    before = len(host.log("stepupd"))
    shell = terminals(yubikey.shell(port))
    host.heard("stepupd", f"factor-accepted user={alice.name} .*factor=ssh-security-key", before)
    shown = shell.run("stepup status").output
    assert re.search(r"Recent: +yes.*ssh-security-key", shown), shown
    assert not shell.asks("sudo -k id", (PASSWORD, alice.password))
    assert "ssh-security-key" in shell.run("stepup list").output


def test_where_no_risk_asks_for_it_a_key_still_opens_the_window_that_sudo_goes_by(alice, port, yubikey, terminals,
                                                                                  policy):
    enroll(yubikey, port, terminals)
    policy('[defaults]\nrequirement = "risk-based"\ntriggers = ["after-password-change"]\n'
           'security_key_login = "verified"\n[[rule]]\nname = "sudo"\nmatch = { services = ["sudo"] }\n'
           'requirement = "required"\nallowed_factors = ["ssh-security-key"]\n')
    shell = terminals(yubikey.shell(port))
    ran = shell.run("sudo -k id", (PASSWORD, alice.password))
    assert ran.status == 0 and "uid=0" in ran.output, ran


def test_sudo_asks_for_a_code_where_no_window_is_and_never_for_the_key(alice, port, yubikey, terminals, policy):
    enroll(yubikey, port, terminals)
    policy(counting('[[rule]]\nname = "every time"\nmatch = { services = ["sudo"] }\nwindow = "0"\n'))
    shell = terminals(yubikey.shell(port))
    assert shell.asks("sudo -k id", (PASSWORD, alice.password))
    shell.type("sudo -k id")
    shell.play((PASSWORD, alice.password), (CODE, "?"))
    shell.expect(CODE)
    menu = clean(shell.shown)
    assert 'totp "totp"' in menu and "yubikey" not in menu[menu.index("You can answer"):]
    shell.give_up()


def test_another_key_a_plain_key_and_another_user_with_the_same_key_are_asked(alice, bob, port, yubikey, provider,
                                                                              terminals):
    second = SecurityKey(alice, provider, "second", "-O", "verify-required")
    enroll(yubikey, port, terminals)
    assert second.attempt(port) == "asked"
    yubikey.may_log_in(bob)
    assert yubikey.attempt(port, user=bob) == "asked"
    plain = Terminal([*ssh.command(alice, port=port, key=True), "id"])
    plain.expect(CODE)
    plain.close()
    assert yubikey.attempt(port) == "in"


def test_a_key_that_is_removed_is_asked_again(alice, port, yubikey, terminals):
    enroll(yubikey, port, terminals)
    shell = terminals(yubikey.shell(port))
    assert shell.run("stepup remove yubikey").status == 0
    assert yubikey.attempt(port) == "asked"


def test_where_policy_does_not_count_keys_an_enrolled_one_is_asked(alice, port, yubikey, terminals, policy):
    enroll(yubikey, port, terminals)
    for off in ('[defaults]\nrequirement = "required"\n', counting('[[rule]]\nname = "sshd"\n'
                'match = { services = ["sshd"] }\nsecurity_key_login = "off"\n')):
        policy(off)
        assert yubikey.attempt(port) == "asked"
    policy(counting())
    assert yubikey.attempt(port) == "in"


def test_a_certificate_over_the_key_and_the_next_one_are_that_key(alice, port, yubikey, terminals):
    enroll(yubikey, port, terminals)
    if not CA.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(CA))
    (alice.home / ".ssh" / "authorized_keys").write_text("", encoding="utf-8")
    for serial in ("1", "2"):
        run("ssh-keygen", "-q", "-s", str(CA), "-I", f"alice-{serial}", "-n", alice.name, "-z", serial,
            "-O", "verify-required", f"{yubikey.file}.pub")
        assert yubikey.attempt(port, "-o", f"CertificateFile={yubikey.file}-cert.pub") == "in"


def test_a_key_that_checks_nothing_is_refused_by_sshd_itself(alice, port, provider):
    touched = SecurityKey(alice, provider, "touched")
    assert touched.attempt(port) == "refused"


def test_of_two_different_factors_the_key_is_one(alice, port, yubikey, terminals, policy):
    enroll(yubikey, port, terminals)
    policy(counting("two_different_factors = true\n"))
    shell = terminals(yubikey.shell(port, (r"Your security key is accepted\. One more is needed.*" + CODE,
                                           alice.recovery_codes[0])))
    assert not shell.asks("sudo -k id", (PASSWORD, alice.password)), "two were proved"


def test_a_key_alone_says_nothing_of_itself_and_two_keys_do(alice, port, yubikey, terminals, sshd):
    """sshd tells PAM of what it accepted before it asks; where a key is all, it asks nobody before."""
    enroll(yubikey, port, terminals)
    alone, twice = next(_ports), next(_ports)
    sshd(alone, "AuthenticationMethods publickey", VERIFIED)
    assert yubikey.attempt(alone) == "refused"
    sshd(twice, "AuthenticationMethods publickey,publickey", VERIFIED)
    both = Terminal([*yubikey.command(alice, twice, "-i", f"{alice.home}/.ssh/id_ed25519"), "id", "-un"])
    both.play((PIN, "1234")).expect(rf"{alice.name}\r\n")
    both.close()


def test_a_locked_account_is_asked_also_behind_an_enrolled_key(alice, port, yubikey, terminals, policy):
    enroll(yubikey, port, terminals)
    policy(counting('[limits]\ndelay_from = 3\nlock_after = 3\n'))
    with ssh.Conversation(alice, ssh.typed(alice, *[alice.totp.wrong_code()] * 3), port=port,
                          key=ssh.private_key(alice)) as guessed:
        assert not guessed.granted
    assert yubikey.attempt(port) == "asked"
    run("stepup", "admin", "unlock", alice.name)
    assert yubikey.attempt(port) == "in"


def test_nothing_is_enrolled_where_no_security_key_opened_the_session(alice, port, terminals):
    local = alice.shell()
    assert local.run("stepup verify totp", (CODE, alice.totp.code())).status == 0
    plain = terminals(ssh.login(alice, key=True, port=port, code=alice.recovery_codes[0]))
    for shell in (terminals(local), plain):
        ran = shell.run("stepup enroll ssh-security-key --no-prompt")
        assert ran.status == 4 and "was not opened by a security key" in ran.output, ran
