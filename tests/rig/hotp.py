"""Codes as a token shows them that counts its presses: from oathtool, never from our own code."""

import subprocess


class Hotp:
    """One token. Every press shows the next code."""

    def __init__(self, secret, counter=0, digits=6):
        self.secret, self.counter, self.digits = secret, counter, digits

    def at(self, counter):
        """The code of `counter`."""
        return subprocess.run(["oathtool", "--hotp", f"--digits={self.digits}", "--base32", f"--counter={counter}",
                               self.secret], check=True, capture_output=True, text=True).stdout.strip()

    def code(self):
        """Presses once."""
        self.counter += 1
        return self.at(self.counter - 1)

    def press(self, times):
        """In the pocket, where nobody reads what it shows."""
        self.counter += times

    def spent_code(self):
        """The code that `code` gave last."""
        return self.at(self.counter - 1)

    def wrong_code(self):
        """As many digits, and no code that is near."""
        near = {self.at(counter) for counter in range(max(self.counter - 2, 0), self.counter + 110)}
        return next(guess for guess in (str(digit) * self.digits for digit in range(10)) if guess not in near)
