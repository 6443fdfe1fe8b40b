#!/usr/bin/python3
"""Who may include whom: check_layers.py SOURCE-TREE. The picture is in docs/ARCHITECTURE.md; this keeps it true.

A room is a folder. A file belongs to the deepest room above it. A folder with sources that is no room is a mistake, so
nobody can open a new one without a line here.
"""

import pathlib
import re
import sys

CORE = {"common", "policy", "daemon/stepup", "daemon/core"}
DOOR = CORE | {"daemon/loop", "daemon/accounts"}
EVERYBODY = None  # may include whom it likes

MAY_INCLUDE = {
    "common": set(),
    "pam_module": {"common"},
    "policy": {"common"},
    "dbus": {"common"},
    "qr": set(),
    "cli/pam": {"common"},
    "cli/doctor": {"common", "cli/pam"},
    "cli/trial": {"common", "cli/pam", "cli/doctor"},
    "cli/foreign": {"common"},
    "cli": {"common", "dbus", "qr", "cli/pam", "cli/doctor", "cli/trial", "cli/foreign"},
    "daemon/loop": {"common"},
    "daemon/stepup": {"common", "policy"},
    "daemon/core": CORE,
    "daemon/accounts": CORE | {"daemon/loop"},
    "daemon/addresses": CORE,
    "daemon/factors": CORE,
    "daemon/storage": CORE,
    "daemon/audit": CORE,
    "daemon/maintenance": CORE | {"daemon/accounts", "daemon/factors", "daemon/storage", "daemon/audit", "daemon"},  # besides serving; daemon: the settings
    "daemon/answering": CORE | {"daemon/loop"},
    "daemon/pam_door": DOOR | {"daemon/answering"},
    "daemon/bus_door": DOOR | {"dbus", "qr", "daemon/answering"},
    "daemon": EVERYBODY,  # main.cpp, the composition root
    "tests": EVERYBODY,
    "tools": EVERYBODY,
}

# Headers of libraries that only these rooms may know.
LIBRARY_KNOWN_TO = {
    r"sqlite3\.h": {"daemon/storage"},
    r"systemd/sd-bus.*": {"dbus", "daemon/bus_door", "cli"},
    r"security/.*": {"pam_module"},
    r"qrencode\.h": {"qr"},
    r"png\.h": {"cli"},
    r"boost/.*": {"dbus", "daemon/loop", "daemon/accounts", "daemon/storage", "daemon/answering", "daemon/pam_door",
                  "daemon/bus_door"},
}

SOURCES = ("*.cpp", "*.hpp", "*.c", "*.h")
SKIPPED = re.compile(r"^(build[^/]*|\.git)/")


def room_of(path):
    """The deepest room that holds `path`, as text relative to the tree; None outside of all."""
    for folder in pathlib.PurePosixPath(path).parents:
        if str(folder) in MAY_INCLUDE:
            return str(folder)
    return None


def is_new_room(path):
    """Whether `path` lies in a folder below daemon/ or cli/ … that nobody listed."""
    folder, room = str(pathlib.PurePosixPath(path).parent), room_of(path)
    return room is None or (folder != room and MAY_INCLUDE[room] is EVERYBODY and room == "daemon")


def faults_of(path, text):
    room = room_of(path)
    if is_new_room(path):
        yield f"{path}: no such room in tests/layers/check_layers.py"
        return
    allowed = MAY_INCLUDE[room]
    for number, line in enumerate(text.splitlines(), 1):
        if own := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
            other = room_of(own[1])
            if allowed is not EVERYBODY and other != room and other not in allowed:
                yield f"{path}:{number}: {room} must not know {other or own[1]}"
        elif foreign := re.match(r"\s*#\s*include\s+<([^>]+)>", line):
            for pattern, rooms in LIBRARY_KNOWN_TO.items():
                if allowed is not EVERYBODY and re.fullmatch(pattern, foreign[1]) and room not in rooms:
                    yield f"{path}:{number}: {room} must not know <{foreign[1]}>"


def main(tree):
    tree = pathlib.Path(tree)
    paths = sorted(str(path.relative_to(tree)) for pattern in SOURCES for path in tree.rglob(pattern))
    faults = [fault for path in paths if not SKIPPED.match(path)
              for fault in faults_of(path, (tree / path).read_text(encoding="utf-8"))]
    print("\n".join(faults) if faults else f"layers: {len(paths)} files know whom they may")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
