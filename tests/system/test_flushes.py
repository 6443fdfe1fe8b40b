"""What one answer costs the disk: the flushes of the real daemon, counted by strace."""

import contextlib
import subprocess

import pytest

from terminal import CODE
from waiting import wait_for


class Strace:
    """Follows every thread of the daemon and counts the flushes it asks the kernel for."""

    def __init__(self, pid, file):
        self.pid, self.file = pid, file
        self.process = subprocess.Popen(["strace", "-f", "-q", "-e", "trace=fsync,fdatasync", "-o", file, "-p", str(pid)])
        wait_for(self.is_attached, "strace follows every thread")

    def is_attached(self):
        threads = subprocess.run(["grep", "-h", "TracerPid", "-r", f"/proc/{self.pid}/task", "--include=status"],
                                 capture_output=True, text=True, check=True).stdout.splitlines()
        return all(line.split()[1] == str(self.process.pid) for line in threads)

    def count(self):
        return sum("sync(" in line for line in self.file.read_text(encoding="utf-8").splitlines())

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def flushes(daemon, tmp_path):
    with contextlib.ExitStack() as stack:
        strace = Strace(daemon("status")["pid"], tmp_path / "strace")
        stack.callback(strace.stop)
        yield strace.count


def test_a_lone_answer_costs_one_flush_and_a_window_none(alice, terminals, flushes):
    shell = terminals(alice.shell())
    asked = flushes()
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    assert flushes() - asked == 1, "one answer, one durable transaction"
    for _ in range(3):
        asked = flushes()
        assert shell.run("sudo -k id", ("password for", alice.password)).status == 0
        assert flushes() == asked, "a pass by window is written with the next commit"
