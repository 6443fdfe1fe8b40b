"""Rules by network, place and time, over real sshd, login and sudo."""

import contextlib
import datetime
import grp
import json
import os
import pathlib
import shutil
import subprocess

import pytest

import golden
import ssh
from ssh import Conversation, typed
from terminal import PASSWORD, Shell, Terminal

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
    (("explain", "root", "sshd", "--at", "2026-02-30"), 2, '"2026-02-30" is no time'),
    (("explain", "root", "a\tb"), 2, "is no PAM service"),
    (("explain", "root"), 2, "SERVICE"),
    (("explain", "root", "sshd", "--config", "/no/such.toml", "--unknown"), 2, "--unknown"),
])
def test_explain_says_in_one_sentence_what_it_cannot_use(words, status, told):
    done = stepup_policy(*words)
    assert done.returncode == status and told in done.stderr and not done.stdout, done


def test_explain_does_not_foretell_by_a_target_that_sudo_does_not_tell(alice, policy):
    policy('[defaults]\nrequirement = "required"\n[[rule]]\nname = "git"\n'
           'match = { services = ["sudo", "su"], targets = ["git"] }\nrequirement = "disabled"\n')
    told = json.loads(stepup_policy("explain", "--json", alice.name, "sudo", "--target", "git").stdout)
    assert (told["decides"], told["in_doubt"], told["demands"]["requirement"]) == ("", True, "required")
    assert told["note"].startswith("sudo does not tell stepupd whom its caller becomes") and "target" not in told["attempt"]
    assert f'\n{told["note"]}.\n' in stepup_policy("explain", alice.name, "sudo", "--target", "git").stdout
    told = json.loads(stepup_policy("explain", "--json", alice.name, "su", "--target", "git").stdout)
    assert (told["decides"], told["in_doubt"]) == ("git", False) and "note" not in told


@pytest.mark.parametrize("words, error, told", [
    (("explain", "nobody-like-this", "sshd"), "NoSuchUser", "nobody-like-this: there is no such user"),
    (("profile", "nosuch"), "InvalidArgument", 'there is no profile "nosuch"; there is cis, nist-aal2, pci, stig'),
])
def test_programs_are_told_in_json_what_there_is_not(policy, words, error, told):
    policy(EXPLAINED)
    done = stepup_policy(*words, "--json")
    assert done.returncode == 1 and not done.stderr, done
    assert json.loads(done.stdout)["error"] == error and json.loads(done.stdout)["message"].startswith(told)


def test_check_passes_what_the_daemon_uses(policy):
    policy(EXPLAINED)
    done = stepup_policy("check")
    assert (done.returncode, done.stdout) == (0, f"{POLICY}: good, 2 rules in 1 file\n")
    assert json.loads(stepup_policy("check", "--json").stdout) == {"good": True, "files": [POLICY], "rules": 2,
                                                                    "warnings": [], "counts_security_keys": []}


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


def test_check_warns_of_two_groups_with_one_name(policy, tmp_path):
    """Whoever can add groups somewhere could otherwise think that his group is the one that a rule means."""
    groups = pathlib.Path("/etc/group")
    before = groups.read_bytes()
    main = tmp_path / "next.toml"
    main.write_text('[defaults]\nrequirement = "optional"\n[[rule]]\nname = "a"\nmatch = { groups = ["twins"] }\n')
    try:
        groups.write_bytes(before + b"twins:x:64001:\ntwins:x:64002:\n")
        done = stepup_policy("check", str(main))
        assert done.returncode == 0, done
        assert done.stderr == (f'warning: {main}:3:1: groups: this host has several groups "twins" (64001, 64002); only '
                               "members of the one that `getent group` finds count\n")
        assert len(json.loads(stepup_policy("check", "--json", str(main)).stdout)["warnings"]) == 1
    finally:
        groups.write_bytes(before)


@pytest.mark.parametrize("policy_text, told", [
    ('[defaults]\nrequirement = "required"\nmin_strength = "webauthn"\n',
     ": [defaults]: nobody could pass: this version has no security-key or webauthn, it has "),
    ('[defaults]\nrequirement = "required"\nallowed_factors = ["ssh-security-key"]\n',
     ':1:1: nobody could pass: ssh-security-key counts only with security_key_login = "verified"'),
])
def test_check_and_set_refuse_what_would_lock_everybody_out(policy, tmp_path, policy_text, told):
    file = tmp_path / "next.toml"
    file.write_text(policy_text)
    done = stepup_policy("check", str(file))
    assert done.returncode == 1 and done.stdout.startswith(str(file) + told), done
    policy('[defaults]\nrequirement = "required"\n')
    key, value = policy_text.splitlines()[2].split(" = ")
    done = stepup_policy("set", key, value)
    assert done.returncode == 1 and done.stderr.startswith(f"stepup: nothing was changed: {POLICY}{told}"), done
    assert installed() == '[defaults]\nrequirement = "required"\n'


def test_check_warns_of_a_target_that_sudo_does_not_tell(tmp_path):
    file = tmp_path / "next.toml"
    file.write_text('[defaults]\nrequirement = "optional"\n[[rule]]\nname = "a"\n'
                    'match = { services = ["sudo"], targets = ["git"] }\nrequirement = "required"\n')
    done = stepup_policy("check", str(file))
    assert done.returncode == 0 and done.stderr.startswith(f"warning: {file}:3:1: targets: sudo does not tell"), done


# --- changing it ---

COMMENTED = """\
# ours
[defaults]
requirement = "optional"   # for now
window      = "15m"

[[rule]]
name  = "admins"   # and nobody else
match = { groups = ["sudo"], services = ["sudo"] }
"""


@pytest.fixture
def for_stepupd_alone():
    """As an administrator may have it: his policy is nobody's business but stepupd's."""
    shutil.chown(POLICY, group="stepup")
    os.chmod(POLICY, 0o640)
    yield 0o640, grp.getgrnam("stepup").gr_gid
    shutil.chown(POLICY, group="root")
    os.chmod(POLICY, 0o644)


def installed():
    return pathlib.Path(POLICY).read_text(encoding="utf-8")


def required_of(user, service="sshd"):
    return json.loads(stepup_policy("explain", "--json", user.name, service).stdout)["demands"]["requirement"]


def test_set_changes_one_value_and_the_daemon_takes_it_at_once(bob, policy, for_stepupd_alone):
    policy(COMMENTED)
    done = stepup_policy("set", "requirement", "disabled")
    assert done.returncode == 0, done
    assert '-requirement = "optional"   # for now\n+requirement = "disabled"   # for now\n' in done.stdout
    assert done.stdout.endswith("stepupd has it in force.\n")
    assert installed() == COMMENTED.replace('"optional"', '"disabled"')
    now = os.stat(POLICY)
    assert (now.st_mode & 0o777, now.st_gid) == for_stepupd_alone
    with Conversation(bob, typed(bob)) as login:
        assert login.granted, "the daemon has it"
    assert stepup_policy("set", "--rule", "admins", "requirement", "required").returncode == 0
    assert stepup_policy("set", "limits.lock_after", "7").returncode == 0
    assert installed() == (COMMENTED.replace('"optional"', '"disabled"') + 'requirement = "required"\n'
                           + "\n[limits]\nlock_after = 7\n")


@pytest.mark.parametrize("words, told", [
    (("window", "10"), f'{POLICY}:4:15: window: needs a unit: "10s" for seconds, or m, h, d'),
    (("windw", "10m"), f'{POLICY}:5:1: unknown key "windw" in [defaults]; did you mean "window"?'),
    (("--rule", "admins", "match", "{}"), "match: is empty; what holds for everyone stands in [defaults]"),
    (("--rule", "admin", "window", "10m"), 'neither here nor in a drop-in is there a rule "admin"'),
])
def test_set_refuses_in_one_sentence_what_is_wrong_and_changes_nothing(policy, words, told):
    policy(COMMENTED)
    done = stepup_policy("set", *words)
    assert done.returncode == 1 and not done.stdout, done
    assert done.stderr.startswith("stepup: nothing was changed: ") and told in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and installed() == COMMENTED
    assert stepup_policy("diff").stdout == "What the files say is in force.\n"


def test_set_warns_of_a_group_that_this_host_does_not_know(policy):
    policy(COMMENTED)
    done = stepup_policy("set", "--rule", "admins", "match", '{ groups = ["sodu"], services = ["sudo"] }')
    assert done.returncode == 0 and '"sodu"' in installed(), done
    assert done.stderr == (f'warning: {POLICY}:6:1: groups: this host knows no group "sodu"; `getent group` shows those it '
                           "knows\n")


def test_set_shows_what_it_would_do_and_tells_programs_what_it_did(policy):
    policy(COMMENTED)
    assert '+window      = "1h"\n' in stepup_policy("set", "--dry-run", "window", "1h").stdout
    assert installed() == COMMENTED
    assert "says so already" in stepup_policy("set", "window", "15m").stdout
    done = stepup_policy("set", "--json", "window", "1h")
    assert json.loads(done.stdout) == {"changed": True, "in_force": "files", "problems": []}
    assert not json.loads(stepup_policy("set", "--json", "window", "soon").stdout)["good"]


def test_nobody_but_root_changes_the_policy(carol, policy):
    policy(COMMENTED)
    for words in ["set", "window", "1h"], ["edit"], ["reload"], ["diff"]:
        done = carol.without_terminal("env", "EDITOR=true", "stepup", "policy", *words)
        assert done.returncode != 0, words
    assert installed() == COMMENTED


def test_reload_says_whether_the_daemon_took_it_and_why_not(policy):
    policy(COMMENTED)
    assert stepup_policy("reload").stdout == "stepupd has it in force.\n"
    pathlib.Path(POLICY).write_text(COMMENTED + "windw = 1\n", encoding="utf-8")
    done = stepup_policy("reload")
    assert done.returncode == 1 and not done.stdout
    assert done.stderr == (f'stepup: {POLICY}:9:1: unknown key "windw" in [[rule]]; did you mean "window"?\n'
                           "stepup: stepupd did not take it: the last good policy stays in force.\n")
    assert json.loads(stepup_policy("reload", "--json").stdout)["in_force"] == "last good"
    done = stepup_policy("diff")
    assert done.returncode == 1 and done.stdout.endswith("+windw = 1\n"), done.stdout
    assert done.stdout.startswith(f"--- {POLICY} (in force)\n+++ {POLICY}\n@@ -6,3 +6,4 @@\n")


def editing(script):
    """`stepup policy edit` with sh -c SCRIPT for an editor, without anybody to ask."""
    return {**os.environ, "VISUAL": f"sh -c '{script}' sh"}


def test_edit_puts_only_a_good_policy_in_place(policy):
    policy(COMMENTED)
    done = subprocess.run(["stepup", "policy", "edit"], env=editing('echo "[limits]" >> $1; echo "lock_after = 5" >> $1'),
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0 and "+lock_after = 5\n" in done.stdout, done
    assert installed() == COMMENTED + "[limits]\nlock_after = 5\n"
    assert not os.path.exists(POLICY + ".draft")


def test_edit_loses_nothing_that_was_typed_though_it_is_wrong(policy):
    policy(COMMENTED)
    draft = pathlib.Path(POLICY + ".draft")

    def edit(script):
        return subprocess.run(["stepup", "policy", "edit"], env=editing(script), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
    try:
        done = edit('echo "windw = 1" >> $1')
        assert done.returncode == 1 and f'{POLICY}:9:1: unknown key "windw"' in done.stdout, done
        assert done.stderr == f"stepup: nothing was changed; the draft is kept as {draft}\n"
        assert installed() == COMMENTED and draft.read_text(encoding="utf-8") == COMMENTED + "windw = 1\n"
        done = edit("exit 1")
        assert "the editor failed" in done.stderr and draft.exists()
        done = edit('sed -i "s/windw = 1/window = \\"1m\\"/" $1')
        assert done.returncode == 0 and f"Going on with the draft {draft}." in done.stdout, done
        assert installed() == COMMENTED + 'window = "1m"\n' and not draft.exists()
        assert "Nothing was changed." in edit("true").stdout and not draft.exists()
    finally:
        draft.unlink(missing_ok=True)


def test_edit_asks_whoever_sits_there_to_go_on(policy, terminals):
    policy(COMMENTED)
    screen = terminals(Terminal(["env", "VISUAL=sh -c 'echo windw = 1 >> $1' sh", "stepup", "policy", "edit"]))
    screen.expect("Edit again")
    screen.type("y")
    screen.expect("Edit again")
    screen.type("n")
    assert screen.finish() == 1
    pathlib.Path(POLICY + ".draft").unlink()
    assert installed() == COMMENTED


def test_edit_makes_a_drop_in(bob, policy):
    policy(COMMENTED)
    drop_in = pathlib.Path(POLICY).with_suffix(".d") / "bob.toml"
    rule = f'[[rule]]\\nname = \\"bob\\"\\nmatch = {{ users = [\\"{bob.name}\\"] }}\\nrequirement = \\"disabled\\"\\n'
    with contextlib.suppress(FileNotFoundError):
        drop_in.parent.rmdir()
    try:
        done = subprocess.run(["sh", "-c", "umask 077; exec stepup policy edit bob"], env=editing(f'printf "{rule}" > $1'),
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0 and done.stdout.endswith("stepupd has it in force.\n"), done
        assert required_of(bob) == "disabled"
        with Conversation(bob, typed(bob)) as login:
            assert login.granted
    finally:
        drop_in.unlink(missing_ok=True)


# --- profiles ---

def test_profiles_are_there_to_be_read(policy):
    assert stepup_policy("profile").stdout.split() == ["cis", "nist-aal2", "pci", "stig"]
    assert json.loads(stepup_policy("profile", "--json").stdout) == ["cis", "nist-aal2", "pci", "stig"]
    assert "# 8.3.4: at most 10 attempts\n" in stepup_policy("profile", "pci").stdout
    told = json.loads(stepup_policy("profile", "pci", "--json").stdout)
    assert told == {"profile": "pci", "text": stepup_policy("profile", "pci").stdout}
    done = stepup_policy("profile", "pci-dss")
    assert (done.returncode, done.stderr) == (1, 'stepup: there is no profile "pci-dss"; there is cis, nist-aal2, pci, stig\n')


def test_a_host_that_takes_a_profile_for_its_policy_does_not_deviate(policy):
    for name in stepup_policy("profile").stdout.split():
        policy(stepup_policy("profile", name).stdout)
        assert stepup_policy("check").returncode == 0, name
        done = stepup_policy("profile", name, "--diff")
        assert done.returncode == 0 and f"{name}: 0 laxer, " in done.stdout, done


def test_diff_of_a_profile_fails_by_one_rule_that_is_laxer(policy, tmp_path):
    policy(stepup_policy("profile", "stig").stdout
           + '[[rule]]\nname = "robots"\nmatch = { users = ["robot"] }\nrequirement = "disabled"\n')
    done = stepup_policy("profile", "stig", "--diff")
    assert done.returncode == 1
    assert done.stdout.startswith('laxer      requirement: required is wanted; disabled, rule "robots" (/etc/')
    told = json.loads(stepup_policy("profile", "stig", "--diff", "--json").stdout)
    assert told["laxer"] and [one["found"] for one in told["keys"] if one["bearing"] == "laxer"] == ["disabled"]
    ours = tmp_path / "ours.toml"
    ours.write_text('[defaults]\nrequirement = "optional"\n')
    assert stepup_policy("profile", str(ours), "--diff").stdout.endswith(f"{ours}: 1 laxer, 0 as wanted, 1 stricter.\n")


def test_a_day_that_has_not_come_is_laxer_than_a_profile_wants(policy):
    pci = stepup_policy("profile", "pci").stdout
    policy(pci.replace("[limits]", "required_from = 2099-01-01\n[limits]"))
    done = stepup_policy("profile", "pci", "--diff")
    assert done.returncode == 1, done
    assert done.stdout.startswith("laxer      requirement: required is wanted; required from 2099-01-01 on, [defaults]\n")


def test_what_is_wrong_fits_a_terminal_with_its_place_whole(policy, terminals):
    policy(COMMENTED)
    screen = terminals(Terminal(["stepup", "policy", "set", "something", "5m"], size=(50, 80)))
    screen.finish()
    assert f"stepup: nothing was changed: {POLICY}:5:1: " in screen.transcript, screen.transcript
    assert not golden.too_wide(screen.transcript), screen.transcript
    pathlib.Path(POLICY).write_text(COMMENTED + "something = 1\n", encoding="utf-8")
    screen = terminals(Terminal(["stepup", "policy", "check"], size=(50, 80)))
    screen.finish()
    assert f"{POLICY}:9:1: unknown key" in screen.transcript, screen.transcript
    assert len(screen.transcript.splitlines()) > 3 and not golden.too_wide(screen.transcript), screen.transcript


@pytest.mark.parametrize("name, words", [
    ("policy-explain", ("explain", "root", "sshd", "--from", "203.0.113.7", "--at", "2026-11-22 22:30")),
    ("policy-profile", ("profile", "pci", "--diff")),
])
def test_screens_fit_a_terminal(policy, terminals, name, words):
    policy(EXPLAINED.replace("sudo", "root"))
    screen = terminals(Terminal(["stepup", "policy", *words], size=(50, 80)))
    screen.finish()
    assert not golden.too_wide(screen.transcript)
    golden.compare(name, screen.transcript)


# --- programs ---

def bus_policy(method, signature, *arguments, user=None):
    command = ["busctl", "--system", "call", "org.stepup.StepUp1", "/org/stepup/StepUp1", "org.stepup.StepUp1.Policy",
               method, signature, "--", *arguments]
    if user:
        return user.without_terminal(*command)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_program_sets_rules_that_count_at_once_are_shown_and_audited(bob, policy):
    policy('[defaults]\nrequirement = "optional"\n')
    rule = f'[[rule]]\nname = "of a program"\nmatch = {{ users = ["{bob.name}"] }}\nrequirement = "disabled"\n'
    try:
        done = bus_policy("Set", "sss", "program", rule, "")
        assert done.stdout == 'sas "files" 0\n', done
        with Conversation(bob, typed(bob)) as login:
            assert login.granted, "he typed no code"
        told = json.loads(stepup_policy("explain", "--json", bob.name, "sshd").stdout)
        assert told["decides"] == "of a program"
        assert told["rules"][0]["file"] == "/var/lib/stepup/policy.d/program.toml"
        assert '"of a program"' in bus_policy("Explain", "ssssts", bob.name, "sshd", "", "", "0", "").stdout
        wrong = bus_policy("Set", "sss", "program", rule.replace("disabled", "disabld"), "")
        assert wrong.returncode != 0 and 'program.toml:4:15: requirement: "disabld" is none of' in wrong.stderr, wrong
        shut = rule.replace('requirement = "disabled"', 'allowed_factors = ["sms"]')
        closed = bus_policy("Set", "sss", "program", shut, "")
        assert closed.returncode != 0 and "nobody could pass: this version has no sms" in closed.stderr, closed
        assert json.loads(stepup_policy("explain", "--json", bob.name, "sshd").stdout)["decides"] == "of a program"
    finally:
        assert bus_policy("Set", "sss", "program", "", "").returncode == 0
    with Conversation(bob, typed(bob, "000000")) as login:
        assert not login.granted, "and what was noted is kept with his failure"
    one_line = rule.replace("\n", "\\n")
    trail = subprocess.run(["stepup", "audit", "--json", "--event", "policy-set"], capture_output=True, text=True, check=True)
    records = [json.loads(line)["fields"] for line in trail.stdout.splitlines()]
    assert [(one["before"], one["after"]) for one in records[-2:]] == [("", one_line), (one_line, "")]
    assert records[-1]["by"] == "root"


def test_nobody_but_an_administrator_sees_or_sets_rules(carol, policy):
    policy('[defaults]\nrequirement = "optional"\n')
    for method, signature, arguments in [("Get", "s", [""]), ("Reload", "s", [""]), ("Set", "sss", ["a", "", ""]),
                                         ("Explain", "ssssts", [carol.name, "sshd", "", "", "0", ""])]:
        refused = bus_policy(method, signature, *arguments, user=carol)
        assert refused.returncode != 0 and "An administrator must authenticate" in refused.stderr, refused
    assert "only root may read them" in carol.without_terminal("stepup", "policy", "explain", carol.name, "su").stdout
