"""Trusted keys in the real sshd: behind a key and a code, and from then on behind the key."""

import contextlib
import copy
import itertools
import json
import pathlib
import pwd
import re
import sqlite3
import subprocess

import pytest

import ssh
from host import run
from people import User
from ssh import Conversation, typed
from terminal import CODE, PASSWORD, Terminal
from waiting import wait_for

KEY_AND_CODE = "AuthenticationMethods publickey,keyboard-interactive:pam"
CA = pathlib.Path("/etc/ssh/rig_ca")
ASK = ("Code (? for help): ", True)
OFFER = (r"Accepted\. You logged in with the key\n  SHA256:\S{43}\n"
         r"Trust it for 30 days\? Logins with it then ask for no code\. \[y/N\]: ")
_ports = itertools.count(2240)


def trusting(more=""):
    return f'[defaults]\nrequirement = "required"\n[defaults.trusted_keys]\nenabled = true\n{more}'


@pytest.fixture
def port(stack, sshd, policy):
    """Of an sshd that wants a key and a code, where keys may be trusted."""
    policy(trusting())
    stack("sshd", "sshd-key-and-code")
    chosen = next(_ports)
    sshd(chosen, KEY_AND_CODE, f"TrustedUserCAKeys {CA}.pub", "PermitRootLogin yes")
    return chosen


def login(user, port, *answers, key=None):
    return Conversation(user, typed(user, *answers), port=port, key=key or ssh.private_key(user))


def trust(user, port):
    """Logs in with key and code, and says yes."""
    with login(user, port, user.totp.code(), "y") as made:
        assert made.granted, made.error
        assert made.prompts[0] == ASK and re.fullmatch(OFFER, made.prompts[1][0]), made.prompts
        assert made.prompts[1][1], "what is typed may be seen"
        assert len(made.prompts) == 2


def prompts(user, port, *answers, key=None):
    """What a login asks that must succeed."""
    with login(user, port, *answers, key=key) as made:
        assert made.granted, made.error
        assert made.run("id -un") == (0, f"{user.name}\n")
        return made.prompts


def is_asked(user, port, **more):
    """Whether a login of `user` is asked for a code; no code is spent on finding out."""
    with login(user, port, **more) as tried:
        assert tried.granted == (not tried.prompts)
        return bool(tried.prompts)


def another_key(user, name):
    """One more key that may log `user` in, as paramiko has it."""
    folder = user.home / ".ssh"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name))
    with open(folder / "authorized_keys", "a", encoding="utf-8") as keys:
        keys.write((folder / f"{name}.pub").read_text(encoding="utf-8"))
    return ssh.paramiko.Ed25519Key.from_private_key_file(str(folder / name))


def test_a_key_that_is_trusted_logs_in_without_a_code(alice, port):
    trust(alice, port)
    assert prompts(alice, port) == []
    assert prompts(alice, port) == []
    shown = alice.without_terminal("stepup", "keys", "list", "--json").stdout
    assert '"uses": 2' in shown.replace('"uses":2', '"uses": 2')


@pytest.mark.parametrize("answer", ["", "n", "no", "maybe", "1"])
def test_whoever_does_not_say_yes_is_in_and_is_asked_again(alice, port, answer):
    assert len(prompts(alice, port, alice.totp.code(), answer)) == 2
    assert is_asked(alice, port)


def test_a_client_that_hangs_up_at_the_offer_trusts_nothing(alice, port):
    def hang_up(prompt):
        if "Trust it" in prompt:
            made.append(prompt)
            raise EOFError
        return alice.totp.code()

    made = []
    try:
        with Conversation(alice, hang_up, port=port, key=ssh.private_key(alice)) as tried:
            assert not tried.granted
    except EOFError:
        pass
    assert made
    assert is_asked(alice, port)


def test_sudo_asks_behind_a_trusted_key_as_ever(alice, port, terminals):
    trust(alice, port)
    shell = terminals(ssh.login(alice, key=True, port=port))
    assert "Recent:    no" in shell.run("stepup status").output
    assert shell.asks("sudo -k id", (PASSWORD, alice.password))


def test_another_key_and_another_user_with_the_same_key_are_asked(alice, bob, port):
    second = another_key(alice, "second")
    trust(alice, port)
    assert is_asked(alice, port, key=second)
    (bob.home / ".ssh" / "authorized_keys").write_text(
        (alice.home / ".ssh" / "id_ed25519.pub").read_text(encoding="utf-8"), encoding="utf-8")
    assert is_asked(bob, port, key=ssh.private_key(alice))
    assert not is_asked(alice, port)


def test_a_login_without_a_key_is_asked_and_offered_nothing(alice, bob, host, port):
    trust(alice, port)
    host.use_stack("sshd")  # password and code, as on port 22
    with Conversation(alice, typed(alice)) as tried:
        assert not tried.granted and ASK in tried.prompts
    assert prompts_without_key(bob, bob.totp.code()) == [("Password: ", False), ASK]


def prompts_without_key(user, *answers):
    with Conversation(user, typed(user, *answers)) as made:
        assert made.granted, made.error
        return made.prompts


def test_who_is_let_in_by_the_password_method_is_not_let_in_by_a_trusted_key(alice, host, port, sshd):
    trust(alice, port)
    host.use_stack("sshd")  # password and code
    by_password = next(_ports)
    sshd(by_password, "AuthenticationMethods password", "PasswordAuthentication yes")
    with Conversation(alice, lambda _: alice.password, port=by_password, method="password") as tried:
        assert not tried.granted, "sshd shows no question there, and no key"


def test_a_trusted_key_that_sshd_refuses_is_none(alice, host, port):
    trust(alice, port)
    host.use_stack("sshd")
    (alice.home / ".ssh" / "authorized_keys").write_text("", encoding="utf-8")
    with Terminal(ssh.command(alice, key=True)) as client:
        client.play((PASSWORD, alice.password))
        client.expect(CODE)


def test_a_login_that_only_the_account_phase_sees_is_recorded_as_one_by_a_trusted_key(alice, port, sshd):
    two_keys = next(_ports)
    sshd(two_keys, "AuthenticationMethods publickey,publickey")
    another_key(alice, "second")
    second = str(alice.home / ".ssh" / "second")

    def log_in():  # sshd tells of the key before, not of the one that ends it
        return Terminal([*ssh.command(alice, "-i", second, port=two_keys, key=True), "id", "-un"]).finish() == 0

    assert not log_in(), "keys alone, and none that is trusted"
    trust(alice, port)
    assert log_in()
    kept = json.loads(run("stepup", "admin", "keys", "list", alice.name, "--json"))
    assert kept["keys"][0]["uses"] == 1 and kept["keys"][0]["last_used"]
    trail = ["stepup", "audit", "--user", alice.name, "--event", "trusted-key-used", "--json"]
    wait_for(lambda: subprocess.run(trail, capture_output=True, text=True, check=True).stdout, "the trail has it")


def test_a_trusted_key_alone_is_a_key_alone(alice, policy, port):
    trust(alice, port)
    status, output = ssh.run(alice, "id", key=True)
    assert status != 0 and "uid=" not in output
    policy(trusting().replace("[defaults]", '[defaults]\nkey_only = "allow"'))
    status, output = ssh.run(alice, "id", key=True)
    assert status == 0 and "uid=" in output


def test_a_certificate_and_the_next_one_for_the_same_key_are_that_key(alice, port):
    if not CA.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(CA))
    folder = alice.home / ".ssh"
    (folder / "authorized_keys").write_text("", encoding="utf-8")  # the certificate is all that lets her in

    def certified(serial):
        run("ssh-keygen", "-q", "-s", str(CA), "-I", f"alice-{serial}", "-n", alice.name, "-z", str(serial),
            str(folder / "id_ed25519.pub"))
        options = ("-o", f"CertificateFile={folder}/id_ed25519-cert.pub")
        return Terminal([*ssh.command(alice, *options, port=port, key=True), "id", "-un"])

    first = certified(1).play((r"Code \(\? for help\): ", alice.totp.code()), (r"\[y/N\]: ", "yes"))
    assert first.finish() == 0, first.transcript
    for serial in (1, 2):
        later = certified(serial)
        assert later.finish() == 0, later.transcript
        assert "Code" not in later.transcript and alice.name in later.transcript


def test_a_key_that_is_forgotten_is_asked_for(alice, port):
    trust(alice, port)
    shown = alice.without_terminal("stepup", "keys", "list").stdout
    fingerprint = re.search(r"SHA256:\S+", shown)[0]
    assert alice.without_terminal("stepup", "keys", "forget").returncode == 2
    assert alice.without_terminal("stepup", "keys", "forget", fingerprint[:20]).returncode == 1
    assert not is_asked(alice, port)
    assert alice.without_terminal("stepup", "keys", "forget", fingerprint).returncode == 0
    assert is_asked(alice, port)


def test_root_sees_and_forgets_the_keys_of_anybody(alice, port):
    trust(alice, port)
    assert "SHA256:" in run("stepup", "admin", "keys", "list", alice.name)
    assert "SHA256:" not in run("stepup", "admin", "keys", "list", "root")
    assert "Forgot 1 trusted key." in run("stepup", "admin", "keys", "forget", alice.name, "--all")
    assert is_asked(alice, port)


def test_a_recovery_code_makes_all_keys_forgotten_and_offers_none(alice, port):
    second = another_key(alice, "second")
    trust(alice, port)
    assert prompts(alice, port, alice.recovery_codes[0], key=second) == [ASK]
    assert is_asked(alice, port)


def test_a_key_is_trusted_until_it_expires(alice, daemon, port):
    trust(alice, port)
    daemon("stop")
    with sqlite3.connect("/var/lib/stepup/stepup.db") as store:
        changed = store.execute("UPDATE trusted_key SET created = created - 86400000 * 31, "
                                "expires = expires - 86400000 * 31 WHERE uid = ?", (alice.entry.pw_uid,))
        assert changed.rowcount == 1
    store.close()
    daemon("start")
    assert is_asked(alice, port)


def test_a_key_may_be_bound_to_its_network(alice, policy, port):
    policy(trusting("same_network = true\n"))
    trust(alice, port)
    assert not is_asked(alice, port)
    address, alice.address = alice.address, "127.77.77.77"
    assert is_asked(alice, port)
    alice.address = address
    assert not is_asked(alice, port)


def test_an_account_that_is_removed_takes_its_trusted_keys_along(alice, host, port):
    trust(alice, port)
    assert not is_asked(alice, port)
    before = len(host.log("stepupd"))
    run("userdel", "--force", alice.name)
    host.heard("stepupd", f"MFA-1503 trusted-keys-forgotten user={alice.name} ", before)
    run("useradd", "--no-create-home", "--shell", "/bin/bash", "--uid", str(alice.entry.pw_uid), alice.name)
    assert is_asked(alice, port), "another person of that name and uid"


@contextlib.contextmanager
def renamed(user):
    """`user` under another name, with the same uid, as a directory does it; usermod refuses while he is logged in."""
    files = [pathlib.Path("/etc") / name for name in ("passwd", "shadow", "group", "gshadow")]
    before = [(file, file.read_text(encoding="utf-8")) for file in files]
    other = copy.copy(user)
    other.name, other.address = f"{user.name}new", ssh.new_address()
    for file, text in before:
        file.write_text(re.sub(rf"\b{user.name}(?=[:,\n])", other.name, text), encoding="utf-8")
    try:
        yield other
    finally:
        for file, text in before:
            file.write_text(text, encoding="utf-8")


def test_an_account_that_gets_another_name_keeps_no_factor_window_or_trust(alice, host, policy, port, terminals):
    trust(alice, port)
    key = ssh.private_key(alice)
    policy(trusting().replace("[defaults]\n", '[defaults]\nwindow_scope = "user"\n', 1))
    shell = terminals(alice.shell())
    shell.run("stepup verify", (CODE, alice.totp.code()))
    assert json.loads(shell.run("stepup status --json").output)["recent"]
    before = len(host.log("stepupd"))
    with renamed(alice) as other:
        assert pwd.getpwuid(alice.entry.pw_uid).pw_name == other.name
        with Conversation(other, typed(other, other.totp.code()), port=port, key=key) as tried:
            assert not tried.granted and tried.prompts == [], "has no factor, and may not trust a key"
        assert not json.loads(shell.run("stepup status --json").output)["recent"]
        host.heard("stepupd", f"windows-ended user={alice.name} ", before)
        host.heard("stepupd", f"trusted-keys-forgotten user={alice.name} ", before)
    assert is_asked(alice, port), "nor does the trust come back with the name"
    assert not json.loads(shell.run("stepup status --json").output)["recent"]


def test_root_is_asked_however_often_and_offered_nothing(port):
    root = object.__new__(User)
    root.name, root.password, root.address = "root", "", ssh.new_address()
    root.home = pathlib.Path("/root")
    root.entry = pwd.getpwnam("root")
    root.make_key()
    root.enroll()
    try:
        key = ssh.paramiko.Ed25519Key.from_private_key_file("/root/.ssh/id_ed25519")
        for _ in range(2):
            with Conversation(root, typed(root, root.totp.code()), port=port, key=key) as made:
                assert made.granted, made.error
                assert made.prompts == [ASK]
    finally:
        run("stepup", "admin", "reset", "root", "--yes")


def test_a_trusted_key_does_not_answer_for_a_signal_of_risk(alice, port):
    trust(alice, port)
    address, alice.address = alice.address, "127.78.1.1"
    assert is_asked(alice, port), "nobody verified from there: a new location"
    assert prompts(alice, port, alice.totp.code(), "n")[0][0].endswith(ASK[0])
    assert not is_asked(alice, port), "which it is no longer"
    alice.address = address
    assert not is_asked(alice, port)
