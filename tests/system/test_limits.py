"""Limits hold however one comes back: another connection, service, phase, a restart, a reboot. And who opens them."""

import pathlib
import signal
import subprocess

import pytest

from ssh import Conversation, typed
from terminal import CODE, PASSWORD
from waiting import wait_for

REFUSED, USAGE, NOT_AUTHORIZED = 1, 2, 4
FIVE = """\
[defaults]
requirement = "optional"
[limits]
delay_from = 5
lock_after = 5
lock_for = "1h"
"""
# The ceiling is reached with the first lock, so that nobody need wait for it.
CEILING = """\
[defaults]
requirement = "optional"
[limits]
delay_from = 5
lock_after = 5
lock_for = "1m"
ceiling = 5
"""
SOURCES = """\
[defaults]
requirement = "optional"
[limits]
source_lock_after = 4
"""
BOOT_ID = pathlib.Path("/proc/sys/kernel/random/boot_id")


def as_root(*words):
    return subprocess.run(["stepup", *words], capture_output=True, text=True, check=False, timeout=60)


def guess(user, times, **where):
    """`times` wrong codes, each over a connection of its own."""
    for _ in range(times):
        with Conversation(user, typed(user, user.totp.wrong_code()), **where) as login:
            assert not login.granted


def granted(user, code):
    with Conversation(user, typed(user, code)) as login:
        return login.granted


def test_coming_back_over_a_new_connection_begins_no_new_count(alice, policy):
    policy(FIVE)
    guess(alice, 4)
    assert granted(alice, alice.totp.code()), "four are not five, and a right code ends the row"
    guess(alice, 5)
    assert not granted(alice, alice.totp.code())


ADMINS = """\
[defaults]
requirement = "optional"
[limits]
delay_from = 8
lock_after = 8
[[rule]]
name = "admins lock sooner"
match = { groups = ["sudo"] }
limits = { delay_from = 3, lock_after = 3 }
"""


def test_a_rule_says_how_many_failures_its_accounts_may_have(alice, bob, policy):
    """alice is in the group sudo, bob is not."""
    policy(ADMINS)
    for user in alice, bob:
        guess(user, 3)
    assert not granted(alice, alice.totp.code())
    assert granted(bob, bob.totp.code())
    assert "Locked: " in as_root("admin", "status", alice.name).stdout


def test_failures_of_all_services_and_both_phases_add_up(new_user, policy, terminals):
    """sshd and su in their auth phase, sudo (NOPASSWD) in account, `stepup verify` over the same socket."""
    policy(FIVE)
    fred = new_user("fred", "sudo", "nopasswd")
    greta = new_user("greta")
    fred.enroll()
    wrong = fred.totp.wrong_code()
    guess(fred, 1)
    shell = terminals(fred.shell())

    def one_wrong_code(command, *dialog):
        shell.begin(command, [*dialog, (CODE, wrong)])
        shell.expect(CODE)
        shell.give_up()

    one_wrong_code("sudo id")
    one_wrong_code(f"su -c id {greta.name}", (PASSWORD, greta.password))
    one_wrong_code("stepup verify")
    one_wrong_code("sudo id")
    ran = shell.run("stepup verify", (CODE, fred.totp.code()))
    assert ran.status == REFUSED, "the account is not locked"
    assert not granted(fred, fred.totp.code())


def test_failures_survive_a_restart_and_a_kill(alice, policy, daemon):
    policy(FIVE)
    guess(alice, 2)
    daemon("restart")
    guess(alice, 2)
    pid = daemon("status")["pid"]
    daemon("kill", number=signal.SIGKILL)
    wait_for(lambda: daemon("status")["pid"] not in (0, None, pid), "the daemon is back")
    guess(alice, 1)
    assert not granted(alice, alice.totp.code())
    daemon("restart")
    assert not granted(alice, alice.totp.code()), "a lock, too"


@pytest.fixture
def reboot(daemon, tmp_path):
    """reboot() gives the machine another boot id while the daemon is down."""
    fake = pathlib.Path("/run/rig/boot_id")

    def change(boot):
        daemon("stop")
        fake.write_text(f"{boot}\n", encoding="ascii")
        if "boot_id" not in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8"):
            subprocess.run(["mount", "--bind", fake, BOOT_ID], check=True)
        daemon("start")

    yield change
    daemon("stop")
    subprocess.run(["umount", BOOT_ID], check=True)
    daemon("start")


def test_failures_and_locks_survive_a_reboot(alice, policy, reboot, terminals):
    policy(FIVE)
    shell = terminals(alice.shell())
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    assert shell.run("stepup require --no-prompt").status == 0
    guess(alice, 4)
    reboot("11111111-1111-4111-8111-111111111111")
    assert shell.run("stepup require --no-prompt").status == REFUSED, "the daemon does not see that it is another boot"
    guess(alice, 1)
    assert not granted(alice, alice.totp.code()), "the fifth failure did not lock"
    reboot("22222222-2222-4222-8222-222222222222")
    assert not granted(alice, alice.totp.code()), "a reboot ended the lock"


def test_failures_from_one_address_add_up_over_accounts_and_lock_it_for_all(alice, bob, carol, new_user, policy):
    policy(SOURCES)
    dave = new_user("dave")
    dave.enroll()
    for user in (alice, bob, alice, bob):
        with Conversation(carol, typed(user, user.totp.wrong_code()), name=user.name) as login:
            assert not login.granted
    code = dave.totp.code()
    with Conversation(carol, typed(dave, code), name=dave.name) as login:
        assert not login.granted, "a right code from that address"
    assert granted(dave, code), "another address is another matter"
    assert granted(alice, alice.totp.code()), "two failures of an account lock nothing"
    ran = as_root("admin", "unlock", "--source", carol.address)
    assert ran.returncode == 0 and "4 failures" in ran.stdout, ran
    with Conversation(carol, typed(dave, dave.totp.code()), name=dave.name) as login:
        assert login.granted, login.error


def test_root_unlocks_an_account_at_the_ceiling_and_it_logs_in_at_once(alice, host, policy):
    policy(CEILING)
    guess(alice, 5)
    assert not granted(alice, alice.totp.code())
    ran = as_root("admin", "unlock", alice.name)
    assert ran.returncode == 0 and ran.stdout == f"Unlocked {alice.name}: 5 failures are forgotten.\n", ran
    assert granted(alice, alice.totp.code())
    host.heard("stepupd", f"MFA-1401 .*user={alice.name} .*by=root failures=5 ")


def test_what_guesses_without_a_password_never_reaches_the_ceiling(alice, policy, terminals):
    """A program of the user's own can lock the account for a while; that an administrator must open it, it cannot."""
    policy(CEILING)
    shell, wrong = terminals(alice.shell()), alice.totp.wrong_code()
    for _ in range(2):
        assert shell.run("stepup verify", *[(CODE, wrong)] * 3).status == REFUSED
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == REFUSED, "locked"
    ran = as_root("admin", "unlock", alice.name)
    assert "4 failures" in ran.stdout, f"one more, and it would be for good: {ran}"
    assert granted(alice, alice.totp.code())


def test_nobody_but_root_unlocks_and_root_by_sudo_is_named_by_his_login(alice, bob, host, policy, terminals):
    policy(FIVE)
    guess(bob, 5)
    assert bob.without_terminal("stepup", "admin", "unlock", bob.name).returncode == NOT_AUTHORIZED
    assert not granted(bob, bob.totp.code())
    shell = terminals(alice.shell())
    ran = shell.run(f"sudo -k stepup admin unlock {bob.name}", ("password for", alice.password),
                    (CODE, alice.totp.code()))
    assert ran.status == 0, ran
    assert granted(bob, bob.totp.code())
    host.heard("stepupd", f"MFA-1401 .*user={bob.name} .*login_uid={alice.entry.pw_uid}")


def test_unlocking_whom_nobody_knows_is_an_error():
    ran = as_root("admin", "unlock", "nobody-like-this")
    assert ran.returncode == REFUSED and "no such user" in ran.stderr, ran
    assert as_root("admin", "unlock", "--source", "nonsense").returncode == USAGE
    assert as_root("admin", "unlock").returncode == USAGE


def test_a_locked_account_confirms_no_enrollment_though_the_code_is_right(bob, policy, terminals):
    import json

    from totp import Totp
    policy(FIVE)
    shell = terminals(bob.shell())
    assert shell.run("stepup verify", (CODE, bob.totp.code())).status == 0
    started = json.loads(shell.run("stepup enroll totp --label tablet --json").output)
    guess(bob, 5)
    tablet = Totp(started["secret"])
    ran = shell.run(f"stepup confirm {started['id']} {tablet.code()} --no-prompt")
    assert ran.status == REFUSED and "locked after too many wrong codes" in " ".join(ran.output.split()), ran
    assert as_root("admin", "unlock", bob.name).returncode == 0
    assert shell.run(f"stepup confirm {started['id']} {tablet.code()} --no-prompt").status == 0
