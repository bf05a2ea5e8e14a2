#!/usr/bin/env python3
"""What it costs to check many endpoints.

usage: ./dev bench --health [--endpoints N] [--seconds S]

One nginx answers a deep report on all of 127.0.0.0/8; Sluice, without any traffic, checks N of those
addresses every 2 s by HTTP and reads three values of each report. Prints the CPU time of the whole
process as a share of one core, and what a check costs; exit 1 at 3 % or more."""
import argparse
import os
import pathlib
import re
import tempfile
import time
import urllib.request

import rivals

LIMIT_PERCENT = 3
REPORT = '{"status":"healthy","checks":{"database":true,"cache":true},"version":"1.0","environment":"blue"}'


def backend(folder, port):
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;\n"
        "events { worker_connections 4096; }\nhttp { access_log off; server { "
        f"listen 0.0.0.0:{port} backlog=8192; default_type application/json; location / {{ return 200 '{REPORT}'; }} }} }}\n")
    return rivals.start(1, ["nginx", "-c", folder / "nginx.conf"], port, folder / "nginx.log")


def sluice(folder, port, admin, backend_port, count):
    endpoints = ", ".join(f'"127.1.{i // 250}.{i % 250 + 1}:{backend_port}"' for i in range(count))
    config = folder / "sluice.yaml"
    config.write_text(
        f'version: 1\nworkers: 1\nadmin: {{ listen: "127.0.0.1:{admin}" }}\n'
        f'listeners: [{{ bind: "127.0.0.1:{port}" }}]\n'
        f"upstreams:\n  blue:\n    endpoints: [{endpoints}]\n"
        "    health: { http: { path: /health/deep }, interval: 2s,\n"
        "      expect: { json: { /status: healthy, /checks/database: true, /environment: blue } } }\n"
        "routes: [{ split: { blue: 1 } }]\n")
    return rivals.start(0, [rivals.ROOT / "build/release/sluice", "run", "-c", config], port, folder / "sluice.log")


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def checks_done(admin):
    """Healthy ones; any other would be a fault of this script."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics").read().decode()
    counts = re.findall(r'^sluice_health_checks_total\{.*result="(\w+)".*\} (\d+)', text, re.M)
    if any(result != "healthy" for result, _ in counts):
        raise SystemExit("some endpoint was found ill")
    return sum(int(count) for _, count in counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--endpoints", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    port, admin, backend_port = rivals.free_ports(3)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = backend(folder, backend_port)
        proxy = sluice(folder, port, admin, backend_port, options.endpoints)
        try:
            time.sleep(4)
            checks = -checks_done(admin)
            cpu = -cpu_seconds(proxy)
            time.sleep(options.seconds)
            cpu += cpu_seconds(proxy)
            checks += checks_done(admin)
        finally:
            rivals.stop(proxy)
            rivals.stop(server)
    share = 100 * cpu / options.seconds
    print(f"{options.endpoints} endpoints: {checks / options.seconds:.0f} checks a second, "
          f"{share:.2f} % of a core, {1e6 * cpu / checks:.0f} us a check")
    return 1 if share >= LIMIT_PERCENT else 0


if __name__ == "__main__":
    raise SystemExit(main())
