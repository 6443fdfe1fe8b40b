#!/usr/bin/python3
"""The manual page, the completion and --help name the same: check_man.py STEPUP MAN-PAGE COMPLETION...

And every page of help has an example.
"""

import re
import subprocess
import sys


def help_of(program, *verb):
    return subprocess.run([program, *verb, "--help"], capture_output=True, text=True, check=True).stdout


def verbs_in(text):
    found = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE)
    return re.findall(r"^  (\S+)", found[1], re.MULTILINE) if found else []


def all_help(program, *verb):
    """The help of every verb, by its words."""
    text = help_of(program, *verb)
    found = {verb: text}
    for below in verbs_in(text):
        found |= all_help(program, *verb, below)
    return found


def options_in(text):
    return set(re.findall(r"(--[a-z-]+)", text.split("Example:")[0]))


def main(program, page, *completions):
    page = open(page, encoding="utf-8").read()
    completions = [(path, open(path, encoding="utf-8").read()) for path in completions]
    helps = all_help(program)
    options = set().union(*map(options_in, helps.values()))
    in_page = {"--" + name for name in re.findall(r"^\.It Fl -([a-z-]+)", page, re.MULTILINE)}
    faults = [f"{option}: in --help only" for option in sorted(options - in_page)]
    faults += [f"{option}: in the manual page only" for option in sorted(in_page - options)]
    for path, completion in completions:
        faults += [f"{path}: {option} is not completed" for option in sorted(options)
                   if not re.search(rf"(--long-option |--){option[2:]}\b", completion)]
        faults += [f"{path}: {word} is not completed" for verb in helps for word in verb
                   if not re.search(rf"\b{word}\b", completion)]
    for verb, text in helps.items():
        words = " ".join(verb)
        is_group = "SUBCOMMAND" in text and "[SUBCOMMAND]" not in text
        if verb and not is_group and not re.search(rf"^\.Cm {words}\b", page, re.MULTILINE):
            faults.append(f"{words}: not in the synopsis")
        if verb and not is_group and not re.search(rf"^\.It Cm {words}\b", page, re.MULTILINE):
            faults.append(f"{words}: not described")
        if verb and "Example:" not in text:
            faults.append(f"{words}: has no example")
    for status, meaning in re.findall(r"^  (\d)  (.*)$", helps[()], re.MULTILINE):
        if f".It {status}\n{meaning}\n" not in page:
            faults.append(f"exit status {status}: told otherwise in the manual page")
    print("\n".join(faults) if faults else f"man: {len(helps) - 1} verbs, {len(options)} options")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
