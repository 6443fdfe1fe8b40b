"""The modules that are measured. Each has people of its own, a folder for its state, and a stack of one line."""

import os
import pathlib
import re
import shutil
import socket
import subprocess

from stage import MODULES, Round, user_name
from instance import AS_DAEMON, LISTEN, enrollment
from waiting import wait_for

GOOGLE = {"totp": '{}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n18017372\n',
          "hotp": '{}\n" HOTP_COUNTER 1\n" WINDOW_SIZE 3\n18017372\n'}  # a limit would refuse the fourth code in 30 s
SETTINGS = """\
[paths]
state = "{0}/state"
runtime = "{0}"
policy = "{0}/policy.toml"
[keys]
master = "{0}/master.key"
[bus]
enabled = {1}
"""
POLICY = """\
[defaults]
requirement = "required"
window = "1h"
window_without_tty = "session"
"""


class Module:
    """One line of a stack."""

    name = "pam_permit"
    child = None

    def __init__(self, stage, people, factor="totp"):
        self.stage, self.people, self.factor = stage, people, factor
        self.folder = stage.folder(re.sub(r"\W+", "-", f"{self.name} {factor} {people}"))
        self.stack = self.folder / "stack"
        self.stack.mkdir()
        for service, lines in {**self.stacks(), "other": "auth required pam_deny.so"}.items():
            (self.stack / service).write_text(lines + "\n", encoding="ascii")
        self.enroll()
        self.round = Round(stage, people, factor)

    def line(self):
        return "pam_permit.so"

    def stacks(self):
        """What stands in the file of each service."""
        return {"sshd": f"auth required {self.line()}"}

    def enroll(self):
        pass

    def enrollments(self):
        """In campaign_store's form."""
        return "".join(enrollment(number, self.stage.pool.seed(number), kind=self.factor) + "\n"
                       for number in range(self.people))

    def run(self, count, **how):
        return self.stage.run(self, self.round.next(count), **how)

    def check(self, count):
        """The same where nothing is to be typed."""
        return self.run(count)

    def stop(self):
        if self.child in self.stage.helpers:
            self.child.terminate()
            self.child.wait()
            self.stage.helpers.remove(self.child)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


class StepUp(Module):
    """The daemon as systemd starts it: its socket is root's, it is not."""

    name = "StepUp"
    bus = False

    def line(self):
        return f"{self.stage.release}/pam_module/pam_stepup.so socket={self.folder}/pam.sock"

    def enroll(self):
        (self.folder / "state").mkdir(mode=0o700)
        (self.folder / "stepup.toml").write_text(SETTINGS.format(self.folder, str(self.bus).lower()), encoding="ascii")
        (self.folder / "policy.toml").write_text(POLICY, encoding="ascii")
        subprocess.run([self.daemon(), "--make-key", self.folder / "master.key"], check=True)
        for mine in (self.folder / "state", self.folder / "master.key", self.folder):
            os.chown(mine, self.stage.daemon.pw_uid, self.stage.daemon.pw_gid)
        store = self.stage.build / "tests/campaign/campaign_store"
        subprocess.run([*AS_DAEMON, store, "seed", self.folder / "state", self.folder / "master.key"], check=True,
                       text=True, input=self.enrollments())
        self.start()

    def daemon(self):
        return self.stage.release / "daemon/stepupd"

    def start(self, wrap=()):
        ready = self.folder / "ready"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            for leftover in (self.folder / "pam.sock", ready):
                leftover.unlink(missing_ok=True)
            door.bind(str(self.folder / "pam.sock"))
            door.listen(4096)
            notify.bind(str(ready))
            for path in (self.folder / "pam.sock", ready):
                os.chmod(path, 0o666)
            notify.settimeout(60)
            self.child = subprocess.Popen(
                list(map(str, ["/bin/sh", "-c", LISTEN, "sh", *AS_DAEMON, *wrap, self.daemon(), "--config",
                               self.folder / "stepup.toml"])), stdin=door, stdout=subprocess.DEVNULL,
                stderr=open("/run/bench.log", "ab"),  # not on the disk that is measured
                env={"PATH": "/usr/sbin:/usr/bin:/bin", "NOTIFY_SOCKET": str(ready), "LISTEN_FDS": "1",
                     "LISTEN_FDNAMES": "pam"})
            self.stage.helpers.append(self.child)
            while b"READY=1" not in notify.recv(4096):
                pass

    def resident(self):
        """KiB."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


class OnTheBus(StepUp):
    """With its management."""

    name = "StepUp, with its bus"
    bus = True


class Floor(Module):
    """The least daemon that keeps the promise: floor_daemon.cpp."""

    name = "least daemon"

    def line(self):
        return f"{self.stage.program('pam_floor.so')} {self.folder}/socket"

    def enroll(self):
        lines = self.folder / "enrollments"
        lines.write_text(self.enrollments(), encoding="ascii")
        with open(lines, encoding="ascii") as enrollments:
            self.child = self.stage.start([self.stage.program("floor_daemon"), self.folder / "database",
                                           self.folder / "socket"], self.folder / "socket", stdin=enrollments)


class Google(Module):
    """As its own program recommends: no reuse, a window of 3, at most 3 tries in 30 s."""

    name = "google-authenticator"

    @staticmethod
    def is_there():
        return (MODULES / "pam_google_authenticator.so").exists()

    def line(self):
        increment = " no_increment_hotp" if self.factor == "hotp" else ""
        return f"pam_google_authenticator.so secret={self.folder}/users/${{USER}} user=root{increment}"

    def enroll(self):
        (self.folder / "users").mkdir()
        for number in range(self.people):
            path = self.folder / "users" / user_name(number)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(fd, GOOGLE[self.factor].format(self.stage.pool.base32(number)).encode())
            os.close(fd)


class Oath(Module):
    """One file for everybody, read and written anew at each login."""

    name = "pam_oath"

    @staticmethod
    def is_there():
        return (MODULES / "pam_oath.so").exists()

    def line(self):
        return f"pam_oath.so usersfile={self.folder}/users window=20"

    def enroll(self):
        kind, counter = ("HOTP/T30", "") if self.factor == "totp" else ("HOTP", " 1")
        file = self.folder / "users"
        file.write_text("".join(f"{kind} {user_name(number)} - {self.stage.pool.seed(number).hex()}{counter}\n"
                                for number in range(self.people)), encoding="ascii")
        os.chmod(file, 0o600)
