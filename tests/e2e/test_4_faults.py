"""What goes wrong on a host: the daemon dies, hangs, keeps crashing; the disk is full. Logins wait, or are refused in one
sentence; they never pass without a factor, and the socket is never given up on."""

import itertools

import pytest

from person import Conversation, Person
from waiting import wait_for

pytestmark = pytest.mark.long
TIMES = 50


@pytest.fixture(scope="module")
def alice(machine, debs):
    machine.install(debs)
    person = Person(machine, "alice", "sudo")
    with person.login() as shell:
        person.enroll(shell)
        person.enroll_token(shell)
    machine.run("stepup", "pam", "enable", "--sshd-config", "sshd", "sudo")
    machine.run("systemctl", "reload", "ssh.service")
    return person


def main_pid(machine):
    return int(machine.run("systemctl", "show", "--value", "--property=MainPID", "stepupd.service"))


def starts(machine):
    return int(machine.run("systemctl", "show", "--value", "--property=NRestarts", "stepupd.service"))


def test_a_daemon_that_is_killed_again_and_again_is_back_each_time(machine, alice):
    for _ in range(TIMES):
        pid = main_pid(machine)
        machine.run("kill", "-KILL", str(pid))
        wait_for(lambda: main_pid(machine) not in (0, pid), "another stepupd", seconds=30)
    assert alice.is_let_in(alice.code())
    assert machine.run("systemctl", "is-active", "stepupd.socket") == "active\n"


def test_who_logs_in_while_it_restarts_waits(machine, alice):
    for signal in itertools.islice(itertools.cycle(["KILL", "TERM", "SEGV"]), 6):
        machine.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", "stepupd.service")
        assert alice.is_let_in(alice.code())


def test_a_stopped_daemon_is_started_by_the_next_login(machine, alice):
    machine.run("systemctl", "stop", "stepupd.service")
    assert alice.is_let_in(alice.code())


def test_a_hung_daemon_lets_nobody_in_and_is_started_anew(machine, alice):
    before, pid = starts(machine), main_pid(machine)
    machine.run("kill", "-STOP", str(pid))
    with Conversation(alice, "000000") as login:
        assert not login.granted
        assert not [prompt for prompt in login.asked if "Code" in prompt]
    wait_for(lambda: starts(machine) > before, "the watchdog", seconds=60)
    assert alice.is_let_in(alice.code())


def test_a_daemon_that_cannot_start_never_fails_the_socket(machine, alice):
    drop_in = machine.root / "etc/systemd/system/stepupd.service.d/broken.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nExecStart=\nExecStart=/usr/sbin/stepupd --config /nowhere/else.toml --no-such-option\n",
                       encoding="ascii")
    machine.run("systemctl", "daemon-reload")
    before = starts(machine)
    machine.try_run("systemctl", "restart", "--no-block", "stepupd.service")
    wait_for(lambda: starts(machine) - before >= TIMES, "many crashes", seconds=60)
    assert not alice.is_let_in(alice.code())
    assert machine.run("systemctl", "is-active", "stepupd.socket") == "active\n"
    drop_in.unlink()
    machine.run("systemctl", "daemon-reload")
    wait_for(lambda: machine.try_run("systemctl", "is-active", "stepupd.service").stdout == "active\n", "it is back",
             seconds=30)
    assert alice.is_let_in(alice.code())


def test_with_a_full_disk_somebody_still_gets_in(machine, alice):
    machine.run("systemctl", "stop", "stepupd.socket", "stepupd.service")
    machine.run("sh", "-c", "cp -a /var/lib/stepup /var/lib/aside && mount -t tmpfs -o size=64m,mode=700 tmpfs "
                "/var/lib/stepup && chown stepup: /var/lib/stepup && cp -a /var/lib/aside/. /var/lib/stepup/")
    machine.run("systemctl", "start", "stepupd.socket", "stepupd.service")
    machine.try_run("sh", "-c", "cat /dev/zero >/var/lib/stepup/filler")
    assert "100%" in machine.run("df", "/var/lib/stepup")
    spent = alice.code()
    assert alice.is_let_in(spent)
    assert not alice.is_let_in(spent)
    machine.run("rm", "/var/lib/stepup/filler")
    assert alice.is_let_in(alice.code())
