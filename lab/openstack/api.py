"""The lab's APIs as plain JSON over HTTP: light enough for a status that answers at once, and for a quick start."""

import http.client
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError

PORTS = {"identity": 5000, "image": 9292, "compute": 8774, "network": 9696}
TIMEOUT = 120
BLOCK = 1024 * 1024


class ApiError(LabError):
    """An API that refused, or that did not answer."""


class Api:
    """Admin's view of one lab."""

    def __init__(self, lab: LabSettings, password: str) -> None:
        self._host = str(lab.address)
        self._password = password

    @cached_property
    def token(self) -> str:
        """For admin in project admin."""
        domain = {"name": "Default"}
        user = {"name": "admin", "domain": domain, "password": self._password}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity, "scope": {"project": {"name": "admin", "domain": domain}}}}
        headers, _ = self._send("POST", "identity", "/v3/auth/tokens", {}, json.dumps(body).encode())
        return headers["X-Subject-Token"]

    def get(self, service: str, path: str) -> Any:
        """One JSON document."""
        return self._json("GET", service, path)

    def post(self, service: str, path: str, body: object) -> Any:
        """Make something; returns what was made."""
        return self._json("POST", service, path, body)

    def put(self, service: str, path: str, body: object = None) -> None:
        """Say that something is so."""
        self._json("PUT", service, path, body)

    def delete(self, service: str, path: str) -> None:
        """Remove something."""
        self._json("DELETE", service, path)

    def upload(self, service: str, path: str, file: Path) -> None:
        """Send a file as it is."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
        with file.open("rb") as stream:
            self._send("PUT", service, path, headers | {"X-Auth-Token": self.token}, stream)

    def _json(self, method: str, service: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        _, text = self._send(method, service, path, {"X-Auth-Token": self.token}, data)
        return json.loads(text) if text else None

    def _send(
        self, method: str, service: str, path: str, headers: Mapping[str, str], data: Any
    ) -> tuple[http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection(self._host, PORTS[service], timeout=TIMEOUT, blocksize=BLOCK)
        try:
            connection.request(method, path, data, {"Content-Type": "application/json"} | dict(headers))
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(
                f"{service} API ({self._host}:{PORTS[service]}) 没有应答 does not answer: {error}"
            ) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise ApiError(f"{service} API: {method} {path}: {answer.status} {text.decode(errors='replace')[:500]}")
        return answer.headers, text


def alive_agents(api: Api) -> set[str]:
    """Programs that reported to neutron or nova lately, `program@node`; none where the APIs themselves are silent."""
    found: set[str] = set()
    with suppress(ApiError):
        agents = api.get("network", "/v2.0/agents")["agents"]
        found |= {f"{agent['binary']}@{agent['host']}" for agent in agents if agent["alive"]}
    with suppress(ApiError):
        services = api.get("compute", "/v2.1/os-services")["services"]
        # A compute node that no cell knows yet reports already, but no instance can be placed on it.
        nodes = {node["service"]["host"] for node in api.get("compute", "/v2.1/os-hypervisors/detail")["hypervisors"]}
        found |= {
            f"{service['binary']}@{service['host']}"
            for service in services
            if service["state"] == "up" and (service["binary"] != "nova-compute" or service["host"] in nodes)
        }
    return found
