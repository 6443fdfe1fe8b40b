"""What the AppArmor profile lets stepupd open, beside what it opens: a host that enforces it must still let people in.

inotify is not among it: AppArmor is not asked.
"""

import os
import pathlib
import pwd
import re
import subprocess

import pytest

from ssh import Conversation, typed
from terminal import CODE
from waiting import wait_for

PROFILE = pathlib.Path(__file__).resolve().parents[2] / "packaging/apparmor.d/usr.sbin.stepupd"
CALLS = "execve,open,openat,openat2,connect,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat"
RULE = re.compile(r"^\s*(?P<deny>deny )?(?P<owner>owner )?(?P<path>[/@]\S*)\s+(?P<may>[a-z]+),")
CHANGES = {"unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "connect"}
# Nobody is kept from what is not there; of O_PATH, which gives no access, AppArmor is not asked.
NOT_ASKED = re.compile(r"ENOENT|O_PATH")


pytestmark = pytest.mark.skipif("STEPUP_DAEMON_ENVIRONMENT" in os.environ, reason="what a sanitizer opens is not ours")


def expression(glob, variables):
    """AppArmor's glob (apparmor.d(5)) as a regular expression."""
    while found := re.search(r"@\{(\w+)\}", glob):
        values = [value.rstrip("/") for value in variables[found[1]].split()]  # what follows begins with one
        glob = glob[:found.start()] + "{" + ",".join(values) + "}" + glob[found.end():]
    parts = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    tokens = re.split(r"(\*\*|\[[^]]*\]|[*?{},])", glob)
    text = "".join(one if one.startswith("[") else parts.get(one, re.escape(one)) for one in tokens)
    return re.compile(text + r"\Z")


def rules():
    """(expression, owner alone, what it allows) of each rule about files, with those of what it includes; denials apart."""
    text = subprocess.run(["apparmor_parser", "--preprocess", PROFILE], check=True, capture_output=True, text=True).stdout
    variables = dict(re.findall(r"^@\{(\w+)\}\s*=\s*(.*)$", text, re.M))
    found = [found for line in text.splitlines() if (found := RULE.match(line))]
    read = [(expression(one["path"], variables), bool(one["owner"]), one["may"], bool(one["deny"])) for one in found]
    return [one for one in read if not one[3]], [one for one in read if one[3]]


class Confined:
    """What the profile allows the daemon."""

    def __init__(self):
        self.allowed, self.denied = rules()
        self.uid = pwd.getpwnam("stepup").pw_uid

    def may(self, path, what):
        made_by = path if os.path.lexists(path) else os.path.dirname(path)  # what is gone again: whose folder it was in
        is_own = os.path.exists(made_by) and os.lstat(made_by).st_uid == self.uid
        if any(rule.match(path) for rule, _, _, _ in self.denied):
            return False
        granted = {letter for rule, owner, may, _ in self.allowed if rule.match(path) and (is_own or not owner)
                   for letter in may}
        return set(what) <= granted


class Opened:
    """What a daemon asks the kernel to open or change, from its start on: strace follows who starts it."""

    def __init__(self, supervisor, file):
        self.file = file
        self.process = subprocess.Popen(["strace", "-f", "-q", "-y", "-s", "512", "-e", f"trace={CALLS}", "-o", file, "-p",
                                         str(supervisor)])
        wait_for(lambda: self.tracer(supervisor) == self.process.pid, "strace follows the supervisor")

    @staticmethod
    def tracer(pid):
        return int(re.search(r"TracerPid:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def whole_lines(self):
        """(thread, call), what strace tells in two halves put together."""
        halves = {}
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            thread, _, call = line.partition(" ")
            if call.endswith("<unfinished ...>"):
                halves[thread] = call.removesuffix("<unfinished ...>")
            else:
                rest = re.search(r"<\.\.\. \w+ resumed>(.*)", call)
                yield int(thread), halves.pop(thread, "") + rest[1] if rest else call

    def calls(self, threads):
        """(path, what it takes) of each call that succeeded by one of `threads`, once it was stepupd."""
        became = False
        for thread, call in self.whole_lines():
            if thread not in threads:
                continue
            became = became or ("/usr/sbin/stepupd" in call and "execve(" in call)
            name, _, arguments = call.strip().partition("(")
            if not became or NOT_ASKED.search(call) or name not in CALLS.split(","):
                continue
            for path in paths(name, arguments):
                yield path, needs(name, arguments)


def paths(name, arguments):
    """The whole paths in the arguments of a call, as strace -y shows them."""
    if name == "connect":
        return re.findall(r'sun_path="([^"]+)"', arguments)
    named = arguments.split(",")[0] if name == "execve" else arguments
    relative = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', named)
    return [os.path.normpath(os.path.join(folder or "/", path)) for folder, path in relative]


def needs(name, arguments):
    if name in CHANGES:
        return "w"
    if re.search(r"O_WRONLY", arguments):
        return "w"
    return "rw" if "O_RDWR" in arguments else "r"


def real(path, pid):
    """Where links lead, by which the kernel goes; a folder ends in a slash."""
    if path.startswith("/proc"):
        return path.replace("/self/", f"/{pid}/")
    whole = pathlib.Path(path).parent.resolve() / pathlib.Path(path).name
    return f"{whole}/" if whole.is_dir() and str(whole) != "/" else str(whole)


def test_all_that_a_login_and_its_management_open_is_allowed_by_the_profile(host, daemon, policy, alice, new_user, terminals,
                                                                            tmp_path):
    opened = Opened(host.children["supervise"].pid, tmp_path / "strace")
    try:
        daemon("restart")
        host.wait_until_managed()
        pid = daemon("status")["pid"]
        with Conversation(alice, typed(alice, alice.totp.code())) as login:
            assert login.granted, login.error
        new_user("dora").enroll()
        assert terminals(alice.shell()).run("stepup verify", (CODE, alice.totp.code())).status == 0
        policy('[defaults]\nrequirement = "optional"\n')
        threads = {pid} | {int(one.name) for one in pathlib.Path(f"/proc/{pid}/task").iterdir()}
    finally:
        opened.stop()
    confined = Confined()
    calls = set(opened.calls(threads))
    assert any(path.endswith("/uid_map") for path, _ in calls), "the daemon looked at who asks, and strace saw it"
    refused = sorted({(real(path, pid), what) for path, what in calls if not confined.may(real(path, pid), what)})
    assert not refused, "\n".join(map(str, refused))


def test_what_the_profile_is_compared_with_tells_allowed_from_not():
    confined = Confined()
    assert confined.may("/etc/stepup/policy.d/x.toml", "r") and not confined.may("/etc/stepup/policy.d/x.toml", "w")
    assert not confined.may("/etc/shadow", "r") and not confined.may("/proc/1/environ", "r")
    assert not confined.may("/home/anna/.ssh", "r"), "denied whatever allows it"
