"""Reads the cloud once, by GET alone and all sources at a time; what can't be read is a result, not an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import openstack

from infra.plan.plan import Plan
from tests.compliance.platform import seen
from tests.compliance.platform.crossing import doors, strangers, trespass
from tests.compliance.platform.sites import handshakes
from tests.compliance.platform.snapshot import Snapshot, Try, Unread, reason
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

    def attempt(self, name: str, read: Callable[[], Any]) -> Any:
        """What reading a source gives, or why it could not be read."""
        try:
            return read()
        except Exception as problem:
            self.unread[name] = reason(problem)
            return Unread(f"{name}: {self.unread[name]}")

    def things(self, name: str) -> tuple[Any, ...]:
        """All of a source, page by page."""
        source = SOURCES[name]
        found, path = [], source.path
        while path:
            page = self.get(source.service, path)
            found += [source.model.model_validate(one) for one in page[source.key]]
            links = page.get(f"{source.key}_links") or []
            following = next((link["href"] for link in links if link["rel"] == "next"), page.get("next"))
            path = str(following or "").removeprefix("/v2")  # Glance's begins with its version, Nova's is a whole URL
        self.keep(name, f"GET {source.service} {source.path}", (one.told for one in found))
        return tuple(found)

    def quotas(self, name: str, territory: Territory) -> tuple[seen.Quota, ...]:
        """The limits of each of the stack's projects."""
        service, path, key, words = QUOTAS[name]
        answers = {one: self.get(service, path.format(one))[key] for one in territory.projects.values()}
        found = tuple(
            seen.Quota(project_id=project, limits={ours: limits[theirs] for ours, theirs in words.items()})
            for project, limits in answers.items()
        )
        self.keep(name, f"GET {service} {path.format('<project>')}", (one.told for one in found))
        return found

    def actions(self, name: str, servers: Iterable[seen.Server]) -> dict[str, tuple[seen.Action, ...]]:
        """What was done to some servers, newest first; 2.21 is the first version that tells it of deleted ones."""
        found = {}
        for server in servers:
            page = self.get("compute", f"/servers/{server.id}/os-instance-actions", microversion="2.21")
            found[server.name] = tuple(seen.Action.model_validate(one) for one in page["instanceActions"])
        lines = (f"{server}: {action.told}" for server, taken in found.items() for action in taken)
        self.keep(name, "GET compute /servers/<id>/os-instance-actions", lines)
        return found

    def graves(self, territory: Territory) -> list[seen.Server]:
        """Some servers of the stack that are no more."""
        page = self.get("compute", "/servers/detail?all_tenants=1&deleted=true&limit=100")
        return territory.own([seen.Server.model_validate(one) for one in page["servers"]])[:SAMPLE]

    def tries(self, name: str, found: Iterable[Try]) -> tuple[Try, ...]:
        """Attempts, with their outcome as evidence."""
        done = tuple(found)
        self.keep(name, f"GET {name}", (one.told for one in done))
        return done

    def visits(self, ways: Mapping[str, str], territory: Territory) -> tuple[tuple[Try, ...], tuple[Try, ...]]:
        """What each project's rights gave of another's things, and of its own."""
        foreign, own = trespass(self.connection, ways, territory)
        return self.tries("crossing", foreign), self.tries("own_views", own)

    def sites(self, territory: Territory) -> dict[str, str]:
        """What each web site agrees to."""
        found = handshakes(territory)
        self.keep("handshakes", "TLS :443", (f"{address}: {said}" for address, said in found.items()))
        return found


def off(told: datetime, before: datetime, after: datetime) -> float:
    """Seconds that a clock is off at least: it tells whole seconds, some time between asking and hearing."""
    return max((before - told - timedelta(seconds=1)).total_seconds(), (told - after).total_seconds(), 0.0)


def look(plan: Plan, connect: Callable[..., Any] = openstack.connect) -> Snapshot:
    """Everything that the stack's own log-in may see, at this moment."""
    started = datetime.now(UTC)
    try:
        connection = connect(cloud=plan.login, api_timeout=SECONDS)
        connection.session.get_token()
        asker = connection.session.get_user_id() or ""
    except Exception as problem:
        return Snapshot(started, datetime.now(UTC), unreachable=reason(problem))
    reader = Reader(connection)
    with ThreadPoolExecutor(8) as pool:

        def all_of(reads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
            waiting = {name: pool.submit(reader.attempt, name, read) for name, read in reads.items()}
            return {name: future.result() for name, future in waiting.items()}

        cloud = Snapshot(started, started, asker, **all_of({name: partial(reader.things, name) for name in SOURCES}))
        territory = Territory(plan, cloud)
        ways = reader.attempt("crossing", lambda: doors(connection))
        read = all_of(
            {
                **{name: partial(reader.quotas, name, territory) for name in QUOTAS},
                "actions": lambda: reader.actions("actions", territory.own(cloud.servers)[:SAMPLE]),
                "deleted": lambda: reader.actions("deleted", reader.graves(territory)),
                "crossing": lambda: reader.visits(ways, territory),
                "anonymous": lambda: reader.tries("anonymous", strangers(connection, ways)),
                "handshakes": lambda: reader.sites(territory),
            }
        )
    visits = read.pop("crossing")
    foreign, own = (visits, visits) if isinstance(visits, Unread) else visits
    reader.keep("clocks", "HTTP Date", (f"{service}: {seconds:.1f} s" for service, seconds in reader.clocks.items()))
    return replace(
        cloud,
        ended=datetime.now(UTC),
        readings=reader.readings,
        unread=reader.unread,
        clocks=reader.clocks,
        crossing=foreign,
        own_views=own,
        **read,
    )
