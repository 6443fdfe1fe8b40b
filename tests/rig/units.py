"""Reads systemd unit files: as much of their syntax as our units use, and not a word more."""

import re

UNITS_OF_TIME = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0}
UNITS_OF_SIZE = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class UnitError(Exception):
    """The unit says something that the rig does not understand: better to stop than to test something else."""


class Section(dict):
    """Directive to its values, one for each time it is given; an empty value forgets those before it."""

    def one(self, name, default=None):
        """The last value of `name`."""
        return self[name][-1] if self.get(name) else default

    def words(self, name):
        """All values of `name`, split at blanks."""
        return [word for value in self.get(name, []) for word in value.split()]

    def flag(self, name):
        value = self.one(name, "no")
        if value not in ("yes", "no"):
            raise UnitError(f"{name}={value}: the rig knows yes and no")
        return value == "yes"


def read(path):
    """The unit file at `path` as {section name: Section}."""
    sections, current = {}, None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if match := re.fullmatch(r"\[(\w+)\]", line):
            current = sections.setdefault(match[1], Section())
            continue
        name, equals, value = line.partition("=")
        if not equals or current is None or line.endswith("\\") or "%" in value:
            raise UnitError(f"{path}:{number}: not understood: {line}")
        values = current.setdefault(name.strip(), [])
        if value.strip():
            values.append(value.strip())
        else:
            values.clear()
    return sections


def seconds(text):
    """A time span such as 200ms or 10s."""
    match = re.fullmatch(r"(\d+)(\w*)", text)
    if not match or match[2] not in UNITS_OF_TIME:
        raise UnitError(f"not a time span: {text}")
    return int(match[1]) * UNITS_OF_TIME[match[2]]


def size(text):
    """A size such as 512M; None for infinity."""
    if text == "infinity":
        return None
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match:
        raise UnitError(f"not a size: {text}")
    return int(match[1]) * UNITS_OF_SIZE[match[2]]


def refuse_unknown(path, section, name, known):
    """Raises UnitError for the directives of section `name` that are not in `known`."""
    unknown = sorted(set(section) - set(known))
    if unknown:
        raise UnitError(f"{path}: [{name}] has what the rig does not know: {', '.join(unknown)}. Teach it in "
                        "tests/rig/confine.py or list there why it cannot be applied.")
