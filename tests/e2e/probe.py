#!/usr/bin/python3
"""Tries, in the place of stepupd, what its unit allows and forbids: a line for each, "allowed" or the error's name."""

import ctypes
import errno
import os
import socket
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, PTRACE_ATTACH = 0x10000000, 16


def libc(name, *arguments):
    if getattr(LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def write(path, mode=0o600):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode))
    os.unlink(path)


def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


ATTEMPTS = {
    "a Unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "an internet socket": lambda: socket.socket(socket.AF_INET).close(),
    "a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "reach a host": lambda: socket.create_connection(("10.77.0.1", 22), 5).close(),
    "its state": lambda: write("/var/lib/stepup/probe"),
    "write /etc": lambda: write("/etc/probe"),
    "write /run/stepup": lambda: write("/run/stepup/probe"),
    "list /home": lambda: os.listdir("/home"),
    "list /root": lambda: os.listdir("/root"),
    "another's database": lambda: open("/var/lib/other/other.db", "rb").close(),
    "the master key's file": lambda: open("/etc/stepup/master.cred", "rb").close(),
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "a new user namespace": lambda: libc("unshare", CLONE_NEWUSER),
    "become root": lambda: os.setresuid(0, 0, 0),
    "mount": lambda: libc("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "trace its parent": lambda: libc("ptrace", PTRACE_ATTACH, 1, None, None),
    "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "a set-user-id file": lambda: write("/var/lib/stepup/suid", 0o4755),
    "see another process": lambda: open("/proc/1/status", "rb").close(),
    "the system bus": lambda: connect("/run/dbus/system_bus_socket"),
}

for name, attempt in ATTEMPTS.items():
    try:
        attempt()
    except OSError as error:
        print(f"{name}: {errno.errorcode.get(error.errno, error.errno)}", flush=True)
    else:
        print(f"{name}: allowed", flush=True)
