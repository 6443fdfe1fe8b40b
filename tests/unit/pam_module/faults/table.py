"""The table of docs/pam-lines.md: which line of a stack lets somebody in without a factor, when what is wrong."""

import pathlib

from states import LINES

PAGE = "docs/pam-lines.md"
BEGIN, END = "<!-- made by tests/unit/pam_module/faults/fault_matrix.py -->", "<!-- end -->"

# Row → the faults it stands for, which must all end alike.
ROWS = {
    "the daemon grants": ("grants",),
    "the daemon says: no factor needed here": ("ignores",),
    "the daemon denies, with or without a question": ("denies", "asks_and_denies", "denied_then_granted"),
    "the daemon says: unavailable": ("unavailable",),
    "no socket, or nobody listens": ("missing", "nobody_listens", "dangling_link", "plain_file", "a_directory",
                                     "a_fifo", "a_device"),
    "the daemon hangs, or nobody accepts": ("hangs", "stopped", "too_late", "backlog_full", "mode_0"),
    "the daemon ends before it asks": ("dies_on_accept", "dies_on_begin", "empty_packet"),
    "the daemon ends or hangs after it asked": ("dies_while_asking", "hears_no_more", "dies_on_answer",
                                                "hangs_after_answer"),
    "the daemon breaks the protocol": ("garbage", "too_long", "cut_short", "trailing_byte", "flipped_bit",
                                       "zero_decision", "another_login", "no_login", "verdict_before_begin", "question_two_first",
                                       "asks_for_ever", "talks_backwards"),
    "another kind of socket, a loop of links, too long a path": ("a_stream", "datagrams", "loop", "path_too_long"),
    "somebody else's daemon listens": ("a_foreign_daemon", "link_to_a_foreign_one"),
    "the program cannot ask its user": ("checks",),
    "the line has a wrong option": ("unknown_option", "option_of_others", "timeout_0", "timeout_too_long",
                                    "timeout_of_letters", "relative_socket", "empty_socket"),
    "`pam_stepup.so` is missing or broken": ("module_missing", "module_is_text", "module_without_functions"),
}
WORDS = {(False, False): "–", (True, True): "passes", (True, False): "passes (sshd, login)",
         (False, True): "passes (sudo, su)"}


def cell(tried, line, faults):
    """One cell, and the faults that do not end like the first."""
    ends = {}
    for case, code in tried.items():
        if case.section == "lines" and case.service == line and case.fault.name in faults:
            pair = ends.setdefault(case.fault.name, [None, None])
            pair["setuid" in case.steps] = code == 0
    kinds = {name: tuple(pair) for name, pair in ends.items()}
    first = kinds[faults[0]]
    return WORDS[first], [name for name, kind in kinds.items() if kind != first]


def check(tree, tried, write):
    """What the page says and the matrix did not see; with `write` the page is made to say it."""
    sins = []
    known = {name for names in ROWS.values() for name in names}
    seen = {case.fault.name for case in tried if case.section == "lines"}
    sins += [f"{PAGE}: {name} belongs to no row" for name in sorted(seen ^ known)]
    table = ["| what happens | " + " | ".join(f"`{line}`" for line in LINES) + " |", "|---" * (len(LINES) + 1) + "|"]
    for row, faults in ROWS.items():
        cells = []
        for line in LINES:
            text, others = cell(tried, line, faults)
            cells.append(text)
            sins += [f"{row}, {line}: {name} ends otherwise" for name in others]
        table.append(f"| {row} | " + " | ".join(cells) + " |")
    page = pathlib.Path(tree) / PAGE
    before = page.read_text(encoding="utf-8")
    head, _, rest = before.partition(BEGIN)
    after = f"{head}{BEGIN}\n" + "\n".join(table) + f"\n{END}{rest.partition(END)[2]}"
    if write:
        page.write_text(after, encoding="utf-8")
    elif after != before:
        sins.append(f"{PAGE}: the table is not what the matrix saw; fault_matrix.py --write makes it anew")
    return sins
