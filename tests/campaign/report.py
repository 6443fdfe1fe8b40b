"""What a campaign says: its promises, kept or not, and a last line for ./dev test to count."""

import sys
import time


class Report:
    def __init__(self):
        self.passed, self.failed = 0, []
        self.began = time.monotonic()

    def check(self, kept, sentence, detail=""):
        """`sentence` is the promise; `detail` what was seen instead."""
        if kept:
            self.passed += 1
        else:
            self.failed.append(sentence)
        seen = "" if kept or not detail else f": {detail}"
        print(f"  {'kept  ' if kept else 'BROKEN'}  {sentence}{seen}", flush=True)

    def end(self):
        """The last line; exits 1 unless all was kept."""
        print(f"{time.monotonic() - self.began:.0f} s")
        print(f"{self.passed} passed, {len(self.failed)} failed")
        sys.exit(1 if self.failed or not self.passed else 0)


def table(header, rows):
    """Rows of words in columns."""
    rows = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
