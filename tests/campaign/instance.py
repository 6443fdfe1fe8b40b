"""A StepUp of a campaign's own, in the private machine that tests/rig/enter makes: accounts, a store filled without
enrolling a thousand people by hand, the listening socket, and a daemon that can be killed and started in no time."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
RIG = HERE.parent / "rig"
sys.path.insert(0, str(RIG))
from waiting import takes_connections, wait_for  # noqa: E402  (the rig's modules lie in its own folder)

PYTHON = "/usr/bin/python3"
STATE = pathlib.Path("/var/lib/stepup")
RUNTIME = pathlib.Path("/run/stepup")
NOTIFY = "/run/stepup-notify"
CONFIG = pathlib.Path("/etc/stepup")
STACKS = pathlib.Path("/run/campaign/stacks")
LOG = pathlib.Path("/run/campaign/stepupd.log")
FIRST_UID = 100_000
# What systemd would do with the unit's User= and CapabilityBoundingSet=.
AS_DAEMON = ["setpriv", "--reuid=stepup", "--regid=stepup", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
             "--no-new-privs"]
LISTEN = 'LISTEN_PID=$$ exec "$@" 3<&0 </dev/null'  # the socket comes as standard input, and must be descriptor 3

SETTINGS = """\
[keys]
master = "/etc/stepup/master.key"
[bus]
enabled = {bus}
"""
POLICY = """\
[defaults]
requirement = "required"
window = "0"
recovery_codes = 1
[limits]
delay_from = {limit}
lock_after = {limit}
ceiling = 100
source_lock_after = 10000
"""


def enter_rig(build):
    """Starts this program over inside the rig, unless that is where it runs."""
    if os.environ.get("STEPUP_RIG") != "inside":
        kept = f"{os.environ.get('RIG_KEEP', '')} {build}".strip()
        os.execve(RIG / "enter", [str(RIG / "enter"), PYTHON, *sys.argv], {**os.environ, "RIG_KEEP": kept})


def user_name(number):
    return f"c{number:06d}"


def enrollment(number, seed, label="phone", digits=6, codes=(), cost=4, kind="totp"):
    """A line for Instance.seed: TOTP or HOTP (whose first code is that of counter 1), and perhaps recovery codes, of
    user `number`."""
    words = [FIRST_UID + number, user_name(number), kind, label, digits, seed.hex(), cost, *codes]
    return " ".join(map(str, words))


class Machine:
    """What all instances share: the daemon's user, people, our build, a state folder on a real disk."""

    def __init__(self, build, people):
        self.build = pathlib.Path(build)
        self.add_accounts(people)
        for program in ("daemon/stepupd", "tests/campaign/campaign_store"):
            shutil.copy(self.build / program, "/usr/sbin/")
        self.disk = self.build / "campaign"
        shutil.rmtree(self.disk, ignore_errors=True)
        self.disk.mkdir()
        for folder in (STATE, RUNTIME, CONFIG, STACKS):
            folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", self.disk, STATE], check=True)
        self.helpers = []
        self.start([PYTHON, RIG / "devlog.py", "/dev/null"], lambda: os.path.exists("/dev/log"))

    def start(self, command, is_ready):
        """Starts a helper and waits until it `is_ready`."""
        with open("/run/campaign/helpers.log", "ab") as log:
            self.helpers.append(subprocess.Popen(command, stdout=log, stderr=log))
        wait_for(is_ready, f"{command[0]} is ready")

    def start_bus(self):
        shutil.copy(HERE.parent.parent / "dbus/org.stepup.StepUp1.conf", "/usr/share/dbus-1/system.d/")
        subprocess.run(["dbus-uuidgen", "--ensure"], check=True)
        self.start(["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"],
                   lambda: takes_connections("/run/dbus/system_bus_socket"))

    @staticmethod
    def add_accounts(people):
        known = pathlib.Path("/etc/passwd").read_text(encoding="utf-8")
        lines = [f"{user_name(number)}:x:{FIRST_UID + number}:{FIRST_UID + number}::/:/bin/false\n"
                 for number in range(people)]
        if "\nstepup:" not in known:
            lines.append("stepup:x:990:990::/:/usr/sbin/nologin\n")
            with open("/etc/group", "a", encoding="utf-8") as groups:
                groups.write("stepup:x:990:\n")
        with open("/etc/passwd", "a", encoding="utf-8") as accounts:
            accounts.write("".join(lines))

    def stack(self, name, line):
        """A folder of PAM stacks in which the service sshd has this one line; its path."""
        folder = STACKS / name
        folder.mkdir(exist_ok=True)
        (folder / "sshd").write_text(line + "\n", encoding="utf-8")
        return folder

    def stepup_stack(self):
        return self.stack("stepup", f"auth required {self.build}/pam_module/pam_stepup.so")

    def leave(self):
        for helper in self.helpers:
            helper.terminate()
            helper.wait()
        subprocess.run(["umount", STATE], check=True)
        shutil.rmtree(self.disk, ignore_errors=True)


class Instance:
    """One daemon with a fresh store. The listening socket is ours and outlives it, as systemd's does."""

    def __init__(self, limit=100, bus=False):
        self.user = pwd.getpwnam("stepup")
        self.child, self.kills = None, 0
        self.configure(limit, bus)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(NOTIFY)
        os.chmod(NOTIFY, 0o666)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(str(RUNTIME / "pam.sock"))
        os.chmod(RUNTIME / "pam.sock", 0o666)
        self.listening.listen(4096)

    def configure(self, limit, bus):
        for leftover in (NOTIFY, RUNTIME / "pam.sock", CONFIG / "master.key"):
            pathlib.Path(leftover).unlink(missing_ok=True)
        for leftover in STATE.iterdir():
            leftover.unlink()
        os.chmod(STATE, 0o700)
        os.chown(STATE, self.user.pw_uid, self.user.pw_gid)
        subprocess.run(["/usr/sbin/stepupd", "--make-key", CONFIG / "master.key"], check=True)
        os.chown(CONFIG / "master.key", self.user.pw_uid, self.user.pw_gid)
        (CONFIG / "stepup.toml").write_text(SETTINGS.format(bus=str(bus).lower()), encoding="utf-8")
        (CONFIG / "policy.toml").write_text(POLICY.format(limit=limit), encoding="utf-8")

    def seed(self, lines):
        """Puts enrollments (see campaign_store.cpp) into the store; the daemon must not run."""
        subprocess.run([*AS_DAEMON, "/usr/sbin/campaign_store", "seed", STATE, CONFIG / "master.key"], check=True,
                       text=True, input="".join(f"{line}\n" for line in lines))

    def launch(self):
        """Starts the daemon and does not wait for it."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "NOTIFY_SOCKET": NOTIFY, "LISTEN_FDS": "1",
                       "LISTEN_FDNAMES": "pam"}
        with open(LOG, "ab") as log:
            self.child = subprocess.Popen(["/bin/sh", "-c", LISTEN, "sh", *AS_DAEMON, "/usr/sbin/stepupd"],
                                          env=environment, stdin=self.listening, stdout=log, stderr=log)

    def is_ready(self, seconds=0.0):
        """Waits for READY=1, for `seconds` at most. Dead daemons' words are none."""
        deadline = time.monotonic() + seconds
        while True:
            self.notify.settimeout(max(0.0001, deadline - time.monotonic()))
            try:
                if b"READY=1" in self.notify.recv(4096):
                    return True
            except TimeoutError:
                return False

    def start(self):
        self.forget_notifications()
        self.launch()
        if not self.is_ready(20):
            raise RuntimeError(f"stepupd did not start:\n{LOG.read_text(encoding='utf-8')}")

    def forget_notifications(self):
        while self.is_ready():
            pass

    def kill(self):
        """kill -9."""
        self.child.kill()
        self.child.wait()
        self.kills += 1
        self.forget_notifications()

    def stop(self):
        """SIGTERM; its exit status."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(20)

    def close(self):
        self.listening.close()
        self.notify.close()

    def trail_length(self):
        """Checks the database and the audit trail; how many rows the trail has. RuntimeError: they are not whole."""
        done = subprocess.run([*AS_DAEMON, "/usr/sbin/campaign_store", "check", STATE], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return int(done.stdout)

    def rows(self, sql, *values):
        """Reads the store, as the daemon's user: SQLite may have to make files that the daemon opens next."""
        with as_user(self.user), contextlib.closing(sqlite3.connect(STATE / "stepup.db", timeout=10)) as database:
            return database.execute(sql, values).fetchall()

    def number(self, sql, *values):
        return self.rows(sql, *values)[0][0]


@contextlib.contextmanager
def as_user(user):
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
