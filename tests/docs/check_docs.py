#!/usr/bin/python3
"""Whether docs/ says what the code says: check_docs.py [--write] SOURCE-TREE [PATH-OF-STEPUP].

--write makes the table of docs/audit-events.md anew. With the program `stepup`, its manual page is compared, too.
Each function below is one promise; it yields what breaks it.
"""

import math
import pathlib
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as xml

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
WIRE_TYPES = {"std::uint8_t": "u8", "std::uint16_t": "u16", "std::uint32_t": "u32", "std::uint64_t": "u64",
              "std::string_view": "text"}


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def pages(self):
        """The prose: every Markdown file that is ours to keep true."""
        top = [path for path in self.root.glob("*.md")]
        return sorted(str(path.relative_to(self.root)) for path in [*top, *(self.root / "docs").rglob("*.md")])


def rows(page, *header):
    """The rows of each Markdown table whose first columns are `header`, as lists of bare cells."""
    found, inside = [], False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            inside = False
        elif cells[:len(header)] == list(header):
            inside = True
        elif inside and not set(line) <= set("|-: "):
            found.append([cell.strip("`") for cell in cells])
    return found


def sections(page, level):
    """Heading → what stands below it, for headings of that level."""
    parts = re.split(rf"^{'#' * level} (.+)$", page, flags=re.M)
    return {heading: re.split(rf"^#{{1,{level}}} ", body, flags=re.M)[0]
            for heading, body in zip(parts[1::2], parts[2::2])}


def difference(what, stated, real):
    for one in [one for one in real if one not in stated]:
        yield f"{what}: {one} is missing, or not as in the code"
    for one in [one for one in stated if one not in real]:
        yield f"{what}: {one} is not so in the code"


# pam.sock

def enumerations(tree):
    """Enumeration → its names and numbers, of wire.hpp and verdict.hpp."""
    text = tree.text("common/wire.hpp") + tree.text("common/verdict.hpp")
    return {name: [(one, int(number, 0)) for one, number in re.findall(r"(\w+) = (\w+)", body)]
            for name, body in re.findall(r"enum class (\w+) : std::uint\d+_t \{(.*?)\};", text, re.S)}


def messages(tree):
    """Message → (kind, [(field, type)]), as wire.hpp lists them."""
    found, types = {}, dict(WIRE_TYPES)
    text = tree.text("common/wire.hpp") + tree.text("common/verdict.hpp")
    types.update((name, WIRE_TYPES[base]) for name, base in re.findall(r"enum class (\w+) : (std::\w+)", text))
    for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", tree.text("common/wire.hpp"), re.S):
        kind = int(re.search(r"kind = (\d+)", body)[1])
        declared = dict((field, types[kind_of]) for kind_of, field
                        in re.findall(r"^\s+([\w:]+) (\w+)(?=\s*(?:;|=|\n))", body, re.M) if kind_of in types)
        listed = re.findall(r"m\.(\w+)", re.search(r"std::tie\((.*?)\)", body, re.S)[1])
        found[name] = (kind, [(field, declared[field]) for field in listed])
    return found


def offsets(fields):
    """Where each field begins, as the page writes it: nothing behind a text."""
    at = 1
    for _, kind in fields:
        yield str(at) if at else ""
        at = 0 if kind == "text" or not at else at + SIZES[kind]


def protocol_messages(tree):
    page = sections(tree.text("docs/protocol.md"), 3)
    real = messages(tree)
    yield from difference("protocol.md, messages", [heading for heading in page if "(kind" in heading],
                          [f"{name} (kind {kind})" for name, (kind, _) in real.items()])
    for name, (kind, fields) in real.items():
        stated = [tuple(row[:3]) for row in rows(page.get(f"{name} (kind {kind})", ""), "offset", "field", "type")]
        wanted = [(at, field, type_) for at, (field, type_) in zip(offsets(fields), fields)]
        if stated != wanted:
            yield f"protocol.md, {name}: has {stated}, the code {wanted}"


def protocol_words(tree):
    page = tree.text("docs/protocol.md")
    for name, real in enumerations(tree).items():
        stated = [(row[0], int(row[1], 0)) for row in rows(page, name.lower(), "value")]
        yield from difference(f"protocol.md, {name}", stated, real)


def protocol_limits(tree):
    page = rows(tree.text("docs/protocol.md"), "name", "value", "means")
    text = re.sub(r"[\w:]+\{(\d+)\}", r"\1", tree.text("common/wire.hpp"))
    constants = re.findall(r"^constexpr [\w:]+ (\w+) = ([\d *]+);", text, re.M)
    real = [(name, math.prod(int(one) for one in value.split("*"))) for name, value in constants]
    yield from difference("protocol.md, limits", [(row[0], int(row[1])) for row in page], real)


def protocol_examples(tree):
    """Each example is read field by field, one a line."""
    real = messages(tree)
    examples = re.findall(r"^```hex (\w+)\n(.*?)^```", tree.text("docs/protocol.md"), re.M | re.S)
    if not examples:
        yield "protocol.md: no example"
    for name, block in examples:
        kind, fields = real[name]
        lines = [re.fullmatch(r"([0-9a-f ]+?) *; (\w+).*", line) for line in block.splitlines()]
        if None in lines or [line[2] for line in lines] != ["kind", *(field for field, _ in fields)]:
            yield f"protocol.md, example {name}: its lines are not the fields"
            continue
        raw = [bytes.fromhex(line[1]) for line in lines]
        fits = [len(one) == SIZES[type_] if type_ != "text" else len(one) == 2 + struct.unpack("<H", one[:2])[0]
                for one, (_, type_) in zip(raw[1:], fields)]
        if raw[0] != bytes([kind]) or not all(fits):
            yield f"protocol.md, example {name}: the bytes do not add up"


# Tables of the daemon

def event_table(tree):
    """The catalogue of events as Markdown rows."""
    text = tree.text("daemon/audit/events.hpp")
    names = re.findall(r"(\w+) = \d", re.search(r"enum class Priority.*?\{(.*?)\}", text, re.S)[1])
    table = ["| id | name | priority | queued | fields | meaning | MESSAGE_ID |", "|---|---|---|---|---|---|---|"]
    for body in re.findall(r"EventRow\{\s*(Event::.*?)\},\n", text, re.S):
        priority = re.search(r"Priority::(\w+)", body)[1]
        assert priority in names
        event, name, message, *rest = [join(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*', body)]
        fields, meaning = rest
        listed = ", ".join(f"`{field}`" for field in fields.split())
        queued = "yes" if body.endswith("true") else ""
        table.append(f"| {event} | {name} | {priority} | {queued} | {listed} | {meaning} | `{message}` |")
    return table


def join(literals):
    """C++ string literals that stand beside each other, as one text."""
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))


def audit_events(tree):
    stated = [line for line in tree.text("docs/audit-events.md").splitlines() if line.startswith("| MFA-")]
    yield from difference("audit-events.md", stated, event_table(tree)[2:])


def write_audit_events(tree):
    page = tree.root / "docs/audit-events.md"
    text = page.read_text(encoding="utf-8")
    table = "\n".join(event_table(tree))
    text = re.sub(r"(?m)^\| id \| name \|.*\n(?:\|.*\n)*", lambda _: table + "\n", text)
    page.write_text(text, encoding="utf-8")


def dbus_methods(tree):
    real = []
    for interface in xml.fromstring(tree.text("dbus/org.stepup.StepUp1.xml")).iter("interface"):
        for method in interface.iter("method"):
            sides = {side: ", ".join(f"{arg.get('type')} {arg.get('name')}" for arg in method.iter("arg")
                                     if arg.get("direction") == side) for side in ("in", "out")}
            real.append((f"{interface.get('name').rsplit('.', 1)[1]}.{method.get('name')}", sides["in"], sides["out"]))
    stated = [(row[1], row[2], row[3]) for row in rows(tree.text("docs/dbus.md"), "capability", "method", "in", "out")]
    yield from difference("dbus.md, methods", stated, real)


def dbus_actions(tree):
    """The table names the polkit action of each method as the gate does, and the action exists."""
    gate = re.findall(r'GateRow\{"org\.stepup\.StepUp1\.(\w+)", "(\w+)", Needs::\w+(?:, "org\.stepup\.([\w-]+)")?\}',
                      tree.text("daemon/bus_door/gatekeeper.hpp"))
    asked = [(f"{interface}.{method}", action or "manage-own") for interface, method, action in gate]
    stated = [(row[1], row[5]) for row in rows(tree.text("docs/dbus.md"), "capability", "method", "in", "out", "verb", "polkit")]
    yield from difference("dbus.md, polkit", sorted(stated), sorted(asked))
    known = [action.get("id") for action in xml.fromstring(tree.text("dbus/org.stepup.policy")).iter("action")]
    table = [row[0] for row in rows(tree.text("docs/dbus.md"), "action", "without rules of the host's")]
    yield from difference("dbus.md, actions", table, known)
    for _, action in asked:
        if f"org.stepup.{action}" not in known:
            yield f"org.stepup.policy: no action org.stepup.{action}"


def dbus_errors(tree):
    text = tree.text("common/management_error.hpp")
    exits = dict(re.findall(r"(\w+) = (\d)", re.search(r"enum class Exit.*?\{(.*?)\}", text, re.S)[1]))
    table = re.findall(r'ManagementErrorRow\{\s*ManagementError::\w+, "(\w+)", Exit::(\w+)', text)
    page = tree.text("docs/dbus.md")
    stated = [(row[0], row[1]) for row in rows(page, "error", "exit status")]
    yield from difference("dbus.md, errors", stated, [(name, exits[end]) for name, end in table])
    for row in rows(page, "capability", "method"):
        for error in re.findall(r"[A-Z]\w+", row[-1]):
            if error not in [name for name, _ in table]:
                yield f"dbus.md: {row[1]} cannot fail with {error}"


def settings(tree):
    """stepup.toml.5 has every option of the example file (which is the option table's own), with its default."""
    real, section = [], ""
    for line in tree.text("packaging/stepup.toml").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif option := re.fullmatch(r"#(\w+) = (.*)", line):
            value = "LIST" if option[2].startswith("[") else option[2]
            real.append((f"{section}.{option[1]}", value))
    page = tree.text("docs/man/stepup.toml.5").replace(r"\(dq", '"')
    stated = [(name, value) for name, value in re.findall(r"^\.It Cm ([a-z_]+\.[a-z_]+) = (.*)$", page, re.M)]
    yield from difference("stepup.toml.5", stated, real)


def policy_keys(tree):
    """stepup-policy.5 has every key of docs/policy.md (which a test of the parser's compares with its tables)."""
    real = set()
    for heading, body in sections(tree.text("docs/policy.md"), 2).items():
        if (table := heading.strip("`[]")) in ("defaults", "limits", "rule", "match", "trusted_keys"):
            real |= {(table, row[0]) for row in [*rows(body, "key", "default"), *rows(body, "key", "means"),
                                                 *rows(body, "key", "matches")]}
    stated, table = set(), ""
    for line in tree.text("docs/man/stepup-policy.5").splitlines():
        if line.startswith(".Ss "):
            table = line[4:].strip("[] ")
        elif key := re.match(r"\.It Cm (\w+)", line):
            stated.add((table, key[1]))
    inherited = {("rule", key) for table, key in real if table == "defaults"}  # the page says it in one sentence
    yield from difference("stepup-policy.5", sorted(stated), sorted(real - inherited))


# What prose mentions

def paths(tree):
    """A file that a page names in `code` is there."""
    rooms = {path.name for path in tree.root.iterdir() if path.is_dir() and not path.name.startswith("build")}
    for page in tree.pages():
        for name in re.findall(r"`([\w.-]+(?:/[\w.*-]+)+/?)`", tree.text(page)):
            if name.split("/")[0] in rooms and not list(tree.root.glob(name.rstrip("/"))):
                yield f"{page}: {name} does not exist"


def screens(tree):
    """What a page shows as a screen stands so, line for line, in the screen that a test keeps."""
    for page in tree.pages():
        for name, shown in re.findall(r"<!-- screen: ([\w-]+) -->\n```text\n(.*?)```", tree.text(page), re.S):
            kept = tree.root / f"tests/system/screens/{name}.txt"
            if not kept.exists():
                yield f"{page}: there is no screen {name}"
            elif f"\n{shown}" not in f"\n{kept.read_text(encoding='utf-8')}":
                yield f"{page}: this is not on the screen {name}: {shown.splitlines()[0]} …"


def rooms_are_drawn(tree):
    """ARCHITECTURE.md has a row for each room that the layer check knows, and for no other."""
    text = tree.text("tests/layers/check_layers.py")
    real = re.findall(r'^    "([\w/]+)":', re.search(r"MAY_INCLUDE = \{(.*?)\n\}", text, re.S)[1], re.M)
    stated = [row[0] for row in rows(tree.text("docs/ARCHITECTURE.md"), "room", "what it is for")]
    yield from difference("ARCHITECTURE.md, rooms", stated, real)


def dev_verbs(tree):
    known = re.findall(r"^  (\w+)", subprocess.run([tree.root / "dev", "help"], check=True, capture_output=True,
                                                   text=True).stdout, re.M)
    for page in tree.pages():
        for verb in re.findall(r"\./dev ([a-z0-9]+)", tree.text(page)):
            if verb not in known:
                yield f"{page}: ./dev {verb} does not exist"


def decisions_are_listed(tree):
    listed = tree.text("docs/ARCHITECTURE.md")
    for path in sorted((tree.root / "docs/adr").glob("*.md")):
        if path.name not in listed:
            yield f"ARCHITECTURE.md does not list docs/adr/{path.name}"


def threat_model_names_real_tests(tree):
    """Every test that docs/threat-model.md names exists, and every requirement stands there once."""
    page = tree.text("docs/threat-model.md")
    tests = [path for kind in ("*.cpp", "*.py") for path in (tree.root / "tests").rglob(kind)]
    sources = {path: path.read_text(encoding="utf-8") for path in tests}
    known = {f"{suite}.{case}" for text in sources.values()
             for suite, case in re.findall(r"\bTEST(?:_[FP])?\((\w+), (\w+)\)", text)}
    known |= {f"{path.name}::{case}" for path, text in sources.items() for case in re.findall(r"def (test_\w+)", text)}
    for name in re.findall(r"`(test_\w+\.py::\w+|[A-Z]\w+\.\w{9,})`", page):
        if name not in known and name != "SECURITY.md":
            yield f"docs/threat-model.md: there is no test {name}"
    ids = [cells[0] for cells in rows(page, "id", "requirement")]
    yield from difference("docs/threat-model.md", ids, [f"S-{number:02}" for number in range(1, 52)])


def cli_manual(tree, program):
    """stepup.1 has each verb and option of the program, and names no verb it has not."""
    page = re.sub(r"\\-", "-", tree.text("docs/man/stepup.1"))
    verbs = list(cli_verbs(program, []))
    for words in verbs:
        heading = r"[ \w]* ".join(words)
        if not re.search(rf"^\.(It|Ss|Nm|Op)\b.*\b{heading}\b", page, re.M):
            yield f"stepup.1: no `stepup {' '.join(words)}`"
        for option in re.findall(r"--([\w-]+)", usage(program, words).split("Example:")[0]):
            if option != "help" and not re.search(rf"Fl (-|\\&-)?-?{option}\b|--{option}\b", page):
                yield f"stepup.1: no --{option} of `stepup {' '.join(words)}`"


def help_fits_a_terminal(program):
    for words in [[], *cli_verbs(program, [])]:
        for line in usage(program, words).splitlines():
            if len(line) > 80:
                yield f"`stepup {' '.join(words)} --help` is wider than 80 columns: {line.strip()}"


# Verbs that no method of the bus stands behind.
NOT_OVER_THE_BUS = ["require", "audit", "admin recovery-share", "admin backup", "admin restore", "admin key rotate",
                    "policy check", "policy explain", "policy diff", "policy profile", "pam enable", "pam disable", "pam status", "pam try", "pam confirm",
                    "pam revert", "doctor", "import u2f", "import yubico"]


def dbus_verbs(tree, program):
    """The table of dbus.md names verbs and options that are there, and every verb that uses the bus."""
    verbs = {" ".join(words): words for words in cli_verbs(program, [])}
    leaves = [name for name in verbs if not any(other.startswith(name + " ") for other in verbs) or name == "recovery"]
    stated = set()
    for row in rows(tree.text("docs/dbus.md"), "capability", "method", "in", "out", "verb"):
        for text in re.split("[`,]+ *", row[4]):
            name = re.split(" (?:--|…)", text)[0].strip()
            if not name:
                continue
            stated |= {leaf for leaf in leaves if leaf == name or leaf.startswith(f"{name} ") and "…" in text}
            if name not in verbs:
                yield f"dbus.md: there is no verb `stepup {name}`"
            elif any(option not in usage(program, verbs[name]) for option in re.findall(r"--[\w-]+", text)):
                yield f"dbus.md: `stepup {text}` has no such option"
    yield from difference("dbus.md, verbs", sorted(stated), sorted(set(leaves) - set(NOT_OVER_THE_BUS)))


def usage(program, words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def cli_verbs(program, words):
    """Every verb, as lists of words: `enroll`, `enroll totp` …"""
    below = re.search(r"^Subcommands:\n((?:  .*\n?)+)", usage(program, words), re.M)
    for name in re.findall(r"^  ([\w-]+)", below[1], re.M) if below else []:
        yield [*words, name]
        yield from cli_verbs(program, [*words, name])


PROMISES = [protocol_messages, protocol_words, protocol_limits, protocol_examples, audit_events, dbus_methods,
            dbus_actions, dbus_errors, settings, policy_keys, paths, screens, rooms_are_drawn, dev_verbs, decisions_are_listed,
            threat_model_names_real_tests]


def main(arguments):
    writes = "--write" in arguments
    root, *program = [one for one in arguments if one != "--write"]
    tree = Tree(root)
    if writes:
        write_audit_events(tree)
    faults = [fault for promise in PROMISES for fault in promise(tree)]
    if program:
        faults += cli_manual(tree, pathlib.Path(program[0]).resolve())
        faults += dbus_verbs(tree, pathlib.Path(program[0]).resolve())
        faults += help_fits_a_terminal(pathlib.Path(program[0]).resolve())
    print("\n".join(faults) if faults else f"docs: {len(PROMISES) + len(program)} promises kept")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
