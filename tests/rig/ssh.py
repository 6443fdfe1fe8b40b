"""SSH clients: OpenSSH's own in a terminal, and paramiko where a test must see prompts and echo flags one by one."""

import itertools
import logging
import socket

import paramiko

from terminal import CODE, PASSWORD, Shell, Terminal

logging.getLogger("paramiko").setLevel(logging.CRITICAL)
TALKS = "-oLogLevel=INFO"  # as it is where nobody says anything: then it shows what a refused login was told
_addresses = (f"127.1.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))


def new_address():
    """A loopback address that nobody has used yet, so that one test's failures never slow down another's logins."""
    return next(_addresses)


def command(user, *more, port=22, address=None, key=False):
    """The ssh command that logs `user` in. `key`: with the user's own key, or that in a file; else without any.

    It is silent about itself unless one of `more` is TALKS. Further keys among `more` are shown after that one."""
    own = key if isinstance(key, str) else f"/home/{user.name}/.ssh/id_ed25519"
    identity = ["-i", own] if key else ["-o", "PubkeyAuthentication=no"]
    return ["ssh", "-F", "/dev/null", *identity, *more, "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1",
            "-o", "IdentitiesOnly=yes", "-b", address or user.address, "-p", str(port), f"{user.name}@127.0.0.1"]


def login(user, *more, code=None, key=False, port=22):
    """A shell in a terminal, over a fresh login with password and `code`; without a code where it is None."""
    shell = Shell(command(user, "-tt", *more, port=port, key=key))
    if not key:
        shell.play((PASSWORD, user.password))
    if code:
        shell.play((CODE, code))
    return shell.ready()


def run(user, *words, code=None, key=False, options=()):
    """One command without a terminal at the other end, as `ssh host command` runs it: (exit status, output)."""
    client = Terminal([*command(user, *options, key=key), *words])
    if not key:
        client.play((PASSWORD, user.password))
    if code:
        client.play((CODE, code))
    status = client.finish()
    return status, client.transcript


class Conversation:
    """One keyboard-interactive authentication, seen at the level of the protocol."""

    def __init__(self, user, answer, *, name=None, port=22, key=None, method="keyboard-interactive"):
        """`answer(prompt)` gives the reply to one prompt. `key`: a paramiko key to show first."""
        self.prompts = []  # (text, echo)
        self.told = []  # what was said without a question
        self.error = None
        connection = socket.create_connection(("127.0.0.1", port), 20, source_address=(user.address, 0))
        self.transport = paramiko.Transport(connection)
        self.transport.start_client(timeout=20)
        self.transport.auth_timeout = 60
        name = name or user.name
        try:
            if key:
                self.transport.auth_publickey(name, key)
            if method == "password":
                self.transport.auth_password(name, answer(None), fallback=False)
            elif not self.transport.is_authenticated():
                self.transport.auth_interactive(name, lambda title, text, prompts: self.reply(text, prompts, answer))
        except paramiko.SSHException as error:
            self.error = error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()

    def reply(self, text, prompts, answer):
        self.told += [text] if text else []
        self.prompts += prompts
        return [answer(text) for text, _ in prompts]

    @property
    def granted(self):
        return self.transport.is_authenticated()

    def run(self, line):
        """Runs `line` over this login: (exit status, output)."""
        channel = self.transport.open_session(timeout=20)
        channel.set_combine_stderr(True)
        channel.settimeout(20)
        channel.exec_command(line)
        output = b"".join(iter(lambda: channel.recv(65536), b""))
        return channel.recv_exit_status(), output.decode(errors="replace")


def private_key(user):
    return paramiko.Ed25519Key.from_private_key_file(f"/home/{user.name}/.ssh/id_ed25519")


def typed(user, *codes):
    """An `answer` for Conversation: the user's password, and `codes` one after the other. Out of codes: an empty line."""
    left = list(codes)
    return lambda prompt: user.password if "assword" in prompt else (left.pop(0) if left else "")
