"""What users put into PAM's environment: pam_env with user_readenv=1 fills it from ~/.pam_environment."""

import json
import pathlib
import subprocess

import pytest

import ssh
from ssh import Conversation, typed
from terminal import PASSWORD

KEY_AND_CODE = "AuthenticationMethods publickey,keyboard-interactive:pam"
PORT = 2291
READS = "pam_env.so user_readenv=1 envfile=/etc/default/locale\n"
SHIPPED = pathlib.Path("/usr/share/doc/stepup/examples/pam.d")
OURS = "session    optional     pam_stepup.so\n"
FROM_OUTSIDE = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "from outside"
match = { services = ["sudo"], networks = ["!192.0.2.0/24"] }
requirement = "required"
window = "0"
"""
TRUSTING = '[defaults]\nrequirement = "required"\n[defaults.trusted_keys]\nenabled = true\n'


def claim(user, **variables):
    """Has pam_env say so, if it reads what the user wrote."""
    file = user.home / ".pam_environment"
    file.write_text("".join(f'{name} OVERRIDE="{value}"\n' for name, value in variables.items()), encoding="ascii")
    file.chmod(0o644)


def shipped(name):
    return (SHIPPED / name).read_text(encoding="utf-8")


def reds():
    ran = subprocess.run(["stepup", "doctor", "--json"], capture_output=True, text=True, check=False,
                         stdin=subprocess.DEVNULL, timeout=60)
    return [one["what"] for one in json.loads(ran.stdout)["findings"]
            if one["light"] == "red" and "user_readenv" in one["what"]]


STACKS = {
    "as Debian has it": (lambda: shipped("sshd") + f"session required {READS}", False),
    "before our line": (lambda: shipped("sshd").replace(OURS, f"session required {READS}{OURS}"), True),
    "in auth": (lambda: f"auth required {READS}" + shipped("sshd"), True),
}


@pytest.mark.parametrize("where", STACKS)
def test_doctor_is_red_where_a_user_can_make_up_from_where_he_came(alice, host, policy, stack, terminals, where):
    text, forged = STACKS[where]
    stack("sshd")
    host.write_stack("sshd", text())
    policy(FROM_OUTSIDE)
    claim(alice, SSH_CONNECTION="192.0.2.7 5022 192.0.2.1 22", PROOF="it is read")
    shell = terminals(ssh.login(alice))
    assert "it is read" in shell.run("echo $PROOF").output
    assert shell.asks("sudo -k id", (PASSWORD, alice.password)) != forged
    assert bool(reds()) == forged, reds()


@pytest.mark.parametrize("phases", [["auth"], ["auth", "account", "session"]], ids=" ".join)
def test_a_login_cannot_make_up_the_key_it_came_with(alice, host, policy, sshd, stack, phases):
    """pam_env does nothing in auth and account but in pam_setcred, when both are over."""
    policy(TRUSTING)
    stack("sshd", "sshd-key-and-code")
    sshd(PORT, KEY_AND_CODE)
    trusted = ssh.private_key(alice)
    with Conversation(alice, typed(alice, alice.totp.code(), "y"), port=PORT, key=trusted) as made:
        assert made.granted and len(made.prompts) == 2
    host.write_stack("sshd", "".join(f"{phase} optional {READS}" for phase in phases) + shipped("sshd-key-and-code"))
    with Conversation(alice, typed(alice), port=PORT, key=trusted) as made:
        assert made.granted and not made.prompts, "the key is trusted"
    public = (alice.home / ".ssh" / "id_ed25519.pub").read_text(encoding="ascii").rsplit(" ", 1)[0]
    claim(alice, SSH_AUTH_INFO_0=f"publickey {public}", PROOF="it is read")
    alice.make_other_key()
    with Conversation(alice, typed(alice), port=PORT, key=ssh.private_key(alice)) as tried:
        assert not tried.granted and tried.prompts, "it is another key"
    with Conversation(alice, typed(alice, alice.totp.code()), port=PORT, key=ssh.private_key(alice)) as made:
        assert made.granted and "it is read" in made.run("echo $PROOF")[1]
