#!/usr/bin/env python3
"""Measures TLS of Sluice beside HAProxy and nginx in one run.

usage: ./dev bench --tls [--rounds N] [--seconds S] [--only NAME]

As loadtest/compare.py: proxy alone on core 0 with one worker, backends and load on core 1, rounds
interleaved, medians; figure of merit is CPU time of the proxy. All have the same ECDSA certificate and
OpenSSL. Requests come over TLS 1.3 that stays open; handshakes are TLS 1.2, since the client (openssl
s_time) can resume no others. Each is followed by one request: a client that leaves at once spares
HAProxy, which then drops the connection, a third of the handshake."""
import argparse
import pathlib
import re
import ssl
import statistics
import subprocess
import tempfile

import compare
import results
import rivals


def certificate(folder):
    pair = folder / "site.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:bench",
                    "-keyout", folder / "site.key", "-out", folder / "site.crt"], check=True, capture_output=True)
    pair.write_text((folder / "site.crt").read_text() + (folder / "site.key").read_text())


def sluice(folder, port, upstream_ports):
    argv = rivals.sluice(folder, port, upstream_ports)
    config = folder / "sluice.yaml"
    plain = f'bind: "127.0.0.1:{port}" }}'
    assert plain in config.read_text()
    config.write_text(config.read_text().replace(
        plain, plain[:-1] + f', tls: {{ certificates: [{{ cert: "{folder}/site.crt", key: "{folder}/site.key" }}] }} }}'))
    return argv


def nginx(folder, port, upstream_ports):
    argv = rivals.nginx(folder, port, upstream_ports)
    config = folder / "nginx.conf"
    config.write_text(config.read_text().replace(
        f"listen 127.0.0.1:{port} backlog=8192;",
        f"listen 127.0.0.1:{port} ssl backlog=8192; ssl_certificate {folder}/site.crt; ssl_certificate_key {folder}/site.key;"
        " ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;"))
    return argv


def haproxy(folder, port, upstream_ports):
    argv = rivals.haproxy(folder, port, upstream_ports)
    config = folder / "haproxy.cfg"
    config.write_text(config.read_text().replace(
        f"bind 127.0.0.1:{port}", f"bind 127.0.0.1:{port} ssl crt {folder}/site.pem ssl-min-ver TLSv1.2"))
    return argv


PROXIES = {"sluice": sluice, "nginx": nginx, "haproxy": haproxy}


def requests(process, port, path, connections, seconds):
    before = compare.cpu_seconds(process.pid)
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
                          f"https://127.0.0.1:{port}/{path}"], capture_output=True, text=True, check=True).stdout
    after = compare.cpu_seconds(process.pid)
    if "Socket errors" in out or "Non-2xx" in out:
        print(f"      errors:\n{out}")
    done = max(1, int(re.search(r"(\d+) requests in", out)[1]))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    return (sum(after) - sum(before)) * 1e6 / done, rate


def handshakes(process, port, kind, seconds):
    before = compare.cpu_seconds(process.pid)
    out = subprocess.run(["taskset", "-c", "1", "openssl", "s_time", "-connect", f"127.0.0.1:{port}", kind, "-tls1_2",
                          "-www", "/128", "-time", str(seconds)], capture_output=True, text=True).stdout
    after = compare.cpu_seconds(process.pid)
    # The last line counts those of real time.
    done = max(1, int(re.findall(r"(\d+) connections in", out)[-1]))
    return (sum(after) - sum(before)) * 1e6 / done, done / seconds


def keep_open(port, count):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return compare.keep_open(port, count, context.wrap_socket)


def idle(process, port, count):
    first = keep_open(port, 100)
    before = compare.resident_kib(process.pid)
    rest = keep_open(port, count)
    grown = compare.resident_kib(process.pid) - before
    for connection in first + rest:
        connection.close()
    return grown / count


def table(title, unit, results):
    best = min((cpu for name, (cpu, _) in results.items() if name != "sluice"), default=None)
    lines = [f"\n### {title}\n", f"| | CPU us | against the better rival | {unit} a second |", "|---|---|---|---|"]
    for name, (cpu, rate) in results.items():
        lines.append(f"| {name} | {cpu:.1f} | {f'{cpu / best:.2f}' if best else '-'} | {rate:.0f} |")
    return "\n".join(lines)


def rounds(running, count, once):
    samples = {name: [] for name in running}
    for _ in range(count):
        for name, (process, port) in running.items():
            samples[name].append(once(process, port))
    return {name: tuple(statistics.median(values) for values in zip(*sample)) for name, sample in samples.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--only", action="append", choices=PROXIES)
    options = parser.parse_args()
    sections = []

    def tell(section):
        print(section, flush=True)
        sections.append(section)

    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        certificate(folder)
        backend, upstream_ports = rivals.backends(folder, 1)
        running = {}
        try:
            for name, port in zip(options.only or PROXIES, rivals.free_ports(len(PROXIES))):
                argv = PROXIES[name](folder, port, upstream_ports)
                running[name] = (rivals.start(0, argv, port, folder / f"{name}.log"), port)
            lines = [f"| {name} | {idle(process, port, options.idle):.1f} |"
                     for name, (process, port) in running.items()]
            tell(f"\n### {options.idle} idle keep-alive connections\n\n| | KiB of user memory each |\n|---|---|\n" +
                 "\n".join(lines))
            for path in ("128", "16k"):
                tell(table(f"{path} responses, 64 connections that stay open", "requests", rounds(
                    running, options.rounds, lambda process, port: requests(process, port, path, 64, options.seconds))))
            for kind, title in (("-new", "full handshakes, a request each"), ("-reuse", "resumed handshakes, a request each")):
                tell(table(title, "handshakes", rounds(
                    running, options.rounds, lambda process, port: handshakes(process, port, kind, options.seconds))))
        finally:
            for process, _ in running.values():
                rivals.stop(process)
            rivals.stop(backend)
    if not options.only:
        results.write("TLS beside HAProxy and nginx", (
            "Written by `./dev bench --tls`: proxy alone on core 0 with one worker, one ECDSA certificate, TLS 1.3 for "
            "requests, TLS 1.2 for handshakes, each followed by one request; CPU time of the proxy, medians of "
            f"{options.rounds} interleaved rounds of {options.seconds} s.\n\nMachine: {results.machine()}.\n"
            + "\n".join(sections)))


if __name__ == "__main__":
    main()
