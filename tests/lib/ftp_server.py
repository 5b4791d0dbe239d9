#!/usr/bin/python3
"""A small ftp server on loopback, for tests of what fetches.

ftp_server.py FOLDER PORT_FILE LOG

Gives the files of FOLDER to anonymous, one connection after the other, with
SIZE, MDTM and REST, and writes a line a command into LOG.  The first transfer
of a file whose name begins with "cut" ends in the middle.  Ends with its
parent.
"""
import os
import socket
import sys
import threading
import time

folder, port_file, log = sys.argv[1:4]
parent = os.getppid()
cut = set()


def end_with_parent():
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def serve(connection):
    lines = connection.makefile("rb")
    data = first = None

    def say(text):
        connection.sendall((text + "\r\n").encode())

    say("220 here")
    for line in lines:
        word, _, rest = line.decode().strip().partition(" ")
        path = os.path.join(folder, rest.lstrip("/"))
        with open(log, "a") as f:
            f.write(line.decode().strip() + "\n")
        if word == "USER":
            say("331 any" if rest == "anonymous" else "530 no")
        elif word == "PASS":
            say("230 in")
        elif word == "PWD":
            say('257 "/"')
        elif word in ("TYPE", "CWD"):
            say("200 well")
        elif word == "EPSV":
            data = socket.create_server(("127.0.0.1", 0))
            say("229 at (|||%d|)" % data.getsockname()[1])
        elif word == "REST":
            first = int(rest)
            say("350 from there")
        elif word == "QUIT":
            say("221 bye")
            return
        elif not os.path.isfile(path):
            say("550 none")
        elif word == "SIZE":
            say("213 %d" % os.path.getsize(path))
        elif word == "MDTM":
            say(time.strftime("213 %Y%m%d%H%M%S",
                              time.gmtime(os.path.getmtime(path))))
        elif word == "RETR":
            with open(path, "rb") as f:
                body = f.read()[first or 0:]
            first = None
            is_cut = rest.startswith("cut") and rest not in cut
            cut.add(rest)
            say("150 comes")
            to, _ = data.accept()
            to.sendall(body[:len(body) // 2] if is_cut else body)
            to.close()
            say("426 broken off" if is_cut else "226 all")
        else:
            say("502 what")


server = socket.create_server(("127.0.0.1", 0))
with open(port_file + ".new", "w") as f:
    f.write(str(server.getsockname()[1]))
os.rename(port_file + ".new", port_file)
threading.Thread(target=end_with_parent, daemon=True).start()


def serve_until_left(connection):
    try:
        serve(connection)
    except ConnectionError:
        pass  # A client that went away is no news.


while True:
    client, _ = server.accept()
    threading.Thread(target=serve_until_left, args=(client,),
                     daemon=True).start()
