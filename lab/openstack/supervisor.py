"""Talk to the lab's supervisor through its socket, which lies in the state folder and so is reachable from outside."""

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any, cast

ALREADY_STARTED = 60


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ARG002 - the socket is the host
        return _UnixConnection(self._path)


class Supervisor:
    """The few verbs that the lab needs."""

    def __init__(self, path: Path) -> None:
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(path))
        self._api = cast("Any", proxy).supervisor

    def answers(self) -> bool:
        """Is there a supervisor behind the socket?"""
        try:
            return bool(self._api.getState()["statename"] == "RUNNING")
        except OSError:
            return False

    def states(self) -> dict[str, str]:
        """Service name → RUNNING, STARTING, BACKOFF, FATAL, STOPPED …"""
        return {entry["name"]: entry["statename"] for entry in self._api.getAllProcessInfo()}

    def start(self, name: str) -> None:
        """Start a service without waiting for it; one that runs already is left alone."""
        try:
            self._api.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != ALREADY_STARTED:
                raise
