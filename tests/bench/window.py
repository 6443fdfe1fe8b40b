"""Checks that a proof is recent: ours, and pam_timestamp's. Both begin with a login that opens a session."""

import os
import pathlib
import struct
import time

from modules import Module, StepUp
from instance import FIRST_UID
from stage import MODULES, user_name

UTMP = struct.Struct("=hxxi32s4s32s256shhiii4i20s")  # utmp(5)
USER_PROCESS = 7
TIMES = pathlib.Path("/run/bench-timestamps")


class Windowed(Module):
    """A module whose checks are those of sudo: the caller's real uid, root's rights."""

    options_of_check = {}

    def check(self, count):
        """A login, then `count` checks that must ask nothing: a dash is nobody's code."""
        logins = self.round.next(1) + [f"{user_name(0)} -"] * count
        return self.stage.run(self, logins, service="sudo", open="sshd", **self.options_of_check)


class Window(StepUp):
    """The session is the audit session, as on every host."""

    name = "StepUp, window"
    check = Windowed.check
    options_of_check = {"ruser": user_name(0), "uid": FIRST_UID}

    def stacks(self):
        line = self.line()
        return {"sshd": f"auth required {line}\nsession required pam_loginuid.so\nsession required {line}",
                "sudo": f"auth required {line}"}


class Timestamp(Windowed):
    """It looks for the caller's login in utmp, record by record. Its files lie where nobody but root can write, all the
    way down, which it demands."""

    name = "pam_timestamp"
    options_of_check = {"ruser": "root", "tty": "/dev/pts/7"}

    @staticmethod
    def is_there():
        return (MODULES / "pam_timestamp.so").exists()

    def line(self):
        return f"pam_timestamp.so timestampdir={TIMES} timestamp_timeout=3600"

    def stacks(self):
        return {"sshd": f"auth required pam_permit.so\nsession required {self.line()}",
                "sudo": f"auth required {self.line()}"}

    def enroll(self):
        TIMES.mkdir(mode=0o700)
        os.makedirs("/run/pam_timestamp", mode=0o700, exist_ok=True)  # its key's, whatever timestampdir says

    @staticmethod
    def log_in_others(sessions):
        """So many are in utmp, an hour old; the last is root's."""
        records = []
        for number in range(1, sessions + 1):
            user = "root" if number == sessions else f"other{number}"
            records.append(UTMP.pack(USER_PROCESS, os.getpid(), f"pts/{number}".encode(), f"{number % 1000}".encode(),
                                     user.encode(), b"", 0, 0, 0, int(time.time()) - 3600, 0, 0, 0, 0, 0, b""))
        pathlib.Path("/run/utmp").write_bytes(b"".join(records))
