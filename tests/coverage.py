#!/usr/bin/python3
"""What the tests reach, a room a line: coverage.py BUILD-FOLDER.

In the rooms of WHOLE every line is run, or explained in tests/coverage-gaps.md. Otherwise, or when that page explains
what is no gap any more, this fails. Branches are counted and shown only: beside those that it marks, g++ 12 counts the
ways that exceptions take through the cleaning up of a statement, which nobody can tell from ours.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ["common", "pam_module", "policy", "daemon/stepup", "daemon/core", "daemon/factors", "daemon/storage",
         "daemon/audit", "daemon/maintenance", "daemon/accounts", "daemon/loop", "daemon/pam_door", "daemon/bus_door",
         "daemon", "dbus", "cli"]
WHOLE = ["common", "policy", "daemon/core", "daemon/factors"]
PAGE = TREE / "tests" / "coverage-gaps.md"


def measure(build):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "coverage.json"
        rooms = "|".join(sorted({room.split("/")[0] for room in ROOMS}))
        subprocess.run(["gcovr", "--root", TREE, build, "--filter", f"{TREE}/({rooms})/", "--json", out,
                        "--exclude-throw-branches", "--exclude-unreachable-branches", "-j", "2"], check=True)
        return json.loads(out.read_text(encoding="utf-8"))["files"]


def room_of(name):
    return max((room for room in ROOMS if name.startswith(room + "/")), key=len)


def branches_of(file):
    """(line number, reached or not) of every branch that is no exception's."""
    for line in file["lines"]:
        for branch in [] if line.get("gcovr/noncode") else line["branches"]:
            if not branch.get("throw"):
                yield line["line_number"], branch["count"] > 0


def gaps_of(name, file):
    """The lines that nobody ran: (file, text of the line) → number."""
    text = (TREE / name).read_text(encoding="utf-8").splitlines()
    missed = [line["line_number"] for line in file["lines"] if line["count"] == 0 and not line.get("gcovr/noncode")]
    return {(name, text[number - 1].strip()): number for number in sorted(missed)}


def explained():
    """The page's rows: file, line, why."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in PAGE.read_text(encoding="utf-8").splitlines()
             if line.startswith("| `")]
    return {tuple(cell.strip().strip("`").replace("\\|", "|") for cell in row[:2]) for row in cells}


def main(build):
    reached, gaps = collections.defaultdict(lambda: [0, 0, 0, 0]), {}
    for file in measure(build):
        room, sums = room_of(file["file"]), reached[room_of(file["file"])]
        for _, taken in branches_of(file):
            sums[0], sums[1] = sums[0] + taken, sums[1] + 1
        counts = [line["count"] > 0 for line in file["lines"] if not line.get("gcovr/noncode")]
        sums[2], sums[3] = sums[2] + sum(counts), sums[3] + len(counts)
        if room in WHOLE:
            gaps |= gaps_of(file["file"], file)
    print(f"{'room':20} {'branches':>16} {'lines':>18}")
    for room in ROOMS:
        taken, branches, run, lines = reached[room]
        if lines:
            print(f"{room:20} {taken:>5} of {branches:>5} {taken / max(branches, 1):>6.1%} {run:>5} of {lines:>5}"
                  f" {run / lines:>6.1%}")
    known = explained()
    for (name, text), number in sorted(gaps.items()):
        if (name, text) not in known:
            print(f"not reached, not explained: {name}:{number}: {text}")
    for name, text in sorted(known - set(gaps)):
        print(f"explained, but reached or gone: {name}: {text}")
    print(f"{len(gaps)} gaps in {', '.join(WHOLE)}; {len(known & set(gaps))} explained")
    return 1 if known != set(gaps) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
