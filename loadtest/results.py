"""The parts of loadtest/RESULTS.md: each is written by a command of its own and leaves the others alone."""
import os
import pathlib
import platform
import re
import subprocess

FILE = pathlib.Path(__file__).resolve().parent / "RESULTS.md"


def replace_part(text, title, body):
    """`text` with the part "# title" replaced, or added at its end."""
    parts = [part for part in re.split(r"(?m)^(?=# )", text) if part.strip()]
    new = f"# {title}\n\n{body.strip()}\n"
    known = [part.split("\n", 1)[0] == f"# {title}" for part in parts]
    if True not in known:
        return "\n".join([part.rstrip() + "\n" for part in parts] + [new])
    parts[known.index(True)] = new
    return "\n".join(part.rstrip() + "\n" for part in parts)


def machine():
    """This one and the programs that are compared, for people."""
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    versions = []
    for argv in (["nginx", "-v"], ["haproxy", "-v"], ["wrk", "-v"]):
        out = subprocess.run(argv, capture_output=True, text=True)
        versions.append((out.stdout + out.stderr).splitlines()[0].strip())
    congestion = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return (f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, Linux {platform.release()}, "
            f"congestion control {congestion}; {'; '.join(versions)}")


def write(title, body):
    FILE.write_text(replace_part(FILE.read_text() if FILE.exists() else "", title, body))
    print(f"\nwritten: {FILE}")
