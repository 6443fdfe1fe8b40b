#!/usr/bin/python3
"""StepUp's main job, live: demo.py [--stay]. Real sshd, real sudo, real terminals, in a private copy of this machine.

Every line behind a bar comes from a terminal. --stay keeps everything up and prints the ssh line to try it by hand.
"""

import os
import pathlib
import socket
import sys
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("STEPUP_BUILD", TREE / "build"))
SOCKET_VARIABLE = "STEPUP_DEMO_SOCKET"
sys.dont_write_bytecode = True
sys.path[:0] = [str(TREE / "tests" / "rig"), str(TREE / "tests" / "demo")]


def enter_rig(arguments):
    """Starts this program anew inside the rig; with --stay, a listening socket of the outside goes along."""
    os.environ.update(RIG_KEEP=str(BUILD), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
    if "--stay" in arguments:
        listening = listen_on_loopback()
        listening.set_inheritable(True)
        os.environ[SOCKET_VARIABLE] = str(listening.detach())
    enter = str(TREE / "tests" / "rig" / "enter")
    os.execv(enter, [enter, "/usr/bin/python3", __file__, *arguments])


def listen_on_loopback():
    """The first free port from 2222 on of this machine's own loopback. A socket stays in the network where it was made,
    so it can be reached from outside although the rig has no network but its own."""
    for port in range(2222, 2322):
        listening = socket.socket()
        try:
            listening.bind(("127.0.0.1", port))
            listening.listen()
            return listening
        except OSError:
            listening.close()
    sys.exit("demo: no free port between 2222 and 2321")


def perform(stays):
    """The demo itself, inside the rig."""
    import scenes
    from host import Host
    from people import User

    began = time.monotonic()
    host = Host(BUILD)
    host.install_policy(scenes.POLICY)
    host.boot()
    scenes.opening(host)
    alice = User("alice", "sudo", "nopasswd")
    scenes.enrollment(alice)
    scenes.step_up(alice)
    scenes.used_codes(alice)
    scenes.chapter(f"That was the main job, in {time.monotonic() - began:.0f} s")
    if stays:
        from stay import stay
        stay(int(os.environ[SOCKET_VARIABLE]))
    host.shut_down()


def main(arguments):
    if set(arguments) - {"--stay"}:
        sys.exit("usage: ./dev demo [--stay]")
    if os.environ.get("STEPUP_RIG") != "inside":
        enter_rig(arguments)
    perform("--stay" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
