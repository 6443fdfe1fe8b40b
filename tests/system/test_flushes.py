"""What one answer costs the disk: the flushes of the real daemon, counted by strace."""

import pytest

from flushes import Flushes
from terminal import CODE


@pytest.fixture
def flushes(daemon, tmp_path):
    counted = Flushes(daemon("status")["pid"], tmp_path / "strace")
    yield counted.count
    counted.stop()


def test_a_lone_answer_costs_one_flush_and_a_window_none(alice, terminals, flushes):
    shell = terminals(alice.shell())
    asked = flushes()
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    assert flushes() - asked == 1, "one answer, one durable transaction"
    for _ in range(3):
        asked = flushes()
        assert shell.run("sudo -k id", ("password for", alice.password)).status == 0
        assert flushes() == asked, "a pass by window is written with the next commit"
