"""Many people with tokens, who log in all the time."""

import os
import subprocess

from person import on_the_console

PASSWORD = "crowd-pw"
POLICY = """\
[[rule]]
name = "the crowd"
match = { services = ["sshd"] }
requirement = "required"
"""
LIMITS = "[limits]\ndelay_from = 50\nlock_after = 60\nceiling = 1000\nsource_lock_after = 5000\n"


class Crowd:
    """`size` accounts of `machine`, each with an HOTP token."""

    def __init__(self, machine, size):
        self.machine = machine
        self.names = [f"user{number}" for number in range(size)]
        self.secrets = {}
        self.pressed = {name: 0 for name in self.names}
        machine.run("sh", "-c", "for u in $(cat); do useradd -M -s /bin/bash $u; done", input=" ".join(self.names))
        machine.run("chpasswd", input="".join(f"{name}:{PASSWORD}\n" for name in self.names))
        for name in self.names:
            self.enroll(name)

    def codes(self, name, number):
        """What the token shows when it is pressed `number` times, from oathtool."""
        first = self.pressed[name]
        self.pressed[name] += number
        return subprocess.run(["oathtool", "--hotp", "--base32", f"--counter={first}", f"--window={number - 1}",
                               self.secrets[name]], check=True, capture_output=True, text=True).stdout.split()

    def enroll(self, name):
        """In a login session of his own, at a terminal, as systemd makes one."""
        with on_the_console(self.machine, f"--uid={name}", "--property=PAMName=login", "stepup", "enroll", "hotp") as screen:
            screen.expect(r"secret=([A-Z2-7]+)")
            self.secrets[name] = screen.child.match[1]
            screen.play((r"[Cc]ode[^\r\n]*: ", self.codes(name, 1)[0]))
            assert screen.finish() == 0, screen.transcript

    def log_in_meanwhile(self, right, wrong):
        """Starts `right` logins by what the tokens show, each user's in order, and among them `wrong` ones."""
        lines = []
        each = -(-right // len(self.names))
        queues = {name: self.codes(name, each) for name in self.names}
        every = max(right // wrong, 1)
        for number in range(right):
            name = self.names[number % len(self.names)]
            lines.append(f"{name} {PASSWORD} {queues[name].pop(0)}")
            if number % every == every - 1:
                lines.append(f"{name} {PASSWORD} wrong-{number}")
        driver = self.machine.copy_in(os.path.join(os.path.dirname(__file__), "pam_logins.py"))
        # As a unit: what we enter the machine with is no part of it, and stepupd lets nobody in from elsewhere.
        process = subprocess.Popen(self.machine.inside("systemd-run", "--quiet", "--pipe", "--wait", "--collect",
                                                       "/usr/bin/python3", driver, "sshd", "4"),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.close()
        return process


def outcomes(process):
    """(how many right codes were let in, those that were not, wrong codes that were): lines of pam_logins.py."""
    let_in, refused, intruders = 0, [], []
    for line in process.stdout.read().splitlines():
        words = line.split()
        assert len(words) == 3, line
        good, result = not words[1].startswith("wrong"), words[2]
        if good and result == "0":
            let_in += 1
        elif good:
            refused.append(line)
        elif result == "0":
            intruders.append(line)
    return let_in, refused, intruders
