"""The users of the rig."""

import os
import pathlib
import pwd
import re
import shutil
import subprocess

import ssh
from host import run
from terminal import Shell, Terminal
from totp import Totp


class User:
    """A user of the machine, with password, SSH key and an address of his own to come from."""

    def __init__(self, name, *groups):
        self.name, self.password, self.address = name, f"{name}-pw", ssh.new_address()
        self.totp, self.recovery_codes = None, []
        run("useradd", "--create-home", "--shell", "/bin/bash", *(["--groups", ",".join(groups)] if groups else []),
            name)
        subprocess.run(["chpasswd"], input=f"{name}:{self.password}\n", text=True, check=True)
        self.entry = pwd.getpwnam(name)
        self.home = pathlib.Path(self.entry.pw_dir)
        self.make_key()

    def make_key(self):
        folder = self.home / ".ssh"
        folder.mkdir(mode=0o700)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", str(folder / "id_ed25519"))
        shutil.copyfile(folder / "id_ed25519.pub", folder / "authorized_keys")
        run("chown", "-R", f"{self.name}:", str(folder))

    def make_other_key(self):
        """Another key takes the place of this one; both may log in."""
        folder = self.home / ".ssh"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "other"))
        with open(folder / "authorized_keys", "a", encoding="ascii") as allowed:
            allowed.write((folder / "other.pub").read_text(encoding="ascii"))
        (folder / "other").replace(folder / "id_ed25519")
        run("chown", "-R", f"{self.name}:", str(folder))

    def become(self):
        """Run in a fresh child of root's: a login session of this user, as login(1) would open one."""
        pathlib.Path("/proc/self/loginuid").write_text(str(self.entry.pw_uid), encoding="ascii")
        os.initgroups(self.name, self.entry.pw_gid)
        os.setresgid(self.entry.pw_gid, self.entry.pw_gid, self.entry.pw_gid)
        os.setresuid(self.entry.pw_uid, self.entry.pw_uid, self.entry.pw_uid)

    def terminal(self, *command, kind=Terminal):
        """`command` in a terminal and a new session of this user's."""
        environment = {"HOME": str(self.home), "USER": self.name, "LOGNAME": self.name, "SHELL": "/bin/bash",
                       "PATH": "/usr/local/bin:/usr/bin:/bin"}
        return kind(list(command), environment=environment, preexec=self.become, cwd=self.home)

    def shell(self):
        """A shell in a new session that no factor was proved for."""
        return self.terminal("bash", "--norc", kind=Shell).ready()

    def without_terminal(self, *command, text=""):
        """`command` run with no terminal at all: CompletedProcess."""
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=self.home,
                              start_new_session=True, preexec_fn=self.become, timeout=60,
                              env={"HOME": str(self.home), "USER": self.name, "PATH": "/usr/bin:/bin"})

    def enroll(self, *options):
        """Enrolls TOTP in a terminal, as the user would; what the terminal showed."""
        with self.terminal("stepup", "enroll", "totp", *options) as screen:
            return self.confirm_enrollment(screen)

    def confirm_enrollment(self, screen):
        """Reads the secret off `screen`, where `stepup enroll totp` runs, and types its first code."""
        screen.expect(r"secret=([A-Z2-7]+)")
        self.totp = Totp(screen.child.match[1])
        screen.play((r"[Cc]ode[^\r\n]*: ", self.totp.code()))
        if status := screen.finish():
            raise AssertionError(f"enrolling ended with {status}:\n{screen.transcript}")
        self.recovery_codes = re.findall(r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b", screen.transcript)
        return screen.transcript
