"""su, login and an unprivileged caller such as a screen locker, each in a terminal."""

import pathlib
import re

import pytest

from terminal import CODE, PASSWORD, Shell, Terminal


def test_su_asks_the_caller_not_the_target(alice, carol, terminals):
    """carol has nothing enrolled: the code that is asked for, and accepted, is alice's."""
    shell = terminals(alice.shell())
    ran = shell.run(f"su -c id {carol.name}", (PASSWORD, carol.password), (CODE, alice.totp.code()))
    assert ran.status == 0 and f"({carol.name})" in ran.output


def test_su_with_a_wrong_code_is_refused(alice, carol, terminals):
    shell, wrong = terminals(alice.shell()), alice.totp.wrong_code()
    ran = shell.run(f"su -c id {carol.name}", (PASSWORD, carol.password), *[(CODE, wrong)] * 3)
    assert ran.status != 0 and "uid=" not in ran.output


def test_login_asks_for_a_code(alice, terminals):
    console = terminals(Shell(["login", alice.name]))
    console.play((PASSWORD, alice.password), (CODE, alice.totp.code()))
    assert console.ready().run("id -un").output == f"{alice.name}\n"


def test_the_code_given_to_login_serves_sudo(alice, terminals):
    console = terminals(Shell(["login", alice.name]))
    console.play((PASSWORD, alice.password), (CODE, alice.totp.code()))
    assert not console.ready().asks("sudo -k id", ("password for", alice.password))


def test_login_with_a_wrong_code_starts_over(alice, terminals):
    wrong = alice.totp.wrong_code()
    console = terminals(Terminal(["login", alice.name]))
    console.play((PASSWORD, alice.password), *[(CODE, wrong)] * 3)
    console.expect("Login incorrect")


def unlock(user, *codes):
    """A locker such as swaylock, which runs as the user: its exit status and what it showed."""
    with user.terminal("pamtester", "swaylock", user.name, "authenticate") as locker:
        locker.play((PASSWORD, user.password), *[(CODE, code) for code in codes])
        return locker.finish(), locker.transcript


def test_a_locker_is_asked_for_a_code(alice):
    status, shown = unlock(alice, alice.totp.code())
    assert status == 0, shown


def test_a_locker_with_a_wrong_code_stays_locked(alice):
    status, shown = unlock(alice, *[alice.totp.wrong_code()] * 3)
    assert status != 0, shown


def test_cockpit_asks_for_password_and_code_and_opens_a_session(alice, host):
    """Its stack, by another program: what the login page shows is the conversation of cockpit-session."""
    host.use_stack("cockpit")
    before = len(host.log("stepupd"))
    ask = ["pamtester", "-I", f"rhost={alice.address}", "cockpit", alice.name, "authenticate", "acct_mgmt",
           "open_session", "close_session"]
    try:
        with Terminal(ask) as stranger:
            stranger.play((PASSWORD, "not his"))
            assert stranger.finish() != 0 and not re.search(CODE, stranger.transcript), stranger.transcript
        with Terminal(ask) as wrong:
            wrong.play((PASSWORD, alice.password), *[(CODE, alice.totp.wrong_code())] * 3)
            assert wrong.finish() != 0, wrong.transcript
        with Terminal(ask) as right:
            right.play((PASSWORD, alice.password), (CODE, alice.totp.code()))
            assert right.finish() == 0, right.transcript
        assert "session-attached" in host.heard("stepupd", "windows-ended", before)
    finally:
        pathlib.Path("/etc/pam.d/cockpit").unlink()


def test_a_locker_opens_no_window(alice, terminals):
    shell = terminals(alice.shell())
    ran = shell.run(f"pamtester swaylock {alice.name} authenticate", (PASSWORD, alice.password),
                    (CODE, alice.totp.code()))
    assert ran.status == 0
    assert shell.asks("sudo -k id", ("password for", alice.password))


@pytest.fixture
def bare_locker(host, stack):
    """swaylock's stack with our module alone, so that nothing before it refuses."""
    stack("swaylock")
    host.write_stack("swaylock", "auth [success=ok ignore=ignore default=die] pam_stepup.so\n"
                                 "auth required pam_permit.so\n")


def test_an_unprivileged_program_cannot_ask_in_another_s_name(alice, bob, bare_locker):
    """pamtester runs as bob and claims to be alice. The kernel says who it is: no question, and no code is spent."""
    with bob.terminal("pamtester", "swaylock", alice.name, "authenticate") as cheat:
        assert cheat.finish() != 0, cheat.transcript
        assert "Code" not in cheat.transcript


def test_an_unprivileged_program_can_ask_in_its_own_name(alice, bare_locker):
    with alice.terminal("pamtester", "swaylock", alice.name, "authenticate") as locker:
        locker.play((CODE, alice.totp.code()))
        assert locker.finish() == 0, locker.transcript


def test_an_unprivileged_program_cannot_pretend_to_be_sudo(alice, host, terminals):
    """Only lockers may ask without being root: a window opened through a false sudo would be worth a real one."""
    host.write_stack("sudo-i", "auth [success=ok ignore=ignore default=die] pam_stepup.so\nauth required pam_permit.so\n")
    try:
        with alice.terminal("pamtester", "sudo-i", alice.name, "authenticate") as cheat:
            assert cheat.finish() != 0, cheat.transcript
            assert "Code" not in cheat.transcript
    finally:
        host.use_stack("sudo-i")
