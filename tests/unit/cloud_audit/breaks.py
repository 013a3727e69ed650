"""How each point of the platform's items is broken: what it is called, which points must fail, and the break."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.compliance.platform import hosts, seen
from tests.compliance.platform.snapshot import Snapshot, Try
from tests.compliance.probes import Probe
from tests.compliance.test_8_1_4_1 import SSHD
from tests.compliance.test_8_1_4_2 import RIGHTS, SUDOERS
from tests.compliance.test_8_1_4_3 import CLOCK, FORWARDED, FORWARDING, RECORDS
from tests.compliance.test_8_1_4_4 import FIREWALL, FIREWALL_ENABLED, NETWORK_SETTINGS, PACKAGES, UNITS
from tests.unit.cloud_audit import clouds

Break = Callable[[Snapshot], Snapshot]


def swap(cloud: Snapshot, source: str, things: Any) -> Snapshot:
    update: dict[str, Any] = {source: things}
    return replace(cloud, **update)


def change(source: str, name: str, **update: Any) -> Break:
    """One thing of a source changed, found by its name (or id)."""

    def spoil(cloud: Snapshot) -> Snapshot:
        things = getattr(cloud, source)
        found = [one for one in things if name in (getattr(one, "name", ""), getattr(one, "id", ""))]
        assert found, f"no {name} in {source}"
        new = tuple(one.model_copy(update=update) if one is found[0] else one for one in things)
        return swap(cloud, source, new)

    return spoil


def add(source: str, thing: Any) -> Break:
    return lambda cloud: swap(cloud, source, (*getattr(cloud, source), thing))


def drop(source: str, name: str) -> Break:
    def spoil(cloud: Snapshot) -> Snapshot:
        things = getattr(cloud, source)
        left = tuple(one for one in things if name not in (getattr(one, "name", ""), getattr(one, "id", "")))
        assert len(left) < len(things)
        return swap(cloud, source, left)

    return spoil


def set_to(source: str, value: Any) -> Break:
    return lambda cloud: swap(cloud, source, value)


CENTRE, OFFICE, APPROVAL = (clouds.project(one) for one in ("city-information-centre", "city-office", "city-approval"))
BASE = clouds.plan().host_groups[0].image


def without(rules: Sequence[seen.Rule], one: seen.Rule) -> tuple[seen.Rule, ...]:
    return tuple(rule for rule in rules if rule != one)


def rule(group: str, direction: str = "ingress", **more: Any) -> seen.Rule:
    given = {"protocol": "tcp", "port_range_min": 5432, "port_range_max": 5432, "ethertype": "IPv4", **more}
    return seen.Rule(id="new", security_group_id=f"g-{group}", direction=direction, **given)


def quota(source: str, **limits: int) -> Break:
    def spoil(cloud: Snapshot) -> Snapshot:
        first, *rest = getattr(cloud, source)
        return swap(cloud, source, (first.model_copy(update={"limits": first.limits | limits}), *rest))

    return spoil


BOUND = "8.1.3.1-b:bound 8.2.4.2-a:bound"
UNPLANNED = "8.1.3.2-a:cloud 8.2.3.1-a:planned 8.1.3.3-b:segmented 8.1.5.4-e:policies"
CLOUD: list[tuple[str, str, Break]] = [
    (
        "network missing",
        f"8.1.2.1-c:planned 8.1.2.1-c:nothing-else 8.1.3.1-a:joins 8.1.5.4-a:zone 8.2.5.1-b:networks {BOUND}",
        drop("networks", "operations-management"),
    ),
    ("subnet missing", "8.1.2.1-c:planned", drop("subnets", "website-shared")),
    (
        "network too many",
        "8.1.2.1-c:nothing-else",
        add("networks", seen.Network(id="n", name="new", project_id=OFFICE)),
    ),
    (
        "overlapping subnet",
        "8.1.2.1-c:nothing-else 8.1.2.1-c:no-overlap",
        add(
            "subnets",
            seen.Subnet(id="s", name="s", project_id=APPROVAL, network_id="n-website-shared", cidr="10.6.64.0/25"),
        ),
    ),
    (
        "subnet out of its zone",
        "8.1.2.1-c:nothing-else 8.1.2.1-c:within-zone",
        add(
            "subnets",
            seen.Subnet(id="s", name="s", project_id=OFFICE, network_id="n-website-shared", cidr="10.99.0.0/24"),
        ),
    ),
    (
        "no IPv6 on one network",
        "8.1.2.1-c:planned",
        lambda c: replace(c, subnets=tuple(one for one in c.subnets if one.id != "s6-website-shared")),
    ),
    (
        "a flow's rule missing in one family",
        "8.2.3.1-a:complete 8.1.5.4-e:policies",
        lambda c: replace(c, rules=without(c.rules, next(one for one in c.rules if one.ethertype == "IPv6"))),
    ),
    (
        "inner zone at the exit",
        "8.1.2.1-d:inner-zones 8.1.3.1-a:joins 8.2.5.1-b:networks",
        add("ports", clouds.interface("exit", "approval-dedicated", CENTRE)),
    ),
    (
        "floating address at the data",
        "8.1.2.1-d:floating",
        add("floating", seen.FloatingAddress(id="f", project_id=APPROVAL, address="198.18.0.9", port_id="port-db-1")),
    ),
    (
        "host on the external network",
        "8.1.2.1-d:direct 8.1.2.1-d:one-leg 8.1.5.4-a:apart 8.2.5.1-b:hosts 8.1.3.1-b:ports",
        add(
            "ports",
            seen.Port(
                id="p",
                name="leak",
                project_id=APPROVAL,
                network_id=clouds.EXTERNAL,
                device_id="server-db-1",
                security_groups=("g-every-host",),
            ),
        ),
    ),
    (
        "default route inside",
        "8.1.2.1-d:routes",
        lambda c: change(
            "routers", "core", routes=(*c.routers[1].routes, seen.Route(destination="0.0.0.0/0", nexthop="10.0.0.1"))
        )(c),
    ),
    ("no server groups", "8.1.2.1-e:anti-affinity", set_to("server_groups", ())),
    ("one machine", "8.1.2.1-e:hypervisors", change("servers", "web-2", hypervisor="machine-0")),
    (
        "a partner can't take over",
        "8.1.2.1-e:gateway-pair",
        change("ports", "gw-2", allowed_address_pairs=()),
    ),
    ("one exit router", "8.1.2.1-e:exit", change("routers", "exit", ha=False)),
    (
        "one agent",
        "8.1.2.1-e:services",
        set_to("agents", (seen.Agent(binary="neutron-l3-agent", host="a", alive=True),)),
    ),
    (
        "plain HTTP",
        "7.1.2.2:api 8.1.2.2-a:api 8.1.2.2-b:api 8.1.5.4-b:api 8.2.4.1:api",
        add("endpoints", seen.Endpoint(service_id="n", interface="public", url="http://198.18.255.1:9696")),
    ),
    ("old TLS", "7.1.2.2:sites 8.1.2.2-a:sites 8.1.2.2-b:sites", set_to("handshakes", {"198.18.0.1": "TLSv1.1 X"})),
    (
        "second exit",
        "8.1.3.1-a:one-exit 8.1.2.1-d:inner-zones",
        change("routers", "core", gateway=seen.Gateway(network_id="x", enable_snat=False)),
    ),
    (
        "translation at the exit",
        "8.1.3.1-a:no-translation",
        change("routers", "exit", gateway=seen.Gateway(network_id=clouds.EXTERNAL, enable_snat=True)),
    ),
    ("router too many", "8.1.3.1-a:routers", add("routers", seen.Router(id="r", name="new", project_id=OFFICE))),
    (
        "port security off",
        f"8.1.3.1-a:port-security {BOUND}",
        change("ports", "web-1", port_security_enabled=False, security_groups=()),
    ),
    (
        "network without port security",
        "8.1.3.1-a:network-security",
        change("networks", "website-shared", port_security_enabled=False),
    ),
    (
        "strange port",
        "8.1.3.1-b:ports",
        add(
            "ports",
            seen.Port(
                id="p", name="new", project_id=OFFICE, network_id="n-website-shared", security_groups=("g-every-host",)
            ),
        ),
    ),
    (
        "other security group",
        BOUND,
        change("ports", "web-1", security_groups=("g-every-host",)),
    ),
    (
        "somebody else's address",
        "8.1.3.1-b:pairs",
        change("ports", "web-1", allowed_address_pairs=({"ip_address": "10.0.0.0/8"},)),
    ),
    (
        "way out to anywhere",
        f"{UNPLANNED} 8.1.3.1-c:egress 8.2.3.1-a:narrow 8.1.3.2-c:cloud 8.2.3.1-b:rules",
        add(
            "rules",
            rule("approval-database", "egress", port_range_min=443, port_range_max=443, remote_ip_prefix="0.0.0.0/0"),
        ),
    ),
    (
        "database open to all",
        f"{UNPLANNED} 8.1.3.3-a:openings 8.2.3.1-a:narrow 8.1.3.2-c:cloud 8.2.3.1-b:rules",
        add("rules", rule("approval-database", remote_ip_prefix="::/0", ethertype="IPv6")),
    ),
    (
        "log-in from elsewhere",
        f"{UNPLANNED} 8.1.5.4-a:bastion-only 8.2.3.1-b:rules",
        add(
            "rules",
            rule("approval-database", port_range_min=22, port_range_max=22, remote_group_id="g-website-web-node"),
        ),
    ),
    (
        "level 2 into level 3",
        f"{UNPLANNED} 8.2.3.1-b:rules",
        add("rules", rule("approval-database", remote_group_id="g-website-web-node")),
    ),
    (
        "a rule twice",
        "8.2.3.1-a:covered 8.1.3.2-b:covered",
        lambda c: replace(c, rules=(*c.rules, c.rules[0].model_copy(update={"id": "zz"}))),
    ),
    (
        "rule of a default group",
        f"{UNPLANNED} 8.2.3.1-a:default-deny 8.1.3.2-a:cloud-default 8.2.3.1-b:rules",
        add("rules", rule("default-city-office", remote_group_id="g-website-web-node")),
    ),
    ("a flow's rule missing", "8.2.3.1-a:complete 8.1.5.4-e:policies", lambda c: replace(c, rules=c.rules[1:])),
    (
        "unused group",
        "8.2.3.1-a:used 8.1.3.2-b:used",
        add("groups", seen.Group(id="g-new", name="new", project_id=OFFICE)),
    ),
    ("stateless group", "8.1.3.2-d:cloud", change("groups", "website-web-node", stateful=False)),
    ("no flow log", "8.1.3.5-a:flows 8.2.2.1-c:services", set_to("extensions", ())),
    ("clock off", "8.1.3.5-b:cloud-clocks", set_to("clocks", {"network": 9.0})),
    (
        "dead service",
        "8.1.5.4-c:cloud 8.2.5.1-d:cloud",
        add("services", seen.Agent(binary="nova-compute", host="c", alive=False)),
    ),
    ("server without its level", "8.2.2.1-a:labelled", change("servers", "db-1", metadata={"level": "2"})),
    ("network for everybody", "8.2.2.1-b:shared", change("networks", "website-shared", shared=True)),
    (
        "network lent",
        "8.2.2.1-b:lent",
        add(
            "sharing",
            seen.Sharing(
                id="b",
                project_id=OFFICE,
                object_type="network",
                object_id="x",
                action="access_as_shared",
                target="p-admin",
            ),
        ),
    ),
    (
        "exit for everybody",
        "8.2.2.1-b:external",
        add(
            "sharing",
            seen.Sharing(
                id="b",
                project_id="p-admin",
                object_type="network",
                object_id=clouds.EXTERNAL,
                action="access_as_external",
                target="*",
            ),
        ),
    ),
    ("border crossed", "8.2.2.1-b:crossing", set_to("crossing", (Try("o", "GET compute /servers/x", 200, ("db-1",)),))),
    (
        "private image read",
        "8.2.2.1-b:crossing 8.2.4.4-c:crossing",
        set_to("crossing", (Try("o", "GET image /images/x", 200, ("i",)),)),
    ),
    (
        "open door",
        "8.2.2.1-b:anonymous 8.2.4.1:tokens",
        set_to("anonymous", (Try("-", "GET compute /servers", 200, ("x",)),)),
    ),
    (
        "no groups allowed",
        "8.2.2.1-c:borders 8.2.2.1-d:borders 8.2.4.2-b:borders 8.2.5.1-a:network-quotas",
        quota("network_quotas", security_groups=0),
    ),
    (
        "own groups hidden",
        "8.2.2.1-d:own-groups 8.2.4.2-b:own-groups",
        set_to(
            "own_views",
            (
                Try("o", "GET network /security-groups", 403),
                Try("o", "GET compute /servers/x/os-instance-actions", 200),
            ),
        ),
    ),
    (
        "own records hidden",
        "8.2.3.3-b:own-records",
        set_to(
            "own_views",
            (
                Try("o", "GET network /security-groups", 200),
                Try("o", "GET compute /servers/x/os-instance-actions", 403),
            ),
        ),
    ),
    (
        "levels mixed",
        f"8.2.3.1-b:networks {BOUND}",
        change("ports", "db-1", network_id="n-website-shared"),
    ),
    ("nothing recorded", "8.2.3.3-a:recorded", set_to("actions", {"db-1": ()})),
    ("deletion forgotten", "8.2.3.3-a:deleted", set_to("deleted", {"db-1": ()})),
    (
        "nothing between groups",
        "8.2.4.2-b:between 8.2.3.1-a:complete 8.1.5.4-e:policies",
        lambda c: replace(c, rules=tuple(one for one in c.rules if not one.remote_group_id)),
    ),
    (
        "strange server",
        "8.2.4.3-b:strange",
        add("servers", seen.Server(id="s", name="new", project_id=clouds.ADMIN_PROJECT, status="ACTIVE")),
    ),
    ("server stopped", "8.2.4.3-b:running", change("servers", "db-1", status="SHUTOFF")),
    ("image gone", "8.2.4.4-a:images", change("servers", "db-1", image="gone")),
    ("image without hash", "8.2.4.4-b:hashes", change("images", BASE, os_hash_algo="md5", os_hash_value="0" * 32)),
    ("project's own public image", "8.2.4.4-b:offered", change("images", BASE, project_id=OFFICE)),
    ("snapshot for everybody", "8.2.4.4-c:snapshots", change("images", BASE, image_type="snapshot")),
    (
        "role given",
        "8.2.4.5-b:roles",
        add(
            "assignments",
            seen.Assignment(
                role="member", user="guest", user_domain="Default", project="city-office", project_domain="city-360400"
            ),
        ),
    ),
    ("user slipped in", "8.2.4.5-b:users", add("users", seen.User(id="u", name="guest", domain_id="d-city-360400"))),
    (
        "another admin",
        "8.2.4.5-b:admins",
        add("assignments", seen.Assignment(role="admin", user="guest", user_domain="Default", system=True)),
    ),
    ("no key service", "8.2.4.5-d:keys", set_to("catalogue", ())),
    (
        "project too many",
        "8.2.5.1-a:projects",
        add("projects", seen.Project(id="p", name="new", domain_id="d-city-360400")),
    ),
    ("no network limit", "8.2.5.1-a:network-quotas", quota("network_quotas", ports=-1)),
    ("no compute limit", "8.2.5.1-a:compute-quotas", quota("compute_quotas", instances=-1)),
    (
        "API inside",
        "8.2.5.1-b:api",
        add("endpoints", seen.Endpoint(service_id="n", interface="public", url="https://10.6.96.9:5000")),
    ),
]
WEAK = "ciphers 3des-cbc\nmacs hmac-md5\npubkeyauthentication yes\npasswordauthentication yes"
OPEN = " ".join(f"8.1.3.2-{letter}:hosts" for letter in "abcd") + " 8.1.3.1-c:host-egress 8.1.3.3-b:host-firewall"
ONE_WAY = "8.1.5.1-a:one-way 8.1.5.2-a:one-way 8.1.5.3-a:one-way"
VAULTS = "7.1.2.2:logs 8.1.2.2-a:logs 8.1.2.2-b:logs 8.1.5.4-b:logs"
HOSTS: list[tuple[str, str, Probe, str]] = [
    (
        "weak ssh",
        "7.1.2.2:ssh 8.1.2.2-a:ssh 8.1.2.2-b:ssh 8.1.5.4-b:ssh 8.1.5.4-b:keys 8.2.4.1:hosts 8.2.4.4-a:log-in",
        SSHD,
        WEAK,
    ),
    ("logs in clear", VAULTS, FORWARDING, 'type="omfwd"'),
    ("logs stay", "8.1.3.5-a:shipped 8.1.5.4-d:flowing", FORWARDED, ""),
    (
        "open firewall",
        f"{OPEN} {ONE_WAY}",
        FIREWALL,
        clouds.firewall("accept"),
    ),
    ("firewall without sessions", "8.1.3.2-d:hosts", FIREWALL, clouds.firewall("drop", sessions=False)),
    ("a rule twice on a host", "8.1.3.2-b:hosts", FIREWALL, clouds.firewall("drop", clouds.LOG_IN)),
    (
        "a port for everybody",
        "8.1.3.2-c:hosts",
        FIREWALL,
        clouds.firewall("drop", clouds.accepts("input", clouds.payload("tcp", "dport", 5432))),
    ),
    (
        "log-in from elsewhere on a host",
        ONE_WAY,
        FIREWALL,
        clouds.firewall(
            "drop",
            clouds.accepts("input", clouds.payload("ip", "saddr", "10.9.9.9"), clouds.payload("tcp", "dport", 22)),
        ),
    ),
    ("radio", "8.1.3.1-d:devices", hosts.WIRELESS, "/sys/class/net/wlan0/wireless"),
    ("radio software", "8.1.3.1-d:software", PACKAGES, "openssh-server wpasupplicant"),
    ("nobody recorded", "8.1.5.1-a:recorded 8.1.5.2-a:recorded 8.1.5.3-a:recorded", SUDOERS, "Defaults use_pty"),
    *(
        (f"{who} may do all", f"{item}-a:commands {item}-b:work", RIGHTS[who], clouds.sudo(who, "ALL"))
        for who, item in (("sysadm", "8.1.5.1"), ("audadm", "8.1.5.2"), ("secadm", "8.1.5.3"))
    ),
    ("firewall off", "8.2.4.4-a:hardened", FIREWALL_ENABLED, "disabled"),
    (
        "nothing watches",
        "7.1.3.3:detection 8.1.3.3-a:detection 8.1.3.3-b:detection 8.1.3.3-d:detection",
        UNITS,
        "clamav-daemon.service",
    ),
    ("nothing scans", "8.1.3.4-a:scanner", UNITS, "suricata.service"),
    ("floods", "8.1.3.3-a:syn", NETWORK_SETTINGS, "net.ipv4.tcp_syncookies = 0"),
    ("clock", "8.1.3.5-b:host-clocks", CLOCK, "2026-05-01T08:10:00+00:00"),
    ("no records", "8.1.3.5-a:log-ins 8.1.3.5-b:fields", RECORDS, ""),
    ("forwarding", "8.1.3.1-a:forwarding", hosts.FORWARDING_SWITCH, "net.ipv4.ip_forward = 1"),
    ("other source", "8.1.5.4-e:packages", hosts.PACKAGE_SOURCES, "deb http://example.org/debian bookworm main"),
    (
        "empty vault",
        "8.1.3.5-c:vault 8.1.3.5-d:bastion 8.1.5.4-d:gathered 8.2.5.1-c:tenants 8.2.5.1-c:cloud",
        hosts.VAULT,
        "e /var/log/vault - - - m:200d",
    ),
    (
        "short memory",
        "8.1.3.5-c:days 8.1.5.4-d:kept",
        hosts.VAULT,
        clouds.answers()[hosts.VAULT].replace("m:200d", "m:90d"),
    ),
    ("blind monitor", "8.1.5.4-c:hosts 8.2.5.1-d:tenants", hosts.WATCHED, "target db-1 0\nalert HostSilent"),
    (
        "mute monitor",
        "8.1.3.3-d:alerts 8.1.5.4-c:alerts 8.1.5.4-f:alerts",
        hosts.WATCHED,
        clouds.answers()[hosts.WATCHED].replace("alert ", "x "),
    ),
]
