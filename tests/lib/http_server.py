#!/usr/bin/python3
"""A small web server with faults, on loopback, for tests of what fetches.

http_server.py FOLDER PORT_FILE LOG [CERTIFICATE]

Serves the files of FOLDER as /HOW/NAME, with ranges, ETag, Last-Modified and
If-Range, and writes its port into PORT_FILE and a line a request, "HOW NAME
RANGE [if IF-RANGE]", into LOG, that of a HEAD with HEAD before it.  With
CERTIFICATE (key and certificate in one PEM file) it speaks TLS.  Ends with its
parent.  HOW is

ok         the file
norange    the file, whatever range is asked for
noetag, weak   without a word on the version; with a weak ETag alone
redirect   302 to /ok/NAME
loop       302 to itself
tofile     302 to the file's file:// address
statusNNN  that, always
onceNNN    that, the first time
nohead     405 to HEAD
page       a page of HTML
cut        the first time, the connection is closed after half of what is asked
reset      the first time, it is reset there
stall      the first time, nothing comes after half of what is asked
slow       the first time, 1 kB each tenth of a second
drip       20 bytes each tenth of a second
short      a length that is half of what there is
wrongrange any range that is asked for begins a byte later
change     the first time as cut; from then on another file, reversed
huge       10 GB of zeros, as it says
throttle, throttledate   the first two times 429, to be asked again after 1 s
busy       the first time 503
holiday    429, to be asked again in an hour
bucket     the file "object", to who signs as s3:// has it (key "id", secret
           "secret", region "here"); 403 with the reason to others
"""
import email.utils
import hashlib
import hmac
import http.server
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse

folder, port_file, log = sys.argv[1:4]
parent = os.getppid()
seen = {}
lock = threading.Lock()


def canonical_query(query):
    """Parameters sorted by name and value, encoded as RFC 3986 has it."""
    pairs = [p.partition("=") for p in query.split("&") if p]
    quote = urllib.parse.quote
    unquote = urllib.parse.unquote_to_bytes
    return "&".join("%s=%s" % p for p in sorted(
        (quote(unquote(n), "~-._"), quote(unquote(v), "~-._"))
        for n, _, v in pairs))


def signature_fault(method, target, headers):
    """What is wrong with the signature of AWS, version 4, or None."""
    got = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=id/(\d{8})/here/s3/aws4_request, ?"
        r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        headers.get("Authorization", ""))
    if not got:
        return "no signature"
    day, signed, signature = got.groups()
    names = signed.split(";")
    for name in ("host", "x-amz-content-sha256", "x-amz-date"):
        if name not in names:
            return name + " is not signed"
    if headers["x-amz-content-sha256"] != hashlib.sha256(b"").hexdigest():
        return "wrong hash of the payload"
    path, _, query = target.partition("?")
    if path != urllib.parse.quote(urllib.parse.unquote_to_bytes(path),
                                  "/~-._"):
        return "the path is not encoded as RFC 3986 has it"
    if query != canonical_query(query):
        return "the query is not sorted or encoded"
    request = "\n".join([method, path, canonical_query(query)] + [
        "%s:%s" % (n, " ".join(headers[n].split())) for n in names] + [
            "", signed, headers["x-amz-content-sha256"]])
    scope = day + "/here/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                      hashlib.sha256(request.encode()).hexdigest()])
    key = b"AWS4secret"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    want = hmac.new(key, text.encode(), "sha256").hexdigest()
    return None if want == signature else "the signature is another"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drop(self):
        """Close the connection after this."""
        self.close_connection = True

    def send_faulty(self, how, body):
        """All of the body, or what this way of failing gives of it."""
        if how in ("cut", "stall", "reset", "change") and self.is_first:
            self.drop()
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            if how == "stall":
                time.sleep(60)
            elif how == "reset":
                time.sleep(0.05)
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
                self.connection.close()
        elif how == "drip" or (how == "slow" and self.is_first):
            n = 20 if how == "drip" else 1000
            for i in range(0, len(body), n):
                self.wfile.write(body[i:i + n])
                self.wfile.flush()
                time.sleep(0.1)
        elif how == "short":
            self.drop()
            self.wfile.write(body)
        else:
            self.wfile.write(body)

    def begin_of(self, how, etag):
        """Where to begin, by Range and If-Range."""
        asked = self.headers.get("Range", "")
        wanted = self.headers.get("If-Range", etag)
        if not asked.startswith("bytes=") or how == "norange" or \
                wanted not in (etag, self.modified):
            return 0
        return int(asked[6:].split("-")[0])

    def send_file(self, how, name):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            self.answer(404)
            return
        with open(path, "rb") as f:
            body = f.read()
        if how == "change" and not self.is_first:
            body = body[::-1]
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:8]
        self.modified = email.utils.formatdate(os.stat(path).st_mtime,
                                               usegmt=True)
        begin = self.begin_of(how, etag)
        if begin >= len(body) > 0:
            self.answer(416, Content_Range="bytes */%d" % len(body))
            return
        n = len(body) - begin
        self.send_response(206 if begin > 0 else 200)
        if begin > 0:
            first = begin + 1 if how == "wrongrange" else begin
            self.send_header("Content-Range", "bytes %d-%d/%d" % (
                first, first + n - 1, len(body) + first - begin))
        if how == "weak":
            self.send_header("ETag", "W/" + etag)
        elif how != "noetag":
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", self.modified)
        self.send_header("Content-Length", str(n // 2 if how == "short"
                                               else n))
        if how == "short":
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.send_faulty(how, body[begin:])

    def send_huge(self):
        self.drop()
        self.send_response(200)
        self.send_header("Content-Length", str(10 << 30))
        self.end_headers()
        while self.command != "HEAD":
            self.wfile.write(bytes(1 << 16))

    def note(self, how, name):
        """One line a request; sets n_before and is_first."""
        words = [how, name, self.headers.get("Range", "")]
        if self.command == "HEAD":
            words.insert(0, "HEAD")
        if "If-Range" in self.headers:
            words.append("if " + self.headers["If-Range"])
        with lock:
            self.n_before = seen.get(self.path, 0)
            seen[self.path] = self.n_before + 1
            with open(log, "a") as f:
                f.write(" ".join(words).rstrip() + "\n")
        self.is_first = self.n_before == 0

    def do_GET(self):
        _, how, name = self.path.split("?")[0].split("/", 2)
        self.note(how, name)
        if how == "redirect":
            self.answer(302, Location="/ok/" + name)
        elif how == "loop":
            self.answer(302, Location=self.path)
        elif how == "tofile":
            self.answer(302, Location="file://" + os.path.abspath(
                os.path.join(folder, name)))
        elif how.startswith("status"):
            self.answer(int(how[6:]))
        elif how.startswith("once") and self.is_first:
            self.answer(int(how[4:]))
        elif how == "nohead" and self.command == "HEAD":
            self.answer(405)
        elif how == "page":
            self.answer(200, b"<html>not here", Content_Type="text/html")
        elif how == "huge":
            self.send_huge()
        elif how == "throttle" and self.n_before < 2:
            self.answer(429, Retry_After="1")
        elif how == "throttledate" and self.n_before < 2:
            # By the clock of this server alone.
            self.answer(429, Retry_After=email.utils.formatdate(
                time.time() + 1, usegmt=True))
        elif how == "busy" and self.is_first:
            self.answer(503)
        elif how == "holiday":
            self.answer(429, Retry_After="3600")
        elif how == "bucket":
            fault = signature_fault(self.command, self.path, self.headers)
            if fault:
                with lock, open(log, "a") as f:
                    f.write(fault + "\n")
                self.answer(403)
            else:
                self.send_file("ok", "object")
        else:
            self.send_file(how, name)

    do_HEAD = do_GET


def end_with_parent():
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256

    def server_bind(self):
        """Without asking the name servers what this computer is called."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, *_):
        """A client that went away is no news."""


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
threading.Thread(target=end_with_parent, daemon=True).start()
server.serve_forever()
