"""What the demo prints: narration, and what real terminals show, as it happens and free of escape sequences."""

import textwrap

import pexpect

import ssh
from terminal import CODE, PASSWORD, Terminal, clean

WIDTH = 80
INDENT = "| "


class Screen:
    """Prints what a terminal shows, line by line; pexpect writes to it."""

    def __init__(self):
        self.line = ""

    def write(self, text):
        *whole, self.line = (self.line + text).split("\n")
        for line in whole:
            print((INDENT + clean(line)).rstrip())

    def flush(self):
        pass

    def end(self):
        if clean(self.line).strip():
            self.write("\n")
        self.line = ""


class Visible(Terminal):
    """A terminal whose every line the audience sees."""

    def __init__(self, command, **more):
        super().__init__(command, size=(50, WIDTH - len(INDENT)), **more)
        self.screen = Screen()
        self.child.logfile_read = self.screen

    def at_prompt(self):
        """Waits until the shell is ready for the next command."""
        self.expect(r"[\w.-]+@[\w.-]+:[^\r\n]*\$ ")
        return self

    def enter(self, command, *dialog):
        """Types `command` at the shell, plays the dialog, waits for the next prompt."""
        self.type(command)
        self.play(*dialog)
        return self.at_prompt()

    def leave(self):
        self.type("exit")
        self.finish()
        self.close()

    def close(self):
        super().close()
        self.screen.end()


def chapter(title):
    print(f"\n== {title} {'=' * (WIDTH - len(title) - 4)}")


def say(text):
    print()
    print(textwrap.fill(" ".join(text.split()), WIDTH))


def log_in(user, *codes):
    """An SSH login with password and the given codes, seen by the audience; shows the ssh command as it is typed."""
    print(f"{INDENT}laptop$ ssh {user.name}@rig")
    terminal = Visible(ssh.command(user, "-tt"))
    terminal.play((PASSWORD, user.password), *[(CODE, code) for code in codes])
    return terminal


def is_refused(terminal):
    """Waits for the end of a login that must fail."""
    try:
        refused = terminal.finish() != 0
    except pexpect.ExceptionPexpect:
        refused = False
    terminal.screen.end()
    return refused
