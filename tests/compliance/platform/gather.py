"""Reads the cloud once, by GET alone and all sources at a time; what can't be read is a result, not an exception."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import ConfigException, SDKException

from infra.plan.plan import Plan
from tests.compliance.platform import seen
from tests.compliance.platform.crossing import doors, strangers, trespass
from tests.compliance.platform.snapshot import Snapshot
from tests.compliance.platform.territory import Territory
from tests.compliance.verdicts import Evidence

SECONDS = 20
WITHOUT_RULES = "fields=id&fields=name&fields=project_id&fields=stateful"
SAMPLE = 3  # servers of the stack, living and deleted each, whose recorded actions are read


@dataclass(frozen=True)
class Source:
    """One listing of one API."""

    service: str
    path: str
    key: str
    model: type[seen.Seen]


SOURCES = {
    "domains": Source("identity", "/domains", "domains", seen.Domain),
    "projects": Source("identity", "/projects", "projects", seen.Project),
    "users": Source("identity", "/users", "users", seen.User),
    "assignments": Source("identity", "/role_assignments?include_names=true", "role_assignments", seen.Assignment),
    "catalogue": Source("identity", "/services", "services", seen.Service),
    "endpoints": Source("identity", "/endpoints", "endpoints", seen.Endpoint),
    "networks": Source("network", "/networks", "networks", seen.Network),
    "subnets": Source("network", "/subnets", "subnets", seen.Subnet),
    "ports": Source("network", "/ports", "ports", seen.Port),
    "routers": Source("network", "/routers", "routers", seen.Router),
    "floating": Source("network", "/floatingips", "floatingips", seen.FloatingAddress),
    "groups": Source("network", f"/security-groups?{WITHOUT_RULES}", "security_groups", seen.Group),
    "rules": Source("network", "/security-group-rules", "security_group_rules", seen.Rule),
    "sharing": Source("network", "/rbac-policies", "rbac_policies", seen.Sharing),
    "agents": Source("network", "/agents", "agents", seen.Agent),
    "extensions": Source("network", "/extensions", "extensions", seen.Extension),
    "servers": Source("compute", "/servers/detail?all_tenants=1", "servers", seen.Server),
    "server_groups": Source("compute", "/os-server-groups?all_projects=True", "server_groups", seen.ServerGroup),
    "hypervisors": Source("compute", "/os-hypervisors/detail", "hypervisors", seen.Hypervisor),
    "services": Source("compute", "/os-services", "services", seen.Agent),
    "images": Source("image", "/images?limit=1000", "images", seen.Image),
}
# Source → service, path, key of the answer, and the plan's words for the API's.
QUOTAS = {
    "network_quotas": (
        "network",
        "/quotas/{}",
        "quota",
        {
            "networks": "network",
            "ports": "port",
            "routers": "router",
            "floating_addresses": "floatingip",
            "security_groups": "security_group",
            "security_group_rules": "security_group_rule",
            "shares": "rbac_policy",
        },
    ),
    "compute_quotas": (
        "compute",
        "/os-quota-sets/{}",
        "quota_set",
        {"instances": "instances", "cores": "cores", "ram_mb": "ram"},
    ),
}


@dataclass
class Reader:
    """The APIs, with what they said and how far their clocks are off."""

    connection: Any
    readings: dict[str, Evidence] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, float] = field(default_factory=dict)

    def get(self, service: str, path: str, **how: Any) -> Any:
        """One answer; SDKException when it is a refusal."""
        before = datetime.now(UTC)
        answer = getattr(self.connection, service).get(path, **how)
        if told := answer.headers.get("Date"):
            self.clocks[service] = off(parsedate_to_datetime(told), before, datetime.now(UTC))
        openstack.exceptions.raise_from_response(answer)
        return answer.json()

    def keep(self, name: str, command: str, lines: Iterable[str]) -> None:
        """Make evidence of what was read."""
        self.readings[name] = Evidence(
            command=command, output="\n".join(lines), exit_status=200, read_at=datetime.now(UTC)
        )

    def things(self, name: str) -> tuple[Any, ...]:
        """All of a source, page by page."""
        source = SOURCES[name]
        found, path = [], source.path
        try:
            while path:
                page = self.get(source.service, path)
                found += [source.model.model_validate(one) for one in page[source.key]]
                links = page.get(f"{source.key}_links") or []
                following = next((link["href"] for link in links if link["rel"] == "next"), page.get("next"))
                path = str(following or "").removeprefix(
                    "/v2"
                )  # Glance gives a path with its version, Nova a whole URL
        except (SDKException, ClientException) as problem:
            self.unread[name] = reason(problem)
            return ()
        self.keep(name, f"GET {source.service} {source.path}", (one.told for one in found))
        return tuple(found)

    def quotas(self, name: str, projects: Mapping[str, str]) -> tuple[seen.Quota, ...]:
        """The limits of each of the stack's projects."""
        service, path, key, words = QUOTAS[name]
        try:
            answers = {one: self.get(service, path.format(one))[key] for one in projects.values()}
        except (SDKException, ClientException) as problem:
            self.unread[name] = reason(problem)
            return ()
        found = tuple(
            seen.Quota(project_id=project, limits={ours: limits[theirs] for ours, theirs in words.items()})
            for project, limits in answers.items()
        )
        self.keep(name, f"GET {service} {path.format('<project>')}", (one.told for one in found))
        return found

    def actions(self, name: str, servers: Iterable[seen.Server]) -> dict[str, tuple[seen.Action, ...]]:
        """What was done to some servers, newest first; 2.21 is the first version that tells it of deleted ones."""
        found = {}
        try:
            for server in servers:
                page = self.get("compute", f"/servers/{server.id}/os-instance-actions", microversion="2.21")
                found[server.name] = tuple(seen.Action.model_validate(one) for one in page["instanceActions"])
        except (SDKException, ClientException) as problem:
            self.unread[name] = reason(problem)
            return {}
        lines = (f"{server}: {action.told}" for server, taken in found.items() for action in taken)
        self.keep(name, "GET compute /servers/<id>/os-instance-actions", lines)
        return found

    def graves(self, territory: Territory) -> list[seen.Server]:
        """Some servers of the stack that are no more."""
        try:
            page = self.get("compute", "/servers/detail?all_tenants=1&deleted=true&limit=100")
        except (SDKException, ClientException):
            return []
        return territory.own([seen.Server.model_validate(one) for one in page["servers"]])[:SAMPLE]


def handshake(address: str) -> str:
    """What a web site agrees to, its certificate aside; or why it does not."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address, 443), timeout=5) as plain, context.wrap_socket(plain) as wrapped:
            return f"{wrapped.version()} {(wrapped.cipher() or ('',))[0]}"
    except OSError as problem:
        return reason(problem)


def sites(territory: Territory) -> list[str]:
    """Floating addresses that sites are reached by."""
    public = {
        (territory.projects.get(group.project, ""), f"{group.name}-{group.virtual_address_name}")
        for group in territory.plan.host_groups
        if group.zone == "public" and group.floating_address
    }
    ports = {port.id for port in territory.cloud.ports if (port.project_id, port.name) in public}
    return [one.address for one in territory.cloud.floating if one.port_id in ports]


def off(told: datetime, before: datetime, after: datetime) -> float:
    """Seconds that a clock is off at least: it tells whole seconds, some time between asking and hearing."""
    return max((before - told - timedelta(seconds=1)).total_seconds(), (told - after).total_seconds(), 0.0)


def reason(problem: Exception) -> str:
    """One line for a report."""
    return " ".join(f"{type(problem).__name__}: {problem}".split())[:300]


def look(plan: Plan, connect: Callable[..., Any] = openstack.connect) -> Snapshot:
    """Everything that the stack's own log-in may see, at this moment."""
    started = datetime.now(UTC)
    try:
        connection = connect(cloud=plan.login, api_timeout=SECONDS)
        connection.session.get_token()
        asker = connection.session.get_user_id() or ""
    except (SDKException, ClientException, ConfigException) as problem:
        return Snapshot(started, datetime.now(UTC), unreachable=reason(problem))
    reader = Reader(connection)
    with ThreadPoolExecutor(8) as pool:
        listed: dict[str, Any] = dict(zip(SOURCES, pool.map(reader.things, SOURCES), strict=True))
        cloud = Snapshot(started, started, asker=asker, **listed)
        territory, ways = Territory(plan, cloud), doors(connection)
        quotas = {name: pool.submit(reader.quotas, name, territory.projects) for name in QUOTAS}
        actions = pool.submit(reader.actions, "actions", territory.own(cloud.servers)[:SAMPLE])
        deleted = pool.submit(lambda: reader.actions("deleted", reader.graves(territory)))
        crossing = pool.submit(trespass, connection, ways, territory)
        anonymous = pool.submit(strangers, connection, ways)
        shaken = {address: pool.submit(handshake, address) for address in sites(territory)}
        read: dict[str, Any] = {name: future.result() for name, future in quotas.items()}
        cloud = replace(
            cloud,
            **read,
            actions=actions.result(),
            deleted=deleted.result(),
            crossing=crossing.result()[0],
            own_views=crossing.result()[1],
            anonymous=anonymous.result(),
            handshakes={address: future.result() for address, future in shaken.items()},
        )
    for name in ("crossing", "own_views", "anonymous"):
        reader.keep(name, f"GET {name}", (one.told for one in getattr(cloud, name)))
    reader.keep("handshakes", "TLS :443", (f"{address}: {said}" for address, said in cloud.handshakes.items()))
    reader.keep("clocks", "HTTP Date", (f"{service}: {seconds:.1f} s" for service, seconds in reader.clocks.items()))
    return replace(cloud, ended=datetime.now(UTC), readings=reader.readings, unread=reader.unread, clocks=reader.clocks)
