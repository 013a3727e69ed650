"""A cloud as the plan wants it, and hosts that answer well: what unit tests of the platform's checks spoil."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.plan import Plan, PlannedHostGroup, PlannedRule
from tests.compliance.platform import hosts, seen
from tests.compliance.platform.gather import QUOTAS, SOURCES
from tests.compliance.platform.snapshot import Snapshot, Try
from tests.compliance.platform.test_8_1_5_people import WORK
from tests.compliance.probes import HostEvidence, Probe
from tests.compliance.scope import HostScope
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_2 import RIGHTS, SUDOERS
from tests.compliance.test_8_1_4_3 import CLOCK, FORWARDED, FORWARDING, RECORDS
from tests.compliance.test_8_1_4_4 import FIREWALL, FIREWALL_ENABLED, NETWORK_SETTINGS, PACKAGES, UNITS
from tests.compliance.verdicts import Evidence

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
FACTS = Path(__file__).resolve().parents[3] / "stacks"
EXTERNAL, ADMIN_PROJECT, DEPLOYER = "external", "p-admin", "u-admin"


@cache
def world() -> Any:
    return load(FACTS)


@cache
def plan() -> Plan:
    """The slice's."""
    return build_plan(world(), "lab")


def project(name: str) -> str:
    return f"p-{name}"


def places() -> Iterator[tuple[str, Any]]:
    """Every network of the stack."""
    yield from ((one.name, one) for one in plan().segments)
    yield from ((one.name, one) for one in plan().links)


def rule(group: str, planned: PlannedRule, number: int) -> seen.Rule:
    return seen.Rule(
        id=f"rule-{number}",
        project_id="",
        security_group_id=f"g-{group}",
        direction=planned.direction,
        ethertype=f"IPv{planned.version}",
        protocol="ipv6-icmp" if (planned.protocol, planned.version) == ("icmp", 6) else planned.protocol,
        port_range_min=planned.port,
        port_range_max=planned.port,
        remote_ip_prefix=planned.remote_block,
        remote_group_id=f"g-{planned.remote_group}" if planned.remote_group else "",
    )


def port(group: PlannedHostGroup, name: str, *addresses: object, **more: Any) -> seen.Port:
    segment = next(one for one in plan().segments if one.key == group.segment)
    return seen.Port(
        id=f"port-{name}",
        name=name,
        project_id=project(group.project),
        network_id=f"n-{segment.name}",
        fixed_ips=tuple({"subnet_id": f"s-{segment.name}", "ip_address": str(one)} for one in addresses),
        security_groups=tuple(f"g-{one}" for one in group.security_groups),
        **more,
    )


def ports() -> Iterator[seen.Port]:
    for group in plan().host_groups:
        pairs = tuple({"ip_address": str(one)} for one in (group.virtual_address, group.virtual_address6) if one)
        for host in group.hosts:
            own = {"device_owner": "compute:nova", "device_id": f"server-{host.name}"}
            yield port(group, host.name, host.address, host.address6, allowed_address_pairs=pairs, **own)
        if group.virtual_address:
            shared = group.virtual_address, group.virtual_address6
            yield port(group, f"{group.name}-{group.virtual_address_name}", *shared)
    for router in plan().routers:
        for key in router.segments:
            segment = next(one for one in plan().segments if one.key == key)
            yield interface(router.name, segment.name, project(router.project))


def interface(router: str, network: str, owner: str) -> seen.Port:
    return seen.Port(
        id=f"if-{router}-{network}",
        project_id=owner,
        network_id=f"n-{network}",
        device_owner="network:router_interface",
        device_id=f"r-{router}",
        port_security_enabled=False,
    )


def routers() -> Iterator[seen.Router]:
    for one in plan().routers:
        yield seen.Router(
            id=f"r-{one.name}",
            name=one.name,
            project_id=project(one.project),
            gateway=seen.Gateway(network_id=EXTERNAL, enable_snat=False) if one.exit else None,
            routes=tuple(
                seen.Route(destination=str(r.destination), nexthop=str(r.next_hop)) for r in (*one.routes, *one.routes6)
            ),
            ha=True,
        )


def servers() -> Iterator[seen.Server]:
    for group in plan().host_groups:
        for number, host in enumerate(group.hosts):
            yield seen.Server(
                id=f"server-{host.name}",
                name=host.name,
                project_id=project(group.project),
                status="ACTIVE",
                image=f"i-{group.image}",
                metadata={"level": str(group.labels.level)},
                hypervisor=f"machine-{number}",
            )


def limits(source: str) -> Iterator[seen.Quota]:
    words = QUOTAS[source][3]
    for domain in plan().domains:
        for one in domain.projects:
            yield seen.Quota(project_id=project(one.name), limits={name: getattr(one.quota, name) for name in words})


def good() -> Snapshot:
    """Everything as planned, on a cloud that leaves nothing to wish for."""
    numbers = itertools.count()
    domains = tuple(seen.Domain(id=f"d-{one.name}", name=one.name) for one in plan().domains)
    projects = tuple(
        seen.Project(id=project(one.name), name=one.name, domain_id=f"d-{domain.name}")
        for domain in plan().domains
        for one in domain.projects
    )
    members = tuple(
        seen.Assignment(
            role="member", user="admin", user_domain="Default", project=one.name, project_domain=domain.name
        )
        for domain in plan().domains
        for one in domain.projects
    )
    admin = seen.Assignment(
        role="admin", user="admin", user_domain="Default", project="admin", project_domain="Default"
    )
    agents = ("neutron-l3-agent", "neutron-dhcp-agent")
    floating = ("website-web-gateway-sites", "bastion-1")
    named = ("networks", "crossing", "own_views", "anonymous", "actions", "deleted", "clocks", "handshakes")
    action = seen.Action(action="create", start_time="2026-05-01T00:00:00", user_id="u", request_id="r")
    return Snapshot(
        started=NOW,
        ended=NOW,
        asker=DEPLOYER,
        readings={
            name: Evidence(command=name, output=name, exit_status=200, read_at=NOW)
            for name in (*SOURCES, *QUOTAS, *named)
        },
        domains=(seen.Domain(id="default", name="Default"), *domains),
        projects=(seen.Project(id=ADMIN_PROJECT, name="admin", domain_id="default"), *projects),
        users=(seen.User(id=DEPLOYER, name="admin", domain_id="default"),),
        assignments=(admin, *members),
        catalogue=(seen.Service(id="k", type="key-manager"),),
        endpoints=(seen.Endpoint(service_id="k", interface="public", url="https://198.18.255.1:5000"),),
        networks=(
            seen.Network(id=EXTERNAL, name="internet", project_id=ADMIN_PROJECT, external=True),
            *(seen.Network(id=f"n-{name}", name=name, project_id=project(one.project)) for name, one in places()),
        ),
        subnets=tuple(
            seen.Subnet(
                id=f"s{cidr.version}-{name}",
                name=name,
                project_id=project(one.project),
                network_id=f"n-{name}",
                cidr=cidr,
            )
            for name, one in places()
            for cidr in (one.cidr, one.cidr6)
        ),
        ports=tuple(ports()),
        routers=tuple(routers()),
        floating=tuple(
            seen.FloatingAddress(id=f"f-{name}", project_id="x", address=f"198.18.0.{number}", port_id=f"port-{name}")
            for number, name in enumerate(floating)
        ),
        groups=tuple(
            seen.Group(id=f"g-{group.name}", name=group.name, project_id=project(group.project))
            for group in plan().security_groups
        )
        + tuple(seen.Group(id=f"g-default-{one.name}", name="default", project_id=one.id) for one in projects),
        rules=tuple(rule(group.name, each, next(numbers)) for group in plan().security_groups for each in group.rules),
        agents=tuple(seen.Agent(binary=name, host=host, alive=True) for name in agents for host in ("a", "b")),
        extensions=tuple(seen.Extension(alias=name) for name in ("logging", "vpnaas", "taas")),
        servers=tuple(servers()),
        server_groups=tuple(
            seen.ServerGroup(
                id=group.name,
                name=group.name,
                policies=("soft-anti-affinity",),
                members=tuple(f"server-{host.name}" for host in group.hosts),
            )
            for group in plan().host_groups
        ),
        hypervisors=tuple(seen.Hypervisor(name=f"machine-{number}") for number in range(2)),
        services=tuple(seen.Agent(binary="nova-compute", host=host, alive="up") for host in ("a", "b")),
        images=tuple(
            seen.Image(
                id=f"i-{name}",
                name=name,
                status="active",
                visibility="public",
                os_hash_algo="sha512",
                os_hash_value="0" * 128,
                project_id=ADMIN_PROJECT,
            )
            for name in dict.fromkeys(group.image for group in plan().host_groups)
        ),
        actions={"db-1": (action,)},
        deleted={"db-1": (action.model_copy(update={"action": "delete"}),)},
        crossing=(Try("city-office", "GET compute /servers/x", 404),),
        own_views=(
            Try("city-office", "GET network /security-groups", 200),
            Try("city-office", "GET compute /servers/x/os-instance-actions", 200),
        ),
        anonymous=(Try("no token", "GET compute /servers", 401),),
        clocks={"network": 0.0},
        handshakes={"198.18.0.0": "TLSv1.3 TLS_AES_128_GCM_SHA256"},
        network_quotas=tuple(limits("network_quotas")),
        compute_quotas=tuple(limits("compute_quotas")),
    )


def scope() -> dict[str, HostScope]:
    return {
        host.name: HostScope.model_validate(
            {
                "name": host.name,
                "groups": group.functions,
                "level": group.labels.level,
                "zone": group.zone,
                "system": group.system,
                "owner": group.labels.owner,
                "site": group.site,
                "automation": "robot",
                "administrators": [],
                "service_shells": [],
                "terminals": ["10.0.0.9/32"],
                "flows_in": [],
                "flows_out": [],
            }
        )
        for group in plan().host_groups
        for host in group.hosts
    }


def match(left: dict[str, Any], right: Any) -> dict[str, Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


def accepts(hook: str, *conditions: dict[str, Any], verdict: str = "accept") -> dict[str, Any]:
    return {"rule": {"table": "t", "chain": hook, "expr": [*conditions, {verdict: None}]}}


def payload(protocol: str, name: str, right: Any) -> dict[str, Any]:
    return match({"payload": {"protocol": protocol, "field": name}}, right)


STATE = {"ct": {"key": "state"}}
SESSIONS = (
    accepts("input", match(STATE, ["established", "related"])),
    accepts("input", match(STATE, "invalid"), verdict="drop"),
)
LOG_IN = accepts("input", payload("ip", "saddr", "10.0.0.9"), payload("tcp", "dport", 22))


def firewall(policy: str, *more: dict[str, Any], sessions: bool = True) -> str:
    """Both chains, log-in from the terminal, sessions, and what a test adds."""
    chains = [
        {"chain": {"table": "t", "name": hook, "type": "filter", "hook": hook, "policy": policy}}
        for hook in ("input", "output")
    ]
    return json.dumps({"nftables": [*chains, *(SESSIONS if sessions else ()), LOG_IN, *more]})


def sudo(who: str, *commands: str) -> str:
    return f"User {who} may run:\n    (root) {', '.join(commands)}"


def answers() -> dict[Probe, str]:
    """What every host says; the vault's and the monitor's words come from all, and are asked of those alone."""
    names = list(scope())
    return {
        SSHD: "ciphers aes256-gcm@openssh.com\nmacs hmac-sha2-512\npubkeyauthentication yes\npasswordauthentication no",
        FORWARDING: 'type="omfwd" streamDriverAuthMode="x509/name"',
        FORWARDED: "0 0 10.0.0.1:1 10.0.0.2:6514",
        FIREWALL: firewall("drop"),
        FIREWALL_ENABLED: "enabled",
        UNITS: "suricata.service\nclamav-daemon.service",
        NETWORK_SETTINGS: "net.ipv4.tcp_syncookies = 1",
        CLOCK: "2026-05-01T08:00:00.000000+00:00",
        RECORDS: "2026-05-01T08:00:00.000000+08:00 h sshd[1]: Accepted publickey for robot from 10.0.0.9",
        **{RIGHTS[who]: sudo(who, *commands) for who, commands in WORK.items()},
        SUDOERS: "Defaults logfile=/var/log/sudo.log",
        PACKAGES: "openssh-server nginx",
        hosts.WIRELESS: "",
        hosts.FORWARDING_SWITCH: "net.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 0",
        hosts.PACKAGE_SOURCES: f"deb [signed-by=k] {plan().mirror_url} bookworm main",
        hosts.VAULT: "\n".join(f"{name} 2026-05-01.log 2026-01-01.log" for name in [*names, "controller"])
        + "\ne /var/log/vault - - - m:200d",
        hosts.WATCHED: "\n".join(f"target {name} 1" for name in names) + "\nalert HostSilent",
    }


def heard(said: dict[Probe, str]) -> dict[str, HostEvidence]:
    return {
        name: HostEvidence(
            NOW,
            NOW,
            {
                probe.on(host): Evidence(command=probe.on(host), output=text, exit_status=0, read_at=NOW)
                for probe, text in said.items()
            },
        )
        for name, host in scope().items()
    }
