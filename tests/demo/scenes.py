"""The scenes of the demo, in their order. Each takes what it needs and leaves what the next one needs."""

import re
import shlex
import subprocess

from stage import CODE, INDENT, chapter, is_refused, log_in, say
from terminal import clean
from totp import Totp

WINDOW = 8  # seconds; short enough to watch it lapse
POLICY = f"""\
[defaults]
requirement = "optional"      # who has enrolled is asked

[[rule]]
name = "admins step up"
match = {{ groups = ["sudo"], services = ["sudo", "su"] }}
requirement = "required"
window = "{WINDOW}s"               # for the demo; 10 minutes are usual
"""


def show(*command):
    """Runs a command of the administrator's for the audience."""
    print(f"{INDENT}root@rig# {shlex.join(command)}")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    for line in done.stdout.splitlines():
        print((INDENT + line).rstrip())


def opening(host):
    chapter("StepUp: SSH login with a code, sudo gated on a recent verification")
    say("""This is a private copy of your machine: its own /etc, users, processes and network. The sshd, sudo and
        dbus-daemon in it are this machine's own; nothing that happens here reaches the outside.""")
    say("stepupd decides. It runs as a user of its own, without any capability:")
    show("ps", "-o", "user,pid,args", "-C", "stepupd")
    show("grep", "-E", "^(CapEff|CapBnd|NoNewPrivs)", f"/proc/{host.daemon('status')['pid']}/status")
    say("What an administrator adds to the PAM stacks of sshd and sudo, and the policy:")
    show("grep", "pam_stepup", "/etc/pam.d/sshd")
    show("grep", "pam_stepup", "/etc/pam.d/sudo")
    show("cat", "/etc/stepup/policy.toml")


def enrollment(alice):
    chapter("1. Alice enrolls her phone")
    say("""She has no factor yet, so her password is enough to log in. Her phone, which scans the QR code and shows a
        new number every 30 seconds, is played by oathtool.""")
    shell = log_in(alice).at_prompt()
    shell.type("stepup enroll totp --label phone")
    shell.expect(r"secret=([A-Z2-7]+)")
    alice.totp = Totp(shell.child.match[1])
    shell.play((r"[Cc]ode[^\r\n]*: ", alice.totp.code())).at_prompt()
    alice.recovery_codes = re.findall(r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b", clean(shell.shown))
    shell.enter("stepup list")
    shell.leave()


def step_up(alice):
    chapter("2. Password and code, then sudo in silence")
    say("From now on sshd asks her for a code as well.")
    shell = log_in(alice, alice.totp.code()).at_prompt()
    say("""The sudoers rule for her is NOPASSWD: whoever asks at sudo is StepUp. It does not ask now, because she
        proved her phone a moment ago in this very session.""")
    shell.enter("sudo id")
    shell.enter("stepup status --service sudo")

    chapter("3. The window lapses, and sudo asks again")
    say(f"The policy gives her {WINDOW} seconds. She waits until they are over:")
    shell.enter(f"while stepup require --no-prompt --window {WINDOW}s; do sleep 1; done")
    shell.enter("sudo id", (CODE, alice.totp.code()))
    say("That new proof counts for what follows:")
    shell.enter("sudo id")
    shell.leave()


def used_codes(alice):
    chapter("4. A used code is refused")
    say("The same number again, although her phone may still show it; then a recovery code from her drawer:")
    recovery = alice.recovery_codes[0]
    log_in(alice, alice.totp.spent_code(), recovery).at_prompt().leave()
    say("A recovery code works once. Three wrong answers end the login:")
    refused = is_refused(log_in(alice, recovery, recovery, alice.totp.spent_code()))
    say("Refused, as it should be." if refused else "GRANTED, which is a bug.")
    if not refused:
        raise SystemExit("demo: a spent recovery code was accepted")
    say("With another one she gets in and sees how many are left:")
    shell = log_in(alice, alice.recovery_codes[1]).at_prompt()
    shell.enter("stepup recovery")
    shell.leave()
