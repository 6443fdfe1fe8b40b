#!/usr/bin/python3
"""Exactly once: race.py --build BUILD [--rounds N] [--others N] [--sessions N]

In each round many sessions log in with the same fresh code through real libpam; a barrier in their conversations holds
all answers back until everybody was asked, then lets them go together. One of them must get in, in every single round,
be it a TOTP, an HOTP or a recovery code. The same driver does the same to google-authenticator and pam_oath, where
they are installed; what they do is printed beside it and fails nothing. Then all log in at once, each with a code
of his own: fewer flushes than logins.
"""

import argparse
import collections
import os
import pathlib
import time

from codes import Pool, now_step, recovery_codes
from instance import STACKS, STATE, Instance, Machine, enrollment, enter_rig, user_name
from report import Report, table
from sessions import Sessions

from flushes import Flushes  # the rig's: instance.py knows its folder

BATCH = 500  # rounds on one store, each with a user of its own
FIRST_COUNTER = 1  # of tokens: what confirmed the enrollment was 0
REAL_COST_IN = 1  # this round of a batch has a recovery code of bcrypt's real cost, seconds of work; the others' is low
MODULES = pathlib.Path("/usr/lib/x86_64-linux-gnu/security")
GOOGLE_FILE = '{secret}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n{scratch}\n'


class Tally:
    """How many got in, round by round."""

    def __init__(self, stack, factor):
        self.stack, self.factor = stack, factor
        self.rounds = collections.Counter()  # number of successes: rounds
        self.seconds = 0.0
        self.odd = []  # what the sessions returned in rounds without exactly one success

    def play(self, sessions, user, answer):
        began = time.monotonic()
        outcomes = sessions.round(user, answer)
        self.seconds += time.monotonic() - began
        granted = sum(outcome.granted for outcome in outcomes)
        self.rounds[granted] += 1
        if granted != 1:
            self.odd.append((user, dict(collections.Counter(outcome.code for outcome in outcomes))))

    @property
    def played(self):
        return self.rounds.total()

    def row(self):
        more = sum(count for granted, count in self.rounds.items() if granted > 1)
        pace = 1000 * self.seconds / max(self.played, 1)
        return [self.stack, self.factor, self.played, self.rounds[1], more, self.rounds[0], max(self.rounds, default=0),
                f"{pace:.0f} ms"]


class StepUp:
    """Rounds against us: by turns, users have TOTP, or a recovery code as well and use that, or HOTP."""

    def __init__(self, machine, pool, count):
        self.machine, self.pool, self.count = machine, pool, count
        self.tallies = Tally("StepUp", "TOTP"), Tally("StepUp", "recovery code"), Tally("StepUp", "HOTP")
        self.accepted_not_once = []  # users whose trail says so
        self.refused_by_writer = 0
        self.broken_stores = []

    def play(self, rounds):
        sessions = Sessions(self.machine.build, self.machine.stepup_stack(), self.count)
        for first in range(0, rounds, BATCH):
            self.play_batch(sessions, min(BATCH, rounds - first))
            if rounds > BATCH:
                print(f"  {min(first + BATCH, rounds)} rounds, {sum(len(tally.odd) for tally in self.tallies)} not right",
                      flush=True)
        sessions.close()

    def play_batch(self, sessions, rounds):
        instance = Instance()
        codes = recovery_codes(rounds)
        instance.seed(self.line(number, codes[number]) for number in range(rounds))
        instance.start()
        for number in range(rounds):
            answer = (lambda: self.pool.code(number, now_step()), lambda: codes[number],
                      lambda: self.pool.press(number, FIRST_COUNTER))[number % 3]()
            self.tallies[number % 3].play(sessions, user_name(number), answer)
        instance.stop()
        self.look_into(instance, rounds)
        instance.close()

    def line(self, number, code):
        return enrollment(number, self.pool.seed(number), codes=[code] if number % 3 == 1 else [],
                          cost=10 if number == REAL_COST_IN else 4, kind="hotp" if number % 3 == 2 else "totp")

    def look_into(self, instance, rounds):
        """What the store says about a batch."""
        accepted = dict(instance.rows("SELECT user, count(*) FROM audit WHERE event = 'MFA-1001' GROUP BY user"))
        self.accepted_not_once += [user for user in map(user_name, range(rounds)) if accepted.get(user) != 1]
        self.refused_by_writer += instance.number("SELECT count(*) FROM audit WHERE event = 'MFA-1003'")
        try:
            instance.trail_length()
        except RuntimeError as error:
            self.broken_stores.append(str(error))

    def judge(self, report):
        for tally in self.tallies:
            report.check(tally.rounds == {1: tally.played} and tally.played > 0,
                         f"{tally.factor}: {self.count} sessions, one code, one success, {tally.played} times",
                         tally.odd[:5])
        report.check(not self.accepted_not_once, "the audit trail holds one acceptance of each code",
                     self.accepted_not_once[:5])
        losers = (self.count - 1) * sum(tally.played for tally in self.tallies)
        report.check(self.refused_by_writer > losers / 2,
                     f"the race is one: {self.refused_by_writer} of {losers} losers lost where codes are spent")
        report.check(not self.broken_stores, "databases are whole and audit trails verify", self.broken_stores[:1])


def share_flushes(machine, pool, count, report):
    """Everybody with a code of his own, all at once: logins that are told together become durable together."""
    instance = Instance()
    instance.seed(enrollment(number, pool.seed(number)) for number in range(count))
    instance.start()
    sessions = Sessions(machine.build, machine.stepup_stack(), count)
    flushes = Flushes(instance.child.pid, STACKS.parent / "strace")
    outcomes = sessions.together([(user_name(number), pool.code(number, now_step())) for number in range(count)])
    flushes.stop()
    sessions.close()
    instance.stop()
    instance.close()
    granted, flushed = sum(outcome.granted for outcome in outcomes), flushes.count()
    report.check(granted == count and 0 < flushed < count, f"{granted} logins at once shared {flushed} flushes")


class Google:
    """google-authenticator, configured as its own program recommends."""

    def __init__(self, machine, pool):
        self.machine, self.pool = machine, pool
        self.tallies = Tally("google-authenticator", "TOTP"), Tally("google-authenticator", "scratch code")
        self.folder = STATE / "google"

    @staticmethod
    def is_there():
        return (MODULES / "pam_google_authenticator.so").exists()

    def play(self, rounds, count):
        self.folder.mkdir()
        sessions = Sessions(self.machine.build, self.machine.stack(
            "google", f"auth required pam_google_authenticator.so secret={self.folder}/${{USER}} user=root"), count)
        for number in range(rounds):
            scratch = f"{12345678 + number}"
            self.write(number, scratch)
            answer = scratch if number % 2 else self.pool.code(number, now_step())
            self.tallies[number % 2].play(sessions, user_name(number), answer)
        sessions.close()

    def write(self, number, scratch):
        file = self.folder / user_name(number)
        file.write_text(GOOGLE_FILE.format(secret=self.pool.base32(number), scratch=scratch), encoding="ascii")
        os.chmod(file, 0o600)


class Oath:
    """pam_oath; it has no recovery codes."""

    def __init__(self, machine, pool):
        self.machine, self.pool = machine, pool
        self.tallies = [Tally("pam_oath", "TOTP")]
        self.file = STATE / "users.oath"

    @staticmethod
    def is_there():
        return (MODULES / "pam_oath.so").exists()

    def write(self, people):
        self.file.write_text("".join(f"HOTP/T30 {user_name(number)} - {self.pool.seed(number).hex()}\n"
                                     for number in range(people)), encoding="ascii")
        os.chmod(self.file, 0o600)

    def play(self, rounds, count):
        self.write(rounds)
        sessions = Sessions(self.machine.build, self.machine.stack(
            "oath", f"auth required pam_oath.so usersfile={self.file} window=3"), count)
        for number in range(rounds):
            self.tallies[0].play(sessions, user_name(number), self.pool.code(number, now_step()))
        sessions.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--others", type=int, default=20, help="rounds against each of the other modules")
    parser.add_argument("--sessions", type=int, default=64)
    options = parser.parse_args()
    enter_rig(options.build.resolve())

    report = Report()
    pool = Pool(32, digits=6)
    machine = Machine(options.build.resolve(), max(BATCH, options.others))
    stepup = StepUp(machine, pool, options.sessions)
    stepup.play(options.rounds)
    share_flushes(machine, pool, options.sessions, report)
    tallies = [*stepup.tallies]
    for other in (Google, Oath):
        if other.is_there() and options.others:
            incumbent = other(machine, pool)
            incumbent.play(options.others, options.sessions)
            tallies += incumbent.tallies
    machine.leave()
    table(["", f"one code, {options.sessions} sessions", "rounds", "once", "more", "never", "worst", "a round"],
          [tally.row() for tally in tallies])
    stepup.judge(report)
    report.end()


if __name__ == "__main__":
    main()
