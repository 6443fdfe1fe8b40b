#!/usr/bin/python3
"""Counts test cases: tally.py RESULTS.xml... ends with "N passed, N failed" and fails unless all passed.

Reads the JUnit files that Meson (which holds every GoogleTest case) and pytest write. A file that is missing or broken
counts as one failure: the program that should have written it did not live to do so.
"""

import sys
import xml.etree.ElementTree as xml


def outcomes(path):
    """(passed, names of the failed) of one file. Skipped cases are neither."""
    try:
        cases = list(xml.parse(path).iter("testcase"))
    except (OSError, xml.ParseError) as error:
        return 0, [f"{path}: {error}"]
    failed = [f"{case.get('classname')}: {case.get('name')}" for case in cases
              if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - len(failed) - skipped, failed


def main(paths):
    passed, failed = 0, []
    for path in paths:
        more_passed, more_failed = outcomes(path)
        passed, failed = passed + more_passed, failed + more_failed
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
