"""Many logins through libpam at once: the Python end of pam_sessions.cpp."""

import socket
import subprocess
from dataclasses import dataclass

PAM_SUCCESS = 0


@dataclass(frozen=True)
class Outcome:
    """What one login came to."""

    number: int
    code: int  # what pam_authenticate returned
    prompts: int
    refusals: int  # texts that said "Not accepted"
    microseconds: int

    @property
    def granted(self):
        return self.code == PAM_SUCCESS

    @property
    def told(self):
        """Whether StepUp's user learned if the answer was right: not so if the daemon died on him."""
        return self.granted or self.refusals > 0


class Sessions:
    """`count` processes that log in, each with one login at a time."""

    def __init__(self, build, stack, count):
        self.count = count
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self.socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.child = subprocess.Popen([f"{build}/tests/campaign/pam_sessions", str(count), stack, "sshd"], stdin=theirs)
        theirs.close()

    def begin(self, number, user, answer, together=False):
        self.socket.send(f"{number} {int(together)} {user} {answer}".encode())

    def next(self, seconds=100.0):
        """The next login that ended; "open" when a barrier opened; None if nothing happens for so long."""
        self.socket.settimeout(max(seconds, 0.0001))
        try:
            words = self.socket.recv(256).decode().split()
        except TimeoutError:
            return None
        if not words:
            raise RuntimeError("pam_sessions ended")
        return "open" if words == ["open"] else Outcome(*map(int, words))

    def round(self, user, answer):
        """All processes log in as `user` with the one answer, which they give at the same moment; the outcomes."""
        return self.together([(user, answer)] * self.count)

    def together(self, logins):
        """Each process logs in as one of `logins`, (user, answer); they answer at the same moment; the outcomes."""
        for user, answer in logins:
            self.begin(0, user, answer, together=True)
        outcomes = []
        while len(outcomes) < self.count:
            outcome = self.next()
            if outcome is None:
                raise RuntimeError("a login hangs")
            if outcome != "open":
                outcomes.append(outcome)
        return outcomes

    def close(self):
        self.socket.close()
        if self.child.wait(20):
            raise RuntimeError("a process of pam_sessions failed")
