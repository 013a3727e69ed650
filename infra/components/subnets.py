"""Where a stack's subnets come from: of one pool few at a time, since Neutron refuses what asks for it too often."""

from collections import deque
from typing import Any

import pulumi
from pulumi_openstack import networking

AT_A_TIME = 4


class Subnets:
    """Makes subnets from a pool, or free ones without it.

    Neutron takes a pool for a subnet by trying, ten times at most: of 32 at once some lose each time and are refused
    (409, SubnetPoolInUse). So each waits for the one made AT_A_TIME before it.
    """

    def __init__(self, pool: pulumi.Input[str] | None = None) -> None:
        self._pool = pool
        self._last: deque[networking.Subnet] = deque(maxlen=AT_A_TIME)

    def make(self, name: str, opts: pulumi.ResourceOptions, **settings: Any) -> networking.Subnet:
        """Declare a subnet; `settings` are the resource's own."""
        turn = [self._last[0]] if self._pool and len(self._last) == AT_A_TIME else []
        after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=turn))
        made = networking.Subnet(name, name=name, subnetpool_id=self._pool, opts=after, **settings)
        self._last.append(made)
        return made
