"""What other packagers take from packaging/: an rpm, an AppArmor profile, an SELinux module."""

import os
import pathlib
import subprocess

import pytest

pytestmark = pytest.mark.long
TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("STEPUP_BUILD", TREE / "build"))


def test_rpmbuild_makes_packages_that_gate_nothing(tmp_path):
    subprocess.run([TREE / "packaging/build-rpm", tmp_path], check=True, env={**os.environ, "STEPUP_BUILD": str(BUILD)},
                   stdout=subprocess.DEVNULL)
    names = sorted(path.name.split("-")[0] for path in tmp_path.glob("*.rpm"))
    assert names == ["pam_stepup", "stepup"]
    for package in tmp_path.glob("*.rpm"):
        files = subprocess.run(["rpm", "-qpl", package], check=True, capture_output=True, text=True).stdout.split()
        assert not [path for path in files if path.startswith("/etc/pam.d")]


def test_the_apparmor_profile_parses():
    done = subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--verbose",
                           TREE / "packaging/apparmor.d/usr.sbin.stepupd"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_selinux_module_compiles_and_knows_the_newer_sshd(tmp_path):
    source = TREE / "packaging/selinux/stepup.te"
    subprocess.run(["checkmodule", "-M", "-m", "-o", tmp_path / "stepup.mod", source], check=True)
    subprocess.run(["semodule_package", "-o", tmp_path / "stepup.pp", "-m", tmp_path / "stepup.mod", "-f",
                    source.with_suffix(".fc")], check=True)
    compiled = (tmp_path / "stepup.mod").read_bytes()
    assert b"sshd_session_t" in compiled and b"sshd_auth_t" in compiled
