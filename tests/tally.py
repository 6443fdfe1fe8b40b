#!/usr/bin/python3
"""Counts test cases: tally.py RESULTS... ends with "N passed, N failed" and fails unless all passed.

Reads the JUnit files that Meson (which holds every GoogleTest case) and pytest write, and logs (*.log) that end in such
a line themselves. A file that is missing or broken
counts as one failure: the program that should have written it did not live to do so. Beside Meson's file lies
testlog.json, which also knows of programs that hung, or whose cases passed and which failed all the same (a leak that a
sanitizer reports at the end).
"""

import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None or case.get("status") == "notrun" else "passed"


def short(name):
    """Meson writes "project:suite / name"."""
    return name.split(" / ")[-1]


def programs_that_failed(results):
    """Names of the test programs that Meson, by its log beside `results`, did not find to be well."""
    log = results.with_name("testlog.json")
    if not log.exists():
        return set()
    tests = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return {short(test["name"]) for test in tests if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")}


def program_of(suite, case):
    """The test program behind a case: Meson names the suites of GoogleTest PROJECT.PROGRAM.SUITE."""
    parts = suite.get("name", "").split(".")
    return short(parts[1] if len(parts) > 2 else case.get("name"))


def count_log(path):
    """The same of a log: by its last line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    said = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1]) if lines else None
    if not said:
        return 0, [f"{path}: did not come to its end"]
    return int(said[1]), [f"{path}: see there"] * int(said[2])


def count(path):
    """(number of passed cases, names of the failed) of one file."""
    results = pathlib.Path(path)
    if results.suffix == ".log":
        return count_log(results)
    try:
        suites = list(xml.parse(results).iter("testsuite"))
    except (OSError, xml.ParseError) as error:
        return 0, [f"{path}: {error}"]
    cases = [(program_of(suite, case), outcome(case), f"{case.get('classname')}: {case.get('name')}")
             for suite in suites for case in suite.findall("testcase")]
    failed = [(program, name) for program, what, name in cases if what == "failed"]
    unexplained = programs_that_failed(results) - {program for program, _ in failed}
    passed = [name for program, what, name in cases if what == "passed" and name.split(": ")[-1] not in unexplained]
    return len(passed), [name for _, name in failed] + [f"{program}: hung, or failed at its end" for program in
                                                         sorted(unexplained)]


def main(paths):
    passed, failed = 0, []
    for path in paths:
        more_passed, more_failed = count(path)
        passed, failed = passed + more_passed, failed + more_failed
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
