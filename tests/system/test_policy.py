"""Rules by network, place and time, over real sshd, login and sudo."""

import datetime
import json
import subprocess

import pytest

import ssh
from ssh import Conversation, typed
from terminal import PASSWORD, Shell

POLICY = "/etc/stepup/policy.toml"

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


EXPLAINED = """\
[defaults]
requirement = "optional"

[[rule]]
name = "robots"
match = { users = ["robot"] }
requirement = "disabled"

[[rule]]
name = "admins at night"
match = { groups = ["sudo"], times = ["22:00-06:00"], networks = ["!192.0.2.0/24"] }
requirement = "required"
allowed_factors = ["totp"]
"""


def stepup_policy(*words):
    return subprocess.run(["stepup", "policy", *words], capture_output=True, text=True, check=False)


def test_explain_shows_which_rule_decides_and_which_do_not(alice, policy):
    policy(EXPLAINED)
    done = stepup_policy("explain", alice.name, "sshd", "--from", "203.0.113.7", "--at", "2026-11-22 22:30")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{alice.name} in sshd, from 203.0.113.7, on Sunday at 22:30:\n"
        f'  rule "robots" ({POLICY}:4) does not match: users\n'
        f'  rule "admins at night" ({POLICY}:9) matches\n'
        f'rule "admins at night" asks {alice.name} in sshd for totp, unless one was proved less than 15 minutes ago in '
        "this session; a login by key alone is refused.\n")
    done = stepup_policy("explain", alice.name, "sshd", "--from", "::ffff:192.0.2.7", "--at", "2026-11-22 12:00")
    assert f'  rule "admins at night" ({POLICY}:9) does not match: networks, times\n' in done.stdout


@pytest.mark.parametrize("words, decides, doubt", [
    (("sshd", "--at", "23:00"), "admins at night", True),
    (("sshd", "--at", "23:00", "--from", "192.0.2.7"), "", False),
    (("sshd", "--at", "12:00"), "", False),
    (("login", "--at", "23:00"), "", False),
    (("sudo", "--at", "23:00", "--from", "2001:db8::1"), "admins at night", False),
])
def test_explain_says_for_programs_what_is_in_doubt(alice, policy, words, decides, doubt):
    policy(EXPLAINED)
    done = stepup_policy("explain", "--json", alice.name, *words)
    told = json.loads(done.stdout)
    assert (told["decides"], told["in_doubt"]) == (decides, doubt)
    assert told["demands"]["requirement"] == ("required" if decides else "optional")
    assert told["attempt"]["groups"] == ["sudo"]


def test_explain_foretells_what_sshd_does(alice, bob, policy):
    """The same question, asked of the files and of a real login."""
    policy(OUTSIDE.format(address=alice.address))
    for user in (alice, bob):
        told = json.loads(stepup_policy("explain", "--json", user.name, "sshd", "--from", user.address).stdout)
        with Conversation(user, typed(user)) as login:
            assert login.granted == (told["demands"]["requirement"] == "disabled")


def test_explain_and_check_need_no_root(carol, policy):
    policy(EXPLAINED)
    done = carol.without_terminal("stepup", "policy", "explain", carol.name, "sudo")
    assert done.returncode == 0 and "no rule matches" in done.stdout, done
    assert carol.without_terminal("stepup", "policy", "check").returncode == 0


@pytest.mark.parametrize("words, status, told", [
    (("explain", "nobody-like-this", "sshd"), 1, "nobody-like-this: there is no such user"),
    (("explain", "root", "sshd", "--from", "here"), 2, '"here" is no address'),
    (("explain", "root", "sshd", "--at", "noon"), 2, '"noon" is no time'),
    (("explain", "root", "a\tb"), 2, "is no PAM service"),
    (("explain", "root"), 2, "SERVICE"),
    (("explain", "root", "sshd", "--config", "/no/such.toml", "--unknown"), 2, "--unknown"),
])
def test_explain_says_in_one_sentence_what_it_cannot_use(words, status, told):
    done = stepup_policy(*words)
    assert done.returncode == status and told in done.stderr and not done.stdout, done


def test_check_passes_what_the_daemon_uses(policy):
    policy(EXPLAINED)
    done = stepup_policy("check")
    assert (done.returncode, done.stdout) == (0, f"{POLICY}: good, 2 rules in 1 file\n")
    assert json.loads(stepup_policy("check", "--json").stdout) == {"good": True, "files": [POLICY], "rules": 2}


def test_check_tells_what_is_wrong_with_its_place(tmp_path):
    file = tmp_path / "next.toml"
    file.write_text('[defaults]\nrequirement = "optional"\nwindw = "5m"\n')
    done = stepup_policy("check", str(file))
    assert done.returncode == 1
    assert done.stdout == f'{file}:3:1: unknown key "windw" in [defaults]; did you mean "window"?\n'
    told = json.loads(stepup_policy("check", "--json", str(file)).stdout)
    assert not told["good"] and [(one["line"], one["column"]) for one in told["problems"]] == [(3, 1)]


def test_check_refuses_every_group_that_this_host_does_not_know(tmp_path):
    main, drop_in = tmp_path / "next.toml", tmp_path / "more.toml"
    main.write_text('[defaults]\nrequirement = "optional"\n[[rule]]\nname = "a"\n'
                    'match = { groups = ["sudo", "sodu"] }\n')
    drop_in.write_text('[[rule]]\nname = "b"\nmatch = { groups = ["domain admins"] }\n')
    done = stepup_policy("check", str(main), str(drop_in))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f'{main}:3:1: groups: this host knows no group "sodu"; `getent group` shows those it knows',
        f'{drop_in}:1:1: groups: this host knows no group "domain admins"; `getent group` shows those it knows']
