"""The policies as a Pulumi policy pack: `pulumi preview --policy-pack infra/policies/pack`.

For stacks that other programs declare too, as a city's own; ganyun's own program enforces rules.py in any case.
"""

import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack, ReportViolation, StackValidationArgs, StackValidationPolicy
from pulumi_policy.proxy import UnknownValueError

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from infra.plan.load import load
from infra.policies.enforce import exempt
from infra.policies.resources import CHECKS, Check, Resource
from infra.policies.rules import Policy

FACTS = Path(__file__).resolve().parents[3] / "stacks"
WORLD = load(Path(os.environ.get("GANYUN_FACTS", FACTS)))
IDS = ("externalNetworkId", "remoteGroupId", "remoteAddressGroupId")
VALUES = ("cidr", "direction", "isDomain", "portRangeMin", "protocol", "remoteIpPrefix", "routes", "tags")


def known(props: Mapping[str, Any]) -> dict[str, Any]:
    """What the checks read. A preview knows of no id before its resource exists, but that there will be one."""
    found: dict[str, Any] = {}
    for key in (*IDS, *VALUES):
        try:
            found[key] = props.get(key)
        except UnknownValueError:
            found[key] = "unknown" if key in IDS else None
    return found


def validation(rule: Policy, check: Check) -> StackValidationPolicy:
    """One rule, as the engine calls it once all resources are known."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = args.resources[0].urn.split(":")[2] if args.resources else ""
        found = [
            Resource(one.resource_type.rpartition(":")[2], one.name, known(one.props))
            for one in args.resources
            if one.resource_type.startswith("openstack:")
        ]
        for place, text in check(found, WORLD.network.inner_network):
            exemption = exempt(WORLD, rule, stack, place)
            if exemption is None or exemption.expires < date.today():
                report(f"{place}: {text}", None)

    return StackValidationPolicy(
        name=rule.name.replace("_", "-"),
        description=f"GB/T 22239 {rule.control} {rule.title}",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=validate,
    )


PolicyPack(name="ganyun", policies=[validation(rule, check) for rule, check in CHECKS])
