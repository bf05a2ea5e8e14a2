#!/usr/bin/env python3
"""Two thousand slow clients against one worker, and a client in a hurry beside them.

usage: ./dev bench --slow [--tls] [--connections N] [--seconds S]

slowhttptest opens connections that send their head (H) or body (B) in drips or read their response
in drips (X). Meanwhile a probe asks for a small page each second, on a connection of its own. It
must be answered in under 100 ms throughout; exit 1 otherwise. It has a backend of its own, and a
control asks that one directly: what the control waits for, the machine is to blame for. The proxy
has core 0 to itself. With --tls the slow ones and the probe shake hands first, each for itself."""
import argparse
import http.client
import pathlib
import ssl
import subprocess
import tempfile
import time

import rivals
import tls

LIMIT_MS = 100
MODES = {
    "H": ("slow heads", "128", []),
    "B": ("slow bodies", "128", ["-s", "8192", "-x", "10"]),
    "X": ("slow readers", "1m", ["-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"]),
}


def configure(folder, port, attacked, calm, secure):
    """The probe has an upstream of its own: it is the proxy that is tested, not the backend."""
    config = folder / "slow.yaml"
    certificate = f', tls: {{ certificates: [{{ cert: "{folder}/site.crt", key: "{folder}/site.key" }}] }}' if secure else ""
    config.write_text(
        f'version: 1\nworkers: 1\nadmin: {{ listen: "127.0.0.1:0" }}\n'
        f'listeners: [{{ name: edge, bind: "127.0.0.1:{port}"{certificate} }}]\n'
        f'upstreams:\n  attacked: {{ endpoints: ["127.0.0.1:{attacked}"] }}\n'
        f'  calm: {{ endpoints: ["127.0.0.1:{calm}"] }}\n'
        "routes:\n  - { match: { headers: [{ name: x-probe, present: true }] }, split: { calm: 1 } }\n"
        "  - split: { attacked: 1 }\n")
    return [rivals.ROOT / "build/release/sluice", "run", "-c", config]


def ask(port, secure=False):
    """Milliseconds until a small page is here, over a fresh connection."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    began = time.monotonic()
    connection = (http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trusting) if secure
                  else http.client.HTTPConnection("127.0.0.1", port, timeout=10))
    connection.request("GET", "/128", headers={"X-Probe": "1"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200 or len(body) != 128:
        raise SystemExit(f"the probe got {answer.status} with {len(body)} bytes")
    return (time.monotonic() - began) * 1000


def attack(mode, port, options):
    title, path, extra = MODES[mode]
    return title, subprocess.Popen(
        ["taskset", "-c", "1", "slowhttptest", f"-{mode}", "-c", str(options.connections), "-r", str(options.connections // 4),
         "-i", "3", "-l", str(options.seconds), "-p", "5", "-u", f"http{'s' if options.tls else ''}://127.0.0.1:{port}/{path}", *extra],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "calm").mkdir()
        servers, (attacked, *_) = rivals.backends(folder, core=1)
        calm_servers, (calm, *_) = rivals.backends(folder / "calm", core=1)
        port, = rivals.free_ports(1)
        if options.tls:
            tls.certificate(folder)
        proxy = rivals.start(0, configure(folder, port, attacked, calm, options.tls), port, folder / "sluice.log")
        print(f"| {options.connections} clients | probes | median ms | worst ms | worst ms of the control |\n|---|---|---|---|---|")
        for mode in MODES:
            title, attacker = attack(mode, port, options)
            times, control = [], []
            while attacker.poll() is None:
                times.append(ask(port, options.tls))
                control.append(ask(calm))
                time.sleep(1)
            failed |= max(times) >= LIMIT_MS
            print(f"| {title} (-{mode}) | {len(times)} | {sorted(times)[len(times) // 2]:.1f} | {max(times):.1f} | {max(control):.1f} |",
                  flush=True)
        rivals.stop(proxy)
        rivals.stop(servers)
        rivals.stop(calm_servers)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
