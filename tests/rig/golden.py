"""What people see, kept as text: STEPUP_GOLDEN=write makes the files anew, and then somebody looks at them."""

import difflib
import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "system" / "screens"
WRITES = os.environ.get("STEPUP_GOLDEN") == "write"

# What differs from run to run, and what stands for it. Of the same width where it stands in a table.
VOLATILE = [
    (r"(?m)^[ █▀▄]{29,}$\n?", ""),
    (r"\b(?:[A-Z2-7]{4}-){4}[A-Z2-7]{4}\b", "ABCD-EFGH-IJKL-MNOP-QRST"),
    (r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b", "SECR ETSE CRET SECR ETSE CRET SECR ETSE"),
    (r"\b[A-Z2-7] [A-Z2-7] [A-Z2-7] [A-Z2-7]\b", "S E C R"),
    (r"secret=[A-Z2-7]+", "secret=SECRETSECRETSECRETSECRETSECRETSE"),
    (r"\b20\d{6}T\d{6}Z\b", "20260131T123456Z"),
    (r"\b20\d\d-\d\d-\d\d(\s)\d\d:\d\d\b", r"2026-01-31\g<1>12:34"),
    (r"\b20\d\d-\d\d-\d\d\b", "2026-01-31"),
    (r"(?m)^ +\d+  2026-01-31 12:34:\d\d", "     7  2026-01-31 12:34:56"),
    (r"source=127\.1\.\d+\.\d+", "source=127.1.0.1"),
    (r"another (\d+ min )?\d+ (s|min)\b", "another 9 min 58 s"),
    (r"confirm \d+", "confirm 7"),
    (r"(?m): \d{6}$", ": 123456"),
    (r"\buid([ =])\d+", r"uid\g<1>1001"),
    (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:FINGERPRINTxFINGERPRINTxFINGERPRINTxFINGERP"),
    (r"(?m)^\d+ +(?=SHA256:)", "7    "),
    (r"Factor \d+:", "Factor 7:"),
    (r"(?m)^(Factor 7:.*[^.])\n(.*\.)$", r"\1 \2"),  # where it breaks depends on the id
]


def masked(text):
    """`text` with everything volatile replaced."""
    for pattern, stands_for in VOLATILE:
        text = re.sub(pattern, stands_for, text)
    text = re.sub(r"(?m)^(ID|\d+) +(\*?) +(?=(?:TYPE|totp|hotp|recovery-code) )",
                  lambda found: f"{'ID' if found[1] == 'ID' else '7':<4}{found[2]:<3}", text)
    return re.sub(r"(?m)[ \t]+$", "", text)


def compare(name, text):
    """Fails with a diff if the screen `name` is not what it was."""
    path, seen = FOLDER / f"{name}.txt", masked(text)
    if WRITES:
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    diff = "\n".join(difflib.unified_diff(kept.splitlines(), seen.splitlines(), "kept", "seen", lineterm=""))
    assert seen == kept, f"{path.name}:\n{diff}"


def too_wide(text, width=80):
    """The lines that do not fit a terminal of that width; a link cannot be broken."""
    return [line for line in text.splitlines() if len(line) > width and "otpauth://" not in line]
