#!/usr/bin/env python3
"""Two thousand slow clients against one worker, and a client in a hurry beside them.

usage: ./dev bench --slow [--connections N] [--seconds S]

slowhttptest opens connections that send their head (H) or body (B) in drips or read their response
in drips (X). Meanwhile a probe asks for a small page each second, on a connection of its own. It
must be answered in under 100 ms throughout; exit 1 otherwise."""
import argparse
import http.client
import pathlib
import subprocess
import tempfile
import time

import rivals

LIMIT_MS = 100
MODES = {
    "H": ("slow heads", "128", []),
    "B": ("slow bodies", "128", ["-s", "8192", "-x", "10"]),
    "X": ("slow readers", "1m", ["-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"]),
}


def ask(port):
    """Milliseconds until a small page is here, over a fresh connection."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/128")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200 or len(body) != 128:
        raise SystemExit(f"the probe got {answer.status} with {len(body)} bytes")
    return (time.monotonic() - began) * 1000


def attack(mode, port, options):
    title, path, extra = MODES[mode]
    return title, subprocess.Popen(
        ["slowhttptest", f"-{mode}", "-c", str(options.connections), "-r", str(options.connections // 4),
         "-i", "3", "-l", str(options.seconds), "-p", "5", "-u", f"http://127.0.0.1:{port}/{path}", *extra],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        servers, ports = rivals.backends(folder, core=1)
        port, = rivals.free_ports(1)
        proxy = rivals.start(0, rivals.sluice(folder, port, ports), port, folder / "sluice.log")
        print(f"| {options.connections} clients | probes | median ms | worst ms |\n|---|---|---|---|")
        for mode in MODES:
            title, attacker = attack(mode, port, options)
            times = []
            while attacker.poll() is None:
                times.append(ask(port))
                time.sleep(1)
            failed |= max(times) >= LIMIT_MS
            print(f"| {title} (-{mode}) | {len(times)} | {sorted(times)[len(times) // 2]:.1f} | {max(times):.1f} |",
                  flush=True)
        rivals.stop(proxy)
        rivals.stop(servers)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
