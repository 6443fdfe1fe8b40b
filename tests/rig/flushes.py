"""What a daemon asks of the disk, as the kernel sees it."""

import subprocess

from waiting import wait_for


class Flushes:
    """Follows every thread of the daemon and counts the flushes it asks the kernel for."""

    def __init__(self, pid, file):
        self.pid, self.file = pid, file
        self.process = subprocess.Popen(["strace", "-f", "-q", "-e", "trace=fsync,fdatasync", "-o", file, "-p", str(pid)])
        wait_for(self.is_attached, "strace follows every thread")

    def is_attached(self):
        threads = subprocess.run(["grep", "-h", "TracerPid", "-r", f"/proc/{self.pid}/task", "--include=status"],
                                 capture_output=True, text=True, check=True).stdout.splitlines()
        return all(line.split()[1] == str(self.process.pid) for line in threads)

    def count(self):
        return sum("sync(" in line for line in self.file.read_text(encoding="utf-8").splitlines())

    def stop(self):
        self.process.terminate()
        self.process.wait()
