#!/usr/bin/env python3
"""Checks that folders include only what docs/ARCHITECTURE.md allows, and the three invariants.

The table is read from the document itself, so that it cannot drift from what is checked."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def read_table():
    """Rows "| folder | may include |" of the document: names of folders, or of single headers."""
    rows = {}
    for line in (ROOT / "docs/ARCHITECTURE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 2 and re.fullmatch(r"`[a-z]+`", cells[0]):
            rows[cells[0].strip("`")] = set(re.findall(r"`([^`]+)`", cells[1]))
    return rows


def allowed(folder, target, table):
    owner = target.split("/")[0]
    if owner == folder or owner not in table:
        return owner == folder or owner in ("tests",)
    permitted = table[folder]
    return "all" in permitted or owner in permitted or target in permitted or (
        "*/spec.hpp" in permitted and target == f"{owner}/spec.hpp")


PURE = re.compile(r"^(base|routing|rollout)/|_fsm\.|_policy\.")
ASYNC = re.compile(r"^(boost/asio|boost/beast)")


def violations_of(path, table):
    name = path.relative_to(ROOT).as_posix()
    folder = name.split("/")[0]
    text = path.read_text()
    for bracket, target in INCLUDE.findall(text):
        if bracket == '"' and not allowed(folder, target, table):
            yield f"{name}: {folder}/ may not include {target}"
        if target.startswith("yaml-cpp") and folder != "config":
            yield f"{name}: only config/ knows YAML"
        if target.startswith("boost/json") and folder not in ("admin", "app", "health"):
            yield f"{name}: only admin/ and health/ know JSON"
        if PURE.search(name) and ASYNC.match(target):
            yield f"{name}: is pure, yet includes {target}"
    if PURE.search(name) and re.search(r"\b(steady_clock|system_clock)::now\b|clock_gettime", text):
        yield f"{name}: is pure, yet reads a clock"
    if re.search(r"\b(strto[a-z]+|atoi|atol|stoi|stol|stoul|stoull|stod)\s*\(", text):
        yield f"{name}: numbers are parsed whole, with std::from_chars"


def main():
    table = read_table()
    if len(table) < 8:
        sys.exit("layers: the table of docs/ARCHITECTURE.md was not found")
    files = [path for folder in table for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    found = [line for path in files for line in violations_of(path, table)]
    print("\n".join(found) or f"layers: {len(files)} files keep the table of {len(table)} folders")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
