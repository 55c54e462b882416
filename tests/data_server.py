"""A server of files for the tests of `hysteron data get`: prints its port, then serves the present folder.

    data_server.py log   each request is a line of the file: path, and the first byte asked for

/FILE gives it, from a Range on; /cut/FILE breaks off half-way; /whole/FILE knows nothing of ranges; /slow/FILE gives half
of it and then waits for ever; /error/500/FILE gives that status.
"""
import http.server
import os
import re
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        way, path = "", self.path.lstrip("/")
        for known in ("cut", "whole", "slow", "error"):
            if path.startswith(known + "/"):
                way, path = path.split("/", 1)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked.group(1)) if asked and way != "whole" else 0
        with open(sys.argv[1], "a") as log:
            print(self.path, first, file=log)
        if way == "error":
            return self.send_error(int(path.split("/")[0]))
        if not os.path.isfile(path):
            return self.send_error(404)
        with open(path, "rb") as file:
            content = file.read()
        if first >= len(content) > 0 and asked and way != "whole":
            return self.send_error(416)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        content = content[first:]
        if way == "cut":
            content = content[: len(content) // 2]
        if way == "slow":
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            threading.Event().wait()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open("port.new", "w") as file:
    print(server.server_port, file=file)
os.rename("port.new", "port")
server.serve_forever()
