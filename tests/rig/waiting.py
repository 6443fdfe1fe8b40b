"""Waiting for a condition, never for a time."""

import time


class TooLate(AssertionError):
    """The condition did not come true before its deadline."""


def wait_for(condition, what, seconds=10.0):
    """Asks `condition` until it answers with something true, which is given back."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() >= deadline:
            raise TooLate(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.02)  # between two looks, not instead of one
