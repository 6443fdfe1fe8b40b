#!/usr/bin/python3
"""Breaks the decisions on purpose and sees whether a test notices: mutate.py [--build FOLDER] [WORD...].

Every row of mutants.py (--check: does it still fit?) is one small mistake in a copy of the tree. Its target is built, its test must fail. A mutant
that no test notices survives, and then this fails. WORDs choose the rows whose file or comment has one of them.
NINJA says which ninja to run.
"""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

from mutants import MUTANTS

TREE = pathlib.Path(__file__).resolve().parents[2]
NINJA = shlex.split(os.environ.pop("NINJA", "ninja"))  # not for Meson, which takes no options in it


class Broken(Exception):
    """The table does not fit the tree any more."""


def run(*command, folder, seconds=600):
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return 124, "took too long"
    return done.returncode, done.stdout.decode(errors="replace")


class Copy:
    """A copy of the tree, and its build."""

    def __init__(self, folder):
        self.tree, self.build = folder, folder / "build"  # as in the tree itself: ccache knows the rest
        names = subprocess.run(["git", "-C", TREE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               check=True, capture_output=True).stdout.decode().split("\0")
        wanted = {name for name in names if name and (TREE / name).is_file()}
        for old in self.tree.rglob("*") if self.tree.exists() else []:
            name = str(old.relative_to(self.tree))
            if old.is_file() and name not in wanted and not name.startswith("build/"):
                old.unlink()
        for name in wanted:
            self.restore(name)
        if not (self.build / "build.ninja").exists():
            code, said = run("meson", "setup", "--prefix=/usr", "--libdir=lib/x86_64-linux-gnu", "build", folder=self.tree)
            if code != 0:
                raise Broken(said)

    def restore(self, name):
        """As in the tree; untouched, and not built anew, if it is so already."""
        source, copy = TREE / name, self.tree / name
        if copy.exists() and copy.read_bytes() == source.read_bytes():
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        shutil.copymode(source, copy)

    def mutate(self, mutant):
        path = self.tree / mutant.file
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            raise Broken(f"{mutant.file}: {mutant.old!r} stands there {text.count(mutant.old)} times, not once")
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")

    def make(self, targets):
        code, said = run(*NINJA, "-C", str(self.build), *targets, folder=self.tree, seconds=7200)
        if code != 0:
            raise Broken(said[-3000:])

    def passes(self, test):
        code, _ = run("meson", "test", "-C", str(self.build), "--no-rebuild", test, folder=self.tree, seconds=300)
        return code == 0


TARGETS = {
    "accounts": ["tests/unit/accounts/accounts_test"],
    "challenges": ["tests/unit/answering/challenges_test"],
    "pam_door": ["tests/unit/pam_door/pam_door_test"],
    "common": ["tests/unit/common/common_test"],
    "cli_foreign": ["tests/unit/cli/cli_foreign_test"],
    "core": ["tests/unit/core/core_test"],
    "factors": ["tests/unit/factors/factors_test"],
    "maintenance_policy": ["tests/unit/maintenance/maintenance_policy_test"],
    "management": ["tests/unit/bus_door/management_test"],
    "pam_module": ["tests/unit/pam_module/pam_module_test", "tests/unit/pam_module/pam_driver",
                   "pam_module/pam_stepup.so"],
    "pam_module_parts": ["tests/unit/pam_module/pam_module_parts_test"],
    "policy": ["tests/unit/policy/policy_test"],
    "stepup": ["tests/unit/stepup/stepup_test"],
    "storage_brought_in": ["tests/unit/storage/storage_brought_in_test"],
    "storage_habits": ["tests/unit/storage/storage_habits_test"],
    "storage_handed_out": ["tests/unit/storage/storage_handed_out_test"],
    "storage_judging": ["tests/unit/storage/storage_judging_test"],
    "storage_trusted_keys": ["tests/unit/storage/storage_trusted_keys_test"],
    "storage_windows": ["tests/unit/storage/storage_windows_test"],
}


def check():
    """Whether each row's mistake can still be made: in one place of its file, for a test that is known."""
    for mutant in MUTANTS:
        count = (TREE / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if count != 1:
            raise Broken(f"{mutant.file}: {mutant.old!r} stands there {count} times, not once")
        if mutant.test not in TARGETS:
            raise Broken(f"{mutant.why}: nobody knows how to build the test {mutant.test!r}")
    print(f"{len(MUTANTS)} rows fit")
    return 0


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, default=TREE / "build-mutate")
    options.add_argument("--check", action="store_true", help="only look whether every row fits the tree")
    options.add_argument("words", nargs="*")
    chosen = options.parse_args()
    if chosen.check:
        return check()
    mutants = [each for each in MUTANTS
               if not chosen.words or any(word in each.file or word in each.why for word in chosen.words)]
    chosen.build.mkdir(parents=True, exist_ok=True)
    copy = Copy(chosen.build.resolve())
    tests = sorted({mutant.test for mutant in mutants})
    print(f"{len(mutants)} mutants; first, the tests as they are: {', '.join(tests)}", flush=True)
    copy.make(sorted({target for test in tests for target in TARGETS[test]}))
    for test in tests:
        if not copy.passes(test):
            sys.exit(f"{test} fails without any mutant")
    survived = 0
    for mutant in mutants:
        try:
            copy.mutate(mutant)
            copy.make(TARGETS[mutant.test])
            noticed = not copy.passes(mutant.test)
        finally:
            copy.restore(mutant.file)
        survived += not noticed
        print(f"{'noticed ' if noticed else 'SURVIVED'}  {mutant.test}: {mutant.file}: {mutant.why}", flush=True)
    print(f"{len(mutants) - survived} noticed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as reason:
        sys.exit(f"the table does not fit the tree: {reason}")
