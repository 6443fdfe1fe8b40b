#!/usr/bin/python3
"""How fast StepUp is, beside what there is: bench.py --build BUILD [--json FILE] [--svg FILE] [--quick] [PHASE...]

Whole PAM transactions (start, authenticate, end) through real libpam: StepUp, the least daemon that keeps the promise,
google-authenticator, pam_oath and pam_permit, in the same run and on the same file system. Then what it comes to,
goal by goal. Look at the ratios: the microseconds are this machine's, now. docs/testing.md says what they were.
"""

import argparse
import json
import os
import pathlib
import platform
import sys
from dataclasses import dataclass

import measures
from costs import cost
from goals import judged
from plot import draw
from stage import Stage

from instance import enter_rig  # after stage, which knows where the campaigns' modules are
from report import table

PHASES = {**measures.PHASES, "cost": cost}


@dataclass(frozen=True)
class Size:
    rounds: int = 9
    logins: int = 100  # of each module, in a round
    crowd: int = 20_000  # users, for many logins at once
    processes: tuple = (1, 2, 8, 32, 64)
    people: tuple = (1, 1_000, 10_000, 100_000)


QUICK = Size(rounds=3, logins=30, crowd=4_000, processes=(1, 8, 64), people=(1, 1_000))


def machine_of(stage):
    with open("/proc/cpuinfo", encoding="ascii") as lines:
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"kernel": platform.release(), "cpu": cpu, "cores": os.cpu_count(), "file system": stage.file_system()}


def tail_of(one):
    return f"p99 {one['p99']:.0f} µs", f"{one['refused']} refused"


def rows_of(figures):
    """The medians, a line each."""
    for phase in ("loop", "fresh"):
        for name, one in figures.get(phase, {}).items():
            yield [f"login, {phase}", name, f"{one['median']:.0f} µs", *tail_of(one)]
    for processes, series in figures.get("rates", {}).items():
        for name, one in series.items():
            yield [f"logins, {processes} processes", name, f"{one['median']:.0f} a second", *tail_of(one)]
    if "flushes" in figures:
        yield ["flushes, 1 process", "4 KiB, fdatasync", f"{figures['flushes']:.0f} a second", "", ""]
    for people, series in figures.get("growth", {}).items():
        for name, one in series.items():
            yield [f"login, {people} users", name, f"{one['median']:.0f} µs", *tail_of(one)]
    for sessions, series in figures.get("window", {}).items():
        for name, one in series.items():
            yield [f"window, {sessions} sessions", name, f"{one['median']:.0f} µs", *tail_of(one)]
    for people, kibibytes in figures.get("memory", {}).items():
        yield [f"memory, {people} users", "StepUp", f"{kibibytes / 1024:.1f} MiB", "", ""]
    for name, micros in figures.get("start", {}).items():
        yield ["start to exit", name, f"{micros:.0f} µs", "", ""]
    for name, one in figures.get("loading", {}).items():
        yield ["dlopen", name, f"{one['median']:.0f} µs", f"{one['objects']} objects", ""]
    for name, one in figures.get("cost", {}).items():
        for what, value in one.items():
            yield [f"cost: {what}", name, f"{value:,.0f}", "", ""]


def goal_row(row):
    sign = "at least" if row["at_least"] else "at most"
    verdict = "met" if row["met"] else "MISSED"
    return [verdict, row["goal"], f"{row['value']:,.2f} {row['unit']}", f"{sign} {row['bound']:,}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=pathlib.Path, help="where the bench's own programs are")
    parser.add_argument("--release", type=pathlib.Path, help="what is measured, as packages ship it (default: BUILD)")
    parser.add_argument("--json", type=pathlib.Path, help="all figures, for programs")
    parser.add_argument("--svg", type=pathlib.Path, help="a picture of them")
    parser.add_argument("--quick", action="store_true", help="to see that it runs; the figures mean little")
    parser.add_argument("phases", nargs="*", metavar="PHASE", help=f"of {', '.join(PHASES)} (default: all)")
    options = parser.parse_args()
    if unknown := set(options.phases) - set(PHASES):
        parser.error(f"no such phase: {', '.join(unknown)}")
    build, release = options.build.resolve(), (options.release or options.build).resolve()
    kept = {build, release, *(file.resolve().parent for file in (options.json, options.svg) if file)}
    enter_rig(" ".join(map(str, kept)))

    stage, figures = Stage(build, release), {}
    size = QUICK if options.quick else Size()
    machine = machine_of(stage)
    for name in options.phases or PHASES:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        figures.update(PHASES[name](stage, size))
    stage.leave()
    goals = judged(figures)
    table(["what", "which", "median", "", ""], rows_of(figures))
    print()
    table(["goal", "what", "value", "bound"], map(goal_row, goals))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "figures": figures, "goals": goals}, indent=1) + "\n",
                                encoding="utf-8")
    if options.svg:
        options.svg.write_text(draw(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
