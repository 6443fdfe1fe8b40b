"""`stepup pam try` takes itself back two minutes later, whatever becomes of who began it. Three machines at once: most of
it is waiting."""

import os
import socket

import pytest

from machine import Machine
from person import Person
from waiting import wait_for

pytestmark = pytest.mark.long
MINUTES = 150  # in seconds: two of them, and then some


@pytest.fixture(scope="module")
def hosts(debs):
    made = []
    for number in range(3):
        host = Machine(os.environ["STEPUP_E2E_ROOT"], f"trial{number}", f"10.77.{number + 1}.11")
        host.boot()
        host.install(debs)
        host.person = Person(host, "alice", "sudo")
        with host.person.login() as shell:
            host.person.enroll(shell)
            host.person.enroll_token(shell)
        host.before = stacks(host)
        made.append(host)
    yield made
    for host in made:
        host.discard()


def stacks(host):
    return {path.name: path.read_text(encoding="utf-8") for path in (host.root / "etc/pam.d").iterdir()}


def listens(host):
    try:
        socket.create_connection((host.address, 22), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def begin(host):
    """A trial begun by the admin over ssh, in whose shell we are."""
    shell = host.person.login()
    shell.type("sudo stepup pam try --sshd-config sshd sudo")
    shell.play((r"assword[^\r\n]*: ", host.person.password))
    wait_for(lambda: stacks(host) != host.before, "the lines are in")
    wait_for(lambda: host.try_run("systemctl", "is-active", "stepup-pam-revert.timer").stdout == "active\n", "the timer")
    return shell


def test_a_trial_that_nobody_confirms_ends_by_itself(hosts):
    cut, killed, stopped = hosts
    shells = [begin(host) for host in hosts]
    shells[0].close()  # the connection is gone
    killed.try_run("pkill", "-KILL", "-x", "stepup")
    stopped.run("systemctl", "stop", "stepupd.socket", "stepupd.service")
    assert not stopped.person.is_let_in("000000"), "locked out, for now"
    for host in (cut, killed, stopped):
        wait_for(lambda: stacks(host) == host.before, f"{host.name} is as it was", seconds=MINUTES)
        wait_for(lambda: not (host.root / "etc/stepup/trial").exists(), "the trial is over")
        wait_for(lambda: listens(host), "sshd, which was told to look at its configuration again")
        with host.person.login() as shell:  # by the password alone, as before
            assert shell.run("id -un").output == "alice\n"
    for shell in shells[1:]:
        shell.close()
