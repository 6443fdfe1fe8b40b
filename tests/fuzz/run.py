#!/usr/bin/python3
"""Runs the fuzz targets: run.py --build FOLDER [--minutes M] [--only TARGET] [--keep N].

Every target gets its share of the minutes, two at a time. New inputs gather in FOLDER/corpus/TARGET, those that crash a
target in FOLDER/crashes/TARGET. --keep: afterwards, choose at most N inputs for tests/fuzz/corpus/TARGET.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE = 2
OPTIONS = ["-max_len=4096", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-report_slow_units=5"]


class Target:
    def __init__(self, build, program):
        self.program = program
        self.name = program.name.removeprefix("fuzz_")
        self.seeds = HERE / "corpus" / self.name
        self.found = build / "corpus" / self.name
        self.crashes = build / "crashes" / self.name
        for folder in (self.seeds, self.found, self.crashes):
            folder.mkdir(parents=True, exist_ok=True)

    def run(self, *arguments):
        # Standard error and files only: the terminal is not the target's.
        done = subprocess.run([self.program, *OPTIONS, *map(str, arguments)], stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.crashes)
        return done.returncode, done.stdout.decode(errors="replace")

    def fuzz(self, seconds):
        dictionary = HERE / f"{self.name}.dict"
        words = [f"-dict={dictionary}"] if dictionary.exists() else []
        code, said = self.run(f"-max_total_time={seconds}", *words, f"-artifact_prefix={self.crashes}/", self.found,
                              self.seeds)
        (self.crashes.parent / f"{self.name}.log").write_text(said, encoding="utf-8")
        return code, said

    def keep(self, most):
        """The inputs that together reach what all reach, without those that add least."""
        with tempfile.TemporaryDirectory() as folder:
            self.run("-set_cover_merge=1", "-use_counters=0", folder, self.seeds, self.found)
            chosen = sorted(pathlib.Path(folder).iterdir(), key=lambda file: file.stat().st_size)[:most]
            names = {file.name for file in chosen}
            for file in chosen:
                shutil.copy(file, self.seeds / file.name)
        for old in self.seeds.iterdir():  # a named one was written by hand, or is a bug's
            if re.fullmatch("[0-9a-f]{40}", old.name) and old.name not in names:
                old.unlink()


def number(pattern, said):
    found = re.findall(pattern, said)
    return int(found[-1]) if found else 0


def report(target, code, said):
    reached = number(r"cov: (\d+)", said)
    runs, pace = number(r"number_of_executed_units: *(\d+)", said), number(r"average_exec_per_sec: *(\d+)", said)
    print(f"{target.name:12} {runs:>11,} runs {pace:>8,}/s {reached:>6} edges"
          f" {len(list(target.found.iterdir())):>5} inputs  {'ok' if code == 0 else 'CRASHED'}", flush=True)
    if code != 0:
        why = re.search(r"^(does not hold: .*|SUMMARY: .*)$", said, re.M)
        print(f"    {why[1] if why else 'no reason given'}; the input is in {target.crashes}", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, required=True)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--only", default="")
    options.add_argument("--keep", type=int, default=0)
    chosen = options.parse_args()
    build = chosen.build.resolve()
    programs = sorted(path for path in (build / "tests" / "fuzz").glob("fuzz_*")
                      if path.is_file() and os.access(path, os.X_OK) and chosen.only in ("", path.name[5:]))
    if not programs:
        sys.exit(f"no target {chosen.only or 'at all'} in {build}/tests/fuzz")
    targets = [Target(build, program) for program in programs]
    at_once = min(AT_ONCE, len(targets))
    seconds = max(1, round(chosen.minutes * 60 * at_once / len(targets)))
    print(f"{len(targets)} targets, {seconds} s each, {at_once} at a time", flush=True)
    crashed = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(target.fuzz, seconds): target for target in targets} if chosen.minutes > 0 else {}
        for done in concurrent.futures.as_completed(running):
            code, said = done.result()
            report(running[done], code, said)
            crashed += code != 0
    for target in targets if chosen.keep else []:
        target.keep(chosen.keep)
    print(f"{len(targets) - crashed} held, {crashed} crashed")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
