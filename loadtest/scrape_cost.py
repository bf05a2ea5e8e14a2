#!/usr/bin/env python3
"""What a scrape costs when there is much to tell.

usage: ./dev bench --scrape [--endpoints N] [--routes R] [--scrapes S]

Sluice with R routes, each split over all upstreams, which have N endpoints in all; every one of them has
served requests of several methods and codes. Prints how long a scrape takes, and the CPU time of it by
thread: that of the admin listener and that of all others (the workers among them). Exit 1 when the median
scrape takes 50 ms or more, or the others were kept busy for more than 1 ms a scrape."""
import argparse
import http.client
import os
import pathlib
import statistics
import tempfile
import time

import rivals

LIMIT_MS = 50
OTHERS_LIMIT_MS = 1
UPSTREAMS = 10


def backend(folder, port):
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;\n"
        "events { worker_connections 4096; }\nhttp { access_log off; server { "
        f"listen 0.0.0.0:{port} backlog=8192; location / {{ return 200 'ok'; }} location /no {{ return 404; }}\n"
        "location /bad { return 500; } } }\n")
    return rivals.start(1, ["nginx", "-c", folder / "nginx.conf"], port, folder / "nginx.log")


def sluice(folder, port, admin, backend_port, options):
    lines = ["version: 1", "workers: 2", f'admin: {{ listen: "127.0.0.1:{admin}" }}',
             f'listeners: [{{ bind: "127.0.0.1:{port}" }}]', "upstreams:"]
    each = options.endpoints // UPSTREAMS
    for u in range(UPSTREAMS):
        names = ", ".join(f'"127.{u + 1}.{i // 250}.{i % 250 + 1}:{backend_port}"' for i in range(each))
        lines.append(f"  u{u}: {{ endpoints: [{names}] }}")
    lines.append("routes:")
    split = ", ".join(f"u{u}: 1" for u in range(UPSTREAMS))
    for r in range(options.routes):
        lines.append(f"  - {{ name: route{r}, match: {{ hosts: [\"r{r}.example\"] }}, split: {{ {split} }} }}")
    config = folder / "sluice.yaml"
    config.write_text("\n".join(lines) + "\n")
    return rivals.start(0, [rivals.ROOT / "build/release/sluice", "run", "-c", config], port, folder / "sluice.log")


def traffic(port, options):
    client = http.client.HTTPConnection("127.0.0.1", port)
    for r in range(options.routes):
        for i in range(4 * options.endpoints // 10):
            path = ("/", "/no", "/bad")[i % 3]
            client.request(("GET", "DELETE")[i % 2], path, headers={"Host": f"r{r}.example"})
            client.getresponse().read()
    client.close()


def cpu_ms_by_thread(process):
    tasks = pathlib.Path(f"/proc/{process.pid}/task")
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e6 for task in tasks.iterdir()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--endpoints", type=int, default=500)
    parser.add_argument("--routes", type=int, default=20)
    parser.add_argument("--scrapes", type=int, default=50)
    options = parser.parse_args()
    port, admin, backend_port = rivals.free_ports(3)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = backend(folder, backend_port)
        proxy = sluice(folder, port, admin, backend_port, options)
        try:
            traffic(port, options)
            time.sleep(1)
            before, took, size, samples = cpu_ms_by_thread(proxy), [], 0, 0
            client = http.client.HTTPConnection("127.0.0.1", admin)
            for _ in range(options.scrapes):
                began = time.perf_counter()
                client.request("GET", "/metrics")
                text = client.getresponse().read()
                took.append(1e3 * (time.perf_counter() - began))
            size, samples = len(text), sum(not line.startswith(b"#") for line in text.splitlines())
            spent = sorted(after - before.get(task, 0) for task, after in cpu_ms_by_thread(proxy).items())
        finally:
            rivals.stop(proxy)
            rivals.stop(server)
    median, others = statistics.median(took), sum(spent[:-1]) / options.scrapes
    print(f"{options.endpoints} endpoints, {options.routes} routes, {samples} samples, {size / 1e6:.1f} MB: "
          f"median {median:.1f} ms, worst {max(took):.1f} ms a scrape; CPU {spent[-1] / options.scrapes:.1f} ms of the "
          f"admin thread, {others:.3f} ms of all others together ({os.cpu_count()} cores)")
    return 1 if median >= LIMIT_MS or others > OTHERS_LIMIT_MS else 0


if __name__ == "__main__":
    raise SystemExit(main())
