#!/usr/bin/env python3
"""What the module asks of the kernel, seen by strace: few calls, no files, and nobody in when a call fails (V-01).

PAM_STEPUP_MODULE and PAM_STEPUP_DRIVER name the module and driver.cpp's program.
"""

import collections
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

MODULE = os.environ["PAM_STEPUP_MODULE"]
DRIVER = os.environ["PAM_STEPUP_DRIVER"]
SKIPPED = 77
MOST_CALLS = 12  # of one login without questions

GRANTED = 0x5AC3961D
PAM_SUCCESS = 0


class Daemon:
    """Grants every login after `questions` questions. Messages are laid out in common/wire.hpp."""

    def __init__(self, path, questions):
        self.questions = questions
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            try:
                self.log_in(client)
            except (OSError, struct.error):
                pass  # the module hung up
            client.close()

    def log_in(self, client):
        (login,) = struct.unpack_from("<Q", client.recv(16384), 3)
        for turn in range(1, self.questions + 1):
            client.send(struct.pack("<BBBH", 2, turn, 1, 6) + b"Code: ")
            if client.recv(16384)[:1] != b"\x03":
                return
        client.send(struct.pack("<BQIH", 4, login, GRANTED, 0))


class Stack:
    """A folder with the services `with` (pam_permit, then us) and `without` (pam_permit twice)."""

    def __init__(self, questions=0):
        self.folder = tempfile.mkdtemp(prefix="pam-stepup-")
        self.socket = os.path.join(self.folder, "pam.sock")
        for name, second in (("with", f"{MODULE} socket={self.socket}"), ("without", "pam_permit.so")):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
                for phase in ("auth", "account"):
                    file.write(f"{phase} required pam_permit.so\n{phase} required {second}\n")
        Daemon(self.socket, questions)

    def strace(self, service, *options, steps=("auth",)):
        """The trace of a login, and its PAM code."""
        trace = os.path.join(self.folder, "trace")
        command = ["strace", "-qq", "-o", trace, *options, DRIVER, self.folder, service, "alice", "123456", *steps]
        code = subprocess.run(command, check=False, timeout=60).returncode
        with open(trace, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines(), code

    def remove(self):
        shutil.rmtree(self.folder)


def name_of(line):
    return line.split("(", 1)[0]


def counted(lines):
    return collections.Counter(name_of(line) for line in lines if "(" in line)


def above(more, less):
    """The calls that `more` makes and `less` does not, by kind; loading the module is not counted here."""
    return counted(more) - counted(less)


def check_few_calls(stack):
    # Twice, so that the second login shows the module alone, without loading it.
    steps = ("auth", "auth")
    ours, code = stack.strace("with", steps=steps)
    assert code == PAM_SUCCESS, f"the login failed with {code}"
    once = above(ours, stack.strace("with", steps=("auth",))[0])
    libpam = above(stack.strace("without", steps=steps)[0], stack.strace("without", steps=("auth",))[0])
    calls = once - libpam
    print("one login:", dict(calls), "=", sum(calls.values()))
    assert 0 < sum(calls.values()) <= MOST_CALLS, f"more than {MOST_CALLS}"


def check_no_files(stack):
    kinds = ("openat", "open", "creat", "stat", "newfstatat", "access", "readlink", "connect", "unlink", "execve")

    def touched(service):
        lines, _ = stack.strace(service, "-e", "trace=" + "%file,connect", steps=("auth", "account"))
        return {path for line in lines if name_of(line) in kinds for path in re.findall(r'"([^"]*)"', line)}

    more = touched("with") - touched("without") - {os.path.join(stack.folder, "with"), "with"}
    assert more == {MODULE, stack.socket}, f"touches {sorted(more)}"


def check_failing_calls(questions):
    """Every call of ours fails in turn, in every way that is plausible. Nobody may get in unless the daemon said so."""
    stack = Stack(questions)
    failures = {
        "socket": ("EMFILE", "ENFILE", "EACCES", "EAFNOSUPPORT"),
        "connect": ("ECONNREFUSED", "ENOENT", "EAGAIN", "EACCES", "ETIMEDOUT"),
        "setsockopt": ("ENOMEM", "EINVAL"),
        "getsockopt": ("ENOMEM", "EINVAL", "ENOTCONN"),
        "sendto": ("EPIPE", "ECONNRESET", "EAGAIN", "EMSGSIZE", "ENOBUFS"),
        "recvmsg": ("ECONNRESET", "EAGAIN", "ENOMEM", "EBADF"),
    }
    tried = 0
    for call, errors in failures.items():
        for error in errors:
            for nth in range(1, 2 + questions):
                lines, code = stack.strace("with", "-e", f"inject={call}:error={error}:when={nth}")
                hit = any("(INJECTED)" in line and our_socket(lines, line) for line in lines)
                if hit:
                    tried += 1
                    assert code != PAM_SUCCESS, f"{call} number {nth} failed with {error}, and the login was granted"
    for call in ("sendto", "recvmsg"):  # "done", but nothing was
        lines, code = stack.strace("with", "-e", f"inject={call}:retval=0:when=1")
        assert code != PAM_SUCCESS, f"{call} did nothing, and the login was granted"
    # An interrupted call is none that failed.
    for call in ("connect", "sendto", "recvmsg"):
        _, code = stack.strace("with", "-e", f"inject={call}:error=EINTR:when=1")
        assert code == PAM_SUCCESS, f"an interrupted {call} failed the login with {code}"
    print(f"{tried} failures with {questions} questions, nobody let in")
    stack.remove()


def our_socket(lines, line):
    """True if the failed call was the module's and not libpam's audit or log connection."""
    index = lines.index(line)
    ours = [i for i, other in enumerate(lines) if "SOCK_SEQPACKET" in other]
    return bool(ours) and index >= ours[0] and not re.search(r"NETLINK|/dev/log|SOCK_DGRAM", line)


def main():
    works = shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False)
    if not works or works.returncode != 0:
        print("strace cannot trace here")
        return SKIPPED
    stack = Stack()
    check_few_calls(stack)
    check_no_files(stack)
    stack.remove()
    check_failing_calls(questions=0)
    check_failing_calls(questions=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
