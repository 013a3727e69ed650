"""Each check of the policy pack is seen to refuse a resource that breaks it, and to pass one that does not."""

from ipaddress import ip_network
from typing import Any

import pytest

from infra.policies.resources import (
    CHECKS,
    Check,
    Resource,
    apart_from_the_inner_network,
    limited,
    named_ports,
    one_exit,
    tagged,
)

INNER = [ip_network("172.16.0.0/12"), ip_network("fc00::/8")]
TAGS = ["level=3", "owner=o", "system=s", "zone=z"]


def one(kind: str, name: str = "x", **inputs: Any) -> Resource:
    return Resource(kind, name, inputs)


def rule(**inputs: Any) -> Resource:
    return one("SecGroupRule", **{"direction": "ingress", "protocol": "tcp", "portRangeMin": 22, **inputs})


CASES: list[tuple[Check, list[Resource], list[Resource]]] = [
    (
        one_exit,
        [one("Router", "a", externalNetworkId="n"), one("Router", externalNetworkId="n")],
        [one("Router", "a", externalNetworkId="n"), one("Router", "b")],
    ),
    (named_ports, [rule(portRangeMin=None)], [rule()]),
    (named_ports, [rule(protocol=None, portRangeMin=None)], [rule(protocol="icmp", portRangeMin=None)]),
    (named_ports, [rule(direction="egress")], [rule(direction="egress", remoteGroupId="unknown")]),
    (
        named_ports,
        [rule(direction="egress", remoteIpPrefix="0.0.0.0/0")],
        [rule(direction="egress", remoteIpPrefix="10.0.0.0/24")],
    ),
    (apart_from_the_inner_network, [one("Subnet", cidr="172.20.0.0/24")], [one("Subnet", cidr="10.0.0.0/24")]),
    (apart_from_the_inner_network, [one("Subnet", cidr="fc01::/64")], [one("Subnet", cidr="fd00::/64")]),
    (apart_from_the_inner_network, [rule(remoteIpPrefix="172.16.0.1/32")], [rule(remoteIpPrefix="0.0.0.0/0")]),
    (
        apart_from_the_inner_network,
        [one("RouterRoutesV2", routes=[{"destinationCidr": "172.16.0.0/16"}])],
        [one("RouterRoutesV2", routes=[{"destinationCidr": "10.0.0.0/16"}])],
    ),
    (tagged, [one("Network", tags=TAGS[1:])], [one("Network", tags=TAGS), one("Keypair")]),
    (
        limited,
        [one("Project"), one("QuotaV2")],
        [one("Project"), one("QuotaV2"), one("QuotaSetV2"), one("Project", "domain", isDomain=True)],
    ),
]


@pytest.mark.parametrize(("check", "bad", "good"), CASES)
def test_the_check_refuses_the_one_and_passes_the_other(
    check: Check, bad: list[Resource], good: list[Resource]
) -> None:
    assert [place for place, _ in check(bad, INNER)] == [f"{bad[-1].kind}.x" if check is not limited else "Project.x"]
    assert list(check(good, INNER)) == []


def test_every_check_has_been_seen_to_refuse() -> None:
    assert {check for check, _, _ in CASES} == {check for _, check in CHECKS}
