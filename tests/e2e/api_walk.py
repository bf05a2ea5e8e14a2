#!/usr/bin/env python3
"""Walks the admin API of a running proxy with curl until every operation of its /openapi.json has answered
every code that the document says, and no other.

usage: api_walk.py SLUICE          prints what was not seen, or seen and not said; exit 1 when there is any"""
import collections
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 20
TOKENS = {"ann": ("admin", "a" * 43), "bea": ("admin", "b" * 43), "vic": ("viewer", "v" * 43)}
ROUTE = "/api/v1/routes/{route}"
WEIGHTS, SWITCH = ROUTE + "/weights", ROUTE + "/switch"
GUARD, REVERT = ROUTE + "/guard", ROUTE + "/revert"
ROLLOUT = ROUTE + "/rollout"
EXPERIMENTS = "/api/v1/experiments"
EXPERIMENT = EXPERIMENTS + "/{experiment}"
STATE = "/api/v1/upstreams/{upstream}/endpoints/{endpoint}/state"
RELOAD, VALIDATE, EXPLAIN = "/api/v1/config/reload", "/api/v1/config/validate", "/api/v1/explain"
EVENTS, DRAIN, AUDIT = "/api/v1/events", "/api/v1/drain", "/api/v1/audit"
NAMES = {"route": "shop", "upstream": "blue", "endpoint": "127.0.0.1:1", "experiment": "button"}
BODIES = {WEIGHTS: {"weights": {"blue": 8, "canary": 2}}, SWITCH: {"to": "canary"}, STATE: {"state": "active"},
          EXPLAIN: {"url": "http://shop.example/"},
          EXPERIMENT + "/events": {"arm": "canary", "event": "purchase"}}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def within_patience(what):
    """Until `what()` is true; whether it came to be."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.01)
    return False


class Proxy:
    def __init__(self, sluice, folder):
        self.folder, self.admin = folder, free_port()
        (folder / "state").mkdir()
        (folder / "tokens").write_text("".join(
            f"{name}:{role}:{hashlib.sha256(token.encode()).hexdigest()}\n" for name, (role, token) in TOKENS.items()))
        self.config = folder / "sluice.yaml"
        self.text = (
            f'version: 1\nlisteners: [{{ name: edge, bind: "127.0.0.1:{free_port()}" }}]\n'
            f'admin: {{ listen: "127.0.0.1:{self.admin}", tokens_file: tokens }}\nstate: {{ path: state/state.db }}\n'
            'upstreams:\n  blue: { endpoints: ["127.0.0.1:1"] }\n  canary: { endpoints: ["127.0.0.1:2"] }\n'
            f'  dead: {{ endpoints: ["127.0.0.1:{free_port()}"], health: {{ tcp: {{}}, interval: 100ms }} }}\n'
            "routes:\n"
            '  - { name: books, match: { hosts: ["books.example"] }, split: { blue: 1, canary: 0 } }\n'
            "  - { name: shop, split: { blue: 9, canary: 1, dead: 0 }, guard: { baseline: blue } }\n"
            '  - { name: music, match: { hosts: ["music.example"] }, sticky: { cookie: m }, split: { blue: 1, canary: 0 } }\n'
            "experiments:\n  - { name: button, route: music, control: blue, split: { blue: 1, canary: 1 },\n"
            "      conversions: [purchase] }\n"
            "rollouts:\n  - { route: books, stable: blue, canary: canary, steps: [\n"
            "      { gate: { name: people } }, { set_weight: 50% }, { pause: {} }] }\n")
        self.config.write_text(self.text)
        self.process = subprocess.Popen([sluice, "run", "-c", self.config], stdout=(folder / "log").open("w"),
                                        stderr=subprocess.STDOUT)
        if not within_patience(lambda: "ready:" in (folder / "log").read_text()):
            raise SystemExit("the proxy is not ready: " + (folder / "log").read_text())


class Walk:
    def __init__(self, proxy):
        self.proxy, self.seen = proxy, collections.defaultdict(set)
        self.said = {}
        text = subprocess.run(self.curl("GET", "/openapi.json", {"Authorization": "Bearer " + TOKENS["vic"][1]}, None),
                              capture_output=True, check=True).stdout
        self.paths = json.loads(text)["paths"]
        for path, operations in self.paths.items():
            for method, operation in operations.items():
                self.said[method.upper(), path] = {int(code) for code in operation["responses"]}

    def url(self, path):
        for name, value in NAMES.items():
            path = path.replace("{" + name + "}", value)
        return f"http://127.0.0.1:{self.proxy.admin}{path}"

    def curl(self, method, path, headers, body, *more):
        words = ["curl", "-sS", "-m", "5", "-X", method, *more]
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}" if value else f"{name}:"]
        if body is not None:
            words += ["--data-binary", body]
        return words + [self.url(path)]

    def good(self, method, path):
        """Headers and body with which the operation does what it is there for."""
        headers = {"Authorization": "Bearer " + TOKENS["ann"][1]}
        content = self.paths[path][method.lower()].get("requestBody", {}).get("content")
        if not content:
            return headers, None
        headers["Content-Type"] = next(iter(content))
        if path == WEIGHTS:
            headers["If-Match"] = "*"
        return headers, self.proxy.text if path == VALIDATE else json.dumps(BODIES.get(path, {}))

    def ask(self, method, path, change=None, body=None, target=None, more=()):
        """One request like a good one, but for `change` of its headers, and `body`. The status."""
        headers, usual = self.good(method, path)
        headers.update(change or {})
        headers = {name: value for name, value in headers.items() if value is not None}
        done = subprocess.run(
            self.curl(method, target or path, headers, usual if body is None else body, "-o", "/dev/null", "-w",
                      "%{http_code}", *(["-m", "0.3"] if path == EVENTS else []), *more),
            capture_output=True, text=True, check=False)
        status = int(done.stdout or 0)
        self.seen[method, path].add(status)
        return status

    # ---- what every operation has in common

    def strangers(self):
        for (method, path), said in self.said.items():
            self.ask(method, path, {"Host": ""})
            self.ask(method, path, {"Host": "evil.example"})
            self.ask(method, path, {"Origin": "http://evil.example"})
            if 401 in said:
                self.ask(method, path, {"Authorization": None})
            if 413 in said:
                self.ask(method, path, {"Content-Length": "99999999"})
            if 415 in said:
                self.ask(method, path, {"Content-Type": "application/x-www-form-urlencoded"})

    def guessers(self):
        for (method, path), said in self.said.items():
            if 429 in said:
                within_patience(lambda: self.ask(method, path, {"Authorization": "Bearer x"}) == 429)

    # ---- what single ones have

    def wishes_that_make_no_sense(self):
        self.ask("POST", REVERT)  # they are as configured
        for path in (WEIGHTS, GUARD):
            self.ask("GET", path, target=path.replace("{route}", "nope"))
        for method, path in (("PUT", WEIGHTS), ("POST", SWITCH), ("POST", REVERT)):
            self.ask(method, path, target=path.replace("{route}", "nope"))
            self.ask(method, path, {"If-Match": '"999999999"'})
        self.ask("PUT", WEIGHTS)  # now there is something to go back from
        self.ask("POST", REVERT, {"If-Match": '"999999999"'})
        self.ask("PUT", STATE, target=STATE.replace("{endpoint}", "nope"))
        self.ask("PUT", WEIGHTS, {"If-Match": None})
        self.ask("POST", SWITCH, body='{"to":"dead"}')  # has no healthy endpoint
        for method, path in (("PUT", WEIGHTS), ("POST", SWITCH), ("POST", REVERT), ("PUT", STATE), ("POST", EXPLAIN)):
            self.ask(method, path, body='{"wieght":1}')
        self.ask("POST", VALIDATE, body="version: 1\n")
        self.proxy.config.write_text("routes: 7\n")
        self.ask("POST", RELOAD)
        self.proxy.config.write_text(self.proxy.text)

    def twice_with_one_key(self):
        """At once; and once done, with the key for something else."""
        for method, path in self.said:
            steers = path in (SWITCH, REVERT, EXPERIMENT + "/stop", EXPERIMENT + "/events")
            if 409 not in self.said[method, path] or steers or path.startswith(ROLLOUT):
                continue
            headers, body = self.good(method, path)
            rounds = iter(range(10_000))

            def both():
                headers["Idempotency-Key"] = f"{path}-{next(rounds)}"
                words = self.curl(method, path, headers, body, "-Z", "--parallel-immediate", "-o", "/dev/null", "-o",
                                  "/dev/null", "-w", "%{http_code}\n")
                done = subprocess.run(words + words[-1:], capture_output=True, text=True, check=False)
                self.seen[method, path].update(int(code) for code in done.stdout.split())
                return 409 in self.seen[method, path]
            within_patience(both)
        key = {"Idempotency-Key": "k"}
        self.ask("PUT", WEIGHTS, key)
        self.ask("POST", DRAIN, key)

    def rollout(self):
        """One from its gate to its end, and one that is given up; each command also when it is not the time."""
        words = ("", "/pause", "/resume", "/promote", "/abort", "/undo", "/approve")

        def steer(word, body=None, route="books"):
            return self.ask("POST", ROLLOUT + word, body=body, target=(ROLLOUT + word).replace("{route}", route))

        def comes(word, status=200):
            if not within_patience(lambda: steer(word) == status):
                print(f"rollout{word}: never {status}")

        self.ask("GET", ROLLOUT, target=ROLLOUT.replace("{route}", "nope"))
        for word in words:
            steer(word, route="nope")
            steer(word, body='{"wieght":1}')
        for word in ("", "/pause", "/resume", "/approve", "/promote"):
            comes(word)
        books = ROLLOUT.replace("{route}", "books")
        self.ask("GET", ROLLOUT, target=books)
        within_patience(lambda: '"succeeded"' in subprocess.run(
            self.curl("GET", books, self.good("GET", ROLLOUT)[0], None), capture_output=True, text=True,
            check=False).stdout)
        comes("/abort", 409)
        comes("/undo")
        for word in words[1:]:
            if word != "/abort":  # of what is given up already it is no mistake
                comes(word, 409)
        comes("")
        comes("", 409)
        comes("/abort")

    def experiment(self):
        """Started, told, stopped; each also when it is not the time, and of one that does not exist."""
        self.ask("GET", EXPERIMENTS)
        for word in ("/events", "/stop"):
            self.ask("POST", EXPERIMENT + word)  # it does not run yet
        for word in ("/start", "/events", "/stop", "/stop", "/events"):
            self.ask("POST", EXPERIMENT + word)
        for word in ("/start", "/events", "/stop"):
            self.ask("POST", EXPERIMENT + word, body='{"aarm":1}')
            self.ask("POST", EXPERIMENT + word, target=(EXPERIMENT + word).replace("{experiment}", "nope"))
        self.ask("GET", EXPERIMENT)
        self.ask("GET", EXPERIMENT, target=EXPERIMENT.replace("{experiment}", "nope"))

    def nobody_left(self):
        for endpoint in ("127.0.0.1:1", "127.0.0.1:2"):
            upstream = "blue" if endpoint.endswith(":1") else "canary"
            target = STATE.replace("{upstream}", upstream).replace("{endpoint}", endpoint)
            self.ask("PUT", STATE, body='{"state":"down"}', target=target)
        self.ask("GET", "/readyz")
        for endpoint in ("127.0.0.1:1", "127.0.0.1:2"):
            upstream = "blue" if endpoint.endswith(":1") else "canary"
            target = STATE.replace("{upstream}", upstream).replace("{endpoint}", endpoint)
            self.ask("PUT", STATE, target=target)

    def without_a_disk(self):
        self.ask("PUT", WEIGHTS)
        away = self.proxy.folder / "away"
        (self.proxy.folder / "state").rename(away)
        for method, path in (("PUT", WEIGHTS), ("POST", SWITCH), ("POST", REVERT), ("PUT", STATE), ("GET", AUDIT),
                             ("POST", EXPERIMENT + "/start")):
            self.ask(method, path)
        away.rename(self.proxy.folder / "state")

    def too_many_follow(self):
        headers, _ = self.good("GET", EVENTS)
        words = self.curl("GET", EVENTS, headers, None, "-N", "-m", "60")
        followers = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(16)]

        def no_place_left():
            if self.ask("GET", EVENTS) == 503:
                return True
            # The one that asked may have had the place of one of them.
            followers.append(subprocess.Popen(words, stdout=subprocess.DEVNULL))
            return False
        within_patience(no_place_left)
        for one in followers:
            one.kill()
            one.wait()

    def what_it_is_there_for(self):
        for method, path in self.said:
            if path == DRAIN or path.startswith((ROLLOUT, EXPERIMENTS)):
                continue
            within_patience(lambda: self.ask(method, path) == 200)
        self.ask("POST", DRAIN)

    def run(self):
        self.strangers()
        self.wishes_that_make_no_sense()
        self.twice_with_one_key()
        self.rollout()
        self.experiment()
        self.nobody_left()
        self.without_a_disk()
        self.too_many_follow()
        self.guessers()
        self.what_it_is_there_for()

    def faults(self):
        for operation, said in self.said.items():
            seen = self.seen[operation] - {0}
            if said - seen:
                yield f"{' '.join(operation)}: never answered {sorted(said - seen)}"
            if seen - said:
                yield f"{' '.join(operation)}: answered {sorted(seen - said)}, which the document does not say"


def main():
    with tempfile.TemporaryDirectory() as name:
        proxy = Proxy(sys.argv[1], pathlib.Path(name))
        try:
            walk = Walk(proxy)
            walk.run()
            ended = proxy.process.wait(PATIENCE)  # it was drained
        finally:
            if proxy.process.poll() is None:
                os.kill(proxy.process.pid, signal.SIGKILL)
                proxy.process.wait()
    faults = list(walk.faults()) + ([f"drained, it ended with {ended}"] if ended else [])
    for fault in faults:
        print(fault)
    print(f"{len(walk.said)} operations, {sum(map(len, walk.said.values()))} codes, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
