#!/usr/bin/env python3
"""Has a real Prometheus scrape a running proxy, and asks it for each family of metrics.

usage: prometheus_scrape.py SLUICE       exit 1 when promtool finds fault, a sample comes twice, or a query of
a family (PromQL, over what was scraped) has no answer"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

from api_walk import free_port, within_patience

# Those that the contract with dashboards names.
EXPECTED = """sluice_build_info sluice_requests_total sluice_request_duration_seconds
 sluice_upstream_request_duration_seconds sluice_endpoint_requests_total sluice_endpoint_up
 sluice_upstream_connections sluice_open_connections sluice_request_bytes_total sluice_response_bytes_total
 sluice_retries_total sluice_failures_total sluice_split_weight_ratio sluice_split_configured_weight_ratio
 sluice_split_decisions_total sluice_weight_changes_total sluice_health_checks_total
 sluice_endpoint_ejections_total sluice_config_last_reload_successful sluice_config_reloads_total
 sluice_generation sluice_access_log_dropped_total process_cpu_seconds_total process_open_fds
 process_resident_memory_bytes process_start_time_seconds""".split()


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def answers(url):
    try:
        return bool(get(url))
    except OSError:
        return False


def sluice(binary, folder, port, admin, backend):
    config = folder / "sluice.yaml"
    config.write_text(
        f'version: 1\nlisteners: [{{ name: edge, bind: "127.0.0.1:{port}" }}]\nadmin: {{ listen: "127.0.0.1:{admin}" }}\n'
        "access_log: { path: access.log }\nupstreams:\n"
        f'  blue: {{ endpoints: ["127.0.0.1:{backend}"], outlier: {{}}, health: {{ tcp: {{}}, interval: 100ms }} }}\n'
        '  dead: { endpoints: ["127.0.0.1:1"] }\n'
        "routes:\n  - { name: bad, match: { path: { prefix: /bad } }, split: { dead: 1 }, retry: { attempts: 1 } }\n"
        "  - { name: shop, split: { blue: 1, dead: 0 } }\n")
    return subprocess.Popen([binary, "run", "-c", config], stdout=(folder / "sluice.log").open("w"),
                            stderr=subprocess.STDOUT)


def prometheus(folder, port, admin):
    (folder / "prometheus.yml").write_text(
        "global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n"
        f'  - {{ job_name: sluice, static_configs: [{{ targets: ["127.0.0.1:{admin}"] }}] }}\n')
    return subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml",
                             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
                             "--log.level=warn"], stdout=(folder / "prometheus.log").open("w"),
                            stderr=subprocess.STDOUT)


def value_of(prometheus_port, query):
    """None: it has none."""
    text = get(f"http://127.0.0.1:{prometheus_port}/api/v1/query?query={urllib.parse.quote(query)}")
    result = json.loads(text)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def faults_of_text(text):
    lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    if lint.returncode != 0:
        yield "promtool: " + lint.stdout + lint.stderr
    names = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        yield f"twice: {sorted(twice)}"


def faults_of_scrapes(port, families):
    for name, kind in families.items():
        series = name + "_count" if kind == "histogram" else name
        if not within_patience(lambda: value_of(port, f"count({series})")):
            yield f"{name}: Prometheus has no answer"
    for name in EXPECTED:
        if name not in families:
            yield f"{name}: is not there"
    queries = {'sum by (code) (sluice_requests_total{route="shop",code="200"})': 3,
               'sum(sluice_failures_total{route="bad"})': 2,
               "sluice_request_duration_seconds_count{route=\"shop\",upstream=\"blue\"}": 3,
               'sluice_split_weight_ratio{route="shop",upstream="blue"}': 1}
    for query, expected in queries.items():
        if not within_patience(lambda: value_of(port, query) == expected):
            yield f"{query}: {value_of(port, query)}, not {expected}"
    own = get(f"http://127.0.0.1:{port}/metrics")
    for trouble in ("duplicate_timestamp", "out_of_order", "out_of_bounds"):
        if re.search(rf"^prometheus_target_scrapes_sample_{trouble}_total [1-9]", own, re.M):
            yield f"Prometheus complains of samples: {trouble}"


def main():
    port, admin, backend, prometheus_port = (free_port() for _ in range(4))
    programs = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            programs.append(subprocess.Popen(
                [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", name, str(backend)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            within_patience(lambda: answers(f"http://127.0.0.1:{backend}/"))
            programs.append(sluice(sys.argv[1], folder, port, admin, backend))
            programs.append(prometheus(folder, prometheus_port, admin))
            within_patience(lambda: answers(f"http://127.0.0.1:{admin}/metrics"))
            for path in ("/", "/", "/", "/bad", "/bad"):
                subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}{path}"], check=True)
            if not within_patience(lambda: answers(f"http://127.0.0.1:{prometheus_port}/-/ready")):
                raise SystemExit("Prometheus does not start: " + (folder / "prometheus.log").read_text())
            text = get(f"http://127.0.0.1:{admin}/metrics")
            families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
            faults = [*faults_of_text(text), *faults_of_scrapes(prometheus_port, families)]
        finally:
            for program in programs:
                program.send_signal(signal.SIGKILL)
                program.wait()
    for fault in faults:
        print(fault)
    print(f"{len(families)} families, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
