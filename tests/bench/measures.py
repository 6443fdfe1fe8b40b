"""What is measured. Rounds go A B C A B C …, so a drift of the machine falls on all alike: a figure is the median
of its rounds, a ratio the median of the ratios within a round."""

import contextlib
import os
import statistics
import subprocess
import time

from modules import Floor, Google, Module, Oath, OnTheBus, StepUp
from window import Timestamp, Window


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


class Series:
    """Rounds of one module."""

    def __init__(self):
        self.values, self.times, self.refused = [], [], 0

    def add(self, run, value):
        self.values.append(value)
        self.times += run.times
        self.refused += run.refused

    def figures(self):
        return {"median": statistics.median(self.values), "rounds": self.values, "refused": self.refused,
                "p99": percentile(self.times, 0.99), "logins": len(self.times)}


@contextlib.contextmanager
def modules_of(stage, kinds, people, factor="totp"):
    """The modules that are installed, with `people` enrolled in each; by name."""
    there = [kind(stage, people, factor) for kind in kinds if getattr(kind, "is_there", lambda: True)()]
    os.sync()
    yield {module.name: module for module in there}
    for module in there:
        module.close()


def in_turn(modules, rounds, measure, value):
    """{name: figures} of `rounds` rounds, in each of which `measure` gives a run of every module."""
    series = {name: Series() for name in modules}
    for _ in range(rounds):
        for name, module in modules.items():
            run = measure(module)
            series[name].add(run, value(run))
    return {name: one.figures() for name, one in series.items()}


def median_time(run):
    return statistics.median(run.times)


def latency(stage, size):
    """One login after another: in one process, then each in a fresh one."""
    with modules_of(stage, [Module, StepUp, Floor, Google, Oath], 1000) as modules:
        return {"loop": in_turn(modules, size.rounds, lambda module: module.run(size.logins), median_time),
                "fresh": in_turn(modules, size.rounds, lambda module: module.run(size.logins, fresh=True), median_time)}


def throughput(stage, size):
    """Logins a second by processes at once; pam_oath with few users, in its favor. And what one process can flush."""
    figures, flushes = {}, []
    with modules_of(stage, [StepUp, Floor, Google], size.crowd) as modules, \
            modules_of(stage, [Oath], 100, "hotp") as slow:
        for processes in size.processes:
            def many(module, processes=processes):
                count = 100 if module.name == Oath.name else size.logins * (5 if processes == 1 else 20)
                return module.run(count, processes=processes)
            figures[processes] = in_turn({**modules, **slow}, max(size.rounds // 2, 1), many, lambda run: run.rate)
            flushes.append(flushes_a_second(stage.disk))
    return {"rates": figures, "flushes": statistics.median(flushes)}


def flushes_a_second(folder, count=1000):
    """Appends of 4 KiB, each made durable, by one process: what a module without a daemon could do at most."""
    file = folder / "flushes"
    fd = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    began = time.monotonic()
    for _ in range(count):
        os.write(fd, bytes(4096))
        os.fdatasync(fd)
    spent = time.monotonic() - began
    os.close(fd)
    file.unlink()
    return count / spent


def growth(stage, size):
    """One login after another beside ever more users: with tokens, because one user may come again at once. And what
    the daemon then holds in memory, after a start."""
    figures, memory = {}, {}
    with contextlib.ExitStack() as stack:
        by_size = {people: stack.enter_context(modules_of(stage, [StepUp, Google] + ([Oath] if people < 2000 else []),
                                                          people, "hotp")) for people in size.people}
        for people, modules in by_size.items():
            memory[people] = modules[StepUp.name].resident()
        everything = {(people, name): module for people, modules in by_size.items() for name, module in modules.items()}
        measured = in_turn(everything, size.rounds, lambda module: module.run(size.logins // 2), median_time)
    for (people, name), one in measured.items():
        figures.setdefault(people, {})[name] = one
    return {"growth": figures, "memory": memory}


def window(stage, size):
    """The check that finds a recent proof, and asks nothing: beside few sessions in utmp, and 500."""
    figures = {}
    with modules_of(stage, [Module, Window, Timestamp], 1, "hotp") as modules:
        for sessions in (2, 500):
            modules[Timestamp.name].log_in_others(sessions)
            figures[sessions] = in_turn(modules, size.rounds, lambda module: module.check(size.logins), median_time)
    return {"window": figures}


def start(stage, size):
    """`stepup status` from start to exit, beside a program that only connects to the bus."""
    stage.start_bus()
    with modules_of(stage, [OnTheBus], 1) as modules:
        door = modules[OnTheBus.name].folder / "pam.sock"
        programs = {"stepup status": [stage.release / "cli/stepup", "status", "--socket", door],
                    "sd-bus connect": [stage.program("bus_connect")]}
        times = {name: [] for name in programs}
        for _ in range(size.logins):
            for name, command in programs.items():
                began = time.monotonic()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                times[name].append(1e6 * (time.monotonic() - began))
    return {"start": {name: statistics.median(some) for name, some in times.items()}}


def loading(stage, _):
    """dlopen, beside a module in which there is nothing."""
    modules = {"StepUp": stage.release / "pam_module/pam_stepup.so", "empty C module": stage.program("empty_module.so")}
    said = subprocess.run([stage.program("load_time"), *modules.values()], check=True, capture_output=True, text=True)
    lines = [line.rsplit(maxsplit=2) for line in said.stdout.splitlines()]
    return {"loading": {name: {"median": float(micros), "objects": int(objects)}
                        for name, (_, micros, objects) in zip(modules, lines)}}


PHASES = {phase.__name__: phase for phase in (latency, throughput, growth, window, start, loading)}
