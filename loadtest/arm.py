"""One upstream of loadtest/reversion.py: answers after a lognormal while, and fails as it is told.

usage: arm.py PORT

GET /__set?errors=0.05&slower=3   from now on: 5 % answers of 500, three times as slow
GET /__stats                      {"requests": n, "failed": n, "last": monotonic seconds}"""
import asyncio
import json
import random
import sys
import time
import urllib.parse

MEDIAN_SECONDS = 0.010
SIGMA = 0.6  # of the logarithm: p90 is twice the median
BODY = b"x" * 128


class Arm:
    def __init__(self):
        self.errors = 0.0
        self.slower = 1.0
        self.requests = 0
        self.failed = 0
        self.last = 0.0

    def control(self, target):
        url = urllib.parse.urlsplit(target)
        if url.path == "/__set":
            asked = urllib.parse.parse_qs(url.query)
            self.errors = float(asked.get("errors", ["0"])[0])
            self.slower = float(asked.get("slower", ["1"])[0])
        return json.dumps({"requests": self.requests, "failed": self.failed,
                           "last": self.last}).encode()

    async def answer(self, target):
        if target.startswith("/__"):
            return 200, self.control(target)
        self.requests += 1
        self.last = time.monotonic()
        if random.random() < self.errors:
            self.failed += 1
            return 500, b""
        await asyncio.sleep(MEDIAN_SECONDS * random.lognormvariate(0, SIGMA) * self.slower)
        return 200, BODY


async def serve(arm, reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            status, body = await arm.answer(head.split(b" ", 2)[1].decode())
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    arm = Arm()
    server = await asyncio.start_server(lambda r, w: serve(arm, r, w), "127.0.0.1", int(sys.argv[1]),
                                        backlog=1024)
    await server.serve_forever()


asyncio.run(main())
