"""What the figures are to come to: one row a goal. `found` gives the ratio, or says by KeyError that something it needs
was not measured or is not installed."""

import statistics
from dataclasses import dataclass
from typing import Callable

STEPUP, GOOGLE, FLOOR = "StepUp", "google-authenticator", "least daemon"


@dataclass(frozen=True)
class Goal:
    sentence: str
    found: Callable
    bound: float
    at_least: bool = False
    unit: str = "x"

    def judge(self, figures):
        try:
            value = self.found(figures)
        except KeyError:
            return None
        met = value >= self.bound if self.at_least else value <= self.bound
        return {"goal": self.sentence, "value": round(value, 3), "bound": self.bound, "at_least": self.at_least,
                "unit": self.unit, "met": met}


def ratio(series, one, other):
    """Of medians within a round, the median."""
    return statistics.median(a / b for a, b in zip(series[one]["rounds"], series[other]["rounds"]))


def refused(figures):
    series = [figures["loop"], figures["fresh"], *figures["rates"].values()]
    return sum(one[STEPUP]["refused"] for one in series)


def rate_of(processes):
    return lambda figures: ratio(figures["rates"][processes], STEPUP, GOOGLE)


def growth_of(figures):
    sizes = sorted(figures["growth"])
    least, most = (figures["growth"][size][STEPUP] for size in (sizes[0], sizes[-1]))
    if sizes[-1] < 100_000:
        raise KeyError("the largest size was left out")
    return ratio({"most": most, "least": least}, "most", "least")


def best_of_flushes(figures):
    return max(one[STEPUP]["median"] for one in figures["rates"].values()) / figures["flushes"]


GOALS = (
    Goal("a login, in a loop: x google-authenticator", lambda f: ratio(f["loop"], STEPUP, GOOGLE), 0.8),
    Goal("a login, in a fresh process: x google-authenticator", lambda f: ratio(f["fresh"], STEPUP, GOOGLE), 0.85),
    Goal("a login, in a loop: x the least daemon", lambda f: ratio(f["loop"], STEPUP, FLOOR), 1.3),
    Goal("logins a second, 1 process: x google-authenticator", rate_of(1), 1.2, True),
    Goal("logins a second, 8 processes: x google-authenticator", rate_of(8), 1.5, True),
    Goal("logins a second, 64 processes: x google-authenticator", rate_of(64), 2.5, True),
    Goal("logins a second, at best: x the flushes of one process", best_of_flushes, 1.0, True),
    Goal("valid codes refused", refused, 0, unit=""),
    Goal("window check, few sessions: x pam_timestamp",
         lambda f: ratio(f["window"][2], "StepUp, window", "pam_timestamp"), 1.1),
    Goal("window check, 500 sessions: x pam_timestamp",
         lambda f: ratio(f["window"][500], "StepUp, window", "pam_timestamp"), 0.15),
    Goal("a login beside 100,000 users: x beside one", growth_of, 1.1),
    Goal("resident memory, idle, 100,000 users", lambda f: f["memory"][100_000] / 1024, 16, unit="MiB"),
    Goal("stepup status, start to exit: x sd-bus connect",
         lambda f: f["start"]["stepup status"] / f["start"]["sd-bus connect"], 2),
    Goal("dlopen of the module: x an empty C module",
         lambda f: f["loading"][STEPUP]["median"] / f["loading"]["empty C module"]["median"], 1.4),
    Goal("user-space instructions of a login, both sides: x google-authenticator",
         lambda f: f["cost"][STEPUP]["instructions"] / f["cost"][GOOGLE]["instructions"], 1.15),
    Goal("instructions of the module above pam_permit", lambda f: f["cost"][STEPUP]["module above permit"], 50_000,
         unit=""),
    Goal("system calls of the module above pam_permit", lambda f: f["cost"][STEPUP]["calls above permit"], 12, unit=""),
)


def judged(figures):
    """A row for each goal that could be measured."""
    return [row for row in (goal.judge(figures) for goal in GOALS) if row]
