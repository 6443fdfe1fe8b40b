#!/usr/bin/python3
"""What the tests of the deciding rooms reach: coverage.py BUILD-FOLDER.

Every line of ROOMS is run and every condition in them is seen both true and false, or tests/coverage-gaps.md says why
not. Otherwise, or when that page explains what is no gap any more, this fails.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ["common", "policy", "daemon/core", "daemon/factors"]
PAGE = TREE / "tests" / "coverage-gaps.md"
TOOLS = pathlib.Path("/usr/lib/llvm-16/bin")


class File:
    """What of a file was run: its lines, and the outcomes of each condition, numbered as they stand in a line."""

    def __init__(self, name):
        self.name = name
        self.text = (TREE / name).read_text(encoding="utf-8").splitlines()
        self.lines = {}  # number: how often
        self.conditions = collections.defaultdict(dict)  # line: {column: [how often true, how often false]}

    def count_lines(self, segments):
        """`segments`: from where on which count holds. A line was run as often as the place where it begins, or the
        busiest region that begins in it. The gaps between statements are no places: clang says of those behind a TRY
        that nobody gets there."""
        starts = collections.defaultdict(list)
        for line, column, count, counts, is_entry, is_gap in segments:
            starts[line].append((column, count if counts and not is_gap else None, is_entry))
        held = None
        for number, text in enumerate(self.text, 1):
            first = len(text) - len(text.lstrip()) + 1
            here = [held, *(count for column, count, is_entry in starts[number] if is_entry or column <= first)]
            if starts[number] and starts[number][0][0] <= first:
                here.remove(held)
            if text.strip() and any(count is not None for count in here):
                self.lines[number] = max(count for count in here if count is not None)
            held = starts[number][-1][1] if starts[number] else held

    def count_conditions(self, branches, at=None):
        """`at`: where the macro stands of whose body these are. Instantiations of one template count together."""
        for line, column, _, _, true, false, *_ in branches:
            seen = self.conditions[at[0] if at else line].setdefault((at[1] if at else 0, line, column), [0, 0])
            seen[0] += true
            seen[1] += false

    def outcomes(self):
        """(line, place in it, outcome, how often); what was never asked stands in a line that was not run."""
        for number, conditions in self.conditions.items():
            for place, column in enumerate(sorted(conditions), 1):
                for outcome, count in zip(("true", "false"), conditions[column]):
                    if any(conditions[column]):
                        yield number, place, outcome, count

    def gaps(self):
        """(number of a line, what is missing) of each."""
        for number, count in self.lines.items():
            if count == 0:
                yield number, "not run"
        for number, place, outcome, count in self.outcomes():
            if count == 0:
                yield number, f"condition {place} never {outcome}"

    def key(self, number, missing):
        return self.name, self.text[number - 1].strip(), missing


def report_of(build):
    """clang's report of all that ran, in llvm-cov's own format: the others know no columns."""
    profiles = list((build / "profiles").glob("*.profraw"))
    merged = build / "profiles" / "all.profdata"
    subprocess.run([TOOLS / "llvm-profdata", "merge", "-sparse", "-o", merged, *profiles], check=True)
    programs = [path for path in sorted(build.glob("tests/unit/*/*_test")) if path.is_file()]
    objects = [word for path in programs[1:] for word in ("-object", path)]
    report = subprocess.run([TOOLS / "llvm-cov", "export", "-format=text", f"-compilation-dir={build}",
                             f"-instr-profile={merged}", programs[0], *objects, *(TREE / room for room in ROOMS)],
                            check=True, capture_output=True).stdout
    return json.loads(report)["data"][0]["files"]


def files_of(report):
    for found in report:
        file = File(str(pathlib.Path(os.path.normpath(found["filename"])).relative_to(TREE)))
        file.count_lines(found["segments"])
        file.count_conditions(found["branches"])
        for macro in found["expansions"]:
            file.count_conditions(macro["branches"], at=macro["source_region"][:2])
        yield file


def explained():
    """The page's rows: file, line, what is missing."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in PAGE.read_text(encoding="utf-8").splitlines()
             if line.startswith("| `")]
    return {tuple(cell.strip().strip("`").replace("\\|", "|") for cell in row[:3]) for row in cells}


def room_of(name):
    return max((room for room in ROOMS if name.startswith(room + "/")), key=len)


def show(files):
    print(f"{'room':16} {'lines':>20} {'outcomes of conditions':>26}")
    for room in ROOMS:
        mine = [file for file in files if room_of(file.name) == room]
        lines = [count for file in mine for count in file.lines.values()]
        outcomes = [count for file in mine for *_, count in file.outcomes()]
        print(f"{room:16} {sum(map(bool, lines)):>6} of {len(lines):>5} {sum(map(bool, lines)) / len(lines):>6.1%}"
              f" {sum(map(bool, outcomes)):>12} of {len(outcomes):>5} {sum(map(bool, outcomes)) / len(outcomes):>6.1%}")


def main(build):
    files = list(files_of(report_of(pathlib.Path(build).resolve())))
    show(files)
    gaps = {file.key(*gap): gap[0] for file in files for gap in file.gaps()}
    known = explained()
    for (name, text, missing), number in sorted(gaps.items()):
        if (name, text, missing) not in known:
            print(f"{name}:{number}: {missing}, not explained: {text}")
    for name, text, missing in sorted(known - set(gaps)):
        print(f"{name}: {missing}: explained, but reached or gone: {text}")
    print(f"{len(gaps)} gaps, {len(known & set(gaps))} explained")
    return 1 if known != set(gaps) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
