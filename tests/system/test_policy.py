"""Rules by network, place and time, over real sshd, login and sudo."""

import datetime

import pytest

import ssh
from ssh import Conversation, typed
from terminal import PASSWORD, Shell

OUTSIDE = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "from outside"
match = {{ networks = ["!{address}"] }}
requirement = "required"
"""

REMOTE = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "remote"
match = { from = "remote" }
requirement = "required"
window = "0"
"""


def test_a_rule_by_network_goes_by_the_address_that_sshd_sees(alice, bob, policy):
    policy(OUTSIDE.format(address=alice.address))
    with Conversation(alice, typed(alice)) as login:
        assert login.granted, login.error
        assert login.run("id -un") == (0, f"{alice.name}\n")
    with Conversation(bob, typed(bob)) as login:
        assert not login.granted, "he is in another network, and typed no code"
    with Conversation(bob, typed(bob, bob.totp.code())) as login:
        assert login.granted, login.error


def test_a_key_alone_is_refused_only_from_that_network(alice, bob, policy):
    policy(OUTSIDE.format(address=alice.address))
    status, output = ssh.run(alice, "id", key=True)
    assert status == 0 and "uid=" in output
    status, output = ssh.run(bob, "id", key=True)
    assert status != 0 and "uid=" not in output


def test_sudo_goes_by_the_network_that_its_login_came_from(new_user, policy, terminals):
    inside, outside = new_user("inside", "sudo"), new_user("outside", "sudo")
    inside.enroll()
    outside.enroll()
    policy(OUTSIDE.format(address=inside.address) + 'window = "0"\n')
    shell = terminals(ssh.login(inside))
    assert not shell.asks("sudo -k id", ("password for", inside.password))
    shell = terminals(ssh.login(outside, code=outside.totp.code()))
    assert shell.asks("sudo -k id", ("password for", outside.password))


def test_login_at_a_console_is_local_and_so_is_what_happens_in_it(alice, policy, terminals):
    policy(REMOTE)
    console = Shell(["login", alice.name])
    console.play((PASSWORD, alice.password))
    terminals(console)
    assert console.ready().run("id -un").output == f"{alice.name}\n"
    assert not console.asks("sudo -k id", ("password for", alice.password))


def test_what_began_before_the_daemon_did_is_from_nobody_knows_where(alice, policy, daemon, terminals):
    policy(REMOTE)
    console = Shell(["login", alice.name])
    console.play((PASSWORD, alice.password))
    terminals(console)
    console.ready()
    daemon("restart")
    assert console.asks("sudo -k id", ("password for", alice.password)), "what is unknown counts as the stricter"


@pytest.mark.parametrize("days, asked", [(0, True), (3, False)])
def test_a_rule_by_day_goes_by_the_day_of_the_host(alice, policy, days, asked):
    """Today and tomorrow, for midnight may pass; or two other days."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    first = (datetime.datetime.now().weekday() + days) % 7
    policy(f'[defaults]\nrequirement = "disabled"\n\n[[rule]]\nname = "on some days"\n'
           f'match = {{ times = ["{names[first]}-{names[(first + 1) % 7]}"] }}\nrequirement = "required"\n')
    with Conversation(alice, typed(alice)) as login:
        assert login.granted == (not asked)
