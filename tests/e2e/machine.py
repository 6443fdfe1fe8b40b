"""A Debian 12 with systemd as process 1, in a container: booted, crashed, booted again on the same disk."""

import os
import pathlib
import shutil
import signal
import subprocess

from waiting import wait_for

RUN = pathlib.Path("/run/stepup-e2e")
HOW_TO = """\
This machine cannot boot a container, so the packages cannot be tested here. It takes root, overlayfs, a writable
/sys/fs/cgroup, and the packages that `./dev setup` installs. What systemd-nspawn said:
"""
# nspawn withholds what a host's own services have: locked memory, BPF on control groups, keyrings.
LIKE_A_HOST = ["--capability=CAP_IPC_LOCK,CAP_BPF,CAP_SYSLOG,CAP_PERFMON,CAP_SYS_RESOURCE",
               "--system-call-filter=@keyring @memlock bpf"]


def run(*command, **more):
    """Runs a command that must succeed; its output, or RuntimeError that shows it."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def control_groups():
    """Where control groups are made: on a hybrid machine, systemd's own tree and the unified one."""
    top = pathlib.Path("/sys/fs/cgroup")
    return [top] if (top / "cgroup.controllers").exists() else [top / "systemd", top / "unified"]


class Machine:
    """One machine: `address` is where its sshd answers, from our side of the wire."""

    def __init__(self, lower, name="host1", address="10.77.0.11"):
        self.name, self.address = name, address
        self.folder = RUN / name
        self.root = self.folder / "root"
        self.leader, self.nspawn = None, None
        self.extra = []  # options of systemd-nspawn
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={lower},upperdir={self.folder}/upper,workdir={self.folder}/work", self.root)
        (self.root / "etc/hostname").write_text(f"{name}\n", encoding="ascii")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost {name}\n", encoding="ascii")
        self.plug_in()

    def plug_in(self):
        """A network of its own with one wire to ours."""
        net, _, last = self.address.rpartition(".")
        run("ip", "netns", "add", self.name)
        # A fixed address, so that a neighbor remembered from before a reboot is still right.
        run("ip", "link", "add", f"to-{self.name}", "type", "veth", "peer", "name", "host0", "address",
            f"02:00:00:00:00:{int(last):02x}", "netns", self.name)
        run("ip", "addr", "add", f"{net}.1/24", "dev", f"to-{self.name}")
        run("ip", "link", "set", f"to-{self.name}", "up")
        for words in (["addr", "add", f"{self.address}/24", "dev", "host0"], ["link", "set", "host0", "up"],
                      ["link", "set", "lo", "up"]):
            run("ip", "-n", self.name, *words)

    def own_groups(self):
        return [top / f"stepup-e2e-{os.environ['STEPUP_E2E_ID']}-{self.name}" for top in control_groups()]

    def enter_control_group(self):
        """Each machine in a group of its own: left at the top they would share one."""
        for group in self.own_groups():
            group.mkdir(exist_ok=True)
            (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
        os.setsid()

    def boot(self):
        """Starts it and waits until systemd says that everything is up."""
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_TMPFS_TMP": "0"}
        with open(self.folder / "console", "ab") as console:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "-D", self.root, f"--machine={self.name}", "--boot", "--register=no",
                 "--keep-unit", "--console=pipe", "--resolv-conf=off", "--timezone=off", "--kill-signal=SIGRTMIN+4",
                 f"--network-namespace-path=/run/netns/{self.name}", *LIKE_A_HOST, *self.extra],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment,
                preexec_fn=self.enter_control_group)
        self.leader = wait_for(self.find_leader, "process 1 of the machine", seconds=30)
        wait_for(self.is_up, "the machine is up", seconds=120)

    def find_leader(self):
        """The pid of its process 1, once that is systemd."""
        if self.nspawn.poll() is not None:
            raise RuntimeError(HOW_TO + (self.folder / "console").read_text(errors="replace"))
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        return next((pid for pid in children if self.comm(pid) == "systemd"), None)

    @staticmethod
    def comm(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            return ""

    def is_up(self):
        state = self.try_run("systemctl", "is-system-running").stdout.strip()
        if state == "degraded":
            raise RuntimeError(self.run("systemctl", "--failed", "--no-pager", "--full"))
        return state == "running"

    def inside(self, *command):
        """`command` as root in the machine, outside of every unit."""
        return ["nsenter", "-t", self.leader, "-a", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root", "TERM=dumb", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *map(str, command)]

    def try_run(self, *command, **more):
        """Runs `command` in the machine: CompletedProcess, with all that it said in stdout."""
        return subprocess.run(self.inside(*command), stdin=None if "input" in more else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)

    def run(self, *command, **more):
        """Runs a command that must succeed in the machine; what it said."""
        done = self.try_run(*command, **more)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def as_unit(self, *command):
        """Runs `command` as a service of its own; a terminal and a session are its to make."""
        return self.run("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--", *command)

    def copy_in(self, path):
        """The path in the machine of a copy of the file `path`."""
        shutil.copy(path, self.root / "root")
        return f"/root/{pathlib.Path(path).name}"

    def journal(self, *words):
        return self.run("journalctl", "--no-pager", "--output=short-precise", *words)

    def reboot(self):
        """A clean reboot; the disk stays."""
        self.try_run("systemctl", "reboot")
        self.nspawn.wait(60)
        self.boot()

    def crash(self):
        """Every process is gone at once, as by a power cut; boot() comes next."""
        os.kill(int(self.leader), signal.SIGKILL)
        self.nspawn.wait(30)

    def shut_down(self):
        if self.nspawn and self.nspawn.poll() is None:
            self.nspawn.terminate()
            try:
                self.nspawn.wait(30)
            except subprocess.TimeoutExpired:
                self.crash()

    def discard(self):
        """Shuts it down and takes everything of it away."""
        self.shut_down()
        run("umount", "--lazy", self.root)
        for group in self.own_groups():
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)
        run("ip", "netns", "del", self.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def install(self, packages, *options):
        """Installs packages with apt."""
        return self.run("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *options,
                        *[self.copy_in(package) for package in packages])
