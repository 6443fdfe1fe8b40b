"""People of a machine, who come over real ssh, and what they type."""

import re

import paramiko

from hotp import Hotp
from terminal import CODE, PASSWORD, Shell, Terminal
from totp import Totp

paramiko.util.logging.getLogger("paramiko").setLevel(paramiko.util.logging.CRITICAL)


class Person:
    """An account of `machine` with a password, and, once enrolled, a phone and a token. The phone has a code every half
    minute, the token whenever it is pressed."""

    def __init__(self, machine, name, *groups):
        self.machine, self.name, self.password = machine, name, f"{name}-pw"
        self.totp, self.token, self.recovery_codes = None, None, []
        machine.run("useradd", "--create-home", "--shell", "/bin/bash", *(["--groups", ",".join(groups)] if groups else []),
                    name)
        machine.run("chpasswd", input=f"{name}:{self.password}\n")

    def ssh(self, *words):
        """OpenSSH's client in a terminal."""
        return ["ssh", "-tt", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-o", "PubkeyAuthentication=no",
                f"{self.name}@{self.machine.address}", *words]

    def login(self, code=None, *words):
        """A shell over ssh, with the password and, where it is asked for, `code`."""
        shell = Shell(self.ssh(*words))
        shell.play((PASSWORD, self.password))
        if code:
            shell.play((CODE, code))
        return shell.ready()

    def is_let_in(self, *answers):
        """Whether ssh lets in who types the password and then `answers`, one a question."""
        with Conversation(self, *answers) as login:
            return login.granted

    def enroll(self, shell):
        """Types `stepup enroll totp` in `shell` and the first code from the phone; what was shown."""
        shell.type("stepup enroll totp")
        shell.expect(r"secret=([A-Z2-7]+)")
        self.totp = Totp(shell.child.match[1])
        shell.play((r"[Cc]ode[^\r\n]*: ", self.totp.code()))
        shell.expect(Shell.ENDED)
        assert shell.child.match[1] == "0", shell.transcript
        shown = shell.transcript.rpartition("recovery codes")[2]
        self.recovery_codes = re.findall(r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b", shown)
        return shell.transcript

    def enroll_token(self, shell):
        """The same with `stepup enroll hotp`, which wants a code from the phone first."""
        shell.type("stepup enroll hotp --label token")
        shell.play((CODE, self.totp.code()))
        shell.expect(r"secret=([A-Z2-7]+)")
        self.token = Hotp(shell.child.match[1])
        shell.play((r"[Cc]ode[^\r\n]*: ", self.token.code()))
        shell.expect(Shell.ENDED)
        assert shell.child.match[1] == "0", shell.transcript

    def code(self):
        return self.token.code()


class Conversation:
    """One keyboard-interactive authentication; `granted` says how it ended."""

    def __init__(self, person, *answers):
        self.left, self.asked = [*answers], []
        self.password = person.password
        self.transport = paramiko.Transport((person.machine.address, 22))
        try:
            self.transport.start_client(timeout=30)
            self.transport.auth_timeout = 60
            self.transport.auth_interactive(person.name, self.reply)
        except paramiko.BadAuthenticationType:
            raise  # sshd is not set up to ask
        except paramiko.SSHException:
            pass  # not granted

    def reply(self, _title, _text, prompts):
        self.asked += [text for text, _ in prompts]
        return [self.password if "assword" in text else (self.left.pop(0) if self.left else "") for text, _ in prompts]

    @property
    def granted(self):
        return self.transport.is_authenticated()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()


def on_the_console(machine, *words):
    """A program in a terminal of the machine, in a unit of its own, as a getty would start it."""
    return Terminal(machine.inside("systemd-run", "--pty", "--quiet", "--wait", "--collect", *words))
