"""What a login costs, counted: instructions in user space (callgrind counts them one by one) and system calls (strace).
Each is the difference of two runs of different length, so that what a start costs is not in it. There is no clock and
so no noise: tests/system/test_cost.py holds the bounds."""

import re
import subprocess

from modules import Google, Module, StepUp

FEW, MORE = 5, 25  # logins
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file={}"]
COUNTED = re.compile(r"Collected : (\d+)")


def under_callgrind(log):
    return [word.format(log) for word in CALLGRIND]


def counted(log):
    """Instructions of all processes that wrote `log`."""
    return sum(map(int, COUNTED.findall(log.read_text(encoding="utf-8"))))


def each(count_of):
    return (count_of(MORE) - count_of(FEW)) / (MORE - FEW)


def granted(run):
    if run.refused:
        raise RuntimeError(f"{run.refused} logins were refused: what they cost is not what a login costs")
    return run


def of_the_process(module, check=False):
    """Instructions of one login in the process that logs in, libpam's among them."""
    def count(logins):
        log = module.folder / f"callgrind.{logins}"
        granted(module.run(logins, wrap=under_callgrind(log)))
        return counted(log)
    return each(count)


def of_the_daemon(stepup):
    """Instructions of one login in the daemon."""
    def count(logins):
        log = stepup.folder / f"callgrind.daemon.{logins}"
        stepup.stop()
        log.touch()
        log.chmod(0o666)
        stepup.start(wrap=under_callgrind(log))
        granted(stepup.run(logins))
        stepup.stop()
        return counted(log)
    found = each(count)
    stepup.start()
    return found


def system_calls(module):
    """Of one login, in the process that logs in."""
    def count(logins):
        log = module.folder / f"strace.{logins}"
        granted(module.run(logins, wrap=["strace", "-f", "-qq", "-o", log]))
        return sum("resumed>" not in line for line in log.read_text(encoding="utf-8").splitlines())
    return each(count)


def cost(stage, _=None):
    permit, stepup = Module(stage, 400), StepUp(stage, 400)
    bare, module = of_the_process(permit), of_the_process(stepup)
    figures = {permit.name: {"instructions": bare},
               stepup.name: {"instructions": module + of_the_daemon(stepup), "module above permit": module - bare,
                             "calls above permit": system_calls(stepup) - system_calls(permit)}}
    stepup.close()
    if Google.is_there():
        google = Google(stage, 400)
        figures[google.name] = {"instructions": of_the_process(google)}
    return {"cost": figures}
