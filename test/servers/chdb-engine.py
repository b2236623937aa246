# Keeps ClickHouse's engine open over one configuration file, and answers queries on a socket: chdb-engine.py CONFIG SOCKET.
# Must not import chdb in a directory that holds a config.xml: it would be read.
import os
import signal
import socketserver
import sys

import chdb

config, path = sys.argv[1:]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
connection = chdb.connect(f"{os.environ['CHDB_SESSION']}?config-file={config}")


class Ask(socketserver.StreamRequestHandler):
    def handle(self):
        query = self.rfile.read().decode()
        try:
            answer = b"+" + connection.query(query, "TabSeparated").bytes()
        except Exception as error:
            answer = b"-" + str(error).encode()
        self.wfile.write(answer)


try:
    with socketserver.UnixStreamServer(path, Ask) as server:
        server.serve_forever()
finally:
    connection.close()
    os.unlink(path)
