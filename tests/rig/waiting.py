"""Waiting for a condition, never for a time."""

import socket
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


def takes_connections(path):
    """Whether somebody listens at this Unix socket: the file is there a moment before that."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        return client.connect_ex(str(path)) == 0
