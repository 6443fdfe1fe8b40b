"""Rules by risk, times to enroll and rules that only report, over real sshd, passwd and sudo."""

import datetime
import json
import pathlib
import shutil
import sqlite3
import subprocess

import pytest

import ssh
from ssh import Conversation, private_key, typed
from waiting import wait_for

LISTS = pathlib.Path("/etc/stepup/suspicious.d")
KEY_AND_CODE = "AuthenticationMethods publickey,keyboard-interactive:pam"

BY_RISK = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "by risk"
match = {{ services = ["sshd", "sudo"] }}
requirement = "risk-based"
triggers = ["{}"]
window = "0"
"""

REQUIRED = """\
[defaults]
requirement = "disabled"

[[rule]]
name = "everybody"
match = {{ services = ["sshd", "sudo"] }}
requirement = "required"
{}
"""


def audited(*options):
    done = subprocess.run(["stepup", "audit", "--json", *options], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def last_of(user, event):
    """The newest record of `event` about `user`, once it is in the trail."""
    def find():
        found = [one for one in audited("--user", user.name) if one["name"] == event]
        return found and found[-1]
    return wait_for(find, f"{event} of {user.name}")


def gets_in(user, *codes, **how):
    """Whether a login with the password and `codes` is granted; what was asked besides the password."""
    with Conversation(user, typed(user, *codes), **how) as login:
        return login.granted, [text for text, _ in login.prompts if "assword" not in text]


def invite_for(user):
    made = ["stepup", "admin", "invite", user.name, "--json"]
    return json.loads(subprocess.run(made, capture_output=True, text=True, check=True).stdout)["code"]


def a_day_passes(user, daemon):
    """For the user, whose time to enroll has begun."""
    daemon("stop")
    try:
        with sqlite3.connect("/var/lib/stepup/stepup.db") as store:
            changed = store.execute("UPDATE habit SET first_required = first_required - 86400000 WHERE uid = ?",
                                    (user.entry.pw_uid,))
        store.close()
    finally:
        daemon("start")
    assert changed.rowcount == 1


@pytest.fixture
def suspicious(host):
    """suspicious(text) makes that the list of suspicious networks, and is in force when it returns."""
    LISTS.mkdir(exist_ok=True)

    def write(text):
        (LISTS / "test").write_text(text, encoding="utf-8")
        host.daemon("reload")
    yield write
    (LISTS / "test").unlink(missing_ok=True)
    host.daemon("reload")


def test_a_network_that_nobody_verified_from_is_a_new_device_and_is_none_once_somebody_did(alice, policy):
    policy(BY_RISK.format("new-device"))
    granted, asked = gets_in(alice)
    assert not granted, "a new device, and no code"
    assert "This login is unusual: new device." in asked[0]
    assert gets_in(alice, alice.totp.code())[0]
    assert gets_in(alice) == (True, []), "it is known now: nothing is asked"
    alice.address = "127.77.1.1"
    assert not gets_in(alice, "000000")[0], "another network"
    assert last_of(alice, "factor-refused")["fields"]["signals"] == "new-device"


def test_a_key_that_nobody_verified_with_is_a_new_device_wherever_it_comes_from(alice, policy, sshd):
    sshd(2261, KEY_AND_CODE)
    policy(BY_RISK.format("new-device"))
    first, how = private_key(alice), {"port": 2261}
    # The key answers for the password: sshd's stack asks for that as well.
    assert not gets_in(alice, key=first, **how)[0]
    assert gets_in(alice, alice.totp.code(), key=first, **how)[0]
    alice.address = "127.77.2.1"
    assert gets_in(alice, key=first, **how) == (True, []), "the same key from another network"
    alice.make_other_key()
    other = private_key(alice)
    assert not gets_in(alice, key=other, **how)[0], "another key from the same network"


def test_a_location_is_new_although_the_key_is_not(alice, policy, sshd):
    sshd(2262, KEY_AND_CODE)
    policy(BY_RISK.format("new-location"))
    key = private_key(alice)
    assert gets_in(alice, alice.totp.code(), key=key, port=2262)[0]
    assert gets_in(alice, key=key, port=2262) == (True, [])
    alice.address = "127.77.3.1"
    granted, asked = gets_in(alice, key=key, port=2262)
    assert not granted and "new location" in asked[0]


def test_a_listed_address_is_suspicious_from_the_moment_that_the_list_says_so(alice, policy, suspicious):
    policy(BY_RISK.format("suspicious-ip"))
    suspicious("# nobody\n")
    assert gets_in(alice) == (True, [])
    suspicious(f"192.0.2.0/24\n{alice.address}/32 ; it\nnot an address\n")
    granted, asked = gets_in(alice)
    assert not granted and "suspicious address" in asked[0]
    (LISTS / "test").unlink()  # no reload: the folder is watched
    wait_for(lambda: gets_in(alice)[0], "the list is forgotten")


def test_a_list_counts_in_a_folder_that_was_made_while_the_daemon_ran(alice, host, policy):
    shutil.rmtree(LISTS, ignore_errors=True)
    host.daemon("restart")
    policy(BY_RISK.format("suspicious-ip"))
    assert gets_in(alice) == (True, [])
    LISTS.mkdir()
    try:
        (LISTS / "test").write_text(f"{alice.address}\n", encoding="utf-8")
        wait_for(lambda: not gets_in(alice)[0], "the list is read, without a reload")
    finally:
        shutil.rmtree(LISTS)
    wait_for(lambda: gets_in(alice)[0], "it is forgotten with its folder")


def test_an_address_with_many_failures_is_suspicious_also_for_others(alice, bob, policy):
    policy(BY_RISK.format("suspicious-ip") + "[limits]\nlock_after = 3\ndelay_from = 3\n")
    bob.address = alice.address = "127.77.4.1"
    assert gets_in(alice) == (True, [])
    policy(REQUIRED.format("") + "[limits]\nlock_after = 3\ndelay_from = 3\n")
    assert not gets_in(bob, "000000", "000000", "000000")[0]
    policy(BY_RISK.format("suspicious-ip") + "[limits]\nlock_after = 3\ndelay_from = 3\n")
    granted, asked = gets_in(alice)
    assert not granted and "suspicious address" in asked[0]


def test_after_a_password_change_a_code_is_asked_once_more(alice, policy, stack):
    stack("passwd")
    policy(BY_RISK.format("after-password-change"))
    assert gets_in(alice) == (True, [])
    with alice.terminal("passwd") as screen:
        screen.play((r"Current password: ", alice.password), (r"New password: ", "Quite-a-new-1"),
                    (r"Retype new password: ", "Quite-a-new-1"))
        assert screen.finish() == 0, screen.transcript
    alice.password = "Quite-a-new-1"
    granted, asked = gets_in(alice)
    assert not granted and "credentials changed" in asked[0]
    assert gets_in(alice, alice.totp.code())[0]
    assert gets_in(alice) == (True, [])


def test_a_login_under_way_is_judged_by_the_policy_it_began_with_and_the_next_by_the_new_one(alice, policy):
    policy(REQUIRED.format(""))

    def answer(prompt):
        if "assword" in prompt:
            return alice.password
        policy(REQUIRED.format('allowed_factors = ["hotp", "yubikey-otp"]'))
        return alice.totp.code()

    with Conversation(alice, answer) as login:
        assert login.granted, login.prompts
    granted, asked = gets_in(alice, alice.totp.code())
    assert not granted and asked == [], "none of her factors is allowed any more"


def test_one_proof_is_not_enough_at_the_end_of_a_login_whose_rule_came_to_want_two(alice, policy):
    policy(REQUIRED.format(""))

    def answer(prompt):
        if "assword" in prompt:
            return alice.password
        policy(REQUIRED.format("two_different_factors = true"))
        return alice.totp.code()

    with Conversation(alice, answer) as login:
        assert not login.granted and len(login.prompts) == 2, "nothing more is asked: auth is over by then"
    granted, asked = gets_in(alice, alice.totp.code(), alice.recovery_codes[0])
    assert granted and len(asked) == 2


def test_who_has_no_factor_is_refused_once_a_signal_fires(carol, policy):
    policy(BY_RISK.format("new-device"))
    granted, asked = gets_in(carol)
    assert not granted and asked == []


def test_a_rule_that_only_reports_asks_nobody_and_notes_what_it_would_have_done(alice, carol, policy):
    policy(REQUIRED.format("report_only = true"))
    assert gets_in(alice) == (True, [])
    assert gets_in(carol) == (True, [])
    assert last_of(alice, "would-have-asked")["fields"]["rule"] == "everybody"
    refused = last_of(carol, "would-have-refused")["fields"]
    assert refused["rule"] == "everybody" and refused["why"] == "not enrolled"
    names = [one["name"] for one in audited("--user", carol.name)]
    assert names.count("would-have-refused") == 1, "one login, one record"
    status, _ = ssh.run(carol, "id", key=True)
    assert status == 0, "nor does it refuse a key alone"


def test_a_rule_that_only_reports_counts_the_time_to_enroll_and_begins_none(alice, carol, policy):
    policy('[defaults]\nrequirement = "required"\ngrace_period = "7d"\nreport_only = true\n')
    assert gets_in(carol) == (True, [])
    assert gets_in(alice) == (True, [])
    assert last_of(alice, "would-have-asked")["fields"]["rule"] == "[defaults]"
    assert "would-have-refused" not in [one["name"] for one in audited("--user", carol.name)]
    with sqlite3.connect("file:/var/lib/stepup/stepup.db?mode=ro", uri=True) as store:
        assert store.execute("SELECT count(*) FROM habit WHERE uid = ?", (carol.entry.pw_uid,)).fetchone() == (0,)
    store.close()


def test_who_is_enrolled_is_asked_also_while_others_have_time(alice, policy):
    policy(REQUIRED.format('grace_period = "7d"'))
    assert not gets_in(alice)[0]
    assert gets_in(alice, alice.totp.code())[0]


def test_an_invite_opens_the_door_that_closed(carol, policy):
    policy(REQUIRED.format('grace_period = "1s"'))
    gets_in(carol)
    wait_for(lambda: not gets_in(carol)[0], "the time is over")
    assert gets_in(carol, invite_for(carol))[0]


def test_an_invite_that_was_not_needed_opens_nothing_once_its_user_enrolled(carol, policy):
    policy(REQUIRED.format('min_strength = "otp"'))
    invite = invite_for(carol)
    status = ["stepup", "admin", "status", carol.name]
    out = "Handed out:      a code that is good once, until "
    assert out in subprocess.run(status, capture_output=True, text=True, check=True).stdout
    carol.enroll()
    assert out not in subprocess.run(status, capture_output=True, text=True, check=True).stdout
    granted, asked = gets_in(carol, invite)
    assert not granted and asked, "a code is asked for, and that is none"
    assert gets_in(carol, carol.totp.code())[0]


def test_time_to_enroll_begins_with_the_first_login_and_not_with_the_first_that_is_unusual(
        carol, daemon, policy, suspicious):
    policy(BY_RISK.format("suspicious-ip") + 'grace_period = "1d"\n')
    suspicious("# nobody\n")
    assert gets_in(carol) == (True, []), "nothing is unusual"
    a_day_passes(carol, daemon)
    suspicious(f"{carol.address}\n")
    granted, asked = gets_in(carol)
    assert not granted and asked == [], "a day later the password alone opens nothing from there"
    suspicious("# nobody\n")
    assert gets_in(carol) == (True, [])


def test_whoever_comes_unusually_within_his_time_is_let_in_and_told(carol, policy, suspicious):
    policy(BY_RISK.format("suspicious-ip") + 'grace_period = "1d"\n')
    suspicious(f"{carol.address}\n")
    granted, asked = gets_in(carol)
    assert granted and "last day" in asked[0]
    assert last_of(carol, "passed-for-now")["fields"]["signals"] == "suspicious-ip"


def test_a_day_from_which_on_it_is_required(alice, carol, policy):
    today = datetime.date.today()
    policy(REQUIRED.format(f"required_from = {today + datetime.timedelta(days=3)}"))
    granted, asked = gets_in(carol)
    assert granted and "You have 3 days left" in asked[0]
    assert not gets_in(alice)[0], "who enrolled is asked"
    assert ssh.run(alice, "id", key=True)[0] == 0, "a key alone is enough until then"
    policy(REQUIRED.format(f"required_from = {today}"))
    assert not gets_in(carol)[0]
    assert ssh.run(alice, "id", key=True)[0] != 0


def test_a_location_database_makes_a_country_of_networks(host, alice, policy):
    # A database of our own making: 127.77.0.0/16 is in one country, 127.78.0.0/16 in another.
    from places import write_database
    database = pathlib.Path("/etc/stepup/places.mmdb")
    write_database(database, {"127.77.0.0/16": "DE", "127.78.0.0/16": "FR"})
    settings = pathlib.Path("/etc/stepup/stepup.d/places.toml")
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(f'[paths]\nlocations = "{database}"\n', encoding="utf-8")
    try:
        host.daemon("restart")
        policy(BY_RISK.format("new-location"))
        alice.address = "127.77.5.1"
        assert gets_in(alice, alice.totp.code())[0]
        alice.address = "127.77.6.1"
        assert gets_in(alice) == (True, []), "another network of the same country"
        alice.address = "127.78.6.1"
        assert not gets_in(alice)[0]
    finally:
        settings.unlink()
        host.daemon("restart")
