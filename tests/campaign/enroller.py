"""Enrolls first factors over the bus while the daemon keeps dying: as people do it, from a terminal of their own login,
with a token of pam.sock. An enrollment counts as acknowledged when Confirm has answered."""

import json
import os
import pathlib
import pty
import socket
import struct
import subprocess
import sys

from codes import now_step, oathtool
from instance import FIRST_UID, RUNTIME, user_name

GET_TOKEN = struct.pack("<BH", 7, 1)  # kind, protocol; docs/protocol.md
TOKEN = 8
OBJECT = ["org.stepup.StepUp1", "/org/stepup/StepUp1", "org.stepup.StepUp1.Factors"]
PATIENCE = 5  # seconds
HAS_IT = "factor with that label already"  # of refusals


def token():
    """A token for one call."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.settimeout(PATIENCE)
        door.connect(str(RUNTIME / "pam.sock"))
        door.send(GET_TOKEN)
        packet = door.recv(4096)
    if not packet or packet[0] != TOKEN:
        raise ConnectionError("no token")
    return packet[3:].decode()


def call(method, signature, *arguments):
    """Calls the daemon over the bus; what it returns. CalledProcessError: it did not, or refused."""
    done = subprocess.run(["busctl", "--system", "--json=short", f"--timeout={PATIENCE}", "--", "call", *OBJECT,
                           method, signature, *map(str, arguments)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["data"]


def enroll():
    """One enrollment, from the first call to the acknowledgement: what its owner knows then."""
    number, secret, _, _ = call("EnrollTotp", "ssus", "phone", "SHA1", 6, token())
    step = now_step()
    [recovery_codes] = call("Confirm", "xss", number, oathtool(secret, step)[0], token())
    return {"id": number, "secret": secret, "step": step, "recovery_codes": recovery_codes}


def become(number):
    uid = FIRST_UID + number
    pathlib.Path("/proc/self/loginuid").write_text(str(uid), encoding="ascii")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def try_once(number):
    """User `number` at a terminal of his own: the acknowledged enrollment, or why there is none."""
    ours, theirs = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        try:
            become(number)
            answer = enroll()
        except subprocess.CalledProcessError as error:
            answer = {"why": error.stderr.strip()}
        except (OSError, ValueError) as error:
            answer = {"why": str(error)}
        os.write(theirs, json.dumps(answer).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answers:
        answer = json.loads(answers.read() or b'{"why": "died"}')
    os.waitpid(child, 0)
    os.close(terminal)
    return answer


def main(first, last):
    """Enrolls users `first` to `last`, one after the other; a line of JSON for each attempt. A user whose confirmation
    was stored and not acknowledged has the factor and gets no second: he is left alone."""
    for number in range(first, last + 1):
        while True:
            answer = try_once(number)
            print(json.dumps({"user": user_name(number), **answer}), flush=True)
            if "id" in answer or HAS_IT in answer["why"]:
                break


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
