#!/usr/bin/python3
"""Limits under fire: limits.py --build BUILD [--runs N] [--sessions N]

In each run hundreds of sessions guess at one account at the same moment, while the daemon is killed and started again
every few dozen milliseconds. Whoever was not told an outcome because the daemon died guesses again. However it goes: no
more guesses are answered than the limit allows, what was counted stays counted, and then the account is locked, for the
right code as well.
"""

import argparse
import pathlib
import random
import time

from codes import Pool, now_step
from instance import Instance, Machine, enrollment, enter_rig, user_name
from report import Report, table
from sessions import Sessions

LIMITS = (5, 10, 100)
BATCH = 20  # runs on one store, each against a user of its own
FIRST_KILL = (0.0, 0.060)  # seconds after all have answered
NEXT_KILL = (0.005, 0.050)  # seconds after the daemon was ready
KILLS = (1, 12)  # in one run; then all get their answer
WRONG = "00000000"  # eight digits: a guess is right in one of 30 million cases


class Run:
    """One account, all sessions, until each of them was told an outcome."""

    def __init__(self, instance, sessions, user, kills):
        self.instance, self.sessions, self.user = instance, sessions, user
        self.kills, self.kills_planned = 0, kills
        self.answered = 0  # guesses whose outcome was told: "Not accepted", and another try
        self.shut_out = 0  # guesses that were not judged: "Not accepted", and the end
        self.granted = 0
        self.began = time.monotonic()

    def play(self):
        for _ in range(self.sessions.count):
            self.sessions.begin(0, self.user, WRONG, together=True)
        kill_at = None
        while self.answered + self.shut_out + self.granted < self.sessions.count:
            outcome = self.sessions.next(kill_at - time.monotonic() if kill_at else 60.0)
            if outcome == "open" and self.kills_planned:
                kill_at = time.monotonic() + random.uniform(*FIRST_KILL)
            elif outcome and outcome != "open":
                self.take(outcome)
            if kill_at and time.monotonic() >= kill_at:
                kill_at = self.kill()
        self.seconds = time.monotonic() - self.began

    def kill(self):
        """Kills the daemon and starts it again; the moment of the next kill, None if there shall be none."""
        self.instance.kill()
        self.instance.start()
        self.kills += 1
        return None if self.kills == self.kills_planned else time.monotonic() + random.uniform(*NEXT_KILL)

    def take(self, outcome):
        if not outcome.told:
            self.sessions.begin(0, self.user, WRONG)
        elif outcome.granted:
            self.granted += 1
        elif outcome.prompts > 1:
            self.answered += 1
        else:
            self.shut_out += 1


class Limit:
    """All runs under one limit."""

    def __init__(self, limit, sessions):
        self.limit, self.sessions = limit, sessions
        self.runs, self.faults = [], []

    def play(self, count):
        for first in range(0, count, BATCH):
            self.play_batch(min(BATCH, count - first))

    def play_batch(self, count):
        pool = Pool(count, digits=8)
        instance = Instance(self.limit)
        instance.seed(enrollment(number, pool.seed(number), digits=8) for number in range(count))
        instance.start()
        for number in range(count):
            kills = random.randint(*KILLS) if self.runs else 0  # the first run is calm, and all outcomes are told
            run = Run(instance, self.sessions, user_name(number), kills)
            run.play()
            self.runs.append(run)
            self.judge(run, instance, lambda: pool.code(number, now_step()))
        instance.stop()
        try:
            instance.trail_length()
        except RuntimeError as error:
            self.faults.append(str(error))
        instance.close()

    def judge(self, run, instance, right_code):
        if run.granted:
            self.faults.append(f"{run.user} got in by guessing")
        if run.answered > self.limit or (run.answered < self.limit and not run.kills):
            self.faults.append(f"{run.answered} guesses at {run.user} were answered")
        for when in ("at once", "after a crash"):
            judged = instance.number("SELECT count(*) FROM audit WHERE user = ? AND event = 'MFA-1002'", run.user)
            failures = instance.number("SELECT total(count) FROM failure WHERE whose = 'uid:' ||"
                                       " (SELECT uid FROM enrollment WHERE name = ?)", run.user)
            if (judged, failures) != (self.limit, self.limit):
                self.faults.append(f"{run.user} {when}: {judged} guesses judged, {failures:.0f} failures counted")
            self.sessions.begin(0, run.user, right_code())
            outcome = self.sessions.next()
            if outcome.granted or not outcome.told or outcome.prompts > 1:
                self.faults.append(f"{run.user} {when}: the right code was not refused as for a locked account")
            if when == "at once":
                instance.kill()
                instance.start()

    def row(self):
        answered = [run.answered for run in self.runs]
        return [self.limit, len(self.runs), sum(run.kills for run in self.runs), max(answered), min(answered),
                f"{sum(run.seconds for run in self.runs) / len(self.runs):.1f} s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=2, help="runs under each limit")
    parser.add_argument("--sessions", type=int, default=500)
    options = parser.parse_args()
    enter_rig(options.build.resolve())

    report = Report()
    machine = Machine(options.build.resolve(), BATCH)
    sessions = Sessions(machine.build, machine.stepup_stack(), options.sessions)
    limits = [Limit(limit, sessions) for limit in LIMITS]
    for limit in limits:
        limit.play(options.runs)
    sessions.close()
    machine.leave()
    table(["limit", f"runs of {options.sessions} guesses", "kills", "most told", "least told", "a run"],
          [limit.row() for limit in limits])
    for limit in limits:
        report.check(not limit.faults, f"limit {limit.limit}: never more outcomes told, all counted, then locked",
                     limit.faults[:5])
    report.end()


if __name__ == "__main__":
    main()
