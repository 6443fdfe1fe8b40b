"""What the matrix is made of: everything that can be wrong around one PAM line. Names are those of the summary."""

import dataclasses
import errno
import os
import socket
import stat

PAM_SYSTEM_ERR, PAM_BUF_ERR, PAM_CONV_ERR, PAM_NO_MODULE_DATA = 4, 5, 19, 18

SHIPPED = "[success=ok ignore=ignore default=die]"
LINES = {
    "shipped": SHIPPED,
    "required": "required",
    "requisite": "requisite",
    "sufficient": "sufficient",
    "optional": "optional",
    "default=ignore": "[success=ok default=ignore]",
    "authinfo_unavail=ignore": "[success=ok ignore=ignore authinfo_unavail=ignore default=die]",
}
STRICT = ("shipped", "required", "requisite")  # lines that nothing may open

# Service → who calls: root's own program, a setuid one (somebody's real uid), or an ordinary one.
SERVICES = {"sshd": (), "sshd-key-and-code": ("key",), "login": (), "sudo": ("setuid",), "sudo-i": ("setuid",),
            "su": ("setuid",), "swaylock": ("user",), "polkit-1": ("setuid",)}
WITHOUT_ACCOUNT = ("swaylock",)  # lockers ask for nothing but auth

# The daemon of faulty_daemon.cpp; each as root and, where it says so, as a foreign user.
GRANTING = ("grants", "ignores")  # what the daemon may say without a question
ASKING = ("checks", "asks_and_denies")
DAEMONS = ("denies", "unavailable", "asks_and_denies", "hangs", "hangs_after_answer", "too_late", "dies_on_accept",
           "dies_on_begin", "dies_while_asking", "hears_no_more", "dies_on_answer", "garbage", "empty_packet",
           "too_long", "cut_short", "trailing_byte", "flipped_bit", "zero_decision", "another_login", "no_login",
           "verdict_before_begin", "denied_then_granted", "question_two_first", "asks_for_ever", "talks_backwards")
SLOW = ("hangs", "hangs_after_answer", "too_late", "stopped", "backlog_full")
IMPATIENT = "timeout=5"  # the shortest there is: a login whose daemon hangs ends with it


@dataclasses.dataclass(frozen=True)
class Fault:
    """What stands in the PAM line."""
    name: str
    socket: str
    options: str = IMPATIENT
    module: str = ""  # the module itself if empty


def socket_faults(folder, grants):
    """Things at the place of the socket; `grants` is one that would let everybody in if it were believed."""
    def at(name):
        return os.path.join(folder, name)

    def listening(name, kind=socket.SOCK_SEQPACKET, backlog=8):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(at(name))
        os.chmod(at(name), 0o666)
        if backlog is not None:
            listener.listen(backlog)
        return listener

    kept = [listening("nobody_listens", backlog=None), listening("a_stream", socket.SOCK_STREAM),
            listening("datagrams", socket.SOCK_DGRAM, None), listening("backlog_full", backlog=0)]
    waiting = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    waiting.connect(at("backlog_full"))
    kept.append(waiting)
    with open(at("plain_file"), "w", encoding="ascii"):
        pass
    os.mkdir(at("a_directory"))
    os.mkfifo(at("a_fifo"))
    os.mknod(at("a_device"), 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    os.symlink(at("missing"), at("dangling_link"))
    os.symlink(at("loop"), at("loop"))
    os.symlink(grants, at("link_to_a_foreign_one"))
    kept.append(listening("mode_0"))
    os.chmod(at("mode_0"), 0)
    names = ("missing", "nobody_listens", "a_stream", "datagrams", "backlog_full", "plain_file", "a_directory",
             "a_fifo", "a_device", "dangling_link", "loop", "link_to_a_foreign_one")
    faults = [Fault(name, at(name)) for name in names]
    faults.append(Fault("mode_0", at("mode_0")))
    faults.append(Fault("path_too_long", at("x" * 120)))
    faults.append(Fault("a_foreign_daemon", grants))
    return faults, kept


def configuration_faults(folder, grants):
    """Lines that an administrator may have got wrong, with a daemon that would let everybody in."""
    not_a_module, without_functions = os.path.join(folder, "text.so"), "/lib/x86_64-linux-gnu/libc.so.6"
    with open(not_a_module, "w", encoding="ascii") as file:
        file.write("not a shared object\n")
    return [Fault("unknown_option", grants, "nullok"), Fault("option_of_others", grants, "try_first_pass"),
            Fault("timeout_0", grants, "timeout=0"), Fault("timeout_too_long", grants, "timeout=99999999999999999999"),
            Fault("timeout_of_letters", grants, "timeout=5s"), Fault("relative_socket", "pam.sock"),
            Fault("empty_socket", ""), Fault("module_missing", grants, module="/nowhere/pam_stepup.so"),
            Fault("module_is_text", grants, module=not_a_module),
            Fault("module_without_functions", grants, module=without_functions)]


# Surroundings: steps of driver.cpp. Under those in NARROW nobody can log in, whatever the daemon says.
CALLERS = {
    "root": (), "setuid": ("setuid",), "user": ("user",), "nofile_16": ("nofile=16",), "nofile_4": ("nofile=4",),
    "nofile_3": ("nofile=3",), "nofile_0": ("nofile=0",), "before_loading_nofile_4": ("nofile=4", "start"),
    "before_loading_nofile_0": ("nofile=0", "start"), "as_16m": ("as=16777216",), "as_0": ("as=0",),
    "data_0": ("data=0",), "fsize_0": ("fsize=0",), "core_0": ("core=0",), "stack_64k": ("stack=65536",), "nproc_0": ("nproc=0",),
    "streams_closed": ("closed",), "before_loading_streams_closed": ("closed", "start"),
    "signals_blocked": ("blocked",), "sigpipe_kills": ("sigpipe",), "alarms": ("alarms",), "restarting_alarms": ("restarting-alarms",),
    "everything": ("setuid", "nofile=4", "as=16777216", "fsize=0", "core=0", "closed", "blocked", "sigpipe", "alarms"),
}
NARROW = ("nofile_3", "nofile_0", "before_loading_nofile_4", "before_loading_nofile_0")

# Answers of driver.cpp, none of them the right code in time.
ANSWERS = ("@error", "@error-and-answer", "@no-array", "@null-answer", "@empty", "@long", "@slow", "123457", " 123456",
           "123456\n", "123456\t", "\b\n\r\x7fINCORRECT", "\xff\xfe", "1" * 511, "1" * 512, "1" * 513)

# How the module's calls can fail; for each, whether a login may still be granted.
WAYS = {
    "socket": {errno.EMFILE: False, errno.EACCES: False},
    "connect": {errno.ECONNREFUSED: False, errno.ENOENT: False, errno.EAGAIN: False, errno.EACCES: False,
                errno.EINTR: True},
    "setsockopt": {errno.ENOMEM: False},
    "getsockopt": {errno.ENOMEM: False, 0: False},
    "send": {errno.EPIPE: False, errno.EAGAIN: False, errno.ENOBUFS: False, errno.EINTR: True, 0: False},
    "recvmsg": {errno.ECONNRESET: False, errno.EAGAIN: False, errno.ENOMEM: False, errno.EINTR: True, 0: False},
    "fcntl64": {errno.EMFILE: False},
    "clock_gettime": {errno.EINVAL: True},
    "close": {errno.EIO: True, errno.EINTR: True},
    "pam_get_item": {PAM_SYSTEM_ERR: True, 0: True},
    "pam_get_user": {PAM_CONV_ERR: False, PAM_BUF_ERR: False, 0: False},
    "pam_getenv": {0: True},
    "pam_get_data": {PAM_NO_MODULE_DATA: True, 0: True},
    "pam_set_data": {PAM_BUF_ERR: True},
    "pam_modutil_getpwnam": {0: False},
}
# Calls that cannot fail, or whose failure nobody sees.
NO_FAILURE = {"__errno_location", "__explicit_bzero_chk", "explicit_bzero", "__stack_chk_fail", "abort", "free",
              "getuid", "geteuid", "getpid", "memchr", "memcmp", "memcpy", "memmove", "memset", "strlen", "pam_syslog",
              "__memcpy_chk"}
