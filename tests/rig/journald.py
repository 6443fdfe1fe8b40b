"""A real journald in the rig, for tests of what we leave in the journal."""

import json
import pathlib
import signal
import subprocess

from host import LOGS, run
from waiting import wait_for

SOCKET = pathlib.Path("/run/systemd/journal/socket")
FILES = pathlib.Path("/run/log/journal")


class Journald:
    def __init__(self):
        SOCKET.parent.mkdir(parents=True, exist_ok=True)
        FILES.parent.mkdir(parents=True, exist_ok=True)
        with open(LOGS / "journald", "ab") as log:
            self.process = subprocess.Popen(["/lib/systemd/systemd-journald"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        wait_for(lambda: SOCKET.exists() and list(FILES.rglob("*.journal")), "journald listens")

    def signal(self, number):
        self.process.send_signal(number)

    def entries(self, *matches):
        """Entries that fit `matches` (NAME=value), oldest first."""
        self.sync()
        return [json.loads(line) for line in run("journalctl", "--no-pager", "--output=json", *matches).splitlines()]

    def sync(self):
        run("journalctl", "--sync")

    def stop(self):
        self.signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)
        SOCKET.unlink(missing_ok=True)


def log_as(user, **fields):
    """Writes an entry to the journal as anybody may."""
    text = "".join(f"{name}={value}\n" for name, value in fields.items())
    send = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), sys.argv[2])"
    done = user.without_terminal("/usr/bin/python3", "-c", send, text, str(SOCKET))
    assert done.returncode == 0, done.stderr
