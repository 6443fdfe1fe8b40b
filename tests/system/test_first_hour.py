"""The first hour with StepUp, as docs/first-hour.md tells it, screen by screen: tests/system/screens has them."""

import pathlib
import re

import pytest

import golden
import ssh
from host import POLICY, run
from people import User
from terminal import CODE, PASSWORD
from test_pam import nobody_enrolled, plain, systemd  # fixtures: Debian's stacks, a systemd that takes orders
from test_screens import Screen, login, root

__all__ = ["nobody_enrolled", "plain", "systemd"]


@pytest.fixture
def admins(host, nobody_enrolled):
    """Two administrators, and nobody who has a factor."""
    return User("ada", "sudo"), User("grace", "sudo")


def test_the_first_hour_looks_as_the_page_says(host, admins, policy, systemd):
    ada, grace = admins
    with root(ada, "hour-1-nothing-asks-yet") as screen:
        screen.run("stepup pam enable sudo")
        screen.run("stepup policy check")

    with login(ada, "hour-2-enroll-yourself") as screen:
        screen.enroll("--label", "phone")
        screen.run("stepup list")

    with login(ada, "hour-3-try-it-on-sudo") as screen:
        screen.run("sudo stepup pam try sudo", (r"password for ada: ", ada.password))
        with login(ada, "hour-4-from-a-second-login") as second:
            second.run("sudo -k; sudo id -un", (r"password for ada: ", ada.password), (CODE, ada.totp.code()))
            second.run("sudo stepup pam confirm")
            second.run("sudo id -un")
            second.run("stepup status --service sudo")

    with login(grace, "hour-5-a-second-administrator") as screen:
        screen.enroll("--label", "phone")

    with root(ada, "hour-6-who-has-a-factor") as screen:
        screen.run("stepup admin status ada")
        screen.run("stepup admin status grace")


def test_the_policy_that_the_page_shows_is_good(host, tmp_path):
    """Each file beside the one that the host has."""
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs/first-hour.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert len(shown) >= 3
    for text in shown:
        (tmp_path / "drop-in.toml").write_text(text, encoding="utf-8")
        assert "good" in run("stepup", "policy", "check", str(POLICY), str(tmp_path / "drop-in.toml"))
