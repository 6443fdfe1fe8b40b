"""Programs in a terminal, driven as a person would: see a prompt, type, read."""

import os
import re

import pexpect

CODE = r"Code \(\? for help\): "
PASSWORD = r"[Pp]assword[^\r\n]*: "
SECONDS = 20


class Stuck(AssertionError):
    """The terminal did not show what was waited for. Says what it showed instead."""


def clean(text):
    """`text` without escape sequences and carriage returns: what a person reads."""
    text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]", "", text)
    return text.replace("\r\n", "\n").replace("\r", "")


class Ran:
    """What became of one command in a shell."""

    def __init__(self, status, output):
        self.status, self.output = status, output

    def __repr__(self):
        return f"exit status {self.status}\n{self.output}"


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command, *, environment=None, preexec=None, cwd="/", echo=True, size=(50, 160)):
        self.command = command
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb", **(environment or {})}
        self.child = pexpect.spawn(command[0], [str(word) for word in command[1:]], timeout=SECONDS, encoding="utf-8",
                                   codec_errors="replace", env=env, preexec_fn=preexec, cwd=cwd, echo=echo,
                                   dimensions=size)
        self.child.delaybeforesend = None
        self.shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def expect(self, *patterns, seconds=SECONDS):
        """The number of the first of `patterns` to show up; what stood before it is in `self.before`. "" is the end of
        the program."""
        wanted = [pattern or pexpect.EOF for pattern in patterns]
        try:
            found = self.child.expect(wanted, timeout=seconds)
        except (pexpect.EOF, pexpect.TIMEOUT) as error:
            self.shown += self.child.before or ""
            raise Stuck(f"{' '.join(map(str, self.command))}\nwaited for {' | '.join(map(repr, patterns))}, saw "
                        f"{type(error).__name__} after:\n{clean(self.shown)}") from None
        self.before = self.child.before
        self.shown += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        return found

    def type(self, line):
        self.child.sendline(line)

    def press(self, key):
        """Control and `key`."""
        self.child.sendcontrol(key)

    def play(self, *dialog):
        """For each (pattern, answer): waits for the one, types the other."""
        for pattern, answer in dialog:
            self.expect(pattern)
            self.type(answer)
        return self

    def finish(self):
        """Waits for the program's end; its exit status."""
        self.expect("")
        self.child.close()
        return self.child.exitstatus if self.child.signalstatus is None else -self.child.signalstatus

    def close(self):
        self.child.close(force=True)

    @property
    def transcript(self):
        return clean(self.shown)


class Shell(Terminal):
    """A terminal in which a shell waits."""

    ENDED = r"ended-with (\d+)\r?\n"  # the prompt that `ready` sets, and so what follows every command

    def ready(self):
        """Waits for the shell's prompt and then makes it a quiet one: it only says how the last command ended."""
        if self.expect(r"[$#] ", CODE, PASSWORD) != 0:
            raise Stuck(f"asked for more than was foreseen:\n{clean(self.shown)}")
        self.type(r"exec env PS1='ended-with $?\n' PS2= bash --norc --noediting")
        self.expect(self.ENDED)
        self.type("stty -echo")
        self.expect(self.ENDED)
        return self

    def begin(self, command, dialog):
        """Types `command` and plays `dialog`, which has to take place; what was shown meanwhile."""
        self.type(command)
        output = ""
        for pattern, answer in dialog:
            if self.expect(pattern, self.ENDED) == 1:
                raise Stuck(f"{command}\nended without asking {pattern!r}:\n{clean(self.shown)}")
            output += self.before
            self.type(answer)
        return output

    def run(self, command, *dialog):
        """Runs `command`, answering `dialog`, an iterable of (pattern, answer). A code or a password that is asked for
        beyond that is a failure, and so is a dialog that does not take place."""
        output = self.begin(command, dialog)
        if self.expect(self.ENDED, CODE, PASSWORD) != 0:
            raise Stuck(f"{command}\nasked for more than was foreseen:\n{clean(self.shown)}")
        return Ran(int(self.child.match[1]), clean(output + self.before))

    def asks(self, command, *dialog):
        """Runs `command`, answering `dialog`, and says whether it then asks for a code. It gets none, but Control-C."""
        self.begin(command, dialog)
        if self.expect(CODE, self.ENDED) == 1:
            return False
        self.give_up()
        return True

    def give_up(self):
        """Ends the command at its prompt with Control-C, pressed until that is heard: sudo misses one that comes between
        its prompt and its read(2)."""
        for _ in range(SECONDS):
            self.press("c")
            if self.expect(self.ENDED, pexpect.TIMEOUT, seconds=1) == 0:
                break
        self.type("(exit 77)")  # what stands before is of a second Control-C
        while self.expect(self.ENDED) == 0 and self.child.match[1] != "77":
            pass
