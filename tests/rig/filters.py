"""The system-call side of a unit's restrictions, built with libseccomp the way systemd 252 does it: one filter for each
directive, so that the strictest answer wins, and the allow-list of SystemCallFilter= last."""

import errno
import os
import re
import socket
import stat
import subprocess

import seccomp
from seccomp import Arg, ALLOW, EQ, ERRNO, KILL_PROCESS, MASKED_EQ, NE

from units import UnitError

PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
NAMESPACE_FLAGS = {"mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000,
                   "pid": 0x20000000, "net": 0x40000000}

def deny(*rules, code=errno.EPERM):
    """A filter that lets everything through except `rules`, each a system call and what its arguments must be."""
    chain = seccomp.SyscallFilter(ALLOW)
    for name, *arguments in rules:
        chain.add_rule(ERRNO(code), name, *arguments)
    return chain


def address_families(families):
    """RestrictAddressFamilies= with exactly one family: libseccomp cannot say "none of these" about one argument."""
    if families != ["AF_UNIX"]:
        raise UnitError(f"RestrictAddressFamilies={' '.join(families)}: the rig knows AF_UNIX alone")
    return deny(("socket", Arg(0, NE, socket.AF_UNIX)), code=errno.EAFNOSUPPORT)


def no_writable_code():
    both = PROT_WRITE | PROT_EXEC
    return deny(("mmap", Arg(2, MASKED_EQ, both, both)), ("mprotect", Arg(2, MASKED_EQ, PROT_EXEC, PROT_EXEC)),
                ("pkey_mprotect", Arg(2, MASKED_EQ, PROT_EXEC, PROT_EXEC)),
                ("shmat", Arg(2, MASKED_EQ, SHM_EXEC, SHM_EXEC)))


def no_namespaces():
    chain = deny(("setns",), *[(call, Arg(0, MASKED_EQ, flag, flag))
                               for flag in NAMESPACE_FLAGS.values() for call in ("clone", "unshare")])
    chain.add_rule(ERRNO(errno.ENOSYS), "clone3")  # its flags lie in memory; libc then falls back to clone
    return chain


def no_realtime():
    return deny(("sched_setscheduler", Arg(1, EQ, 1)), ("sched_setscheduler", Arg(1, EQ, 2)),
                ("sched_setscheduler", Arg(1, EQ, 6)))


def no_suid_files():
    creates = [Arg(place, MASKED_EQ, os.O_CREAT, os.O_CREAT) for place in range(3)]
    mode_at = {"chmod": (1,), "fchmod": (1,), "fchmodat": (2,), "mkdir": (1,), "mkdirat": (2,), "mknod": (1,),
               "mknodat": (2,), "creat": (1,), "open": (2, creates[1]), "openat": (3, creates[2])}
    return deny(*[(call, Arg(place, MASKED_EQ, bit, bit), *more)
                  for call, (place, *more) in mode_at.items() for bit in (stat.S_ISUID, stat.S_ISGID)])


def system_call_groups():
    """The groups such as @system-service, as `systemd-analyze syscall-filter` tells them: name to members."""
    text = subprocess.run(["systemd-analyze", "syscall-filter"], check=True, capture_output=True, text=True).stdout
    groups, current = {}, None
    for line in text.splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if line.startswith("@"):
            current = groups.setdefault(line.strip(), [])
        elif current is not None and line.startswith("    ") and not line.strip().startswith("#"):
            current.append(line.strip())
    return groups


def expanded(names, groups):
    """The system calls that `names` stand for."""
    calls = set()
    for name in names:
        if name.startswith("@") and name not in groups:
            raise UnitError(f"systemd has no group of system calls {name}")
        calls |= expanded(groups[name], groups) if name.startswith("@") else {name}
    return calls


def allow_list(values, groups):
    """SystemCallFilter=. In production a forbidden call fails with EPERM; here it kills, so that no test can miss it."""
    if values[0].startswith("~"):
        raise UnitError("SystemCallFilter= must begin with what is allowed")
    allowed = set()
    for value in values:
        calls = expanded(value.lstrip("~").split(), groups)
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    chain = seccomp.SyscallFilter(KILL_PROCESS)
    for call in sorted(allowed | expanded(["@default"], groups)):
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, call) >= 0:
            chain.add_rule(ALLOW, call)
    return chain


def build(service, groups):
    """The filters that `service` (the [Service] section) asks for, in the order in which to load them."""
    filters = [address_families(service.words("RestrictAddressFamilies"))] if "RestrictAddressFamilies" in service else []
    wanted = {"MemoryDenyWriteExecute": no_writable_code, "RestrictNamespaces": no_namespaces,
              "RestrictRealtime": no_realtime, "RestrictSUIDSGID": no_suid_files,
              "LockPersonality": lambda: deny(("personality", Arg(0, NE, 0xFFFFFFFF))),
              "ProtectHostname": lambda: deny(("sethostname",), ("setdomainname",)),
              "ProtectKernelLogs": lambda: deny(("syslog",)),
              "ProtectKernelModules": lambda: deny(*[(call,) for call in expanded(["@module"], groups)]),
              "ProtectClock": lambda: deny(*[(call,) for call in expanded(["@clock"], groups)
                                             if seccomp.resolve_syscall(seccomp.Arch.NATIVE, call) >= 0])}
    filters += [make() for directive, make in wanted.items() if service.flag(directive)]
    if service.get("SystemCallFilter"):
        filters.append(allow_list(service["SystemCallFilter"], groups))
    return filters
