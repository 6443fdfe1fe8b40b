#!/usr/bin/python3
"""Dying daemon: kill.py --build BUILD [--rounds N]

In each round a hundred people log in at once: with fresh codes, with codes that were sent before, with wrong ones; and
the daemon dies by kill -9 somewhere in between, or while it starts. Meanwhile others enroll their first factor over
D-Bus. Promised is that no code ever lets two logins in, that a fresh code is never called wrong, that the next login
works within 2 s, that no acknowledged enrollment is lost, and that the store is whole at the end.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import time
from dataclasses import dataclass, field

from codes import Pool, now_step, oathtool, recovery_codes
from instance import HERE, PYTHON, Instance, Machine, enrollment, enter_rig, user_name
from report import Report, table
from sessions import Sessions

BATCH = 200  # rounds on one store
PEOPLE, PHONES = 600, 4  # each phone has two codes at once and one more every 30 s
AT_ONCE = 100
FRESH_TOTP, FRESH_RECOVERY, TWICE, WRONG = 40, 3, 10, 20  # of a hundred logins; the rest sends codes again
ENROLLING = 200  # people beside those
WRONG_CODE = "00000000"
KILL_WITHIN = 0.120  # seconds after the logins began
KILL_AGAIN_WITHIN = 0.150  # seconds after the start
KILLED_WHILE_STARTING = 0.15  # of all rounds
KILL_AT_ACKNOWLEDGEMENT = 0.05  # of all rounds: as soon as an enrollment was acknowledged
PATIENCE = 2.0  # seconds until a login must work again


@dataclass
class Code:
    """One code of one enrollment, and how often it was good for anything."""

    user: str
    text: str
    grants: int = 0
    sent: int = 0
    unanswered: int = 0  # logins that ended without a word of the daemon's
    in_flight: int = 0

    @property
    def was_called_wrong(self):
        """Nobody got in with it, though every login was told an outcome."""
        return not self.grants and not self.unanswered


class Phone:
    """An enrolled TOTP generator; its codes are used in their order."""

    def __init__(self, number, pool):
        self.number, self.pool, self.last_step = number, pool, 0
        self.user = user_name(number // PHONES)
        self.is_free = True  # no code is under way, or was cut off and not sent again: a later one would spend it, too

    def next_code(self):
        """A code that was never sent and is valid for some time yet; None if there is none now."""
        step = max(self.last_step + 1, now_step())
        if step > now_step() + 1 or not self.is_free:
            return None
        self.last_step, self.is_free = step, False
        return Code(self.user, self.pool.code(self.number, step))


@dataclass
class Counts:
    """What was seen, over all batches."""

    kills: int = 0
    logins: int = 0
    granted: int = 0
    unanswered: int = 0
    sent_again: int = 0
    acknowledged: int = 0
    waits: list = field(default_factory=list)  # seconds from the start of a daemon to the first login after it
    faults: dict = field(default_factory=lambda: collections.defaultdict(list))


class Storm:
    """The logins of one batch, on one store."""

    def __init__(self, instance, sessions, counts, pool, recovery):
        self.instance, self.sessions, self.counts = instance, sessions, counts
        self.phones = [Phone(number, pool) for number in range(PEOPLE * PHONES)]
        self.recovery = [Code(user_name(number), code) for number, code in enumerate(recovery)]
        random.shuffle(self.recovery)
        self.codes = []  # all that were ever sent
        self.again = []  # to be sent again
        self.flying = {}  # login: (code, phone)
        self.granted = collections.Counter()  # logins, by user

    def send(self, code, phone=None):
        self.counts.logins += 1
        self.flying[self.counts.logins] = (code, phone)
        code.in_flight += 1
        code.sent += 1
        self.sessions.begin(self.counts.logins, code.user, code.text)
        return self.counts.logins

    def fresh(self):
        """A phone with a fresh code, and the code; (None, None) if all are used up for now."""
        for _ in range(50):
            phone = random.choice(self.phones)
            code = phone.next_code()
            if code:
                self.codes.append(code)
                return phone, code
        return None, None

    def send_hundred(self):
        sends = []
        for _ in range(FRESH_TOTP):
            phone, code = self.fresh()
            if code:
                sends += [(code, phone)] * (2 if len(sends) < 2 * TWICE else 1)
        for code in [self.recovery.pop() for _ in range(min(FRESH_RECOVERY, len(self.recovery)))]:
            self.codes.append(code)
            sends.append((code, None))
        sends += [(Code(user_name(random.randrange(PEOPLE)), WRONG_CODE), None) for _ in range(WRONG)]
        again = self.again[:AT_ONCE - len(sends)]
        self.again = self.again[len(again):]
        self.counts.sent_again += len(again)
        sends += again
        random.shuffle(sends)
        for code, phone in sends:
            self.send(code, phone)

    def take(self, outcome):
        code, phone = self.flying.pop(outcome.number)
        code.in_flight -= 1
        code.grants += outcome.granted
        code.unanswered += not outcome.told
        self.granted[code.user] += outcome.granted
        self.counts.granted += outcome.granted
        self.counts.unanswered += not outcome.told
        if code.text != WRONG_CODE and not code.in_flight:
            self.settle(code, phone)

    def settle(self, code, phone):
        """All logins with `code` have ended: should it be sent again?"""
        if code.was_called_wrong:
            self.counts.faults["fresh"].append(f"{code}")
        is_recovery_code = phone is None
        may_again = code.sent < (2 if is_recovery_code else 4)  # to refuse a spent recovery code costs a bcrypt
        if may_again and (code.unanswered == code.sent or random.random() < 0.5):
            self.again.append((code, phone))
        elif phone:
            phone.is_free = True

    def play_round(self, enrollments):
        self.send_hundred()
        self.wait_to_kill(enrollments)
        self.kill()
        self.instance.launch()
        if random.random() < KILLED_WHILE_STARTING:
            self.collect(time.monotonic() + random.uniform(0, KILL_AGAIN_WITHIN))
            self.kill()
            self.instance.launch()
        self.next_login_works()
        self.collect(time.monotonic() + 90)
        if self.flying:
            raise RuntimeError("logins hang")

    def wait_to_kill(self, enrollments):
        if random.random() < KILL_AT_ACKNOWLEDGEMENT:
            acknowledged = len(enrollments.acknowledged)
            self.collect(time.monotonic() + 3, lambda: enrollments.poll() > acknowledged, even_if_idle=True)
        else:
            self.collect(time.monotonic() + random.uniform(0, KILL_WITHIN), even_if_idle=True)

    def kill(self):
        self.instance.kill()
        self.counts.kills += 1

    def next_login_works(self):
        phone, code = self.fresh()
        while not code:
            self.collect(time.monotonic() + 0.5, even_if_idle=True)
            phone, code = self.fresh()
        began = time.monotonic()
        login = self.send(code, phone)
        self.collect(began + 60, lambda: login not in self.flying)
        self.counts.waits.append(time.monotonic() - began)
        if code.grants != 1:
            self.counts.faults["next"].append(f"{code}")

    def collect(self, until, is_enough=lambda: False, even_if_idle=False):
        """Takes outcomes until that moment, or until it is enough or nobody is under way any more."""
        while time.monotonic() < until and not is_enough() and (self.flying or even_if_idle):
            outcome = self.sessions.next(min(until - time.monotonic(), 0.02))
            if outcome:
                self.take(outcome)

    def judge(self):
        """What only shows when all is over."""
        self.counts.faults["twice"] += [f"{code}" for code in self.codes if code.grants > 1]
        recorded = dict(self.instance.rows("SELECT user, count(*) FROM audit WHERE event = 'MFA-1001' GROUP BY user"))
        self.counts.faults["unrecorded"] += [user for user, granted in self.granted.items()
                                             if granted > recorded.get(user, 0)]


class Enrollments:
    """People who enroll beside the storm (enroller.py)."""

    def __init__(self):
        self.acknowledged, self.others = [], collections.Counter()
        self.child = subprocess.Popen([PYTHON, HERE / "enroller.py", str(PEOPLE), str(PEOPLE + ENROLLING - 1)],
                                      stdout=subprocess.PIPE)
        self.unread = b""
        os.set_blocking(self.child.stdout.fileno(), False)

    def poll(self):
        """Reads what was reported; how many enrollments were acknowledged so far."""
        self.unread += self.child.stdout.read() or b""
        *lines, self.unread = self.unread.split(b"\n")
        for line in lines:
            answer = json.loads(line)
            if "id" in answer:
                self.acknowledged.append(answer)
            else:
                self.others[answer["why"]] += 1
        return len(self.acknowledged)

    def stop(self):
        self.child.terminate()
        self.child.wait()
        self.poll()

    def lost(self, instance, sessions):
        """Acknowledged enrollments that are not there, or whose next code or recovery code lets nobody in."""
        lost = []
        active = dict(instance.rows("SELECT id, name FROM enrollment WHERE active = 1"))
        for number, answer in enumerate(self.acknowledged):
            answers = [oathtool(answer["secret"], max(answer["step"] + 1, now_step()))[0]]
            if number % 5 == 0:
                answers += answer["recovery_codes"]
            for text in answers:
                sessions.begin(0, answer["user"], text)
                if active.get(answer["id"]) != answer["user"] or not sessions.next().granted:
                    lost.append(answer)
        return lost


def play_batch(machine, rounds, counts):
    instance = Instance(bus=True)
    pool = Pool(64, digits=8)
    recovery = recovery_codes(PEOPLE)
    instance.seed(enrollment(number // PHONES, pool.seed(number), f"phone-{number}", 8,
                             [recovery[number // PHONES]] if number % PHONES == 0 else [])
                  for number in range(PEOPLE * PHONES))
    instance.start()
    sessions = Sessions(machine.build, machine.stepup_stack(), AT_ONCE + 1)
    enrollments = Enrollments()
    storm = Storm(instance, sessions, counts, pool, recovery)
    for _ in range(rounds):
        storm.play_round(enrollments)
    enrollments.stop()
    storm.judge()
    counts.acknowledged += len(enrollments.acknowledged)
    counts.faults["lost"] += map(str, enrollments.lost(instance, sessions))
    sessions.close()
    instance.stop()
    print(f"  {counts.kills} kills, {sum(map(len, counts.faults.values()))} faults; enrolling: "
          f"{len(enrollments.acknowledged)} acknowledged, otherwise {dict(enrollments.others)}", flush=True)
    try:
        instance.trail_length()
    except RuntimeError as error:
        counts.faults["store"].append(str(error))
    instance.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    enter_rig(options.build.resolve())

    report, counts = Report(), Counts()
    machine = Machine(options.build.resolve(), PEOPLE + ENROLLING)
    machine.start_bus()
    for first in range(0, options.rounds, BATCH):
        play_batch(machine, min(BATCH, options.rounds - first), counts)
    machine.leave()
    waits = sorted(counts.waits)
    table(["kills", "logins", "granted", "cut off", "sent again", "enrolled", "next login, median", "longest"],
          [[counts.kills, counts.logins, counts.granted, counts.unanswered, counts.sent_again, counts.acknowledged,
            f"{1000 * waits[len(waits) // 2]:.0f} ms", f"{1000 * waits[-1]:.0f} ms"]])
    faults = counts.faults
    report.check(not faults["twice"], "no code let two logins in", faults["twice"][:5])
    report.check(not faults["fresh"], "no fresh code was called wrong", faults["fresh"][:5])
    report.check(not faults["unrecorded"], "every login that got in is in the audit trail", faults["unrecorded"][:5])
    report.check(not faults["next"] and waits[-1] <= PATIENCE, f"the next login worked, within {PATIENCE:.0f} s",
                 faults["next"][:5] or f"{waits[-1]:.1f} s")
    report.check(counts.acknowledged > 0 and not faults["lost"], "no acknowledged enrollment was lost",
                 faults["lost"][:5] or "none was acknowledged")
    report.check(not faults["store"], "databases are whole and audit trails verify", faults["store"])
    report.end()


if __name__ == "__main__":
    main()
