#!/usr/bin/python3
"""Plays systemd for one socket unit and its service: supervise.py SOCKET-UNIT SERVICE-UNIT CONTROL LOG [NAME=VALUE...]

Makes the socket and keeps it over restarts, starts the service under every restriction of its unit (confine.py), waits
for its readiness, starts it again when it dies, starts it when somebody knocks. Obeys one-line JSON commands on the
socket CONTROL (class Supervisor speaks them): start, stop, restart, reload, kill, status. What the service prints goes
to LOG. NAME=VALUE adds to the service's environment.
"""

import json
import os
import pwd
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback

import confine
import filters
import units

SOCKET_DIRECTIVES = {"ListenSequentialPacket", "FileDescriptorName", "SocketMode", "DirectoryMode",
                     "TriggerLimitIntervalSec"}
SERVICE_DIRECTIVES = {"Type", "NotifyAccess", "ExecStart", "ExecReload", "Restart", "RestartSec", "TimeoutStartSec",
                      "TimeoutStopSec", "StateDirectory", "StateDirectoryMode", "LoadCredentialEncrypted"}
RELOAD = "+/bin/kill -HUP $MAINPID"
FIRST_PASSED_FD = 3


class SocketUnit:
    """The listening socket, which outlives the service."""

    def __init__(self, path):
        section = units.read(path)["Socket"]
        units.refuse_unknown(path, section, "Socket", SOCKET_DIRECTIVES)
        self.path = section.one("ListenSequentialPacket")
        self.name = section.one("FileDescriptorName")
        self.mode = int(section.one("SocketMode"), 8)
        self.folder_mode = int(section.one("DirectoryMode"), 8)
        self.listening = None

    def open(self):
        if self.listening:
            return
        os.makedirs(os.path.dirname(self.path), self.folder_mode, exist_ok=True)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(self.path)
        os.chmod(self.path, self.mode)
        self.listening.listen(4096)

    def close(self):
        if self.listening:
            self.listening.close()
            self.listening = None


class ServiceUnit:
    """What the unit file says, and the process that lives by it."""

    def __init__(self, path, log, extra_environment):
        section = units.read(path)["Service"]
        units.refuse_unknown(path, section, "Service", SERVICE_DIRECTIVES | confine.APPLIED | set(confine.NOT_HERE))
        for directive, only in (("Type", "notify"), ("NotifyAccess", "main"), ("Restart", "always"),
                                ("ExecReload", RELOAD)):
            if section.one(directive) != only:
                raise units.UnitError(f"{directive}=: the rig knows {only} alone")
        self.name = os.path.basename(path)
        self.section = section
        self.log = log
        self.extra_environment = extra_environment
        self.groups = filters.system_call_groups()
        self.user = pwd.getpwnam(section.one("User"))
        self.state_folder = "/var/lib/" + section.one("StateDirectory")
        self.credentials = "/run/credentials/" + self.name

    def prepare_folders(self):
        """StateDirectory= and LoadCredentialEncrypted=, owned by the service's user."""
        os.makedirs(self.state_folder, exist_ok=True)
        os.chmod(self.state_folder, int(self.section.one("StateDirectoryMode"), 8))
        os.chown(self.state_folder, self.user.pw_uid, self.user.pw_gid)
        shutil.rmtree(self.credentials, ignore_errors=True)
        os.makedirs(self.credentials)
        for value in self.section.get("LoadCredentialEncrypted", []):
            name, _, source = value.partition(":")
            target = f"{self.credentials}/{name}"
            subprocess.run(["systemd-creds", "decrypt", "--quiet", f"--name={name}", source, target], check=True)
            os.chmod(target, 0o400)
            os.chown(target, self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.credentials, 0o500)
        os.chown(self.credentials, self.user.pw_uid, self.user.pw_gid)

    def environment(self, socket_name):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8",
                "USER": self.user.pw_name, "LOGNAME": self.user.pw_name, "HOME": self.user.pw_dir,
                "STATE_DIRECTORY": self.state_folder, "CREDENTIALS_DIRECTORY": self.credentials,
                "NOTIFY_SOCKET": NOTIFY_PATH, "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()),
                "LISTEN_FDNAMES": socket_name, **self.extra_environment}

    def fork(self, listening, socket_name):
        """The pid of the new process."""
        self.prepare_folders()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        pid = os.fork()
        if pid == 0:
            try:
                self.become(listening, socket_name, log)
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            os._exit(203)
        os.close(log)
        return pid

    def become(self, listening, socket_name, log):
        os.setsid()
        os.chdir("/")
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as systemd's IgnoreSIGPIPE=, which is on unless said otherwise
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(listening.fileno(), FIRST_PASSED_FD)
        os.closerange(FIRST_PASSED_FD + 1, 1024)
        command = shlex.split(self.section.one("ExecStart"))
        environment = self.environment(socket_name)
        confine.confine(self.section, self.state_folder, self.groups)
        os.execve(command[0], command, environment)


NOTIFY_PATH = "/run/rig/notify"


class Supervision:
    """The loop: deaths, notifications, knocks and commands, one at a time."""

    def __init__(self, socket_unit, service_unit, control):
        self.socket_unit, self.service = socket_unit, service_unit
        self.pid, self.ready, self.reloads, self.starts, self.last_end = None, False, 0, 0, ""
        self.wanted, self.start_at, self.status = False, None, ""
        self.crashes, self.killed = 0, False  # deaths that nobody asked for; whether the next one was asked for
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.notify.bind(NOTIFY_PATH)
        os.chmod(NOTIFY_PATH, 0o777)
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.bind(f"{control}.new")
        self.control.listen()
        os.rename(f"{control}.new", control)  # whoever sees it is heard
        self.wakeup, wakeup_write = socket.socketpair()
        wakeup_write.setblocking(False)
        self.wakeup_write = wakeup_write
        signal.set_wakeup_fd(wakeup_write.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self):
        while True:
            if self.step(watch_commands=True) == "command":
                self.serve_one_client()

    def step(self, *, watch_commands=False, until=None):
        """Waits for one thing to happen and deals with it."""
        sources = {self.wakeup: self.reap, self.notify: self.hear}
        if watch_commands:
            sources[self.control] = lambda: "command"
        if self.socket_unit.listening and not self.pid and not self.start_at:
            sources[self.socket_unit.listening] = self.launch
        with selectors.DefaultSelector() as selector:
            for source, action in sources.items():
                selector.register(source, selectors.EVENT_READ, action)
            moments = [moment for moment in (until, self.start_at) if moment]
            happened = selector.select(max(0.0, min(moments) - time.monotonic()) if moments else None)
        if self.start_at and time.monotonic() >= self.start_at:
            self.launch()
        return [key.data() for key, _ in happened][-1] if happened else None

    def wait(self, condition, directive):
        """Steps until `condition` holds or the time that the unit's `directive` gives is over."""
        deadline = time.monotonic() + units.seconds(self.service.section.one(directive, "10s"))
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self.step(until=deadline)
        return True

    def launch(self):
        self.start_at = None
        if self.pid:
            return
        self.ready, self.status, self.wanted, self.killed = False, "", True, False
        self.pid = self.service.fork(self.socket_unit.listening, self.socket_unit.name)
        self.starts += 1

    def reap(self):
        self.wakeup.recv(4096)
        while True:
            try:
                pid, ended = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid != self.pid:
                continue
            self.pid, self.ready = None, False
            code = os.waitstatus_to_exitcode(ended)
            self.last_end = f"exit status {code}" if code >= 0 else signal.Signals(-code).name
            self.last_end += ", core dumped" if os.WCOREDUMP(ended) else ""
            if self.wanted:
                self.crashes += 0 if self.killed else 1
                self.start_at = time.monotonic() + units.seconds(self.service.section.one("RestartSec"))

    def hear(self):
        """One sd_notify message; NotifyAccess=main, so the kernel must name the main process as its sender."""
        data, ancillary, _, _ = self.notify.recvmsg(4096, socket.CMSG_SPACE(12))
        sender = int.from_bytes(ancillary[0][2][:4], sys.byteorder) if ancillary else 0
        if sender != self.pid:
            return
        for line in data.decode().split("\n"):
            name, _, value = line.partition("=")
            if name == "READY":
                self.reloads += 1 if self.ready is None else 0
                self.ready = True
            elif name == "RELOADING":
                self.ready = None
            elif name == "STATUS":
                self.status = value

    def serve_one_client(self):
        client, _ = self.control.accept()
        with client, client.makefile("rw", encoding="utf-8") as stream:
            request = json.loads(stream.readline())
            verb = getattr(self, "do_" + request.pop("command"))
            failure = verb(**request)
            stream.write(json.dumps({"failure": failure, "pid": self.pid, "ready": bool(self.ready),
                                     "starts": self.starts, "reloads": self.reloads, "status": self.status,
                                     "last_end": self.last_end, "crashes": self.crashes}) + "\n")

    def do_status(self):
        return None

    def do_start(self):
        self.socket_unit.open()
        self.wanted = True
        self.launch()
        return None if self.wait(lambda: self.ready, "TimeoutStartSec") else f"not ready in time ({self.last_end})"

    def do_stop(self, *, socket_too=True):
        if socket_too:
            self.socket_unit.close()
        self.wanted, self.start_at = False, None
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
        if self.wait(lambda: self.pid is None, "TimeoutStopSec"):
            return None
        os.kill(self.pid, signal.SIGKILL)
        self.wait(lambda: self.pid is None, "TimeoutStopSec")
        return "did not stop on SIGTERM"

    def do_restart(self):
        return self.do_stop(socket_too=False) or self.do_start()

    def do_reload(self):
        """ExecReload=, and then the daemon's word that it is done (RELOADING=1 … READY=1)."""
        before = self.reloads
        os.kill(self.pid, signal.SIGHUP)
        return None if self.wait(lambda: self.reloads > before, "TimeoutStartSec") else "no READY=1 after SIGHUP"

    def do_kill(self, *, number):
        """A signal out of the blue; Restart= is not told."""
        if not self.pid:
            return "not running"
        self.killed = self.killed or number != signal.SIGHUP
        os.kill(self.pid, number)
        return None


class Supervisor:
    """The other end: commands as methods. Each gives the status and raises RuntimeError where the command failed."""

    def __init__(self, control):
        self.control = control

    def __call__(self, command, **arguments):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(60)
            client.connect(self.control)
            with client.makefile("rw", encoding="utf-8") as stream:
                stream.write(json.dumps({"command": command, **arguments}) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
        if answer["failure"]:
            raise RuntimeError(f"{command}: {answer['failure']}")
        return answer


def main():
    socket_path, service_path, control, log, *environment = sys.argv[1:]
    try:
        socket_unit = SocketUnit(socket_path)
        service_unit = ServiceUnit(service_path, log, dict(pair.split("=", 1) for pair in environment))
    except units.UnitError as error:
        sys.exit(f"supervise: {error}")
    Supervision(socket_unit, service_unit, control).run()


if __name__ == "__main__":
    main()
