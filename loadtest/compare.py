#!/usr/bin/env python3
"""Measures Sluice beside HAProxy and nginx in one run and writes loadtest/RESULTS.md.

usage: ./dev bench [--rounds N] [--seconds S] [--quick] [--idle-only] [--only NAME] [--keep]

Method (docs/adr/0003): proxy alone on core 0; backends and load on core 1; one worker each; rounds
interleaved, so that a machine that changes its speed changes it for all; medians. The figure of merit
is CPU time of the proxy process per completed request. Only ratios mean anything elsewhere."""
import argparse
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile

import results
import rivals

HERE = pathlib.Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
SCENARIOS = (  # (path, connections)
    ("128", 64), ("128", 512), ("16k", 64), ("16k", 512), ("1m", 64), ("1m", 512))
CONGESTION = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def load(port, path, connections, seconds, script=()):
    """One wrk run. Returns requests done, requests/s, p50 and p99 in ms."""
    argv = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
            "--latency", *script[:2], f"http://127.0.0.1:{port}/{path}", *script[2:]]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    if re.search(r"Socket errors: (?!connect 0, read 0, write 0, timeout 0)", out) or "Non-2xx" in out:
        print(f"      errors:\n{out}")
    done = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    p50, p99 = (milliseconds(re.search(rf"^\s+{q}%\s+(\S+)", out, re.M)[1]) for q in (50, 99))
    return done, rate, p50, p99


def measure(process, port, path, connections, seconds, script=()):
    user, system = cpu_seconds(process.pid)
    done, rate, p50, p99 = load(port, path, connections, seconds, script)
    user_after, system_after = cpu_seconds(process.pid)
    done = max(done, 1)
    return {"user": (user_after - user) * 1e6 / done, "system": (system_after - system) * 1e6 / done,
            "total": (user_after + system_after - user - system) * 1e6 / done,
            "rate": rate, "p50": p50, "p99": p99, "rss": resident_kib(process.pid)}


def medians(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def compare(names, running, path, connections, options, script=()):
    """Interleaved rounds over all proxies. Returns name -> medians."""
    samples = {name: [] for name in names}
    for name in names:
        process, port = running[name]
        load(port, path, connections, options.warm_up, script)
    for _ in range(options.rounds):
        for name in names:
            process, port = running[name]
            samples[name].append(measure(process, port, path, connections, options.seconds, script))
    return {name: medians(sample) for name, sample in samples.items()}


def keep_open(port, count, secured=lambda connection: connection):
    """Connections that have each carried one request and now idle."""
    connections = []
    for _ in range(count):
        connection = secured(socket.create_connection(("127.0.0.1", port)))
        connection.sendall(b"GET /128 HTTP/1.1\r\nHost: bench\r\n\r\n")
        received = b""
        while not received.endswith(b"x" * 128):
            piece = connection.recv(65536)
            if not piece:
                raise SystemExit("a connection ended that should idle")
            received += piece
        connections.append(connection)
    return connections


def idle_memory(names, running, count=4000):
    """Growth of resident memory for each of `count` idle keep-alive connections, after 200 others."""
    lines = [f"\n### {count} idle keep-alive connections\n", "| | KiB of user memory each |", "|---|---|"]
    for name in names:
        if name == "bare relay":
            continue  # it would hold as many connections to the upstream
        process, port = running[name]
        first = keep_open(port, 200)
        before = resident_kib(process.pid)
        rest = keep_open(port, count)
        grown = resident_kib(process.pid) - before
        for connection in first + rest:
            connection.close()
        lines.append(f"| {name} | {grown / count:.2f} |")
    return "\n".join(lines)


def table(title, results):
    rivals_total = [row["total"] for name, row in results.items() if name in ("nginx", "haproxy")]
    best = min(rivals_total) if rivals_total else None
    lines = [f"\n### {title}\n",
             "| | user us | system us | total us | against the better rival | requests/s | p50 ms | p99 ms | RSS MiB |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, row in results.items():
        ratio = f"{row['total'] / best:.2f}" if best else "-"
        if name == "sluice":
            ratio = f"**{ratio}**"
        lines.append(f"| {name} | {row['user']:.2f} | {row['system']:.2f} | {row['total']:.2f} | {ratio} |"
                     f" {row['rate']:.0f} | {row['p50']:.2f} | {row['p99']:.2f} | {row['rss'] / 1024:.1f} |")
    return "\n".join(lines)


def run(options, folder):
    backend, upstream_ports = rivals.backends(folder, 1)
    names = [name for name in rivals.PROXIES if not options.only or name in options.only]
    running, sections = {}, []
    try:
        for name, port in zip(names, rivals.free_ports(len(names))):
            argv = rivals.PROXIES[name](folder, port, upstream_ports)
            running[name] = (rivals.start(0, argv, port, folder / f"{name.replace(' ', '-')}.log"), port)
        # First, while no buffer of an earlier scenario is kept.
        sections.append(idle_memory(names, running))
        print(sections[-1], flush=True)
        if options.idle_only:
            return sections
        for path, connections in SCENARIOS[:2] if options.quick else SCENARIOS:
            title = f"{path} responses, {connections} connections, saturated"
            print(f"  measuring {title} ...", flush=True)
            sections.append(table(title, compare(names, running, path, connections, options)))
            print(sections[-1], flush=True)
        paced = ("-s", HERE / "lua/paced.lua", "--", "16")
        title = "128 responses, 64 connections, fixed arrival rate (4,000 requests/s wanted)"
        print(f"  measuring {title} ...", flush=True)
        sections.append(table(title, compare(names, running, "128", 64, options, [str(x) for x in paced])))
        print(sections[-1], flush=True)
    finally:
        for process, _ in running.values():
            rivals.stop(process)
        rivals.stop(backend)
    return sections


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small responses alone")
    parser.add_argument("--idle-only", action="store_true", help="only the memory of idle connections (implies --keep)")
    parser.add_argument("--only", action="append", help="a proxy to measure (may be repeated)")
    parser.add_argument("--keep", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    if rivals.missing():
        raise SystemExit(f"missing: {', '.join(rivals.missing())}; ./dev setup --bench installs them")
    if os.cpu_count() < 2:
        raise SystemExit("two cores are needed: one for the proxy, one for the load")
    congestion = CONGESTION.read_text()
    try:
        # BBR collapses for senders that are short of CPU; the same for everybody.
        CONGESTION.write_text("cubic")
    except OSError:
        print("  cannot set the congestion control; figures are for", congestion.strip())
    try:
        described = results.machine()
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            os.chmod(folder, 0o755)
            sections = run(options, pathlib.Path(folder))
    finally:
        try:
            CONGESTION.write_text(congestion)
        except OSError:
            pass
    report = ("Written by `./dev bench`. CPU time of the proxy process per request, "
              f"medians of {options.rounds} interleaved rounds of {options.seconds} s after {options.warm_up} s of warm-up; "
              "proxy alone on core 0, backends and wrk on core 1; split 90/5/5; no access logs; Sluice with metrics on.\n\n"
              f"Machine: {described}.\n" + "\n".join(sections) + "\n")
    if not options.keep and not options.idle_only:
        results.write("Sluice beside HAProxy and nginx", report)


if __name__ == "__main__":
    main()
