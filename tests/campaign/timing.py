#!/usr/bin/python3
"""Who exists: timing.py --build BUILD [--samples N]

Somebody who may name users at the daemon's socket, as sshd does for anybody who connects, compares how long it answers
for users who are enrolled and for names that nobody has: up to the first prompt, up to the outcome of a wrong code, of
a wrong recovery code, and of any answer while the account is locked. Both kinds are asked in random order. With 2,000
samples of each kind and more, no rule that a spy could make of them may tell the two apart; with fewer the figures are
only shown, because chance still has its say. Prompts and texts must be the same in any case.
"""

import argparse
import itertools
import random
import statistics

from codes import recovery_codes
from instance import CONFIG, Instance, Machine, enrollment, enter_rig, user_name
from report import Report, table

from door import log_in  # after instance, which knows where the rig's modules are

PEOPLE = 25  # enrolled; and as many made-up names
ENOUGH = 2000  # samples of each kind to judge by
SLOW_SHARE = 10  # one sample in so many is a recovery code: bcrypt takes 50 ms
TELLING_ORDER = 0.03  # how far the chance that an enrolled user's reply takes longer may be from one half
TELLING_GUESS = 0.53  # the share of right guesses that the best threshold may reach; both give chance what is chance's
ADDRESSES = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in itertools.count(1))
POLICY = """\
[defaults]
requirement = "required"
window = "15m"
[limits]
delay_from = {limit}
lock_after = {limit}
ceiling = 100
source_lock_after = 10000
"""


class Comparison:
    """Samples of one kind of answer, from both kinds of users."""

    def __init__(self, name, answer):
        self.name, self.answer = name, answer
        self.times = {"prompt": ([], []), "outcome": ([], [])}  # enrolled, unknown
        self.words = {"prompt": (set(), set()), "outcome": (set(), set())}

    def sample(self, count):
        kinds = [0, 1] * count
        random.shuffle(kinds)
        for number, kind in enumerate(kinds):
            person = number % PEOPLE
            replies = log_in(user_name(person) if kind == 0 else f"x{person:06d}", self.answer(), rhost=next(ADDRESSES))
            for moment, reply in zip(self.times, replies):
                self.times[moment][kind].append(reply.microseconds)
                self.words[moment][kind].add(reply.packet)

    def rows(self):
        for moment, (enrolled, unknown) in self.times.items():
            yield [self.name, moment, len(enrolled), f"{statistics.median(enrolled):.0f} µs",
                   f"{statistics.median(unknown):.0f} µs", f"{order(enrolled, unknown):.3f}",
                   f"{best_guess(enrolled, unknown):.3f}"]

    def judge(self, report, timed):
        for moment, (enrolled, unknown) in self.times.items():
            one, other = self.words[moment]
            report.check(one == other and b"" not in one, f"{self.name}: enrolled and unknown users see one {moment}",
                         f"{one} and {other}")
            if not timed:
                continue
            deviation = (1 / (6 * len(enrolled))) ** 0.5  # of `order`, where there is no difference
            widest = (2 / len(enrolled)) ** 0.5  # of `best_guess`: exceeded by chance once in 1,500 times
            far, guess = abs(order(enrolled, unknown) - 0.5), best_guess(enrolled, unknown)
            report.check(far < TELLING_ORDER + 3 * deviation, f"{self.name}: neither {moment} is the slower",
                         f"order {0.5 + far:.3f}")
            report.check(guess < TELLING_GUESS + widest, f"{self.name}: no threshold on the {moment} tells them apart",
                         f"{guess:.3f}")


def order(enrolled, unknown):
    """The chance that an enrolled user's reply takes longer than an unknown one's (Mann and Whitney's U): 0.5 if time
    says nothing."""
    ranked = sorted([(value, 0) for value in enrolled] + [(value, 1) for value in unknown])
    below = wins = 0
    for _, kind in ranked:
        below += kind
        wins += below if kind == 0 else 0
    return wins / (len(enrolled) * len(unknown))


def best_guess(enrolled, unknown):
    """The share of right guesses of the best rule "slower than T" or "faster than T" (Kolmogorov and Smirnov)."""
    ranked = sorted([(value, 0) for value in enrolled] + [(value, 1) for value in unknown])
    seen, widest = [0, 0], 0.0
    for _, kind in ranked:
        seen[kind] += 1
        widest = max(widest, abs(seen[0] / len(enrolled) - seen[1] / len(unknown)))
    return 0.5 + widest / 2


def play(machine_limit, comparisons, samples, lock_first=False):
    """A fresh daemon with this limit, and all `comparisons` against it."""
    instance = Instance(machine_limit)
    (CONFIG / "policy.toml").write_text(POLICY.format(limit=machine_limit), encoding="utf-8")
    codes = recovery_codes(PEOPLE)
    instance.seed(enrollment(number, random.randbytes(20), codes=(codes[number],), cost=10) for number in range(PEOPLE))
    instance.start()
    for number in range(PEOPLE * machine_limit if lock_first else 0):
        for user in (user_name(number % PEOPLE), f"x{number % PEOPLE:06d}"):
            log_in(user, "000000", rhost=next(ADDRESSES))
    for comparison, share in comparisons:
        comparison.sample(samples // share)
    instance.stop()
    instance.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--samples", type=int, default=300, help="of each kind of user; judged from 2000 on")
    options = parser.parse_args()
    enter_rig(options.build)
    machine, report = Machine(options.build, PEOPLE), Report()
    codes = iter(recovery_codes(4 * options.samples + 10))
    comparisons = [Comparison("wrong code", lambda: f"{random.randrange(10 ** 6):06d}"),
                   Comparison("wrong recovery code", lambda: next(codes)),
                   Comparison("locked account", lambda: f"{random.randrange(10 ** 6):06d}")]
    rounds = -(-options.samples // 1000)  # of a store each: 100 failures are for good
    for _ in range(rounds):
        play(100, [(comparisons[0], rounds), (comparisons[1], rounds * SLOW_SHARE)], options.samples)
    play(3, [(comparisons[2], 1)], options.samples, lock_first=True)
    table(["answer", "up to the", "samples", "enrolled", "unknown", "order", "best guess"],
          [row for comparison in comparisons for row in comparison.rows()])
    for comparison in comparisons:
        comparison.judge(report, options.samples >= ENOUGH)
    machine.leave()
    report.end()


if __name__ == "__main__":
    main()
