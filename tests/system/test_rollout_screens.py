"""What somebody without a factor sees while a host comes to require one: the screens are in tests/system/screens."""

import re

import pytest

import golden
import ssh
from people import User
from terminal import CODE, PASSWORD, Terminal
from test_risk import REQUIRED, gets_in, last_of
from test_screens import RECOVERY_CODE, Screen, login, root
from waiting import wait_for


@pytest.fixture
def walt(host):
    return User("walt")


def refused(user, name):
    """A login that ends with the password: the screen `name`, of an ssh that says what ssh says."""
    with Terminal(ssh.command(user, "-tt", ssh.TALKS), size=(24, 80)) as screen:
        screen.play((PASSWORD, user.password))
        assert screen.finish() != 0
        golden.compare(name, screen.transcript)
        assert golden.too_wide(screen.transcript) == []


def test_a_roll_out_looks_as_it_did(walt, policy):
    policy(REQUIRED.format("report_only = true"))
    with login(walt, "rollout-1-only-reported") as screen:
        screen.run("stepup status")
    with root(walt, "rollout-2-what-it-would-do") as screen:
        screen.run("stepup audit --user walt")

    policy(REQUIRED.format('grace_period = "7d"'))
    with login(walt, "rollout-3-time-left", (r"Press Enter to go on: ", "")) as screen:
        screen.run("stepup status")
    assert last_of(walt, "passed-for-now")["fields"]["days"] == "7"

    policy(REQUIRED.format('grace_period = "1d"'))
    with login(walt, "rollout-4-last-day", (r"Press Enter to go on: ", "")):
        pass

    policy(REQUIRED.format('grace_period = "1s"'))
    wait_for(lambda: not gets_in(walt)[0], "the time is over")
    refused(walt, "rollout-5-closed")

    with root(walt, "rollout-6-an-invite") as screen:
        shown = screen.run("stepup admin invite walt")
    invite = re.search(RECOVERY_CODE, shown)[0]
    with Screen(walt, "rollout-7-invited", ssh.command(walt, "-tt", ssh.TALKS), (PASSWORD, walt.password),
                (CODE, invite)) as screen:
        screen.run("stepup status")
        screen.enroll("--plain")
