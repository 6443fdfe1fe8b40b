#!/usr/bin/python3
"""Completion for a shell, made of what `stepup --help` says: completion.py STEPUP bash|zsh|fish."""

import re
import subprocess
import sys
from dataclasses import dataclass, field

# What may follow an option, or stand for a word of this kind: a list, or what the functions below know.
VALUES = {"--algorithm": ["SHA1", "SHA256", "SHA512"], "--digits": ["6", "7", "8"], "--window": ["1m", "5m", "15m", "1h"],
          "--for": ["1h", "24h", "7d"], "--since": ["1h", "24h", "7d"], "--until": ["1h", "24h", "7d"], "--lines": ["all"],
          "--service": ["sudo", "su", "sshd", "login", "stepup"]}
KINDS = {"FACTOR": "labels", "USER": "users", "FILE": "files", "PATH": "files", "DATABASE": "files", "FOLDER": "files"}
NOTHING_KNOWN = "nothing"


@dataclass
class Option:
    names: list
    takes: str  # "", or what kind of value
    help: str


@dataclass
class Verb:
    words: tuple
    below: list = field(default_factory=list)  # (name, summary)
    options: list = field(default_factory=list)
    takes: str = NOTHING_KNOWN  # what its arguments are


def section(text, name):
    found = re.search(rf"^{name}:\n((?:  .*\n)+)", text, re.M)
    return re.sub(r"\n {10,}", "  ", found[1]) if found else ""


def value_of(option, kind):
    known = [VALUES[name] for name in option if name in VALUES]
    return known[0] if known else KINDS.get(kind.split(":")[0], NOTHING_KNOWN)


def read_verb(program, words):
    text = subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout
    verb = Verb(words)
    verb.below = re.findall(r"^  (\S+)\s{2,}(.*)$", section(text, "Subcommands"), re.M)
    for line in section(text, "Options").splitlines():
        names, kind, help_text = re.fullmatch(r"  (-\S+)((?: \S+)*?)(?:\s{2,}(.*))?", line).groups(default="")
        names, kind = names.split(","), re.sub(r" ?(Needs|Excludes):( \S+)+", "", kind).strip()
        verb.options.append(Option(names, value_of(names, kind) if kind else "", help_text))
    positionals = re.findall(r"^  (\S+)", section(text, "Positionals"), re.M)
    verb.takes = KINDS.get(positionals[0].split(":")[0], NOTHING_KNOWN) if positionals else NOTHING_KNOWN
    return verb


def read_all(program, words=()):
    verb = read_verb(program, words)
    return [verb, *(one for name, _ in verb.below for one in read_all(program, (*words, name)))]


def names_of(verb):
    return [name for option in verb.options for name in option.names if len(name) > 2]


# bash

BASH = """\
# bash completion for stepup(1); tools/completion.py makes it

_stepup_labels() {
    local label
    while IFS= read -r label; do
        if [[ $label == "$1"* ]]; then COMPREPLY+=("$(printf %%q "$label")"); fi
    done < <(stepup list --labels 2>/dev/null)
}

_stepup() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb="" i choices="" takes=""
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$verb ${COMP_WORDS[i]}" in
        %(verbs)s) verb+=" ${COMP_WORDS[i]}" ;;
        esac
    done
    case "$verb $previous" in
%(values)s
    *)
        case "$verb" in
%(words)s
        esac
        ;;
    esac
    if [[ $takes == files ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$word"); return; fi
    if [[ $takes == users ]]; then choices+=" $(compgen -u)"; fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
    if [[ $takes == labels ]]; then _stepup_labels "$word"; fi
}
complete -F _stepup stepup
"""


def bash(verbs):
    joined = {verb.words: "".join(f" {word}" for word in verb.words) for verb in verbs}
    values, words = [], []
    for verb in verbs:
        for option in verb.options:
            if option.takes:
                patterns = " | ".join(f'"{joined[verb.words]} {name}"' for name in option.names)
                does = f'choices="{" ".join(option.takes)}"' if isinstance(option.takes, list) else f"takes={option.takes}"
                values.append(f"    {patterns}) {does} ;;")
        choices = " ".join([*(name for name, _ in verb.below), *names_of(verb)])
        takes = f" takes={verb.takes}" if verb.takes != NOTHING_KNOWN else ""
        words.append(f'        "{joined[verb.words]}") choices="{choices}"{takes} ;;')
    known = " | ".join(f'"{text}"' for text in joined.values() if text)
    return BASH % {"verbs": known, "values": "\n".join(values), "words": "\n".join(words)}


# zsh

ZSH = """\
#compdef stepup
# zsh completion for stepup(1); tools/completion.py makes it

_stepup_labels() {
    local -a labels
    labels=("${(@f)$(_call_program labels stepup list --labels 2>/dev/null)}")
    compadd -a labels
}

%(functions)s
_stepup "$@"
"""


def zsh_text(text):
    return re.sub(r"([\[\]:'\"`$\\])", "", text)


def zsh_action(takes):
    if isinstance(takes, list):
        return f"({' '.join(takes)})"
    return {"labels": "_stepup_labels", "users": "_users", "files": "_files"}.get(takes, " ")


def zsh_function(verb):
    lines = [f"{'_'.join(['_stepup', *verb.words])}() {{"]
    arguments = []
    for option in verb.options:
        for name in option.names:
            value = f":value:{zsh_action(option.takes)}" if option.takes else ""
            arguments.append(f"        '{name}[{zsh_text(option.help)}]{value}'")
    if verb.below:
        lines.append("    local -a verbs=(" + " ".join(f"'{name}:{zsh_text(help)}'" for name, help in verb.below) + ")")
        arguments += ["        '1:verb:->verb'", "        '*::arguments:->arguments'"]
    else:
        arguments.append(f"        '*:argument:{zsh_action(verb.takes)}'")
    lines.append("    local state line")
    lines.append("    _arguments -C \\\n" + " \\\n".join(arguments))
    if verb.below:
        lines += ["    case $state in", "    verb) _describe verb verbs ;;", "    arguments)", "        case $words[1] in"]
        lines += [f"        {name}) {'_'.join(['_stepup', *verb.words, name])} ;;" for name, _ in verb.below]
        lines += ["        esac", "        ;;", "    esac"]
    return "\n".join([*lines, "}", ""])


def zsh(verbs):
    return ZSH % {"functions": "\n".join(zsh_function(verb) for verb in reversed(verbs))}


# fish

FISH = """\
# fish completion for stepup(1); tools/completion.py makes it

function __stepup_at --description 'whether exactly these verbs were typed'
    set --local typed (commandline --tokenize --cut-at-cursor --current-process)
    set --local verbs (string match --invert -- '-*' $typed[2..-1])
    test (count $verbs) -ge (count $argv); or return 1
    for at in (seq (count $argv))
        test "$verbs[$at]" = "$argv[$at]"; or return 1
    end
end

function __stepup_labels
    stepup list --labels 2>/dev/null
end

complete --command stepup --no-files
"""


def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_arguments(takes):
    if isinstance(takes, list):
        return f" --exclusive --arguments '{' '.join(takes)}'"
    kinds = {"labels": " --exclusive --arguments '(__stepup_labels)'", "files": " --require-parameter --force-files",
             "users": " --exclusive --arguments '(__fish_complete_users)'"}
    return kinds.get(takes, " --exclusive" if takes else "")


def fish(verbs):
    lines = []
    for verb in verbs:
        deeper = "".join(f"; and not __stepup_at {' '.join([*verb.words, name])}" for name, _ in verb.below)
        here = f"--condition '__stepup_at {' '.join(verb.words)}{deeper}'"
        for name, help_text in verb.below:
            lines.append(f"complete --command stepup {here} --arguments {name} --description {fish_text(help_text)}")
        for option in verb.options:
            names = " ".join(f"--long-option {name[2:]}" if name.startswith("--") else f"--short-option {name[1:]}"
                             for name in option.names)
            lines.append(f"complete --command stepup {here} {names}{fish_arguments(option.takes)}"
                         f" --description {fish_text(option.help)}")
        if verb.takes in ("labels", "users"):
            kind = fish_arguments(verb.takes).replace(" --exclusive", "")
            lines.append(f"complete --command stepup {here}{kind}")
        elif verb.takes == "files":
            lines.append(f"complete --command stepup {here} --force-files")
    return FISH + "\n".join(lines) + "\n"


def main(program, shell):
    print({"bash": bash, "zsh": zsh, "fish": fish}[shell](read_all(program)), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
