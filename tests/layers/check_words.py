#!/usr/bin/python3
"""Words that do not belong where they stand: check_words.py SOURCE-TREE [FILE...]. One row a rule."""

import pathlib
import re
import subprocess
import sys

RULES = [
    # (what, in which files, but not in these, why)
    (r'"\s*(SELECT|INSERT|UPDATE|DELETE FROM|CREATE TABLE)\b', r".*\.[ch]pp", r"daemon/storage/.*|tests/.*",
     "SQL lives in daemon/storage"),
    (r"\b(sd_journal_\w+|syslog|std::cerr|std::clog|fprintf)\s*[(<]", r"(common|policy|daemon/core|daemon/factors)/.*",
     r"", "core returns, edges log"),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep) *\(", r"tests/.*", r"tests/rig/waiting\.py|tests/layers/.*",
     "no test sleeps: wait for a condition"),
    (r"NOLINT(NEXTLINE|BEGIN)?(?!\w)(?!\([\w.,*-]+\) *(//|:|--|—)? *\S)(?!END)", r".*\.[ch]pp", r"",
     "NOLINT names the check and a reason"),
    (r"asio::awaitable<.*> [\w:]+\([^)]*&", r".*\.[ch]pp", r"", "a coroutine's parameters outlive their caller: by value"),
    (r"^(?!\s*//).*[?:] co_await\b", r".*\.[ch]pp", r"", "g++ 12 miscompiles a co_await inside ?:"),
]


def files(tree, given):
    if given:
        return given
    return subprocess.run(["git", "-C", tree, "ls-files", "--cached", "--others", "--exclude-standard"], check=True,
                          capture_output=True, text=True).stdout.split()


def faults_of(path, text):
    for pattern, where, but, why in RULES:
        if not re.fullmatch(where, path) or (but and re.fullmatch(but, path)):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                yield f"{path}:{number}: {why}: {line.strip()}"


def main(tree, *given):
    faults = []
    for path in files(tree, given):
        file = pathlib.Path(tree) / path
        if re.search(r"\.(cpp|hpp|py|sh)$", path) and file.is_file():
            faults += faults_of(path, file.read_text(encoding="utf-8"))
    print("\n".join(faults) if faults else "words: none out of place")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
