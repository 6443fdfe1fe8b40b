"""Codes for thousands of accounts. They are oathtool's; one run of it gives many steps, and accounts share the
secrets of a small pool: what was used is remembered for each enrollment, so nothing changes by that."""

import base64
import functools
import os
import random
import subprocess
import time

STEP = 30  # seconds; RFC 6238
AT_ONCE = 40  # steps asked of oathtool in one run
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def now_step():
    return int(time.time()) // STEP


class Pool:
    """Some TOTP and HOTP secrets."""

    def __init__(self, size, digits):
        self.digits = digits
        self.seeds = [os.urandom(20) for _ in range(size)]

    def seed(self, number):
        return self.seeds[number % len(self.seeds)]

    def base32(self, number):
        return base64.b32encode(self.seed(number)).decode()

    def code(self, number, step):
        """The code that account `number` has in time step `step`."""
        block = step // AT_ONCE
        return self.block(number % len(self.seeds), block)[step - block * AT_ONCE]

    @functools.lru_cache(maxsize=None)
    def press(self, number, counter):
        """The code that a token with the seed of account `number` shows for `counter`."""
        return subprocess.run(["oathtool", "--hotp", "--base32", f"--digits={self.digits}", f"--counter={counter}",
                               self.base32(number)], check=True, capture_output=True, text=True).stdout.strip()

    @functools.lru_cache(maxsize=None)
    def block(self, number, block):
        return oathtool(self.base32(number), block * AT_ONCE, AT_ONCE, self.digits)


def oathtool(secret, step, count=1, digits=6):
    """Codes of `count` steps from `step` on."""
    return subprocess.run(["oathtool", "--totp", "--base32", f"--digits={digits}", f"--window={count - 1}",
                           f"--now=@{step * STEP}", secret], check=True, capture_output=True, text=True).stdout.split()


def recovery_codes(count):
    """That many different codes without dashes; the first four letters, which are public, are different, too."""
    fresh = {}
    while len(fresh) < count:
        code = "".join(random.SystemRandom().choices(LETTERS, k=20))
        fresh[code[:4]] = code
    return list(fresh.values())
