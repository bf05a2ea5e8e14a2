#!/usr/bin/env python3
"""Checks that docs/HTTP.md has its rows and that every test it names exists."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXPECTED = set(range(1, 38)) - {28} | {40}


def suites():
    text = "".join(path.read_text() for path in (ROOT / "tests").rglob("*_test.cpp"))
    return set(re.findall(r"\bTEST(?:_F|_P)?\((\w+),", text))


def vector_rows():
    text = "".join(path.read_text() for path in (ROOT / "tests/vectors/http1").glob("*.txt"))
    return {int(number) for number in re.findall(r"^row: (\d+)$", text, re.M)}


def problems():
    table = (ROOT / "docs/HTTP.md").read_text()
    rows = {int(line.split("|")[1]): line.split("|")[5] for line in table.splitlines() if re.match(r"\| \d", line)}
    for number in sorted(EXPECTED ^ set(rows)):
        yield f"row {number}: missing, or not expected"
    known, vectors = suites(), vector_rows()
    for number, tests in rows.items():
        named = re.findall(r"`([^`]+)`", tests)
        if not named and not re.search(r"row \d+", tests):
            yield f"row {number}: names no test"
        for cited in map(int, re.findall(r"row (\d+)", tests)):
            if cited not in vectors:
                yield f"row {number}: no vector of row {cited}"
        for name in named:
            if name.endswith(".vtc") and (ROOT / "tests/e2e/vtc" / name).exists() or name in known:
                continue
            yield f"row {number}: no test '{name}'"


def main():
    found = list(problems())
    print("\n".join(found) or "rows: each names tests that exist")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
