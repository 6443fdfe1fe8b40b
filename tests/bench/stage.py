"""Where modules are measured: a private machine (tests/rig/enter) with as many users as anybody wants, a listener at
/dev/log, state on a real disk, and the driver of logins (pam_runs.cpp)."""

import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
RIG = HERE.parent / "rig"
sys.path[:0] = [str(HERE.parent / "campaign"), str(RIG)]
from codes import Pool, now_step  # noqa: E402  (these modules lie in folders of their own)
from instance import FIRST_UID, user_name  # noqa: E402
from waiting import wait_for  # noqa: E402

LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
MODULES = LIBRARIES / "security"
NAMES = pathlib.Path("/etc/nsswitch.conf")
PAM_SUCCESS = 0


@dataclass(frozen=True)
class Run:
    """What pam_runs saw: microseconds of each login, how many were refused, seconds from first to last."""

    times: list
    refused: int
    seconds: float

    @property
    def rate(self):
        return (len(self.times) - self.refused) / self.seconds


class Stage:
    def __init__(self, build, release):
        """`build`: the folder with the bench's programs; `release`: the one with what is measured."""
        self.build, self.release = pathlib.Path(build), pathlib.Path(release)
        self.pool = Pool(64, digits=6)
        self.disk = self.build / "bench"
        shutil.rmtree(self.disk, ignore_errors=True)
        self.disk.mkdir()
        os.chmod(self.disk, 0o755)
        self.helpers = []
        self.names = NAMES.read_text(encoding="utf-8")
        self.add_people()
        if not os.path.exists("/dev/log"):
            self.start(["/usr/bin/python3", RIG / "devlog.py", "/dev/null"], "/dev/log")

    def program(self, name):
        return self.build / "tests/bench" / name

    def add_people(self):
        """A directory that finds c000000 … at once; asked first, so that the length of /etc/passwd is no matter."""
        shutil.copy(self.program("libnss_bench.so"), LIBRARIES / "libnss_bench.so.2")
        kept = [line for line in self.names.splitlines() if not line.startswith("passwd:")]
        NAMES.write_text("\n".join([*kept, "passwd: bench files", ""]), encoding="utf-8")
        if "\nstepup:" not in pathlib.Path("/etc/passwd").read_text(encoding="utf-8"):
            with open("/etc/passwd", "a", encoding="utf-8") as accounts:
                accounts.write("stepup:x:990:990::/:/usr/sbin/nologin\n")
            with open("/etc/group", "a", encoding="utf-8") as groups:
                groups.write("stepup:x:990:\n")
        self.daemon = pwd.getpwnam("stepup")
        assert pwd.getpwuid(FIRST_UID + 7).pw_name == user_name(7), "the bench's directory answers"

    def start(self, command, makes, **more):
        """Starts a helper and waits until it `makes` its socket or file."""
        with open("/run/bench.log", "ab") as log:
            child = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, **more)
        self.helpers.append(child)
        wait_for(lambda: os.path.exists(makes) or child.poll() is not None, f"{makes} is there")
        return child

    def start_bus(self):
        shutil.copy(HERE.parent.parent / "dbus/org.stepup.StepUp1.conf", "/usr/share/dbus-1/system.d/")
        subprocess.run(["dbus-uuidgen", "--ensure"], check=True)
        self.start(["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"], "/run/dbus/system_bus_socket")

    def file_system(self):
        said = subprocess.run(["stat", "-f", "-c", "%T", self.disk], check=True, capture_output=True, text=True)
        return said.stdout.strip()

    def folder(self, name):
        """A new, empty folder on the real disk."""
        folder = self.disk / name
        folder.mkdir()
        return folder

    def logins(self, users, factor="totp"):
        """An order for each of `users`: numbers, or (number, counter) of tokens."""
        step = now_step()
        if factor == "hotp":
            return [f"{user_name(user)} {self.pool.press(user, counter)}" for user, counter in users]
        return [f"{user_name(user)} {self.pool.code(user, step)}" for user in users]

    def run(self, module, logins, service="sshd", processes=1, fresh=False, wrap=(), **options):
        """Whole transactions through `module`'s stack; `wrap`: a command that the driver runs under."""
        command = [*wrap, self.program("pam_runs"), processes, "fresh" if fresh else "loop", module.stack, service,
                   *(f"{name}={value}" for name, value in options.items())]
        done = subprocess.run(list(map(str, command)), input="\n".join(logins), text=True, check=True,
                              stdout=subprocess.PIPE)
        *lines, wall = done.stdout.splitlines()
        codes = [line.split() for line in lines]
        return Run([float(micros) for _, micros in codes], sum(int(code) != PAM_SUCCESS for code, _ in codes),
                   float(wall.split()[1]))

    def leave(self):
        for helper in reversed(self.helpers):
            helper.terminate()
            helper.wait()
        NAMES.write_text(self.names, encoding="utf-8")
        shutil.rmtree(self.disk, ignore_errors=True)


class Round:
    """Users by turns, so that nobody comes again within the same time step; or tokens, whose counters go on."""

    def __init__(self, stage, people, factor="totp"):
        self.stage, self.people, self.factor = stage, people, factor
        self.numbers = itertools.cycle(range(people))
        self.last = {}  # user: the step or counter of the last login

    def next(self, count):
        users = list(itertools.islice(self.numbers, count))
        if self.factor == "hotp":
            return self.stage.logins([(user, self.press(user)) for user in users], "hotp")
        wait_for(lambda: all(self.last.get(user, 0) < now_step() for user in users), "a new time step", seconds=31)
        self.last.update((user, now_step()) for user in users)
        return self.stage.logins(users)

    def press(self, user):
        self.last[user] = self.last.get(user, 0) + 1
        return self.last[user]
