"""The few API calls that looking at the lab's health needs, light enough for a status that answers at once."""

import json
import urllib.error
import urllib.request
from typing import Any

from lab.openstack.settings import LabSettings

TIMEOUT = 10


def token(lab: LabSettings, password: str) -> str:
    """A token for admin in project admin."""
    domain = {"name": "Default"}
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": "admin", "domain": domain, "password": password}},
    }
    body = {"auth": {"identity": identity, "scope": {"project": {"name": "admin", "domain": domain}}}}
    request = urllib.request.Request(  # noqa: S310 - the lab's own address
        f"{lab.auth_url}/auth/tokens", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        return str(answer.headers["X-Subject-Token"])


def get(url: str, login: str) -> Any:
    """One JSON document."""
    request = urllib.request.Request(url, headers={"X-Auth-Token": login})  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        return json.load(answer)


def alive_agents(lab: LabSettings, password: str) -> set[str]:
    """Programs that reported to neutron or nova lately; none where the APIs themselves do not answer."""
    found: set[str] = set()
    try:
        login = token(lab, password)
    except (OSError, urllib.error.URLError):
        return found
    for url, key, field, good in (
        (f"http://{lab.address}:9696/v2.0/agents", "agents", "alive", True),
        (f"http://{lab.address}:8774/v2.1/os-services", "services", "state", "up"),
    ):
        try:
            found |= {entry["binary"] for entry in get(url, login)[key] if entry[field] == good}
        except (OSError, urllib.error.URLError):
            continue
    return found
