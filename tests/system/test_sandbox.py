"""What the unit of stepupd forbids is tried under it, thing by thing, and so is what the daemon needs."""

import pathlib
import signal
import subprocess

import pytest

import confine
import units
from host import PYTHON, UNITS

PROBE = pathlib.Path(__file__).with_name("probe.py")
KILLED = -signal.SIGSYS

ALLOWED = ["unix socket", "write its state", "write /tmp", "read a peer in /proc"]
FORBIDDEN = {"internet socket": "EAFNOSUPPORT", "netlink socket": "EAFNOSUPPORT", "write /etc": "EROFS",
             "write /run/stepup": "EROFS", "read /home": "EACCES", "read /root": "EACCES", "run a program": "EACCES",
             "run a program it wrote": "EACCES", "writable code": "EPERM", "new namespace": "EPERM",
             "become root": KILLED, "mount": KILLED, "ptrace": KILLED, "open a disk": "ENOENT", "set the clock": KILLED,
             "set-uid file": "EPERM"}


def attempt(thing):
    """What became of it: "allowed", an error's name, or the signal that ended the attempt."""
    done = subprocess.run([PYTHON, PROBE, UNITS / "stepupd.service", thing], capture_output=True, text=True, check=False)
    return done.returncode if done.returncode else done.stdout.strip() or done.stderr


@pytest.mark.parametrize("thing", ALLOWED)
def test_the_unit_allows(host, thing):
    assert attempt(thing) == "allowed"


@pytest.mark.parametrize("thing, fate", FORBIDDEN.items())
def test_the_unit_forbids(host, thing, fate):
    assert attempt(thing) == fate


def test_a_directive_the_rig_does_not_know_stops_it(tmp_path):
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\nUser=stepup\nRestrictEverything=yes\n", encoding="ascii")
    with pytest.raises(units.UnitError, match="RestrictEverything"):
        units.refuse_unknown(unit, units.read(unit)["Service"], "Service", confine.APPLIED | set(confine.NOT_HERE))


def test_no_directive_that_would_blind_the_daemon_is_in_the_unit(host):
    service = units.read(UNITS / "stepupd.service")["Service"]
    assert not {"PrivateUsers", "DynamicUser", "ProtectProc", "ProcSubset", "RuntimeDirectory"} & set(service)
