"""Rules over what Pulumi is about to register, whoever declared it: the same controls as rules.py, on the other side.

Each is a pure function from resources to what breaks it. The policy pack in pack/ runs them in every preview.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from infra.plan.base import Block
from infra.plan.flows import INTERNET
from infra.policies import rules
from infra.policies.rules import Policy

TAGS = ("system", "owner", "level", "zone")
TAGGED = ("Network", "Subnet", "Router", "SecGroup", "Instance")


@dataclass(frozen=True)
class Resource:
    """A resource by its type's last word (`Router`), its name and its inputs."""

    kind: str
    name: str
    inputs: Mapping[str, Any]

    @property
    def place(self) -> str:
        """How refusals and exemptions name it."""
        return f"{self.kind}.{self.name}"


Breaks = Iterator[tuple[str, str]]
Check = Callable[[Sequence[Resource], Sequence[Block]], Breaks]


def one_exit(resources: Sequence[Resource], _: Sequence[Block]) -> Breaks:
    """At most one router has an external gateway."""
    exits = [one for one in resources if one.kind == "Router" and one.inputs.get("externalNetworkId")]
    for one in exits[1:]:
        yield one.place, "第二个互联网出口 a second router with an external gateway"


def named_ports(resources: Sequence[Resource], _: Sequence[Block]) -> Breaks:
    """A rule names ports, a side, and never lets all of the Internet be called."""
    for one in resources:
        if one.kind != "SecGroupRule":
            continue
        given = one.inputs
        if given.get("protocol") in ("tcp", "udp", None) and not given.get("portRangeMin"):
            yield one.place, "放行全部端口 lets every port pass"
        block, group = given.get("remoteIpPrefix"), given.get("remoteGroupId") or given.get("remoteAddressGroupId")
        if given.get("direction") == "egress" and not group and block in (None, "", *map(str, INTERNET)):
            yield one.place, "对整个互联网放行 opens to the whole Internet"


def apart_from_the_inner_network(resources: Sequence[Resource], inner: Sequence[Block]) -> Breaks:
    """No subnet, route or rule names a block of the inner network."""
    for one in resources:
        named = [one.inputs.get("cidr"), one.inputs.get("remoteIpPrefix")]
        named += [route.get("destinationCidr") for route in one.inputs.get("routes") or []]
        for text in filter(None, named):
            block = ip_network(text, strict=False)
            if block.prefixlen and any(block.version == one.version and block.overlaps(one) for one in inner):
                yield one.place, f"{text} 触及政务内网 reaches the inner network"


def tagged(resources: Sequence[Resource], _: Sequence[Block]) -> Breaks:
    """Whatever can carry tags says system, owner, level and zone."""
    for one in resources:
        if one.kind in TAGGED:
            given = {str(tag).partition("=")[0] for tag in one.inputs.get("tags") or []}
            if missing := [tag for tag in TAGS if tag not in given]:
                yield one.place, f"缺少标签 lacks the tag {', '.join(missing)}"


def limited(resources: Sequence[Resource], _: Sequence[Block]) -> Breaks:
    """Every project that is made gets both quotas."""
    for quota in ("QuotaV2", "QuotaSetV2"):
        given = {one.name for one in resources if one.kind == quota}
        for one in resources:
            if one.kind == "Project" and not one.inputs.get("isDomain") and one.name not in given:
                yield one.place, f"没有配额 has no {quota}"


CHECKS: tuple[tuple[Policy, Check], ...] = (
    (rules.one_internet_exit, one_exit),
    (rules.default_deny, named_ports),
    (rules.nothing_reaches_the_inner_network, apart_from_the_inner_network),
    (rules.every_resource_says_whose_it_is, tagged),
    (rules.every_project_has_a_sufficient_quota, limited),
)
