"""Codes as an authenticator app would show them: from oathtool, never from our own code."""

import subprocess
import time

from waiting import wait_for

STEP = 30  # seconds; RFC 6238
MARGIN = 8  # seconds for which a code that we hand out is certain to stay valid


class Totp:
    """One enrolled secret. Every code handed out is of a later step than the one before, and valid now: StepUp accepts
    a code from one step before to one step after, each once, so two or three are at hand without waiting."""

    def __init__(self, secret, algorithm="SHA1", digits=6):
        self.secret, self.algorithm, self.digits = secret, algorithm, digits
        self.last_step = 0

    def at(self, step):
        """The code of time step number `step`."""
        return subprocess.run(["oathtool", f"--totp={self.algorithm}", f"--digits={self.digits}", "--base32",
                               f"--now=@{step * STEP}", self.secret], check=True, capture_output=True,
                              text=True).stdout.strip()

    def code(self):
        """A fresh code."""
        oldest_valid = int(time.time() - STEP + MARGIN) // STEP
        self.last_step = max(self.last_step + 1, oldest_valid)
        wait_for(lambda: self.last_step <= time.time() // STEP + 1, "the next code becomes valid", seconds=STEP)
        return self.at(self.last_step)

    def spent_code(self):
        """The code that `code` gave last."""
        return self.at(self.last_step)

    def wrong_code(self):
        """As many digits, and no code of this hour."""
        now = int(time.time()) // STEP
        near = {self.at(step) for step in range(now - 3, now + 4)}
        return next(guess for guess in (str(digit) * self.digits for digit in range(10)) if guess not in near)
