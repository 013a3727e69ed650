"""Tries to read what is somebody else's: with the rights of one project alone, and with none at all. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from tests.compliance.platform.seen import Owned
from tests.compliance.platform.snapshot import Try
from tests.compliance.platform.territory import Territory

REFUSED = (401, 403, 404)
# A door of each service that nobody may enter without a token.
DOORS = {
    "identity": "/users",
    "compute": "/servers",
    "network": "/networks",
    "image": "/images",
    "placement": "/resource_providers",
    "object_store": "/AUTH_anybody",
}
LISTS = (
    ("compute", "/servers/detail?all_tenants=1", "servers"),
    ("network", "/networks", "networks"),
    ("network", "/security-group-rules", "security_group_rules"),
    ("identity", "/users", "users"),
    ("identity", "/role_assignments", "role_assignments"),
)


@dataclass(frozen=True)
class Visitor:
    """Somebody with the rights of one project, or with none."""

    connection: Any
    doors: Mapping[str, str]
    who: str
    token: str = ""

    def ask(self, service: str, path: str) -> tuple[int, dict[str, Any]]:
        """A status and its document."""
        headers = {"X-Auth-Token": self.token} if self.token else {}
        url = f"{self.doors[service]}{path}"
        answer = self.connection.session.get(url, headers=headers, authenticated=False, raise_exc=False)
        is_document = "json" in answer.headers.get("Content-Type", "") and answer.content
        return answer.status_code, answer.json() if is_document else {}

    def tries(self, places: Iterable[tuple[str, str]]) -> Iterator[Try]:
        """One after the other; whatever isn't refused is given away."""
        for service, path in places:
            status, _ = self.ask(service, path)
            yield Try(self.who, f"GET {service} {path}", status, () if status in REFUSED else (path,))

    def lists(self, own: str) -> Iterator[Try]:
        """Listings in which only the project's own things may stand, and those lent to it."""
        for service, path, key in LISTS:
            status, body = self.ask(service, path)
            listed = body.get(key, []) if status == 200 else []
            yield Try(self.who, f"GET {service} {path}", status, tuple(_strange(listed, own)))

    def views(self, territory: Territory, own: str) -> Iterator[Try]:
        """What it may well see: its own."""
        servers = [one.id for one in territory.cloud.servers if one.project_id == own][:1]
        yield Try(self.who, "GET network /security-groups", self.ask("network", "/security-groups")[0])
        for path in (f"/servers/{key}/os-instance-actions" for key in servers):
            yield Try(self.who, f"GET compute {path}", self.ask("compute", path)[0])


def doors(connection: Any) -> dict[str, str]:
    """Where each service of the cloud is asked."""
    offered = [one for one in DOORS if connection.has_service(one.replace("_", "-"))]
    found = {one: getattr(connection, one).get_endpoint_data().url for one in offered if one != "object_store"}
    if "object_store" in offered:  # its address ends with the account of whoever asks
        found["object_store"] = connection.endpoint_for("object-store").rpartition("/")[0]
    return {service: url.rstrip("/") for service, url in found.items()}


def trespass(connection: Any, ways: Mapping[str, str], territory: Territory) -> tuple[tuple[Try, ...], tuple[Try, ...]]:
    """Each project that the log-in is a member of tries another one's things, and then its own.

    Nothing where it is a member nowhere: an admin's rights would show no border.
    """
    projects = list(territory.projects.items())

    def visit(index: int) -> tuple[list[Try], list[Try]]:
        name, own = projects[index]
        other = projects[(index + 1) % len(projects)][1]
        try:
            session = connection.connect_as_project({"id": own}).session
            roles = sorted(session.auth.get_access(session).role_names)
        except (SDKException, ClientException):
            return [], []
        if "admin" in roles or other == own:
            return [], []
        visitor = Visitor(connection, ways, f"{name}（{'、'.join(roles)}）", session.get_token())
        places = [place for place in _single(territory, own, other) if place[0] in ways]
        return [*visitor.tries(places), *visitor.lists(own)], [*visitor.views(territory, own)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(visit, range(len(projects))))
    return tuple(one for foreign, _ in found for one in foreign), tuple(one for _, own in found for one in own)


def _single(territory: Territory, own: str, other: str) -> Iterator[tuple[str, str]]:
    """One thing of each kind that the other project has; who owns a network may see whose ports are on it."""
    cloud = territory.cloud
    home = {one.id for one in cloud.networks if one.project_id == own}

    def first(things: Iterable[Owned]) -> list[str]:
        return [one.id for one in things if one.project_id == other][:1]

    for key in first(cloud.servers):
        yield "compute", f"/servers/{key}"
        yield "compute", f"/servers/{key}/os-instance-actions"
    for path, things in (
        ("networks", [one for one in cloud.networks if not one.shared]),
        ("ports", [one for one in cloud.ports if one.network_id not in home]),
        ("routers", cloud.routers),
        ("security-groups", cloud.groups),
    ):
        for key in first(things):
            yield "network", f"/{path}/{key}"
    for key in first([one for one in cloud.images if one.visibility == "private"]):
        yield "image", f"/images/{key}"
    yield "compute", f"/os-quota-sets/{other}"
    yield "identity", f"/projects/{other}"
    yield "object_store", f"/AUTH_{other}"


def _strange(listed: list[dict[str, Any]], own: str) -> Iterator[str]:
    """What is listed and neither the project's own nor lent to it."""
    for one in listed:
        lent = one.get("shared") or one.get("router:external")
        if one.get("project_id", one.get("tenant_id")) != own and not lent:
            yield str(one.get("name") or one.get("id") or one)[:80]


def strangers(connection: Any, ways: Mapping[str, str]) -> tuple[Try, ...]:
    """Somebody without a token at each service's door."""
    nobody = Visitor(connection, ways, "无令牌 no token")
    return tuple(nobody.tries((service, DOORS[service]) for service in ways))
