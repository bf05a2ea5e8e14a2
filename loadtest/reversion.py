#!/usr/bin/env python3
"""How long a version that goes bad keeps its traffic: real processes, real load.

usage: ./dev bench --reversion [--runs N]

A baseline and a canary with some share of the weight answer some 900 requests a second, 10 ms in
the median. When everything has been well for two seconds the canary goes bad; what counts is the
time until the last request has reached it, as it has seen it itself. Then it is well again, the
weights are set anew, and the next run begins. Exit 1 when a run sees no reversion in time, or when
one is reverted that is well."""
import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import results
import rivals

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = (  # name, share of the canary in percent, what it does, seconds it may take
    ("every request fails", 5, "errors=1", 1),
    ("5 % of the requests fail", 5, "errors=0.05", 30),
    ("20 % of the requests fail", 5, "errors=0.2", 10),
    ("hangs (SIGSTOP), its timeout is 30 s", 5, "STOP", 3),
    ("three times as slow", 5, "slower=3", 30),
    ("three times as slow, with a quarter of the traffic", 25, "slower=3", 10),
)


HEAD = ("| canary | share | median ms | worst ms | requests harmed (median) | found by |\n"
        "|---|---|---|---|---|---|")
# What their documentation says of the time from a fault to the weight taken back.
RIVALS = """| for comparison, as documented | at best | in the example of its documentation |
|---|---|---|
| Flagger (`analysis.interval` has a floor of 10 s; `threshold` failed checks; metrics by a scrape) | 10-20 s and the metric's lag | 10-11 min |
| Argo Rollouts (an AnalysisRun over Prometheus) | 30-120 s | 15-20 min |
| HAProxy, nginx, Envoy, Traefik | never: none moves weight back by itself | - |"""


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


class Rig:
    def __init__(self, folder, sluice):
        ports = rivals.free_ports(4)
        self.blue, self.canary, self.port, self.admin = ports
        self.token = "reversion-" + "0" * 32
        self.arms = [rivals.start(1, [sys.executable, HERE / "arm.py", port], port,
                                  folder / f"{port}.log") for port in (self.blue, self.canary)]
        digest = __import__("hashlib").sha256(self.token.encode()).hexdigest()
        (folder / "tokens").write_text(f"bench:admin:{digest}\n")
        (folder / "tokens").chmod(0o600)
        (folder / "sluice.yaml").write_text(
            f'version: 1\nworkers: 1\nadmin: {{ listen: "127.0.0.1:{self.admin}", tokens_file: tokens }}\n'
            f'listeners: [{{ name: edge, bind: "127.0.0.1:{self.port}" }}]\n'
            f'upstreams:\n  blue: {{ endpoints: ["127.0.0.1:{self.blue}"] }}\n'
            f'  canary: {{ endpoints: ["127.0.0.1:{self.canary}"] }}\n'
            "routes: [{ name: shop, split: { blue: 100, canary: 0 }, guard: { baseline: blue } }]\n")
        self.proxy = rivals.start(0, [sluice, "run", "-c", folder / "sluice.yaml"], self.port,
                                  folder / "sluice.log")

    def ask(self, method, path, body=None, headers=()):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json",
                     **dict(headers)})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer), answer.headers

    def shift(self, percent):
        _, headers = self.ask("GET", "/api/v1/routes/shop/weights")
        self.ask("PUT", "/api/v1/routes/shop/weights",
                 {"weights": {"blue": 100 - percent, "canary": percent}},
                 {"If-Match": headers["ETag"]})

    def canary_weight(self):
        return self.ask("GET", "/api/v1/routes/shop/weights")[0]["weights"]["canary"]

    def fault(self, what):
        if what == "STOP":
            self.arms[1].send_signal(signal.SIGSTOP)
        else:
            get(f"http://127.0.0.1:{self.canary}/__set?{what}")

    def heal(self):
        self.arms[1].send_signal(signal.SIGCONT)
        return get(f"http://127.0.0.1:{self.canary}/__set?errors=0")

    def close(self):
        rivals.stop(self.proxy)
        for arm in self.arms:
            arm.send_signal(signal.SIGCONT)
            rivals.stop(arm)


def run(rig, share, fault, limit):
    """Seconds from the fault to the last request that the canary got, and the breach."""
    rig.shift(share)
    time.sleep(2)
    if rig.canary_weight() == 0:
        raise SystemExit("a canary that is well has lost its weight")
    began = time.monotonic()
    rig.fault(fault)
    while rig.canary_weight() > 0:
        if time.monotonic() - began > limit:
            raise SystemExit(f"no reversion within {limit} s")
        time.sleep(0.02)
    noticed = time.monotonic()
    time.sleep(0.3)
    stats = rig.heal()
    breach = rig.ask("GET", "/api/v1/routes/shop/guard")[0]["breaches"][0]
    last = noticed if fault == "STOP" else stats["last"]  # a stopped one sees nothing
    time.sleep(0.5)
    return max(last - began, 0), breach


def scenario(rig, name, share, fault, limit, runs):
    times, harmed, metrics = [], [], {}
    for _ in range(runs):
        seconds, breach = run(rig, share, fault, limit)
        times.append(seconds)
        harmed.append(breach["harmed"])
        metrics[breach["metric"]] = metrics.get(breach["metric"], 0) + 1
    by = ", ".join(f"{metric} {count}" for metric, count in sorted(metrics.items()))
    row = (f"| {name} | {share} % | {statistics.median(times) * 1000:.0f} | {max(times) * 1000:.0f} "
           f"| {statistics.median(harmed):.0f} | {by} |")
    print(row, flush=True)
    return row


def report(rows, runs):
    body = ("Written by `./dev bench --reversion`: real processes, some 900 requests a second, 10 ms in the median; the time "
            f"from the fault to the last request that the canary got, {runs} runs each, no reversion of one that was well.\n\n"
            f"Machine: {results.machine()}.\n\n" + "\n".join([HEAD, *rows]) + "\n\n" + RIVALS)
    results.write("A version that goes bad", body)


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--only", default="", help="scenarios whose name has this in it")
    options.add_argument("--sluice", type=pathlib.Path, default=rivals.ROOT / "build/release/sluice")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(pathlib.Path(name), chosen.sluice)
        load = subprocess.Popen(
            ["taskset", "-c", "1", "wrk", "-t1", "-c64", "-d3600s", "--timeout", "60s", "-s",
             HERE / "paced.lua", f"http://127.0.0.1:{rig.port}/"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(3)
            print(HEAD)
            rows = [scenario(rig, name, share, fault, limit, chosen.runs)
                    for name, share, fault, limit in SCENARIOS if chosen.only in name]
        finally:
            load.terminate()
            load.wait()
            rig.close()
    if not chosen.only:
        report(rows, chosen.runs)


if __name__ == "__main__":
    main()
