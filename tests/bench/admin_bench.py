#!/usr/bin/python3
"""What an administrator's look costs on a big host: admin_bench.py --build BUILD [--users N] [--calls N]

`stepup admin status USER` with 10 enrolled users and with N, and the memory that listing all of them takes, of the
daemon and of the command. Look at the ratios: the milliseconds are this machine's, now.
"""

import argparse
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
DATABASE = "/var/lib/stepup/stepup.db"
sys.path.insert(0, str(HERE.parent / "rig"))


def enter_rig(build):
    """Goes on inside a rig that sees `build`."""
    if os.environ.get("STEPUP_RIG") != "inside":
        os.environ["RIG_KEEP"] = str(build)
        enter = str(HERE.parent / "rig" / "enter")
        os.execv(enter, [enter, "/usr/bin/python3", __file__, *sys.argv[1:]])


def fill(daemon, first, users):
    """Gives `users` accounts from the uid `first` on a factor and ten recovery codes, while the daemon is stopped."""
    daemon("stop")
    owner = os.stat(DATABASE)
    with sqlite3.connect(DATABASE) as database:
        row = ("INSERT INTO enrollment(uid, name, kind, label, active, is_primary, created, last_used, issued, sealed) "
               "VALUES (?, ?, ?, ?, 1, ?, 1700000000000, 1700000000000, ?, zeroblob(48))")
        for uid in range(first, first + users):
            database.execute(row, (uid, f"user{uid}", 0, "phone", 1, 0))
            codes = database.execute(row, (uid, f"user{uid}", 2, "recovery codes", 0, 10)).lastrowid
            database.executemany("INSERT INTO recovery_code(enrollment, public, sealed) VALUES (?, ?, zeroblob(88))",
                                 [(codes, f"{number:04}") for number in range(10)])
    database.close()
    for file in pathlib.Path(DATABASE).parent.glob("stepup.db*"):
        os.chown(file, owner.st_uid, owner.st_gid)
    daemon("start")


def milliseconds(calls, name):
    """The median time of `stepup admin status NAME`."""
    times = []
    for _ in range(calls):
        began = time.monotonic()
        subprocess.run(["stepup", "admin", "status", name], check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


def kilobytes(pid):
    """The most memory that the process ever had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def list_all():
    """Lists everybody: (lines, seconds, memory of the largest child so far in kB)."""
    began = time.monotonic()
    shown = subprocess.run(["stepup", "admin", "status"], check=True, stdout=subprocess.PIPE).stdout
    return shown.count(b"\n"), time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=100)
    asked = parser.parse_args()
    enter_rig(asked.build.resolve())
    from host import Host, run  # noqa: E402
    host = Host(asked.build.resolve())
    host.install_policy('[defaults]\nrequirement = "optional"\n')
    host.boot()
    run("useradd", "--uid", "200000", "user200000")
    results = []
    for first, users in ((200_000, 10), (200_010, asked.users - 10)):
        fill(host.daemon, first, users)
        host.wait_until_managed()
        took = milliseconds(asked.calls, "user200000")
        pid = host.daemon("status")["pid"]
        before = kilobytes(pid)
        lines, seconds, client = list_all()
        results.append(took)
        print(f"{first + users - 200_000:>7} users: status {took:6.1f} ms; list {lines - 1} in {seconds:5.1f} s, "
              f"stepup {client} kB, stepupd {before} kB before and {kilobytes(pid)} kB after", flush=True)
    print(f"status: {results[1] / results[0]:.2f} times as long (3 is the most it may be)")
    host.shut_down()


if __name__ == "__main__":
    main()
