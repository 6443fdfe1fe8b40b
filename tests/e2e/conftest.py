"""A Debian 12 that boots systemd, with our packages beside it. pytest starts itself anew where machines can be booted."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = pathlib.Path(os.environ.get("STEPUP_PACKAGES", TREE / "build/deb"))
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(TREE / "tests" / "rig")]


def pytest_configure(config):
    config.addinivalue_line("markers", "long: not in the short run of ./dev test")
    if os.environ.get("STEPUP_E2E") == "inside":
        return
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # Before the network is ours alone: the mirror is out there.
    os.environ["STEPUP_E2E_ROOT"] = subprocess.run([HERE / "rootfs"], check=True, stdout=subprocess.PIPE,
                                                   text=True).stdout.strip()
    enter = str(HERE / "enter")
    os.execv(enter, [enter, "/usr/bin/python3", "-m", "pytest", *config.invocation_params.args])


def packages(folder):
    """The two packages in `folder`."""
    found = sorted(path for path in folder.glob("*.deb") if "dbgsym" not in path.name)
    assert len(found) == 2, f"{folder} does not hold the two packages: packaging/build-deb {folder}"
    return found


@pytest.fixture(scope="module")
def machine(request):
    """A machine that was just booted for the first time; each file of tests has its own."""
    from machine import Machine
    made = Machine(os.environ["STEPUP_E2E_ROOT"])
    made.boot()
    yield made
    if logs := os.environ.get("STEPUP_LOGS"):
        path = pathlib.Path(logs) / f"{request.path.stem}.journal"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.try_run("journalctl", "--no-pager", "--output=short-precise").stdout, encoding="utf-8")
    made.discard()


@pytest.fixture(scope="module")
def debs():
    """The packages of this tree."""
    return packages(PACKAGES)


@pytest.fixture(scope="module")
def newer_debs(debs, tmp_path_factory):
    """The same, with a later version, and other bytes in every program and library."""
    folder = tmp_path_factory.mktemp("newer")
    for package in debs:
        tree = folder / package.stem
        subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
        for built in (path for path in tree.rglob("*") if path.is_file() and not path.is_symlink()):
            with built.open("rb") as file:
                if file.read(4) != b"\x7fELF":
                    continue
            subprocess.run(["objcopy", f"--add-section=.newer={os.devnull}", built], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"^(Version: .*)$", r"\1+newer", control.read_text(), flags=re.M), encoding="utf-8")
        subprocess.run(["dpkg-deb", "--build", "-Zgzip", tree, folder], check=True, stdout=subprocess.DEVNULL)
    return packages(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    machine = item.funcargs.get("machine")
    if report.failed and machine and machine.leader:
        journal = machine.try_run("journalctl", "--no-pager", "--output=short-precise", "--lines=60").stdout
        report.sections.append((f"journal of {machine.name}", journal))
