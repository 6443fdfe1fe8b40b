#!/usr/bin/python3
"""What the tests of the deciding rooms reach: coverage.py BUILD-FOLDER.

Every line of ROOMS is run and every condition in them is seen both true and false, or tests/coverage-gaps.md says why
not. Otherwise, or when that page explains what is no gap any more, this fails.
"""

import collections
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ["common", "policy", "daemon/core", "daemon/factors"]
PAGE = TREE / "tests" / "coverage-gaps.md"
TOOLS = pathlib.Path("/usr/lib/llvm-16/bin")


class File:
    """What of a file was run: lines, and the two outcomes of each condition, numbered as they stand in a line."""

    def __init__(self, name):
        self.name = name
        self.text = (TREE / name).read_text(encoding="utf-8").splitlines()
        self.lines = {}  # number: how often
        self.outcomes = collections.defaultdict(list)  # line: how often, true and false by turns; None: never asked

    def gaps(self):
        """(file, text of the line, what is missing) of each."""
        for number, count in self.lines.items():
            if count == 0:
                yield number, "not run"
        for number, counts in self.outcomes.items():
            for place, count in enumerate(counts):
                if count == 0:
                    yield number, f"condition {place // 2 + 1} never {'false' if place % 2 else 'true'}"

    def key(self, number, missing):
        return self.name, self.text[number - 1].strip(), missing


def report_of(build):
    """clang's report of all that ran, in lcov's format."""
    profiles = list((build / "profiles").glob("*.profraw"))
    merged = build / "profiles" / "all.profdata"
    subprocess.run([TOOLS / "llvm-profdata", "merge", "-sparse", "-o", merged, *profiles], check=True)
    programs = [path for path in sorted(build.glob("tests/unit/*/*_test")) if path.is_file()]
    objects = [word for path in programs[1:] for word in ("-object", path)]
    return subprocess.run([TOOLS / "llvm-cov", "export", "-format=lcov", f"-instr-profile={merged}", programs[0],
                           *objects, *(TREE / room for room in ROOMS)],
                          check=True, capture_output=True, text=True).stdout


def files_of(report):
    file = None
    for kind, _, rest in (line.partition(":") for line in report.splitlines()):
        if kind == "SF":
            file = File(str(pathlib.Path(rest).relative_to(TREE)))
            yield file
        elif kind == "DA":
            number, count = map(int, rest.split(",")[:2])
            file.lines[number] = count
        elif kind == "BRDA":
            number, _, _, count = rest.split(",")
            file.outcomes[int(number)].append(None if count == "-" else int(count))


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
        outcomes = [count for file in mine for counts in file.outcomes.values() for count in counts if count is not None]
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
