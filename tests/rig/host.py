"""The machine under test: users, sshd, bus, polkit and our own build, inside the private copy that `enter` makes."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

from supervise import Supervisor
from waiting import takes_connections, wait_for

PYTHON = "/usr/bin/python3"  # Debian's, which has the drivers; another python may come first in PATH
HERE = pathlib.Path(__file__).resolve().parent
LOGS = pathlib.Path("/run/rig/log")
UNITS = pathlib.Path("/usr/lib/systemd/system")
STACKS = pathlib.Path("/usr/share/doc/stepup/examples/pam.d")
POLICY = pathlib.Path("/etc/stepup/policy.toml")
MASTER_KEY = pathlib.Path("/etc/stepup/master.cred")  # sealed
MODULE = pathlib.Path("/usr/lib/x86_64-linux-gnu/security/pam_stepup.so")

SSHD_CONFIG = """\
HostKey /etc/ssh/rig_key
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 200
UseDNS no
LogLevel VERBOSE
AcceptEnv LANG
PrintLastLog no
Subsystem sftp internal-sftp
"""
SUDOERS = """\
Defaults env_reset, use_pty, !lecture
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root  ALL=(ALL:ALL) ALL
%sudo ALL=(ALL:ALL) ALL
%nopasswd ALL=(ALL:ALL) NOPASSWD: ALL
"""


def run(*command, **more):
    """Runs a command that must succeed; its output, or CalledProcessError that shows it."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def answers(*command):
    """Whether `command` succeeds."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def heed_the_keyboard():
    """A shell that starts us in the background has us ignore Control-C; sshd and every session would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def master_key():
    """The master key itself."""
    return subprocess.run(["systemd-creds", "decrypt", "--quiet", "--name=master.key", MASTER_KEY, "-"], check=True,
                          stdout=subprocess.PIPE).stdout


class Host:
    def __init__(self, build, *, module=None, environment=()):
        """`build` is the Meson build folder to install, `module` a PAM module to take in its place; `environment` goes
        to the daemon, as NAME=VALUE."""
        if os.environ.get("STEPUP_RIG") != "inside":
            raise RuntimeError("this would change the real machine: run it through tests/rig/enter")
        heed_the_keyboard()
        self.build = build
        self.module = module
        self.environment = environment
        self.daemon = Supervisor("/run/rig/supervise.sock")
        self.children = {}

    def boot(self):
        """Everything up, the daemon last."""
        self.start("devlog", PYTHON, HERE / "devlog.py", LOGS / "syslog", ready=lambda: os.path.exists("/dev/log"))
        self.configure()
        self.install()
        self.start_bus()
        self.start_sshd()
        self.start_daemon()
        self.wait_until_managed()

    def configure(self):
        """The private /etc: quiet prompts, no delay after a wrong password, sudoers."""
        pathlib.Path("/etc/sudoers").write_text(SUDOERS, encoding="utf-8")
        with open("/etc/inputrc", "a", encoding="utf-8") as inputrc:
            inputrc.write("\nset enable-bracketed-paste off\n")
        common = pathlib.Path("/etc/pam.d/common-auth")
        common.write_text(common.read_text(encoding="utf-8").replace("pam_unix.so nullok", "pam_unix.so nullok nodelay"),
                          encoding="utf-8")
        pathlib.Path("/etc/default/locale").write_text("LANG=C.UTF-8\n", encoding="utf-8")
        pathlib.Path("/etc/motd").write_text("", encoding="utf-8")
        shutil.rmtree("/etc/update-motd.d", ignore_errors=True)
        run("groupadd", "--force", "nopasswd")

    def install(self):
        """What the packages' scripts will do: files, user, folders, master key."""
        run("meson", "install", "-C", self.build, "--no-rebuild", "--quiet")
        if self.module:
            shutil.copyfile(self.module, MODULE)
        run("systemd-sysusers", "/usr/lib/sysusers.d/stepup.conf")
        run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/stepup.conf")
        if not MASTER_KEY.exists():
            run("/usr/sbin/stepupd", "--make-key", str(MASTER_KEY))
        for service in ("sshd", "sudo", "sudo-i", "su", "login", "swaylock"):
            self.use_stack(service)

    def install_policy(self, text):
        """The policy file that the daemon will find when it starts."""
        POLICY.parent.mkdir(exist_ok=True)
        POLICY.write_text(text, encoding="utf-8")

    def use_stack(self, service, stack=None):
        """Makes the shipped example `stack` the PAM stack of `service`."""
        shutil.copyfile(STACKS / (stack or service), f"/etc/pam.d/{service}")

    def write_stack(self, service, text):
        pathlib.Path(f"/etc/pam.d/{service}").write_text(text, encoding="utf-8")

    def start(self, name, *command, ready):
        """Starts a long-running helper and waits until it is `ready`."""
        with open(LOGS / name, "ab") as log:
            self.children[name] = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                                   stderr=log, start_new_session=True)
        wait_for(lambda: ready() or self.children[name].poll() is not None, f"{name} is up")
        if self.children[name].poll() not in (None, 0):
            raise RuntimeError(f"{name} did not start:\n{(LOGS / name).read_text(errors='replace')}")

    def start_bus(self):
        run("dbus-uuidgen", "--ensure")
        self.start("dbus-daemon", "dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog",
                   ready=lambda: takes_connections("/run/dbus/system_bus_socket"))
        os.makedirs("/var/lib/polkit-1", exist_ok=True)
        shutil.chown("/var/lib/polkit-1", "polkitd")
        self.start("polkitd", "/usr/lib/polkit-1/polkitd", "--no-debug",
                   ready=lambda: answers("busctl", "status", "org.freedesktop.PolicyKit1"))

    def wait_until_managed(self):
        """Until the daemon is on the bus."""
        wait_for(lambda: answers("busctl", "status", "org.stepup.StepUp1"), "stepupd is on the bus", seconds=30)

    def stop_bus(self):
        self.stop("polkitd")
        self.stop("dbus-daemon")
        pathlib.Path("/run/dbus/system_bus_socket").unlink(missing_ok=True)

    def start_sshd(self, port=22, *lines):
        """An sshd at `port` of every loopback address; `lines` come first, so they win over the usual configuration."""
        if not os.path.exists("/etc/ssh/rig_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/rig_key")
            known = pathlib.Path("/etc/ssh/rig_key.pub").read_text(encoding="utf-8")
            pathlib.Path("/etc/ssh/ssh_known_hosts").write_text(f"* {known}", encoding="utf-8")
        config, pid_file = f"/etc/ssh/sshd_config.{port}", f"/run/sshd.{port}.pid"
        text = "\n".join([*lines, f"Port {port}", "ListenAddress 0.0.0.0", f"PidFile {pid_file}", SSHD_CONFIG])
        pathlib.Path(config).write_text(text, encoding="utf-8")
        self.start(f"sshd.{port}", "/usr/sbin/sshd", "-D", "-e", "-f", config, ready=lambda: os.path.exists(pid_file))

    def stop(self, name):
        """Ends a helper that `start` started."""
        child = self.children.pop(name)
        child.terminate()
        child.wait(10)

    def start_daemon(self):
        self.start("supervise", PYTHON, HERE / "supervise.py", UNITS / "stepupd.socket", UNITS / "stepupd.service",
                   "/run/rig/supervise.sock", LOGS / "stepupd", *self.environment,
                   ready=lambda: os.path.exists("/run/rig/supervise.sock"))
        self.daemon("start")

    def heard(self, name, pattern, since=0):
        """Waits until something behind the first `since` characters of the log `name` matches `pattern`; all that stands
        there. Who writes a log does so in his own time."""
        return wait_for(lambda: re.search(pattern, self.log(name)[since:]) and self.log(name)[since:],
                        f"the log {name} has {pattern}")

    def set_policy(self, text):
        """A new policy file, in force when this returns."""
        before = len(self.log("stepupd"))
        self.install_policy(text)
        self.daemon("reload")
        if "policy-refused" in self.log("stepupd")[before:]:
            raise RuntimeError(f"the daemon refused the policy:\n{self.log('stepupd')[before:]}")

    def shut_down(self, keep_logs_in=None):
        """Ends what runs; what was logged goes to the folder `keep_logs_in`."""
        for name in list(self.children):
            self.stop(name)
        if keep_logs_in:
            shutil.copytree(LOGS, pathlib.Path(keep_logs_in) / "rig", dirs_exist_ok=True)

    def log(self, name):
        path = LOGS / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
