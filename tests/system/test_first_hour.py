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

ADMINS = """\
[[rule]]
name        = "administrators"
match       = { groups = ["sudo"], services = ["sshd", "sudo", "su"] }
requirement = "required"
window      = "10m"
"""
EVERYBODY = """\
[[rule]]
name        = "everybody from outside"
match       = { services = ["sshd"], from = "remote" }
requirement = "required"
report_only = true
"""
TREE = pathlib.Path(__file__).resolve().parents[2]
DROP_INS = pathlib.Path("/etc/stepup/policy.d")


@pytest.fixture
def admins(host, nobody_enrolled):
    """Two administrators, and nobody who has a factor."""
    editor = pathlib.Path("/usr/bin/editor")
    before = editor.readlink() if editor.is_symlink() else None
    yield User("ada", "sudo"), User("grace", "sudo")
    for drop_in in DROP_INS.glob("[56]0-*.toml"):
        drop_in.unlink()
    editor.unlink(missing_ok=True)
    if before:
        editor.symlink_to(before)
    host.daemon("reload")


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

    policy((TREE / "packaging/policy.toml").read_text(encoding="utf-8"))
    with root(ada, "hour-7-who-must") as screen:
        edit(screen, "50-admins", ADMINS)
        screen.run("stepup policy explain ada sshd --from 203.0.113.7 --at '2026-01-31 12:34'")

    with root(ada, "hour-8-everybody") as screen:
        edit(screen, "60-everybody", EVERYBODY)
        screen.run("stepup policy set --rule 'everybody from outside' required_from 2099-01-01")
        screen.run("stepup policy set --rule 'everybody from outside' report_only false")
        screen.run("stepup policy profile nist-aal2 --diff")


def edit(screen, drop_in, lines):
    """`stepup policy edit`, with an editor in which somebody types `lines`."""
    editor = pathlib.Path("/usr/bin/editor")
    editor.unlink(missing_ok=True)
    editor.write_text(f"#!/bin/sh\ncat > \"$1\" <<'END'\n{lines}END\n", encoding="utf-8")
    editor.chmod(0o755)
    screen.run(f"stepup policy edit {drop_in}", (r"Put this in place\? \[Y/n/e\(dit again\)\] ", "y"))


def test_the_policy_that_the_page_shows_is_good(host, tmp_path):
    """Each file beside the one that the host has."""
    page = (TREE / "docs/first-hour.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert len(shown) >= 3
    for text in shown:
        (tmp_path / "drop-in.toml").write_text(text, encoding="utf-8")
        assert "good" in run("stepup", "policy", "check", str(POLICY), str(tmp_path / "drop-in.toml"))
