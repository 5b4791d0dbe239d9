#!/usr/bin/python3
"""The traffic of many annotators against chad-review; how long answers take.

review_load.py [--annotators N=200] [--seconds S=20] [--pace S=5] [--origin URL]
    PORT [TOKENS]

Each annotator claims an item, looks at it, fetches two parts of its sounds and
says a verdict, again and again, one item every --pace seconds on the average
(0: as fast as answers come), over one connection, as from an address of his
own.  TOKENS is a file with a token a line, of as many people as there are; a
server that asks for none needs none.  Prints for each kind of request how many
there were and the median, 99th percentile and maximum of their milliseconds,
and writes the request_id of each verdict that was accepted into the file named
by --accepted.  Exit status 1 when an answer was not as it should be.
"""
import argparse
import asyncio
import json
import random
import sys
import time
import urllib.parse
import uuid

parser = argparse.ArgumentParser()
parser.add_argument("--annotators", type=int, default=200)
parser.add_argument("--seconds", type=float, default=20)
parser.add_argument("--pace", type=float, default=5)
parser.add_argument("--origin", default="http://localhost")
parser.add_argument("--accepted")
parser.add_argument("port", type=int)
parser.add_argument("tokens", nargs="?")
options = parser.parse_args()

spent = {}      # kind: [seconds]
faults = []
accepted = []
exhausted = 0   # annotators for whom nothing was left


class Annotator:
    def __init__(self, number, token):
        self.random = random.Random(number)
        self.csrf = ""
        self.reader = self.writer = None
        self.header = (
            "Host: %s\r\nX-Forwarded-For: 10.0.%d.%d\r\n"
            "Cookie: chad_review=%s\r\n" % (
                options.origin.split("://")[1], number // 250,
                number % 250 + 1, token))

    async def ask(self, kind, line, body=None, more=""):
        """Status, header and body of the answer."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", options.port)
        text = "%s HTTP/1.1\r\n%s%s" % (line, self.header, more)
        if body is not None:
            body = json.dumps(body).encode()
            text += ("Origin: %s\r\nX-Csrf: %s\r\nContent-Type: "
                     "application/json\r\nContent-Length: %d\r\n" % (
                         options.origin, self.csrf, len(body)))
        begin = time.perf_counter()
        self.writer.write(text.encode() + b"\r\n" + (body or b""))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(field.lower().split(": ", 1)
                      for field in head.split("\r\n")[1:] if ": " in field)
        got = await self.reader.readexactly(
            int(fields.get("content-length", 0)))
        spent.setdefault(kind, []).append(time.perf_counter() - begin)
        if fields.get("connection") == "close":
            self.writer.close()
            self.writer = None
        return int(head.split()[1]), fields, got

    async def must(self, kind, line, body=None, more="", status=200):
        """The body, once the server is not busy."""
        for _ in range(30):
            answer = await self.ask(kind, line, body, more)
            if answer[0] not in (429, 503):
                break
            await asyncio.sleep(float(answer[1].get("retry-after", 1)))
        if answer[0] != status:
            faults.append("%d to %s: %s" % (answer[0], line,
                                            answer[2][:200]))
            raise ValueError
        return answer[2]

    async def one_item(self):
        """Returns whether there was one."""
        item = json.loads(await self.must(
            "claim", "POST /api/claim", {"filter": {}, "have": []}))["item"]
        if item is None:
            return False
        view = json.loads(await self.must(
            "view", "GET /api/view?" + urllib.parse.urlencode(
                {"g": item["g"], "f": item["f"]})))
        for side in ("original", "other"):
            copy = view[side]["mix"]
            at = copy["offsets"]
            link = self.random.randrange(len(at) - 1)
            part = await self.must(
                "range", "GET " + copy["url"], None,
                "Range: bytes=%d-%d\r\n" % (at[link], at[link + 1] - 1), 206)
            if len(part) != at[link + 1] - at[link]:
                faults.append("a part of another length")
        request_id = str(uuid.uuid4())
        await self.must("verdict", "POST /api/verdict", {
            "request_id": request_id, "g": item["g"], "f": item["f"],
            "verdict": self.random.choice(["accept", "reject", "unsure"]),
            "interval": None, "original_interval": None, "reasons": [],
            "note": "", "spent_sec": 5.0})
        accepted.append(request_id)
        return True

    async def run(self, end):
        global exhausted
        try:
            await asyncio.sleep(self.random.uniform(0, options.pace))
            self.csrf = json.loads(await self.must(
                "me", "GET /api/me"))["csrf"]
            while time.perf_counter() < end:
                if not await self.one_item():
                    exhausted += 1
                    break
                if options.pace > 0:
                    await asyncio.sleep(min(
                        self.random.expovariate(1 / options.pace),
                        max(0, end - time.perf_counter())))
        except ValueError:
            pass
        except (OSError, EOFError) as e:
            faults.append("connection: %r" % e)


async def main():
    tokens = [""] * options.annotators
    if options.tokens:
        with open(options.tokens) as f:
            tokens = [line.strip() for line in f][:options.annotators]
    end = time.perf_counter() + options.seconds
    await asyncio.gather(*(Annotator(i, token).run(end)
                           for i, token in enumerate(tokens)))
    everything = []
    for kind, times in sorted(spent.items()):
        if kind not in ("me", "view"):
            everything += times
        tell(kind, times)
    if everything:
        tell("claim, range and verdict", everything)
    if exhausted:
        print("%d annotators ran out of items" % exhausted)
    if options.accepted:
        with open(options.accepted, "w") as f:
            f.writelines(line + "\n" for line in accepted)
    for fault in sorted(set(faults))[:10]:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults or not accepted else 0)


def tell(kind, times):
    times = sorted(times)

    def percentile(p):
        return times[min(len(times) - 1, int(p / 100 * len(times)))] * 1e3

    print("%-26s %7d requests %7.1f/s  p50 %7.2f ms  p99 %7.2f ms  "
          "max %7.2f ms" % (kind, len(times), len(times) / options.seconds,
                            percentile(50), percentile(99), times[-1] * 1e3))


asyncio.run(main())
