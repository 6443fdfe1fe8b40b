#!/usr/bin/python3
"""How long a login takes: login_bench.py --build BUILD [--logins N]

Whole PAM transactions (start, authenticate, end) through real libpam, StepUp beside google-authenticator, pam_oath and
pam_permit: one after another, module by module in turn, so that the machine's moods hit all alike; then many at once.
Look at the ratios: the microseconds are this machine's, now.
"""

import argparse
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "campaign"))
from codes import Pool, now_step  # noqa: E402
from instance import STATE, Instance, Machine, enrollment, enter_rig, user_name  # noqa: E402
from race import Google, Oath  # noqa: E402
from report import table  # noqa: E402
from sessions import Sessions  # noqa: E402


class Contestant:
    """One module with users of its own; each user logs in once, with a code that nobody used before."""

    def __init__(self, name, machine, line, count):
        self.name, self.alone, self.failed = name, [], 0
        self.sessions = Sessions(machine.build, machine.stack(name, line), count)

    def log_in(self, user, code):
        self.sessions.begin(0, user, code)
        outcome = self.sessions.next()
        self.alone.append(outcome.microseconds)
        self.failed += not outcome.granted

    def log_in_all(self, logins, at_once):
        """Logins a second when `at_once` go on at any time, all by different users."""
        began, open_logins, waiting = time.monotonic(), 0, iter(logins)
        done = False
        while not done or open_logins:
            while not done and open_logins < at_once:
                login = next(waiting, None)
                done = login is None
                if login:
                    self.sessions.begin(0, *login)
                    open_logins += 1
            if open_logins:
                self.failed += not self.sessions.next().granted
                open_logins -= 1
        return len(logins) / (time.monotonic() - began)


def contestants(machine, pool, people, at_once):
    """pam_permit first: what libpam itself costs."""
    yield Contestant("pam_permit", machine, "auth required pam_permit.so", at_once)
    yield Contestant("StepUp", machine, f"auth required {machine.build}/pam_module/pam_stepup.so", at_once)
    if Google.is_there():
        google = Google(machine, pool)
        google.folder.mkdir()
        for number in range(people):
            google.write(number, f"{12345678 + number}")
        yield Contestant("google-authenticator", machine, "auth required pam_google_authenticator.so "
                         f"secret={google.folder}/${{USER}} user=root", at_once)
    if Oath.is_there():
        oath = Oath(machine, pool)
        oath.write(people)
        yield Contestant("pam_oath", machine, f"auth required pam_oath.so usersfile={oath.file} window=3", at_once)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--logins", type=int, default=500, help="of each module, one after another, and as many at once")
    parser.add_argument("--sessions", type=int, default=16, help="at once")
    options = parser.parse_args()
    enter_rig(options.build.resolve())

    people = 2 * options.logins
    pool = Pool(64, digits=6)
    machine = Machine(options.build.resolve(), people)
    instance = Instance()
    instance.seed(enrollment(number, pool.seed(number)) for number in range(people))
    instance.start()
    modules = list(contestants(machine, pool, people, options.sessions))
    for number in range(options.logins):
        for module in modules:
            module.log_in(user_name(number), pool.code(number, now_step()))
    rates = {}
    for module in modules:
        logins = [(user_name(number), pool.code(number, now_step())) for number in range(options.logins, people)]
        rates[module.name] = module.log_in_all(logins, options.sessions)
    for module in modules:
        module.sessions.close()
    instance.stop()
    machine.leave()

    medians = {module.name: statistics.median(module.alone) for module in modules}
    yardstick = "google-authenticator" if "google-authenticator" in medians else "pam_permit"
    table(["", "median us", f"x {yardstick}", "p99 us", f"{options.sessions} at once, a second", "refused"],
          [[module.name, f"{medians[module.name]:.0f}", f"{medians[module.name] / medians[yardstick]:.2f}",
            f"{statistics.quantiles(module.alone, n=100)[98]:.0f}", f"{rates[module.name]:.0f}", module.failed]
           for module in modules])


if __name__ == "__main__":
    main()
