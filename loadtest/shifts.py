#!/usr/bin/env python3
"""Weights changed and the configuration read anew, again and again, under load.

usage: ./dev bench --shifts [--changes N] [--reloads N] [--rate R] [--seconds S]

wrk asks at a pace of about R requests a second for S seconds: first while nothing changes, then while N weights
are set over the admin API (each kept on disk and served by every worker before the next) and the file is
rewritten and reloaded; twice each, in turns. Exit 1 when a request failed or was reset, a change was refused,
or the proxy's memory grew by more than 5 % after the first tenth of the changes."""
import argparse
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import rivals

CONNECTIONS = 50
GROWTH_LIMIT = 0.05
ROUNDS = 2


def configuration(port, admin, upstream_ports, blue):
    names = [name for name, _ in rivals.SPLIT]
    upstreams = "".join(f'  {name}: {{ endpoints: ["127.0.0.1:{p}"] }}\n' for name, p in zip(names, upstream_ports))
    return (f'version: 1\nworkers: 1\nadmin: {{ listen: "127.0.0.1:{admin}" }}\nstate: {{ path: state.db }}\n'
            f'listeners: [{{ name: edge, bind: "127.0.0.1:{port}" }}]\nupstreams:\n{upstreams}'
            f"routes: [{{ name: all, split: {{ blue: {blue}, green: 5, canary: 5 }} }}]\n")


class Operator:
    """Changes weights and files, at an even pace, until all is done."""

    def __init__(self, options, folder, ports, upstream_ports, process):
        self.options, self.folder, self.upstream_ports = options, folder, upstream_ports
        self.port, self.admin = ports
        self.process = process
        token = re.search(r"admin token of this run: (\S+)", (folder / "sluice.log").read_text()).group(1)
        self.headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "If-Match": "*"}
        self.done, self.refused, self.took, self.memory = 0, 0, [], []

    def ask(self, method, path, body=None):
        began = time.perf_counter()
        client = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=30)
        client.request(method, path, body, self.headers)
        status = client.getresponse().status
        client.close()
        self.took.append(time.perf_counter() - began)
        self.refused += status != 200

    def reload(self, number):
        text = configuration(self.port, self.admin, self.upstream_ports, 90 + number % 2)
        (self.folder / "sluice.yaml").write_text(text)
        self.ask("POST", "/api/v1/config/reload")

    def rss(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))

    def work(self, seconds):
        """One round's part of all that there is to do."""
        changes = self.options.changes // ROUNDS
        every = max(changes // max(self.options.reloads // ROUNDS, 1), 1)
        began = time.monotonic()
        for i in range(changes):
            weights = {"blue": 1 + self.done % 100, "green": self.done % 7, "canary": self.done % 50}
            self.ask("PUT", "/api/v1/routes/all/weights", json.dumps({"weights": weights}))
            self.done += 1
            if i % every == every - 1:
                self.reload(self.done)
            self.memory.append(self.rss())
            time.sleep(max(0, began + seconds * (i + 1) / changes - time.monotonic()))


def load(options, port):
    pause_ms = round(1000 * CONNECTIONS / options.rate)
    text = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{options.seconds}s", "-s",
         rivals.ROOT / "loadtest/lua/shifts.lua", f"http://127.0.0.1:{port}/128", "--", str(pause_ms)],
        capture_output=True, text=True, check=True).stdout
    found = re.search(r"^shifts (.*)$", text, re.M)
    return {key: float(value) for key, value in (pair.split("=") for pair in found.group(1).split())}


def measure(options, operator, port):
    """(what, numbers) of each run, in turns."""
    runs = []
    for _ in range(ROUNDS):
        runs.append(("quiet", load(options, port)))
        shifting = threading.Thread(target=operator.work, args=(options.seconds - 1,))
        shifting.start()
        runs.append(("shifting", load(options, port)))
        shifting.join()
    return runs


def report(runs, operator):
    for what, it in runs:
        print(f"{what:9} {it['requests'] / it['seconds']:7.0f} requests/s  p50 {it['p50_us'] / 1e3:6.2f} ms  "
              f"p99 {it['p99_us'] / 1e3:6.2f} ms  worst {it['max_us'] / 1e3:7.2f} ms  failed {it['failed']:.0f}  "
              f"reset {it['resets']:.0f}")
    took = sorted(operator.took)
    first, last = operator.memory[len(operator.memory) // 10], operator.memory[-1]
    print(f"{operator.done} changes of weights and {len(took) - operator.done} reloads, {operator.refused} refused; "
          f"median {1e3 * took[len(took) // 2]:.1f} ms, worst {1e3 * took[-1]:.1f} ms")
    print(f"memory (RSS): {operator.memory[0]} KiB after the first change, {first} after a tenth, {last} at the end: "
          f"{100 * (last - first) / first:+.1f} %")
    lost = sum(it["failed"] + it["resets"] for _, it in runs)
    return 1 if lost or operator.refused or last > first * (1 + GROWTH_LIMIT) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    port, admin = rivals.free_ports(2)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server, upstream_ports = rivals.backends(folder, 1)
        (folder / "sluice.yaml").write_text(configuration(port, admin, upstream_ports, 90))
        proxy = rivals.start(0, [rivals.ROOT / "build/release/sluice", "run", "-c", folder / "sluice.yaml"], port,
                             folder / "sluice.log")
        try:
            time.sleep(0.5)
            operator = Operator(options, folder, (port, admin), upstream_ports, proxy)
            return report(measure(options, operator, port), operator)
        finally:
            rivals.stop(proxy)
            rivals.stop(server)


if __name__ == "__main__":
    raise SystemExit(main())
