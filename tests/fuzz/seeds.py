#!/usr/bin/env python3
"""Makes first inputs for the fuzzers of HTTP/1 out of the table in tests/vectors/http1/."""
import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "build/fuzz"
LARGEST = 4096
PLAIN = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def closing(text, at):
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(text)


def unescape(text):
    out = b""
    while text:
        if text[0] != "\\":
            out, text = out + text[0].encode("latin-1"), text[1:]
        elif text[1] in PLAIN:
            out, text = out + PLAIN[text[1]], text[2:]
        elif text[1] == "x":
            out, text = out + bytes([int(text[2:4], 16)]), text[4:]
        else:
            times = re.match(r"\\\*(\d+)\(", text)
            end = closing(text, times.end() - 1)
            out += unescape(text[times.end():end]) * int(times[1])
            text = text[end + 1:]
    return out


def messages():
    """(request, response) of each entry; the response may be empty."""
    for path in sorted((ROOT / "tests/vectors/http1").glob("*.txt")):
        for entry in ("\n" + path.read_text()).split("\n== ")[1:]:
            lines = entry.split("\n")
            yield tuple(b"".join(unescape(line[2:]) for line in lines if line.startswith(mark))
                        for mark in ("> ", "< "))


def save(name, data):
    if data and len(data) <= LARGEST:
        (OUT / f"seeds-{name}" / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def main():
    names = ("connection", "request_head", "chunked", "response", "response_head", "beast_differential")
    for name in names:
        (OUT / f"seeds-{name}").mkdir(parents=True, exist_ok=True)
    for request, response in messages():
        save("connection", b"\5\0\40\0\100\0\200\0" + request + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        save("request_head", request)
        save("beast_differential", b"\1" + request)
        if b"chunked\r\n\r\n" in request:
            save("chunked", b"\5\0" + request.split(b"\r\n\r\n", 1)[1])
        if response:
            asked = b"\1" if request.startswith(b"HEAD") else b"\2" if b"Upgrade" in request else b"\0"
            save("response", asked + b"\100\0\5\0" + response)
            save("response_head", asked + response)
            save("beast_differential", b"\0" + response)


main()
