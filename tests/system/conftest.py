"""One rig for the whole run: pytest starts itself anew inside it. Fixtures give each test users nobody else has."""

import itertools
import os
import pathlib
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("STEPUP_BUILD", TREE / "build"))
sys.dont_write_bytecode = True
sys.path.insert(0, str(TREE / "tests" / "rig"))

DEFAULT_POLICY = """\
[defaults]
requirement = "optional"
window = "15m"

[[rule]]
name = "admins step up"
match = { groups = ["sudo"], services = ["sudo", "su"] }
requirement = "required"
window = "10m"
"""


def kept_folders():
    """What the rig must see of the outside besides the source tree."""
    module = os.environ.get("STEPUP_MODULE")
    return [str(BUILD), *([str(pathlib.Path(module).parent)] if module else [])]


def pytest_configure(config):
    if os.environ.get("STEPUP_RIG") == "inside":
        return
    config.pluginmanager.getplugin("capturemanager").stop_global_capturing()
    os.environ.setdefault("RIG_KEEP", " ".join(kept_folders()))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    enter = str(TREE / "tests" / "rig" / "enter")
    os.execv(enter, [enter, "/usr/bin/python3", "-m", "pytest", *config.invocation_params.args])


@pytest.fixture(scope="session")
def host():
    from host import POLICY, Host
    machine = Host(BUILD, module=os.environ.get("STEPUP_MODULE"),
                   environment=os.environ.get("STEPUP_DAEMON_ENVIRONMENT", "").split())
    machine.install_policy(DEFAULT_POLICY)
    machine.boot()
    yield machine
    machine.shut_down(keep_logs_in=os.environ.get("STEPUP_LOGS"))


@pytest.fixture(autouse=True)
def no_crash(host, request):
    """The supervisor starts a crashed daemon again so fast that a test may not notice: so ask."""
    before = host.daemon("status")["crashes"]
    yield
    if request.node.get_closest_marker("crashes"):
        return
    after = host.daemon("status")
    assert after["crashes"] == before, f"stepupd ended by itself: {after['last_end']}"


@pytest.fixture
def daemon(host):
    """The supervisor of stepupd: daemon("restart"), daemon("kill", number=9) …; running again afterwards."""
    yield host.daemon
    host.daemon("start")


@pytest.fixture
def policy(host):
    """policy(text) puts another policy in force for this test."""
    yield host.set_policy
    host.set_policy(DEFAULT_POLICY)


@pytest.fixture
def stack(host):
    """stack(service, example) gives a service another PAM stack for this test."""
    changed = []

    def change(service, example=None):
        changed.append(service)
        host.use_stack(service, example)

    yield change
    for service in changed:
        host.use_stack(service)


@pytest.fixture
def sshd(host):
    """sshd(port, line...) runs one more sshd for this test."""
    started = []

    def start(port, *lines):
        host.start_sshd(port, *lines)
        started.append(port)

    yield start
    for port in started:
        host.stop(f"sshd.{port}")


_numbers = itertools.count(1)


@pytest.fixture
def new_user(host):
    """new_user(name, group...) makes a user whose name begins with `name`."""
    from people import User
    return lambda name, *groups: User(f"{name}{next(_numbers)}", *groups)


@pytest.fixture
def alice(new_user):
    """An administrator with TOTP enrolled."""
    user = new_user("alice", "sudo")
    user.enroll()
    return user


@pytest.fixture
def bob(new_user):
    """Another user, with TOTP enrolled."""
    user = new_user("bob")
    user.enroll()
    return user


@pytest.fixture
def carol(new_user):
    """A user with nothing enrolled."""
    return new_user("carol")


@pytest.fixture
def terminals():
    """terminals(t) closes `t` when the test is over and gives it back."""
    opened = []

    def keep(terminal):
        opened.append(terminal)
        return terminal

    yield keep
    for terminal in reversed(opened):
        terminal.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Remembers how far the logs were, so that a failure shows what was logged during its test."""
    from host import LOGS
    item.stash[log_marks] = {path: path.stat().st_size for path in LOGS.glob("*")}
    yield


log_marks = pytest.StashKey[dict]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if not report.failed:
        return
    from host import LOGS
    for path in sorted(LOGS.glob("*")):
        with open(path, encoding="utf-8", errors="replace") as log:
            log.seek(item.stash[log_marks].get(path, 0))
            if lines := log.readlines():
                report.sections.append((f"log {path.name}", "".join(lines[-40:])))
