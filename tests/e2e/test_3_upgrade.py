"""Hundreds of logins (./dev e2e: a thousand) while the packages are upgraded and downgraded: nobody gets in without a factor, and nobody is kept
out for another reason."""

import os

import pytest

import crowd

LOGINS = int(os.environ.get("STEPUP_E2E_LOGINS", "100"))
PEOPLE = 8


@pytest.fixture(scope="module")
def people(machine, debs):
    machine.install(debs)
    (machine.root / "etc/stepup/policy.d/50-crowd.toml").write_text(crowd.POLICY, encoding="ascii")
    policy = machine.root / "etc/stepup/policy.toml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text[:text.index("[limits]")] + crowd.LIMITS, encoding="utf-8")
    made = crowd.Crowd(machine, PEOPLE)
    machine.run("systemctl", "reload", "stepupd")
    machine.run("stepup", "pam", "enable", "--sshd-config", "--anyway", "sshd")
    return made


def version(machine):
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", "libpam-stepup")


def test_nobody_notices_an_upgrade(machine, people, debs, newer_debs):
    old = version(machine)
    load = people.log_in_meanwhile(LOGINS, LOGINS // 20)
    changes = 0
    while load.poll() is None:
        machine.install(newer_debs if changes % 2 == 0 else debs, "--allow-downgrades", "--reinstall",
                        "-oDpkg::Options::=--force-confold")
        changes += 1
    let_in, refused, intruders = crowd.outcomes(load)
    assert intruders == []
    assert refused == []
    assert let_in == LOGINS
    assert changes >= 2, "the packages were changed under the load"
    assert old != version(machine) or changes % 2 == 0
