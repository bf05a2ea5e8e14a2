#!/usr/bin/env python3
"""What a guard costs the data plane.

usage: ./dev bench --guard [--rounds N] [--seconds S]

Two of the same proxy before the same backends, 90/5/5: one watches green and canary, one does not.
Interleaved rounds; CPU time a request, medians. The kernel tells user from system time by sampling,
some 5 % off in a round: `./dev bench --instructions` counts exactly what is outside the kernel. Exit 1
when something was reverted (all are well)."""
import argparse
import math
import statistics
import urllib.request

import compare
import results
import rivals


GUARD = "guard: { baseline: blue }, "


def configure(folder, port, admin, upstream_ports, guard):
    """The command line of one with `guard` in its route."""
    folder.mkdir()
    argv = rivals.sluice(folder, port, upstream_ports)
    config = folder / "sluice.yaml"
    plain, split = "127.0.0.1:0", "routes: [{ name: all, "
    text = config.read_text()
    assert plain in text and split in text
    config.write_text(text.replace(plain, f"127.0.0.1:{admin}").replace(split, split + guard))
    return argv


def sluice(folder, port, admin, upstream_ports, guard):
    return rivals.start(0, configure(folder, port, admin, upstream_ports, guard), port, folder / "log")


def was_reverted(admin):
    text = urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics").read().decode()
    return "sluice_reversions_total{" in text


def row(name, samples):
    middle = compare.medians(samples)
    return f"| {name} | {middle['user']:.3f} | {middle['system']:.2f} | {middle['total']:.2f} | {middle['rate']:.0f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    with rivals.ground() as (folder, upstream_ports):
        ports = rivals.free_ports(4)
        both = {"without": (sluice(folder / "a", ports[0], ports[1], upstream_ports, ""), ports[0]),
                "with a guard": (sluice(folder / "b", ports[2], ports[3], upstream_ports, GUARD), ports[2])}
        samples = {name: [] for name in both}
        try:
            for process, port in both.values():
                compare.load(port, "128", 64, 2)
            for _ in range(options.rounds):
                for name, (process, port) in both.items():
                    samples[name].append(compare.measure(process, port, "128", 64, options.seconds))
            reverted = was_reverted(ports[3])
        finally:
            for process, _ in both.values():
                rivals.stop(process)
    # Of neighbouring runs, so that what changes slowly on the machine is in both.
    pairs = list(zip(*samples.values()))
    lines = []
    for what in ("user", "total"):
        extras = [b[what] - a[what] for a, b in pairs]
        base = statistics.median(a[what] for a, _ in pairs)
        spread = statistics.stdev(extras) if len(extras) > 1 else math.inf
        error = 1.253 * spread / len(extras) ** 0.5  # of a median
        lines.append(f"{statistics.median(extras):+.3f} us of {what} time "
                     f"({100 * statistics.median(extras) / base:+.1f} %, standard error {100 * error / base:.1f} %)")
    body = ("Written by `./dev bench --guard`: 128 B at 64 connections, CPU us a request, medians of "
            f"{options.rounds} interleaved rounds of {options.seconds} s.\n\nMachine: {results.machine()}.\n\n"
            "| | user us | system us | total us | requests/s |\n|---|---|---|---|---|\n"
            + "\n".join(row(name, of) for name, of in samples.items())
            + f"\n\nThe guard adds {' and '.join(lines)}, medians of pairs.")
    print(body)
    results.write("What a guard costs", body)
    return 1 if reverted else 0


if __name__ == "__main__":
    raise SystemExit(main())
