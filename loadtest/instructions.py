#!/usr/bin/env python3
"""Counts the instructions of a request outside the kernel, and says which functions they are in.

usage: ./dev bench --instructions [--connections N] [--seconds S] [--top N]

Two runs of the proxy under callgrind, 90/5/5 of 128 B: one without a guard, one with. Unlike CPU
time the count is the same whatever else the machine does, to a few in a thousand."""
import argparse
import collections
import re
import subprocess

import compare
import guard_cost
import results
import rivals


def count_by_function(dump):
    """Function name -> instructions of its own, of a callgrind dump."""
    names, costs, function, is_call = {}, collections.Counter(), None, False
    for line in dump.read_text().splitlines():
        if named := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?$", line):
            kind, number, name = named.groups()
            if name:
                names[number] = name
            if kind == "fn":
                function = number
        elif line.startswith("calls="):
            is_call = True  # the next line is what the callee has cost
        elif cost := re.match(r"[+*\d-]\S* (\d+)$", line):
            if not is_call:
                costs[function] += int(cost[1])
            is_call = False
    return {names[number]: cost for number, cost in costs.items()}


def control(process, *what):
    subprocess.run(["callgrind_control", *what, str(process.pid)], check=True, capture_output=True)


def measure(folder, upstream_ports, guard, options):
    """Function name -> instructions a request, of the worker; and those of all other threads together."""
    port, admin = rivals.free_ports(2)
    argv = guard_cost.configure(folder, port, admin, upstream_ports, guard)
    profile = folder / "callgrind"
    process = rivals.start(0, ["valgrind", "--tool=callgrind", "--separate-threads=yes",
                               f"--callgrind-out-file={profile}", *argv], port, folder / "log")
    try:
        compare.load(port, "128", options.connections, 3)
        control(process, "-z")
        done, *_ = compare.load(port, "128", options.connections, options.seconds)
        control(process, "-d")
        if guard_cost.was_reverted(admin):
            raise SystemExit("the guard has moved the weights: what was counted is another split")
    finally:
        rivals.stop(process)
    threads = [count_by_function(dump) for dump in folder.glob("callgrind.1-*")]
    worker = max(threads, key=lambda thread: sum(thread.values()))
    others = sum(sum(thread.values()) for thread in threads if thread is not worker)
    return {name: cost / done for name, cost in worker.items()}, others / done


def readable(name):
    name = subprocess.run(["c++filt", "-p", name], capture_output=True, text=True).stdout.strip()
    return re.sub(r"\(anonymous namespace\)::|sluice::| \[clone.*|\(sluice.*", "", name)[:80]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--top", type=int, default=20)
    options = parser.parse_args()
    with rivals.ground() as (folder, upstream_ports):
        plain, plain_others = measure(folder / "a", upstream_ports, "", options)
        guarded, others = measure(folder / "b", upstream_ports, guard_cost.GUARD, options)
    base, extra = sum(plain.values()), sum(guarded.values()) - sum(plain.values())
    top = sorted(guarded.items(), key=lambda item: -item[1])[:options.top]
    body = ("Written by `./dev bench --instructions`: callgrind, 128 B over "
            f"{options.connections} connections, outside the kernel.\n\n"
            f"{base:.0f} instructions a request on the worker; a guard adds {extra:.0f} ({100 * extra / base:.1f} %). "
            f"Other threads: {plain_others:.0f}, with a guard {others:.0f}; that is work by the clock, and callgrind is slow.\n\n"
            "| instructions | of which function (with a guard) |\n|---|---|\n"
            + "\n".join(f"| {cost:.0f} | `{readable(name)}` |" for name, cost in top))
    print(body)
    results.write("Instructions of a request", body)


if __name__ == "__main__":
    main()
