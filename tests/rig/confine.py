"""Applies a unit's restrictions to a freshly forked process, in systemd's order: what it sees, what it may use, who it is.

Every directive of [Service] stands in exactly one of three tables: APPLIED below, NOT_HERE with the reason why the rig
cannot, or supervise.py's own. A directive in none of them stops the rig, so unit and tests cannot drift apart.
"""

import ctypes
import os
import pwd
import resource

import filters
import units

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
MS_NOSUID, MS_BIND, MS_REC, MS_SLAVE = 2, 4096, 16384, 1 << 19
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
ATTR_RDONLY, ATTR_NOEXEC = 1, 8
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 24, 47, 4

libc = ctypes.CDLL(None, use_errno=True)

NOT_HERE = {
    "WatchdogSec": "a daemon that hangs stays hung, so that tests can look at those who wait for it",
    "MemoryMax": "the rig has no control group of its own",
    "TasksMax": "the rig has no control group of its own",
    "IPAddressDeny": "needs BPF on a control group; PrivateNetwork= leaves no address to reach",
    "DevicePolicy": "needs BPF on a control group; PrivateDevices= leaves no device to open",
    "AppArmorProfile": "the rig's kernel has none to load",
    "KeyringMode": "the rig's processes share the session keyring of whoever started it",
    "RemoveIPC": "PrivateIPC= makes the objects die with the service",
}


class MountAttributes(ctypes.Structure):
    _fields_ = [("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("propagation", ctypes.c_uint64),
                ("userns", ctypes.c_uint64)]


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(source, target, kind=None, flags=0, options=None):
    encoded = [text.encode() if text else None for text in (source, target, kind, options)]
    check(libc.mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3]), f"mount {target}")


def set_attributes(path, *, add=0, clear=0):
    """Changes the flags of the mount at `path` and of all below it."""
    attributes = MountAttributes(add, clear, 0, 0)
    check(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, ctypes.byref(attributes),
                       ctypes.sizeof(attributes)), f"mount_setattr {path}")


def bind_onto_itself(path):
    mount(path, path, flags=MS_BIND | MS_REC)


def hide(path):
    if os.path.exists(path):
        mount("hidden", path, "tmpfs", options="mode=000,size=4k,ro")


def unshare(service):
    kinds = CLONE_NEWNS
    kinds |= CLONE_NEWNET if service.flag("PrivateNetwork") else 0
    kinds |= CLONE_NEWIPC if service.flag("PrivateIPC") else 0
    kinds |= CLONE_NEWUTS if service.flag("ProtectHostname") else 0
    check(libc.unshare(kinds), "unshare")
    mount(None, "/", flags=MS_REC | MS_SLAVE)


def private_devices():
    """A /dev of its own with nothing that is hardware."""
    new, names = "/tmp/.dev", ("null", "zero", "full", "random", "urandom", "tty", "log")
    os.makedirs(new)
    mount("dev", new, "tmpfs", MS_NOSUID, "mode=755")
    for name in names:
        if os.path.exists(f"/dev/{name}"):
            open(f"{new}/{name}", "w").close()
            mount(f"/dev/{name}", f"{new}/{name}", flags=MS_BIND)
    os.makedirs(f"{new}/shm")
    mount("shm", f"{new}/shm", "tmpfs", options="mode=1777")
    mount(new, "/dev", flags=MS_BIND | MS_REC)


def file_system(service, state_folder):
    """ProtectSystem=strict and its relatives."""
    if service.one("ProtectSystem") != "strict":
        raise units.UnitError("ProtectSystem=: the rig knows strict alone")
    if service.flag("PrivateTmp"):
        for folder in ("/tmp", "/var/tmp"):
            mount("private", folder, "tmpfs", options="mode=1777")
    if service.flag("PrivateDevices"):
        private_devices()
    set_attributes("/", add=ATTR_RDONLY)
    for folder in (state_folder, "/dev", "/proc", *(["/tmp", "/var/tmp"] if service.flag("PrivateTmp") else [])):
        bind_onto_itself(folder)
        set_attributes(folder, clear=ATTR_RDONLY)
    if not service.flag("ProtectKernelTunables"):
        raise units.UnitError("ProtectKernelTunables=no: the rig knows yes alone")
    bind_onto_itself("/proc/sys")
    set_attributes("/proc/sys", add=ATTR_RDONLY)
    for directive, folders in (("ProtectHome", ("/home", "/root", "/run/user")),
                               ("ProtectKernelModules", ("/usr/lib/modules",))):
        if service.flag(directive):
            for folder in folders:
                hide(folder)


def executables(service):
    """NoExecPaths= and ExecPaths=: what may be run or mapped as code."""
    for path in service.words("NoExecPaths"):
        set_attributes(path, add=ATTR_NOEXEC)
    for path in {os.path.realpath(path) for path in service.words("ExecPaths") if os.path.exists(path)}:
        bind_onto_itself(path)
        set_attributes(path, clear=ATTR_NOEXEC)


def limits(service):
    for directive in ("LimitCORE", "LimitNOFILE"):
        if value := service.one(directive):
            amount = units.size(value)
            amount = resource.RLIM_INFINITY if amount is None else amount
            resource.setrlimit(getattr(resource, directive.replace("Limit", "RLIMIT_")), (amount, amount))
    os.umask(int(service.one("UMask", "0022"), 8))


def become(service):
    """Its user, and no capability that could ever come back."""
    user = pwd.getpwnam(service.one("User"))
    if service.one("CapabilityBoundingSet", "") or service.one("AmbientCapabilities", ""):
        raise units.UnitError("the rig knows no capability to leave")
    last = int(open("/proc/sys/kernel/cap_last_cap", encoding="ascii").read())
    for capability in range(last + 1):
        check(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "drop a capability")
    check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clear ambient capabilities")
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    if service.flag("NoNewPrivileges"):
        check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


APPLIED = {
    "PrivateNetwork", "PrivateIPC", "PrivateMounts", "ProtectHostname",  # unshare
    "ProtectSystem", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectHome", "ProtectKernelModules",
    "ProtectControlGroups",  # /sys is read-only like the rest
    "NoExecPaths", "ExecPaths", "LimitCORE", "LimitNOFILE", "UMask",
    "User", "Group", "CapabilityBoundingSet", "AmbientCapabilities", "NoNewPrivileges",
    "RestrictAddressFamilies", "MemoryDenyWriteExecute", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "LockPersonality", "ProtectKernelLogs", "ProtectClock", "SystemCallArchitectures", "SystemCallFilter",
    "SystemCallErrorNumber",  # known, and not followed: see filters.allow_list
}


def confine(service, state_folder, system_call_groups):
    """Puts the calling process, root until now, under everything that `service` demands."""
    unshare(service)
    file_system(service, state_folder)
    executables(service)
    chains = filters.build(service, system_call_groups)
    limits(service)
    become(service)
    for chain in chains:
        chain.load()

