#!/usr/bin/env python3
"""One PAM line and everything that can be wrong around it: fault_matrix.py [--write] SOURCE-TREE.

Runs driver.cpp through libpam once for every combination below. Promises, each a list of sins that stays empty:
with the shipped lines nobody is let in without a factor, nothing crashes, nothing takes longer than its budget.
What other lines let in is the table of docs/pam-lines.md; --write makes it anew.
PAM_STEPUP_MODULE, _DRIVER, _DAEMON and _FAULTS name the module and the programs of this folder. Needs root.
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # these files may lie in a folder that is not ours to fill
import states
import table
from states import CALLERS, LINES, SERVICES, SHIPPED, STRICT, Fault

MODULE, DRIVER, DAEMON, FAULTS = (os.environ[f"PAM_STEPUP_{name}"] for name in ("MODULE", "DRIVER", "DAEMON", "FAULTS"))
AT_ONCE = 24  # most of them wait
BUDGET = 20  # seconds; the module itself may take 5 with timeout=5, the rest is for a busy machine
FOREIGN_UID = "64322"
PAM_SUCCESS = 0


@dataclasses.dataclass(frozen=True)
class Case:
    """One run of the driver. may: "refuse", "grant" or "either"."""
    section: str
    fault: Fault
    service: str
    steps: tuple = ("auth",)
    answer: str = "123456"
    may: str = "refuse"
    faults: tuple = ()  # the environment of failing_calls.cpp

    def __str__(self):
        words = [f"{self.section}: {self.service} + {self.fault.name}, {' '.join(self.steps)}, answer {self.answer[:20]!r}"]
        return " ".join(words + ["=".join(pair) for pair in self.faults])


class Rig:
    """The daemons, and a folder of PAM stacks for each fault."""

    def __init__(self, tree):
        self.tree = pathlib.Path(tree)
        self.folder = tempfile.mkdtemp(prefix="pam-stepup-faults-")
        os.chmod(self.folder, 0o755)
        self.programs, self.stacks = [], {}
        ours, foreign, stopped = (self.make_folder(name) for name in ("ours", "foreign", "stopped"))
        self.start(ours)
        self.start(foreign, FOREIGN_UID)
        self.start(stopped).send_signal(signal.SIGSTOP)
        grants = os.path.join(ours, "grants")
        self.daemons = {name: Fault(name, os.path.join(ours, name))
                        for name in (*states.GRANTING, "checks", *states.DAEMONS)}
        sockets, self.kept = states.socket_faults(self.make_folder("sockets"), os.path.join(foreign, "grants"))
        self.faults = [*(self.daemons[name] for name in states.DAEMONS),
                       Fault("stopped", os.path.join(stopped, "grants")), *sockets,
                       *states.configuration_faults(self.folder, grants)]
        self.foreign = Fault("a_foreign_daemon", os.path.join(foreign, "grants"))

    def make_folder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        os.chmod(path, 0o777)
        return path

    def start(self, folder, *uid):
        program = subprocess.Popen([DAEMON, folder, *uid], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        named = []
        while (line := program.stdout.readline().strip()) != "ready":
            assert line, "the faulty daemon did not start"
            named.append(line)
        assert set(named) == {*states.GRANTING, "checks", *states.DAEMONS}, "states.py is not faulty_daemon.cpp"
        return program

    def close(self):
        for program in self.programs:
            program.kill()
            program.wait()
        shutil.rmtree(self.folder)

    def stacks_for(self, fault):
        """The folder with one service for every line and every shipped snippet, all with this fault."""
        if fault in self.stacks:
            return self.stacks[fault]
        folder = self.stacks[fault] = self.make_folder(f"stacks-{len(self.stacks)}")
        ours = f"{fault.module or MODULE} socket={fault.socket} {fault.options}"
        files = {name: "".join(f"{phase} required pam_permit.so\n{phase} {control} {ours}\n"
                               for phase in ("auth", "account"))
                 for name, control in LINES.items()}
        for service in SERVICES:
            snippet = (self.tree / "packaging" / "pam" / service).read_text(encoding="utf-8")
            files[service] = snippet.replace("pam_stepup.so", ours).replace("@include ", f"@include {folder}/")
        for phase in ("auth", "account", "password", "session"):
            files[f"common-{phase}"] = (f"{phase} [success=1 default=ignore] pam_permit.so\n"
                                        f"{phase} requisite pam_deny.so\n{phase} required pam_permit.so\n")
        files["common-session-noninteractive"] = "session required pam_permit.so\n"
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return folder

    def run(self, case):
        """(PAM code, or minus the signal, or None over the budget; seconds)"""
        began = time.monotonic()
        command = [DRIVER, self.stacks_for(case.fault), case.service, "alice", case.answer.encode("latin-1"),
                   *case.steps]
        environment = {"LD_PRELOAD": FAULTS, **dict(case.faults)} if case.faults else {}
        try:
            code = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=BUDGET, check=False).returncode
        except subprocess.TimeoutExpired:
            code = None
        return code, time.monotonic() - began


def snippets(rig):
    """Every shipped stack with every fault, in both phases that are gates."""
    for service, caller in SERVICES.items():
        for phase in ("auth",) if service in states.WITHOUT_ACCOUNT else ("auth", "account"):
            for fault in rig.faults:
                yield Case("snippets", fault, service, (*caller, phase))
            yield Case("snippets", rig.daemons["grants"], service, (*caller, phase), may="grant")
            yield Case("snippets", rig.daemons["checks"], service, (*caller, phase), answer="654321")
    yield Case("snippets", rig.daemons["grants"], "sshd-key-and-code", ("auth",))  # who came without a key


def callers(rig):
    """The shipped line in every surrounding a caller can choose."""
    for name, steps in CALLERS.items():
        for fault in rig.faults:
            yield Case("callers", fault, "shipped", (*steps, "auth"))
        yield Case("callers", rig.daemons["checks"], "shipped", (*steps, "auth"), answer="654321")
        may = "either" if name in states.NARROW or name == "as_0" else "grant"
        yield Case("callers", rig.daemons["grants"], "shipped", (*steps, "auth"), may=may)
        yield Case("callers", rig.daemons["checks"], "shipped", (*steps, "auth"), may=may)


def conversations(rig):
    """Programs that cannot ask, people who answer anything but the code."""
    for daemon in ("checks", "asks_and_denies", "asks_for_ever", "hangs_after_answer"):
        for service, more in (("shipped", ()), ("sshd", ()), ("sudo", ("setuid",)), ("required", ())):
            for answer in states.ANSWERS:
                yield Case("conversations", rig.daemons[daemon], service, (*more, "auth"), answer)
            yield Case("conversations", rig.daemons[daemon], service, (*more, "mute", "auth"))


def failing_calls(rig, folder):
    """Each call of the module fails once, and from then on, in every way it can."""
    daemons = ((rig.daemons["checks"], "grant"), (rig.daemons["asks_and_denies"], "refuse"), (rig.foreign, "refuse"))
    for fault, may in daemons:
        for steps in (("auth",), ("account",), ("closed", "auth"), ("setuid", "auth"), ("setuid", "account")):
            trace = os.path.join(folder, "trace")
            plain = Case("failing calls", fault, "shipped", steps, may=may, faults=(("FAULT_TRACE", trace),))
            rig.run(plain)
            yield plain
            with open(trace, encoding="ascii") as file:
                names = file.read().split()
            os.unlink(trace)
            for at, name in enumerate(names, 1):
                for how, may_pass in states.WAYS[name].items():
                    for on in "01":
                        more = (("FAULT_AT", str(at)), ("FAULT_HOW", str(how)), ("FAULT_ON", on))
                        either = may == "grant" and may_pass
                        yield Case("failing calls", fault, "shipped", steps, may="either" if either else "refuse",
                                   faults=(*more, ("FAULT_CALL", name)))


def lines(rig):
    """Every kind of line with every fault, from root's program and from a setuid one: what opens is a table."""
    for line in LINES:
        may = "refuse" if line in STRICT else "either"
        for caller in ((), ("setuid",)):
            for fault in rig.faults:
                yield Case("lines", fault, line, (*caller, "auth"), may=may)
            for name in states.GRANTING:
                yield Case("lines", rig.daemons[name], line, (*caller, "auth"), may="grant")
            yield Case("lines", rig.daemons["checks"], line, (*caller, "mute", "auth"), may=may)


def verdict_on(case, code, seconds):
    """What is wrong with how a case ended; None: nothing."""
    if code is None:
        return f"hung: {case}"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}: {case}"
    if case.may == "refuse" and code == PAM_SUCCESS:
        return f"LET IN: {case}"
    if case.may == "grant" and code != PAM_SUCCESS:
        return f"refused with {code} what was to be granted ({seconds:.1f} s): {case}"
    return None


def check_that_every_call_is_known():
    """The module imports nothing whose failure the matrix does not try."""
    listed = subprocess.run(["nm", "-D", "--undefined-only", MODULE], capture_output=True, text=True, check=True).stdout
    imported = {line.split()[-1].split("@")[0] for line in listed.splitlines() if " U " in line}
    unknown = imported - set(states.WAYS) - states.NO_FAILURE
    return [f"the module imports {name}; add it to failing_calls.cpp and states.py" for name in sorted(unknown)]


def main(tree, write=False):
    if os.getuid() != 0:
        sys.exit("the fault matrix plays sudo: it needs root")
    sins, slowest, counts, tried = check_that_every_call_is_known(), 0.0, {}, {}
    rig, began = Rig(tree), time.monotonic()
    try:
        cases = [*snippets(rig), *callers(rig), *conversations(rig), *lines(rig), *failing_calls(rig, rig.folder)]
        for case in cases:
            rig.stacks_for(case.fault)
        cases.sort(key=lambda case: case.fault.name not in states.SLOW)  # those that wait first
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for case, (code, seconds) in zip(cases, pool.map(rig.run, cases)):
                counts[case.section] = counts.get(case.section, 0) + 1
                slowest = max(slowest, seconds)
                tried[case] = code
                if sin := verdict_on(case, code, seconds):
                    sins.append(sin)
    finally:
        rig.close()
    sins += table.check(tree, tried, write)
    for sin in sins[:60]:
        print(sin)
    kinds = [len([sin for sin in sins if sin.startswith(word)]) for word in ("LET IN", "killed", "hung")]
    print(f"fault matrix: {len(cases)} combinations ({', '.join(f'{n} {s}' for s, n in counts.items())}): "
          f"{kinds[0]} let in without a factor, {kinds[1]} crashes, {kinds[2]} hangs; slowest {slowest:.1f} s, "
          f"{time.monotonic() - began:.0f} s in all, {len(sins)} failed")
    return 1 if sins else 0


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--write"]
    sys.exit(main(*arguments, write="--write" in sys.argv))
