"""A forward proxy between Pulumi and the cloud's API that goes down after a number of changes, as an API would."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length"}


class Forward(BaseHTTPRequestHandler):
    """Passes requests on until the server's budget of POST requests is spent; then nobody answers any more."""

    server: "Outage"
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        self.close_connection = True
        if self.server.is_down(self.command):
            return
        url = urlsplit(self.path)
        upstream = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=300)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        upstream.request(self.command, f"{url.path}?{url.query}".rstrip("?"), body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = pass_on  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class Outage(ThreadingHTTPServer):
    """The proxy, and how many changes it still lets pass."""

    daemon_threads = True

    def __init__(self, changes: int) -> None:
        super().__init__(("127.0.0.1", 0), Forward)
        self.left = changes
        self.guard = threading.Lock()

    def is_down(self, method: str) -> bool:
        with self.guard:
            self.left -= method == "POST"
            return self.left < 0


@contextmanager
def outage(changes: int) -> Iterator[dict[str, str]]:
    """Environment of a program whose API goes down after so many changes."""
    server = Outage(changes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {"HTTP_PROXY": address, "http_proxy": address, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    finally:
        server.shutdown()
        server.server_close()
