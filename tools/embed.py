#!/usr/bin/env python3
"""Turns files into C++ array rows {"name", "text"}, to be included into an initializer.

usage: embed.py OUTPUT FILE...
"""
import pathlib
import sys

DELIMITER = "embedded"
PIECE = 8000  # a string literal may be limited to 65,536 bytes


def literal(text: str) -> str:
    if f'){DELIMITER}"' in text:
        sys.exit("embed.py: a file contains the delimiter of its own literal")
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return "\n".join(f'R"{DELIMITER}({piece}){DELIMITER}"' for piece in pieces)


def main() -> None:
    output, *inputs = sys.argv[1:]
    rows = (f'{{"{pathlib.Path(name).name}",\n{literal(pathlib.Path(name).read_text())}}},\n' for name in inputs)
    pathlib.Path(output).write_text("".join(rows))


if __name__ == "__main__":
    main()
