"""The system bus may hang or be gone: logins do not notice."""

import signal

import pytest

import ssh
from ssh import Conversation, typed


@pytest.fixture
def hung_bus(host):
    """dbus-daemon stopped in its tracks."""
    host.children["dbus-daemon"].send_signal(signal.SIGSTOP)
    yield
    host.children["dbus-daemon"].send_signal(signal.SIGCONT)
    host.wait_until_managed()


@pytest.fixture
def no_bus(host):
    """No dbus-daemon at all."""
    host.stop_bus()
    yield
    host.start_bus()
    host.wait_until_managed()


def logs_in_and_becomes_root(user, terminals):
    shell = terminals(ssh.login(user, code=user.totp.code()))
    assert not shell.asks("sudo -k id", ("password for", user.password))
    with Conversation(user, typed(user, *[user.totp.spent_code()] * 3)) as login:
        assert not login.granted


def test_a_hung_bus_changes_nothing_for_logins(alice, hung_bus, terminals):
    logs_in_and_becomes_root(alice, terminals)


def test_a_missing_bus_changes_nothing_for_logins(alice, no_bus, terminals):
    logs_in_and_becomes_root(alice, terminals)


def test_the_daemon_starts_and_serves_while_the_bus_hangs(alice, hung_bus, daemon, terminals):
    daemon("restart")
    logs_in_and_becomes_root(alice, terminals)


def test_the_daemon_starts_and_serves_without_a_bus(alice, no_bus, daemon, terminals):
    daemon("restart")
    logs_in_and_becomes_root(alice, terminals)


def test_management_works_again_once_the_bus_is_back(alice, host, terminals):
    host.stop_bus()
    host.start_bus()
    host.wait_until_managed()
    assert terminals(alice.shell()).run("stepup list").status == 0
