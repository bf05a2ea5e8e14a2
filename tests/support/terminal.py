#!/usr/bin/env python3
"""Runs a program at a terminal of its own, presses ctrl-C once a text was there so often, and prints
all that it wrote; then "exit=CODE restored=True" when the terminal has its settings of before.

usage: terminal.py TEXT TIMES PROGRAM [ARGUMENT...]"""
import os
import pty
import select
import sys
import termios
import time

PATIENCE = 10


def main():
    text, times, argv = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    before = termios.tcgetattr(terminal)
    seen, pressed, until = b"", False, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # EIO: the last one who held it has gone
            break
        if not pressed and seen.count(text) >= times:
            restored = termios.tcgetattr(terminal) == before
            os.write(terminal, b"\x03")
            pressed = True
    _, status = os.waitpid(pid, 0)
    sys.stdout.write(seen.decode(errors="replace"))
    print(f"\nexit={os.waitstatus_to_exitcode(status)} restored={pressed and restored}")


if __name__ == "__main__":
    main()
