#!/usr/bin/python3
"""A small web server with faults, on loopback, for tests of what fetches.

http_server.py FOLDER PORT_FILE LOG [CERTIFICATE]

Serves the files of FOLDER as /HOW/NAME, with ranges, and writes its port into
PORT_FILE and a line a request, "HOW NAME RANGE", into LOG.  With CERTIFICATE
(key and certificate in one PEM file) it speaks TLS.  Ends with its parent.
HOW is

ok         the file
norange    the file, whatever range is asked for
redirect   302 to /ok/NAME
loop       302 to itself
tofile     302 to the file's file:// address
status404, status500
cut        the first time, the connection is closed after half of what is asked
stall      the first time, nothing comes after half of what is asked
slow       the first time, 1 kB each tenth of a second
"""
import http.server
import os
import socketserver
import ssl
import sys
import threading
import time

folder, port_file, log = sys.argv[1:4]
parent = os.getppid()
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def send_faulty(self, how, body):
        """All of the body, or what this way of failing gives of it."""
        is_first = self.path not in seen
        seen.add(self.path)
        if how in ("cut", "stall") and is_first:
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            if how == "stall":
                time.sleep(60)
        elif how == "slow" and is_first:
            for i in range(0, len(body), 1000):
                self.wfile.write(body[i:i + 1000])
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(body)

    def send_file(self, how, name, asked):
        with open(os.path.join(folder, name), "rb") as f:
            body = f.read()
        begin = 0
        if asked.startswith("bytes=") and how != "norange":
            begin = int(asked[6:].split("-")[0])
        if begin >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", "bytes */%d" % len(body))
            self.end_headers()
            return
        self.send_response(206 if begin > 0 else 200)
        if begin > 0:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (
                begin, len(body) - 1, len(body)))
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        self.send_faulty(how, body[begin:])

    def do_GET(self):
        _, how, name = self.path.split("?")[0].split("/")
        asked = self.headers.get("Range", "")
        with open(log, "a") as f:
            f.write(("%s %s %s" % (how, name, asked)).rstrip() + "\n")
        if how == "redirect":
            self.redirect("/ok/" + name)
        elif how == "loop":
            self.redirect(self.path)
        elif how == "tofile":
            self.redirect("file://" + os.path.abspath(
                os.path.join(folder, name)))
        elif how.startswith("status"):
            self.send_error(int(how[6:]))
        else:
            self.send_file(how, name, asked)


def end_with_parent():
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


class Server(http.server.ThreadingHTTPServer):
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
