"""Asks again where Neutron refuses for a moment what it grants a moment later.

What is just being made Neutron counts twice against its project's quota, as reserved and as there; and it takes a
subnet's pool by trying, ten times at most, so that of many at once some lose each time. Either way nothing was made,
so asking again makes nothing twice; a quota that is really used up is told after ATTEMPTS.
"""

import asyncio
import re
from random import SystemRandom

import pulumi

MOMENTARY = re.compile(r"got 409 instead.*(OverQuota|SubnetPoolInUse)", re.DOTALL)
ATTEMPTS = 8
PATIENCE = 4.0  # seconds, at most, before each further attempt
NETWORKING = "openstack:networking/"


def momentary(errors: list[str]) -> bool:
    """Whether to ask once more, after these refusals of one resource, the newest first."""
    return 0 < len(errors) < ATTEMPTS and bool(MOMENTARY.search(errors[0]))


async def _again(refused: pulumi.ErrorHookArgs) -> bool:
    if not momentary(refused.errors):
        return False
    await asyncio.sleep(SystemRandom().uniform(0.5, PATIENCE))  # not all at the same time again
    return True


def ask_again() -> None:
    """Have everything of Neutron's that is declared from now on made so."""
    binding = pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("refused-for-a-moment", _again)])

    def bind(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith(NETWORKING):
            return None
        opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(hooks=binding))
        return pulumi.ResourceTransformationResult(args.props, opts)

    pulumi.runtime.register_stack_transformation(bind)
