"""`--stay`: the rig stays up and can be reached from the machine outside."""

import socket
import subprocess

from people import User
from stage import Visible, chapter, say

GUEST_CONFIG = "/etc/ssh/sshd_config.22"


def enroll_guest():
    """A user to try it with, whose QR code stays on the screen."""
    guest = User("guest", "sudo", "nopasswd")
    with guest.terminal("stepup", "enroll", "totp", "--label", "demo", kind=Visible) as screen:
        guest.confirm_enrollment(screen)
    return guest


def welcome(guest, port):
    chapter("Try it yourself")
    say(f"""Scan the QR code above with any authenticator app, or play the phone with
        "oathtool --totp -b {guest.totp.secret}". Then, from another terminal of this machine:""")
    print(f"\n  ssh -p {port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no guest@127.0.0.1\n"
          f"\n  password: {guest.password}"
          "\n  code:     from your phone, or one of the recovery codes above"
          "\n  then:     sudo id; stepup status; stepup lock; sudo id")
    say("Ctrl-C ends it, and nothing of it remains.")


def serve(listening):
    """Hands every connection to a real sshd. The socket belongs to the network outside, the sshd to the rig."""
    with open("/run/rig/log/sshd.outside", "ab") as log:
        while True:
            connection, _ = listening.accept()
            with connection:
                subprocess.Popen(["/usr/sbin/sshd", "-i", "-e", "-f", GUEST_CONFIG], stdin=connection, stdout=connection,
                                 stderr=log, start_new_session=True)


def stay(descriptor):
    listening = socket.socket(fileno=descriptor)
    guest = enroll_guest()
    welcome(guest, listening.getsockname()[1])
    try:
        serve(listening)
    except KeyboardInterrupt:
        print("\nGone.")
