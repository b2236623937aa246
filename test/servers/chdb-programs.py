# The engine of ClickHouse 26.9 (chdb) under the names and with the options of the programs of a server that this test calls:
# chdb-programs.py client|server|local OPTION…. Queries go to the engine as they are; of options it knows those named here only.
# What it cannot stand for: ports, users and passwords, TLS.
import ctypes
import os
import re
import signal
import socket
import socketserver
import sys

VERSION = "26.9.2.1"


def option(name, usual=None):
    for at, word in enumerate(words):
        if word == f"--{name}":
            return words[at + 1]
        if word.startswith(f"--{name}="):
            return word.split("=", 1)[1]
    return usual


# Abstract: as a port it belongs to one network namespace.
def address():
    return f"\0clickhouse-{option('port', '9000')}"


# At each semicolon that is in no quotes.
def statements(text):
    pieces = re.findall(r"(?:'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[^;'`])+", text)
    return [piece for piece in pieces if piece.strip()]


def ask(query):
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.connect(address())
        except OSError as error:
            sys.exit(f"Code: 210. DB::NetException: {error} (NETWORK_ERROR)")
        asked.sendall(query.encode())
        asked.shutdown(socket.SHUT_WR)
        answer = asked.makefile("rb").read().decode()
    if not answer.startswith("+"):
        sys.exit(answer[1:] or "Code: 32. DB::Exception: no answer")
    sys.stdout.write(answer[1:])


def engine(config):
    import chdb

    path = re.search(r"<path>(/.*?)/?</path>", open(config).read())[1]
    return chdb.connect(f"{path}/session?config-file={config}")


def serve():
    # By this name a server is known among the processes.
    ctypes.CDLL(None).prctl(15, b"clickhouse-serv", 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    connection = engine(option("config-file"))

    class Ask(socketserver.StreamRequestHandler):
        def handle(self):
            query = self.rfile.read().decode()
            try:
                answer = b"+" + connection.query(query, "TabSeparated").bytes()
            except Exception as error:
                answer = b"-" + str(error).encode()
            self.wfile.write(answer)

    try:
        with socketserver.UnixStreamServer(address(), Ask) as server:
            server.serve_forever()
    finally:
        connection.close()


program, *words = sys.argv[1:]
if "--version" in words:
    print(f"ClickHouse {program} version {VERSION}.")
elif program == "server":
    serve()
elif program == "client":
    for one in statements(option("query") or sys.stdin.read()):
        ask(one)
else:
    connection = engine(option("config-file"))
    for one in statements(option("query")):
        try:
            sys.stdout.write(connection.query(one, "TabSeparated").bytes().decode())
        except Exception as error:
            sys.exit(str(error))
    connection.close()
