"""A visitor of the sites who counts what fails, for the tests that break or publish something meanwhile."""

import http.client
import itertools
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Prober:
    """Asks for one page over and over, from a few threads, for as long as the `with` block lasts (at most `limit` s).

    `failures` holds what went wrong; `longest_gap` is the longest time in seconds between two good answers.
    """

    address: str
    host: str
    authority: Path
    threads: int = 4
    limit: float = 300
    failures: list[str] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)

    def __enter__(self) -> "Prober":
        self._over = threading.Event()
        self._workers = [threading.Thread(target=self._visit, daemon=True) for _ in range(self.threads)]
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for worker in self._workers:
            worker.join(timeout=10)

    @property
    def longest_gap(self) -> float:
        times = sorted(self.answers)
        return max((after - before for before, after in itertools.pairwise(times)), default=float("inf"))

    def get(self, path: str = "/") -> tuple[int, str]:
        """One request by host name at the sites' address, with the certificate checked."""
        context = ssl.create_default_context(cafile=str(self.authority))
        connection = _ByName(self.address, self.host, context)
        try:
            connection.request("GET", path, headers={"Host": self.host, "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _visit(self) -> None:
        ends = time.monotonic() + self.limit
        while not self._over.is_set() and time.monotonic() < ends:
            try:
                status, _ = self.get()
            except OSError as error:
                self.failures.append(repr(error))
            else:
                if status == http.HTTPStatus.OK:
                    self.answers.append(time.monotonic())
                else:
                    self.failures.append(str(status))
            self._over.wait(0.02)


class _ByName(http.client.HTTPSConnection):
    """A connection to an address that asks for, and verifies, the certificate of a name."""

    def __init__(self, address: str, name: str, context: ssl.SSLContext) -> None:
        super().__init__(address, timeout=3, context=context)
        self._name, self._tls = name, context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)
