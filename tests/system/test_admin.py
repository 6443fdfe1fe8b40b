"""The administrator's side: whom he sees, and what he can do to accounts."""

import concurrent.futures
import json
import pathlib
import re
import signal
import subprocess

import pytest

import ssh
from host import run
from people import User
from ssh import Conversation, typed
from terminal import CODE, SECONDS
from totp import Totp
from waiting import wait_for

REFUSED, NOT_AUTHORIZED = 1, 4
CLOSED = """\
[defaults]
requirement = "required"
"""
INVITED = """\
[defaults]
requirement = "optional"
first_enrollment = "invite"
"""
PATIENT = """\
[defaults]
requirement = "optional"
[limits]
delay_from = 20
lock_after = 20
"""
CEILING = """\
[defaults]
requirement = "optional"
[limits]
delay_from = 5
lock_after = 5
lock_for = "1m"
ceiling = 5
"""


def stepup(*words):
    """`stepup` run by root, outside of any login: CompletedProcess."""
    return subprocess.run(["stepup", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=60)


def data(*words):
    """What it printed with --json."""
    ran = stepup(*words, "--json")
    assert ran.returncode == 0, ran
    return json.loads(ran.stdout)


def lines(*words):
    """The same where it prints one object a line, by user."""
    ran = stepup(*words, "--json")
    assert ran.returncode == 0, ran
    return {one["user"]: one for one in map(json.loads, ran.stdout.splitlines())}


def test_the_status_of_a_user_tells_factors_codes_and_the_last_proof(alice):
    status = data("admin", "status", alice.name)
    assert (status["factors"], status["codes_left"], status["codes_issued"]) == (1, 10, 10)
    assert status["required"] and status["enrolled"] and not status["locked"]
    with Conversation(alice, typed(alice, alice.recovery_codes[0])) as login:
        assert login.granted
    status = data("admin", "status", alice.name)
    assert status["codes_left"] == 9 and status["last_verified"]


def test_everybody_with_a_factor_is_listed_and_nobody_else(alice, bob, carol):
    listed = lines("admin", "status")
    assert {alice.name, bob.name} <= listed.keys()
    assert carol.name not in listed
    missing = lines("admin", "status", "--not-enrolled")
    assert carol.name in missing and not {alice.name, bob.name} & missing.keys()
    assert "sshd" not in missing and "stepup" not in missing


def test_a_locked_account_is_shown_as_locked(bob, policy):
    policy(CEILING)
    guess(bob, 4)
    status = data("admin", "status", bob.name)
    assert status["failures"] == 4 and not status["locked"]
    guess(bob, 1)
    assert data("admin", "status", bob.name)["locked"]


def test_only_root_sees_accounts(alice):
    refused = alice.without_terminal("stepup", "admin", "status", alice.name)
    assert refused.returncode == 4, refused


@pytest.fixture
def leaver(new_user):
    """A user with a factor whose account is gone."""
    user = new_user("dave")
    user.enroll()
    run("userdel", user.name)
    return user


def heir(name, uid):
    """A new account with this name and uid."""
    user = object.__new__(User)
    run("useradd", "--uid", str(uid), "--no-create-home", "--shell", "/bin/bash", name)
    user.name = name
    return user


def test_factors_of_a_deleted_account_are_orphans(leaver, alice):
    orphans = lines("admin", "status", "--orphans")
    assert orphans[leaver.name]["account"] == "gone"
    assert alice.name not in orphans


def test_a_recycled_uid_inherits_nothing(leaver):
    heir(leaver.name + "x", leaver.entry.pw_uid)
    assert not data("admin", "status", leaver.name + "x")["enrolled"]
    assert lines("admin", "status", "--orphans")[leaver.name]["account"] == "gone"


def test_a_recycled_name_inherits_nothing(leaver):
    heir(leaver.name, leaver.entry.pw_uid + 5000)
    assert not data("admin", "status", leaver.name)["enrolled"]
    assert lines("admin", "status", "--orphans")[leaver.name]["account"] == "other-uid"


def guess(user, times):
    """`times` wrong codes, each over a connection of its own."""
    for _ in range(times):
        with Conversation(user, typed(user, user.totp.wrong_code())) as login:
            assert not login.granted


def granted(user, *codes):
    with Conversation(user, typed(user, *codes)) as login:
        return login.granted


def bypass_for(user, *options):
    return data("admin", "bypass", user.name, "--reason", "lost phone", *options)["code"]


def invite_for(user):
    return data("admin", "invite", user.name)["code"]


# --- reset ---

def test_after_a_reset_nothing_of_before_counts(bob, terminals):
    shell = terminals(bob.shell())
    shell.run("stepup verify", (CODE, bob.totp.code()))
    assert data("admin", "reset", bob.name, "--yes") == {"user": bob.name, "factors": 1}
    assert json.loads(shell.run("stepup status --json").output)["recent"] is False
    status = data("admin", "status", bob.name)
    assert not status["enrolled"] and status["codes_issued"] == 0
    assert bob.enroll(), "and he enrolls again"
    assert not granted(bob), "and is asked again"
    assert granted(bob, bob.recovery_codes[0])


def test_a_reset_during_a_login_makes_it_fail(bob):
    def answer(prompt):
        if "assword" in prompt:
            return bob.password
        if data("admin", "status", bob.name)["enrolled"]:
            data("admin", "reset", bob.name, "--yes")
        return bob.totp.code()

    with Conversation(bob, answer) as login:
        assert not login.granted
    with Conversation(bob, typed(bob)) as login:
        assert login.granted, "the next one is not asked: he has no factor, and policy requires none"


def test_a_reset_is_asked_about_at_the_terminal(bob):
    refused = stepup("admin", "reset", bob.name)
    assert refused.returncode == 2 and "--yes" in refused.stderr
    assert data("admin", "status", bob.name)["enrolled"]


def test_orphans_are_removed_by_name_and_uid(leaver):
    assert stepup("admin", "reset", leaver.name, "--yes").returncode == REFUSED, "there is no such user"
    uid = str(leaver.entry.pw_uid)
    assert data("admin", "reset", leaver.name, "--uid", uid, "--yes")["factors"] == 1
    assert leaver.name not in lines("admin", "status", "--orphans")


# --- invites ---

def test_an_invited_user_gets_through_a_closed_door_and_enrolls(carol, policy, terminals):
    policy(CLOSED)
    assert not granted(carol)
    invite = invite_for(carol)
    shell = terminals(ssh.login(carol, code=invite))
    assert json.loads(shell.run("stepup status --service sudo --json").output)["recent"] is False, "it opens no window"
    started = json.loads(shell.run("stepup enroll totp --json").output)
    carol.totp = Totp(started["secret"])
    assert shell.run(f"stepup confirm {started['id']} {carol.totp.code()}").status == 0
    assert not granted(carol, invite, invite, invite), "once"
    assert granted(carol, carol.totp.code())


def test_without_an_invite_nobody_enrolls_a_first_factor_where_policy_wants_one(carol, policy, terminals):
    policy(INVITED)
    shell = terminals(carol.shell())
    refused = shell.run("stepup enroll totp")
    assert refused.status == NOT_AUTHORIZED and "invite" in refused.output
    invite = invite_for(carol)
    with Conversation(carol, typed(carol)) as login:
        assert login.granted, "an invite shuts no door that was open"
    screen = terminals(carol.terminal("stepup", "enroll", "totp"))
    screen.play((CODE, invite))
    carol.confirm_enrollment(screen)
    assert data("admin", "status", carol.name)["factors"] == 1


INVITED_BY_RULE = """\
[defaults]
requirement = "optional"
recovery_codes = 10
[[rule]]
name = "by invite, with few codes"
match = {{ users = ["{}"], services = ["stepup"] }}
first_enrollment = "{}"
recovery_codes = 2
"""


def test_a_rule_says_who_needs_an_invite_and_how_many_codes_he_gets(carol, policy, terminals):
    policy(INVITED_BY_RULE.format(carol.name, "invite"))
    shell = terminals(carol.shell())
    assert "invite" in shell.run("stepup enroll totp").output
    policy(INVITED_BY_RULE.format("somebody-else", "invite"))
    carol.enroll()
    assert len(carol.recovery_codes) == 10
    data("admin", "reset", carol.name, "--yes")
    policy(INVITED_BY_RULE.format(carol.name, "self"))
    carol.enroll()
    assert len(carol.recovery_codes) == 2


def test_nobody_is_invited_who_has_a_factor(bob):
    refused = stepup("admin", "invite", bob.name)
    assert refused.returncode == REFUSED and "factor already" in refused.stderr


# --- bypass codes ---

def test_a_bypass_code_opens_an_account_at_the_ceiling_once(bob, policy):
    policy(CEILING)
    guess(bob, 5)
    assert not granted(bob, bob.totp.code())
    assert data("admin", "status", bob.name)["locked"]
    code = bypass_for(bob)
    assert granted(bob, code)
    assert not data("admin", "status", bob.name)["locked"]
    assert not granted(bob, code)
    assert granted(bob, bob.totp.code())


def test_a_bypass_code_is_good_at_any_prompt_but_opens_no_window(alice, terminals):
    shell = terminals(alice.shell())
    code = bypass_for(alice)
    ran = shell.run("sudo -k id -un", ("password for", alice.password), (CODE, code.lower().replace("-", " ")))
    assert "root" in ran.output.split()
    assert shell.asks("sudo -k id", ("password for", alice.password))


def test_who_lost_his_phone_replaces_it_with_a_bypass_code(bob, terminals):
    shell = terminals(ssh.login(bob, code=bypass_for(bob)))
    shown = shell.run("stepup enroll totp --label new --json").output
    assert "secret" in json.loads(shown)


def test_one_bypass_code_and_many_sessions_let_one_in(bob, policy):
    policy(PATIENT)
    code = bypass_for(bob)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: granted(bob, code), range(8))) == 1


def test_a_newer_bypass_code_voids_the_one_before(bob):
    old, new = bypass_for(bob), bypass_for(bob)
    assert not granted(bob, old)
    assert granted(bob, new)


def test_what_an_administrator_does_is_in_the_audit_trail_without_the_code(bob):
    code = bypass_for(bob)
    assert granted(bob, code)
    stepup("admin", "reset", bob.name, "--yes")
    trail = subprocess.run(["stepup", "audit", "--user", bob.name, "--json", "-n", "all"], capture_output=True,
                           text=True, check=True).stdout
    records = {one["event"]: one for one in map(json.loads, trail.splitlines())}
    assert {"MFA-1402", "MFA-1403", "MFA-1405"} <= records.keys()
    assert records["MFA-1403"]["fields"]["reason"] == "lost phone"
    assert records["MFA-1403"]["fields"]["by"] == "root"
    assert code.replace("-", "")[4:] not in re.sub("-", "", trail)


# --- who leaves ---

def recent(shell):
    return json.loads(shell.run("stepup status --json").output)["recent"]


def test_windows_end_when_the_account_is_removed(bob, terminals):
    shell = terminals(bob.shell())
    shell.run("stepup verify", (CODE, bob.totp.code()))
    assert recent(shell)
    run("userdel", "--force", bob.name)
    trail = ["stepup", "audit", "--user", bob.name, "--event", "windows-ended", "--json"]
    wait_for(lambda: "account removed" in subprocess.run(trail, capture_output=True, text=True, check=True).stdout,
             "the windows of a removed account end", seconds=5)


# --- polkit ---

RULES = pathlib.Path("/etc/polkit-1/rules.d/40-helpdesk.rules")
RULE = """\
polkit.addRule(function(action, subject) {
    if (action.id == "org.stepup.manage-users" && subject.user == "%s" && action.lookup("user") != "root")
        return polkit.Result.YES;
});
polkit.addAdminRule(function(action, subject) { return ["unix-user:" + subject.user]; });
"""


@pytest.fixture
def helper(new_user):
    """A user whom a rule of polkit's lets look after everybody but root; others prove themselves as who they are."""
    user = new_user("helpdesk")
    RULES.write_text(RULE % user.name, encoding="utf-8")
    wait_for(lambda: by(user, "status", user.name).returncode == 0, "polkit has read the rule")
    yield user
    RULES.unlink()


def by(user, *words):
    """`stepup admin` run by `user`, without a terminal: CompletedProcess."""
    return user.without_terminal("stepup", "admin", *words)


def test_whom_polkit_lets_looks_after_users(helper, bob, terminals):
    assert by(helper, "reset", bob.name, "--yes").returncode == 0
    assert not data("admin", "status", bob.name)["enrolled"]
    shell = terminals(helper.shell())
    assert shell.run(f"stepup admin status {bob.name}").status == 0, "at a terminal, too, and without being asked"
    trail = subprocess.run(["stepup", "audit", "--user", bob.name, "--event", "account-reset", "--json"],
                           capture_output=True, text=True, check=True).stdout
    assert json.loads(trail.splitlines()[-1])["fields"]["by"] == helper.name


def asked_by_polkit(user, words, *answers):
    """The exit status of `stepup admin` at a terminal of `user`'s, who answers polkit's agent, and what it showed."""
    with user.terminal("stepup", "admin", *words) as screen:
        for prompt, answer in answers:
            screen.expect(prompt)
            assert screen.child.waitnoecho(SECONDS), "the agent throws away what is typed before it hides it"
            screen.type(answer)
        return screen.finish(), screen.shown


def test_an_administrator_is_asked_for_his_password_at_his_terminal(helper, alice, bob):
    status, shown = asked_by_polkit(alice, ["status", bob.name], ("Password: ", alice.password))
    assert status == 0 and "org.stepup.manage-users" in shown and "Recovery codes:  10 of 10 left" in shown, shown
    status, shown = asked_by_polkit(alice, ["unlock", bob.name], ("Password: ", "wrong"))
    assert status == NOT_AUTHORIZED, f"nothing is remembered, and that was wrong: {shown}"


@pytest.fixture
def polkit_asks_us(host):
    """polkit's own stack has our lines: it comes back to the daemon that waits for it."""
    host.use_stack("polkit-1")
    yield
    pathlib.Path("/etc/pam.d/polkit-1").unlink()


def test_polkit_may_come_back_through_our_own_module(helper, alice, bob, polkit_asks_us):
    password = ("Password: ", alice.password)
    status, shown = asked_by_polkit(alice, ["unlock", bob.name], password, (CODE, alice.totp.code()))
    assert status == 0, shown
    status, shown = asked_by_polkit(alice, ["unlock", bob.name], password, *[(CODE, alice.totp.wrong_code())] * 3)
    assert status == NOT_AUTHORIZED, f"each time anew: {shown}"


def test_a_rule_can_say_whom_it_is_about(helper):
    refused = by(helper, "status", "root")
    assert refused.returncode == NOT_AUTHORIZED, refused


def test_nobody_else_gets_anything_from_the_helpers_rule(helper, bob, alice):
    for words in (["status", bob.name], ["status"], ["reset", bob.name, "--yes"],
                  ["bypass", bob.name, "--reason", "why"], ["invite", bob.name], ["unlock", bob.name]):
        assert by(alice, *words).returncode == NOT_AUTHORIZED, words
    assert data("admin", "status", bob.name)["enrolled"]


def test_root_and_ones_own_factors_do_without_polkit(host, helper, bob, terminals):
    shell = terminals(bob.shell())
    host.children["polkitd"].send_signal(signal.SIGSTOP)
    try:
        assert data("admin", "status", bob.name)["enrolled"]
        assert shell.run("stepup list").status == 0
        assert granted(bob, bob.totp.code())
        assert by(helper, "status", bob.name).returncode == NOT_AUTHORIZED
    finally:
        host.children["polkitd"].send_signal(signal.SIGCONT)
    wait_for(lambda: by(helper, "status", bob.name).returncode == 0, "polkit answers again")
