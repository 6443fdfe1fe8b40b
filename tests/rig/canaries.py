"""Looks for secrets that a test knows in everything that StepUp leaves behind."""

import base64
import os
import pathlib
import re
import threading


def forms_of_bytes(raw):
    """How a secret of bytes could have been written down."""
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b32encode(raw).rstrip(b"="),
            base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")]


def forms_of_base32(text):
    grouped = " ".join(text[at:at + 4] for at in range(0, len(text), 4))
    return [*forms_of_bytes(base64.b32decode(text + "=" * (-len(text) % 8))), text.lower().encode(), grouped.encode()]


def forms_of_recovery_code(text):
    bare = text.replace("-", "")
    return [form.encode() for one in (text, bare, bare[4:], text[5:]) for form in (one, one.lower())]


class Canaries:
    def __init__(self):
        self.patterns = {}

    def add(self, name, forms):
        """A secret called `name`, which may show in each of `forms`. Short ones count only where no digit or letter
        touches them, and not as a fraction: six digits are part of many a number."""
        texts = [re.escape(form) if len(form) > 8 else rb"(?<![0-9A-Za-z.])" + re.escape(form) + rb"(?![0-9A-Za-z])"
                 for form in forms]
        self.patterns = {**self.patterns, name: re.compile(b"|".join(texts))}  # another thread may be at the old ones

    def found_in(self, content):
        return {name for name, pattern in self.patterns.items() if pattern.search(content)}

    def found_below(self, *folders, but=()):
        """Every canary in a file, a file's name or a link below `folders`: {(path, name)}."""
        found = set()
        for folder in folders:
            for path in [pathlib.Path(folder), *pathlib.Path(folder).rglob("*")]:
                if any(path.is_relative_to(one) for one in but):
                    continue
                found |= {(str(path), name) for name in self.found_in(os.fsencode(path.name) + b"\n" + content_of(path))}
        return found


def content_of(path):
    try:
        if path.is_symlink():
            return os.fsencode(os.readlink(path))
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""  # gone meanwhile


def is_ours(process):
    """Whether the process runs one of our programs, or our module (sshd, sudo, su …)."""
    name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return name.startswith("stepup") or name in ("sshd", "sudo", "su", "login")


class ProcessWatch(threading.Thread):
    """Looks at arguments and environment of every process of ours, again and again, until it is stopped."""

    def __init__(self, canaries):
        super().__init__(daemon=True)
        self.canaries, self.found, self.seen, self.stopping = canaries, set(), set(), False

    def run(self):
        while not self.stopping:
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                self.look_at(process)

    def look_at(self, process):
        try:
            if not is_ours(process):
                return
            for file in ("cmdline", "environ"):
                content = (process / file).read_bytes()
                self.seen.add(content.split(b"\0")[0].split(b"/")[-1].split(b":")[0] if file == "cmdline" else b"")
                self.found |= {(file, content, name) for name in self.canaries.found_in(content)}
        except OSError:
            pass  # ended meanwhile

    def stop(self):
        if not self.stopping and not self.is_alive():
            raise RuntimeError("the watch has died")
        self.stopping = True
        self.join()
