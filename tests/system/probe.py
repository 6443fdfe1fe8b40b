#!/usr/bin/python3
"""Tries one thing under the restrictions of stepupd's unit: probe.py SERVICE-UNIT THING. Prints "allowed" or the error's
name; dies of SIGSYS where a system call is forbidden."""

import ctypes
import errno
import mmap
import os
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "rig"))
import confine
import filters
import units

STATE = "/var/lib/stepup"


def raw(name):
    """Calls libc's `name` with arguments that are harmless where it is allowed."""
    if getattr(confine.libc, name)(*[ctypes.c_long(0)] * 4) < 0:
        raise OSError(ctypes.get_errno(), name)


def write(path):
    with open(path, "x", encoding="ascii"):
        os.unlink(path)


def run_own():
    """A program that the daemon was made to write: where it may write, it may not run."""
    path = f"{STATE}/program"
    with open("/bin/true", "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    os.chmod(path, 0o700)
    try:
        os.execv(path, [path])
    finally:
        os.unlink(path)


def unshare_user():
    if confine.libc.unshare(ctypes.c_int(0x10000000)) < 0:
        raise OSError(ctypes.get_errno(), "unshare")


THINGS = {
    "unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "internet socket": lambda: socket.socket(socket.AF_INET).close(),
    "netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "write its state": lambda: write(f"{STATE}/probe"),
    "write /tmp": lambda: write("/tmp/probe"),
    "write /etc": lambda: write("/etc/probe"),
    "write /run/stepup": lambda: write("/run/stepup/probe"),
    "read /home": lambda: os.listdir("/home"),
    "read /root": lambda: os.listdir("/root"),
    "read a peer in /proc": lambda: os.listdir("/proc/1/task"),
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "run a program it wrote": run_own,
    "writable code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    "new namespace": unshare_user,
    "become root": lambda: os.setresuid(0, 0, 0),
    "mount": lambda: raw("mount"),
    "ptrace": lambda: raw("ptrace"),
    "open a disk": lambda: os.open("/dev/vda", os.O_RDONLY),
    "set the clock": lambda: time.clock_settime(time.CLOCK_MONOTONIC, 0),
    "set-uid file": lambda: os.close(os.open(f"{STATE}/suid", os.O_CREAT | os.O_WRONLY, 0o4755)),
}


def main(unit, thing):
    service = units.read(unit)["Service"]
    confine.confine(service, STATE, filters.system_call_groups())
    try:
        THINGS[thing]()
    except OSError as error:
        print(errno.errorcode[error.errno])
    else:
        print("allowed")


if __name__ == "__main__":
    main(*sys.argv[1:])
