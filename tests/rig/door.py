"""pam.sock, spoken to directly: what the PAM module of a root program would send (common/wire.hpp)."""

import socket
import struct
import time

AUTH, BEGIN, ASK, ANSWER, VERDICT = 1, 1, 2, 3, 4
LOGIN = 77


def text(value):
    """A text on the wire. A str is sent as UTF-8, bytes as they are."""
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<H", len(value)) + value


def begin(user, *, service="sshd", ruser="", rhost="", tty="ssh"):
    words = (service, user, ruser, rhost, tty, "", "")
    return struct.pack("<BHQBI", BEGIN, 1, LOGIN, AUTH, 1) + b"".join(map(text, words))


class Reply:
    """One packet of the daemon's, and after how many microseconds it came."""

    def __init__(self, client, packet):
        sent = time.perf_counter_ns()
        try:
            client.send(packet)
            self.packet = client.recv(16384)
        except (BrokenPipeError, ConnectionResetError):
            self.packet = b""  # hung up on
        self.microseconds = (time.perf_counter_ns() - sent) / 1000

    @property
    def asks(self):
        return self.packet[:1] == bytes([ASK])

    @property
    def text(self):
        """What it says to the user; empty if the daemon hung up."""
        return self.packet[5 if self.asks else 15:].decode()


def log_in(user, *answers, path="/run/stepup/pam.sock", **words):
    """The replies to a login that ends with the last of `answers`, or before if nothing is asked any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(path)
        replies = [Reply(client, begin(user, **words))]
        for turn, answer in enumerate(answers, 1):
            if not replies[-1].asks:
                break
            replies.append(Reply(client, struct.pack("<BB", ANSWER, turn) + text(answer)))
        return replies
