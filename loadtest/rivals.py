"""The programs that are measured, each started alone on its core with one worker.

Every one forwards 90/5/5 to the same three backends, with what its own manual recommends for
keep-alive to the upstream and no access log. Sluice runs with its defaults: metrics and all."""
import contextlib
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPLIT = (("blue", 90), ("green", 5), ("canary", 5))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended at once: {process.args}")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen on {port}")


def start(core, argv, port, log):
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, argv)],
                               stdout=log.open("w"), stderr=subprocess.STDOUT)
    wait_for(port, process)
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def backends(folder, core):
    """One nginx, one worker, three ports; answers of three sizes. Returns (process, ports)."""
    ports = free_ports(3)
    for name, size in (("128", 128), ("16k", 16 * 1024), ("1m", 1024 * 1024)):
        (folder / name).write_bytes(b"x" * size)
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port} backlog=8192; root {folder};"
        f" add_header X-Backend {name}; location = /128 {{ return 200 '{'x' * 128}'; }} }}\n"
        for (name, _), port in zip(SPLIT, ports))
    (folder / "backends.conf").write_text(
        f"worker_processes 1; daemon off; master_process off; pid {folder}/backends.pid;"
        f" error_log {folder}/backends.err;\n"
        "events { worker_connections 16384; }\n"
        "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;"
        f" sendfile on; tcp_nopush on; client_body_temp_path {folder}/body;\n{servers}}}\n")
    process = start(core, ["nginx", "-c", folder / "backends.conf"], ports[0], folder / "backends.log")
    return process, ports


@contextlib.contextmanager
def ground():
    """A folder, and the ports of backends that are there as long as it is."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        process, ports = backends(folder, 1)
        try:
            yield folder, ports
        finally:
            stop(process)


def sluice(folder, port, upstream_ports):
    config = folder / "sluice.yaml"
    upstreams = "".join(f'  {name}: {{ endpoints: ["127.0.0.1:{p}"], pool: {{ max_idle_per_endpoint: 1024 }} }}\n'
                        for (name, _), p in zip(SPLIT, upstream_ports))
    split = ", ".join(f"{name}: {weight}" for name, weight in SPLIT)
    config.write_text(
        f'version: 1\nworkers: 1\nadmin: {{ listen: "127.0.0.1:0" }}\n'
        f'listeners: [{{ name: edge, bind: "127.0.0.1:{port}" }}]\n'
        f"upstreams:\n{upstreams}routes: [{{ name: all, split: {{ {split} }} }}]\n")
    return [ROOT / "build/release/sluice", "run", "-c", config]


def nginx(folder, port, upstream_ports):
    config = folder / "nginx.conf"
    servers = "".join(f" server 127.0.0.1:{p} weight={weight};" for (_, weight), p in zip(SPLIT, upstream_ports))
    config.write_text(
        f"worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid;"
        f" error_log {folder}/nginx.err;\nevents {{ worker_connections 16384; }}\n"
        "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;\n"
        f"upstream split {{ {servers} keepalive 1024; keepalive_requests 1000000000; }}\n"
        f"server {{ listen 127.0.0.1:{port} backlog=8192; location / {{ proxy_pass http://split;"
        ' proxy_http_version 1.1; proxy_set_header Connection ""; } } }\n')
    return ["nginx", "-c", config]


def haproxy(folder, port, upstream_ports):
    config = folder / "haproxy.cfg"
    servers = "".join(f"  server {name} 127.0.0.1:{p} weight {weight} pool-max-conn -1\n"
                      for (name, weight), p in zip(SPLIT, upstream_ports))
    config.write_text(
        "global\n  nbthread 1\n  maxconn 8000\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        "  http-reuse always\n"
        f"frontend in\n  bind 127.0.0.1:{port}\n  default_backend split\n"
        f"backend split\n  balance roundrobin\n{servers}")
    return ["haproxy", "-db", "-f", config]


def relay(folder, port, upstream_ports):
    return [ROOT / "build/release/bare_relay", port, upstream_ports[0]]


PROXIES = {"sluice": sluice, "nginx": nginx, "haproxy": haproxy, "bare relay": relay}


def missing():
    return [name for name in ("nginx", "haproxy", "wrk", "taskset") if not shutil.which(name)]
