"""Neutron gives every project a permissive security group that nobody asked for: this empties it, and ends it.

A dynamic resource, because the group appears by itself: it can neither be created nor, its id unknown, be imported.
"""

from typing import Any

import pulumi
from pulumi import dynamic


def _emptying() -> dynamic.ResourceProvider:
    """Default deny for ports that someone makes by hand without naming a group.

    Pulumi keeps the provider in the stack's state and runs it in a process that knows nothing of this package. A class
    made inside a function travels whole, and this one uses no name from around it.
    """

    class Empty(dynamic.ResourceProvider):
        def create(self, props: Any) -> Any:
            from openstack import connect  # noqa: PLC0415
            from pulumi.dynamic import CreateResult  # noqa: PLC0415

            network = connect(cloud=props["cloud"]).network
            group = next(iter(network.security_groups(name="default", project_id=props["project"])))
            for rule in network.security_group_rules(security_group_id=group.id):
                network.delete_security_group_rule(rule)
            return CreateResult(group.id, dict(props))

        def diff(self, _id: str, olds: Any, news: Any) -> Any:
            from pulumi.dynamic import DiffResult  # noqa: PLC0415

            moved = olds["project"] != news["project"]
            return DiffResult(changes=moved, replaces=["project"] if moved else [])

        def delete(self, _id: str, props: Any) -> None:
            from openstack import connect  # noqa: PLC0415

            connect(cloud=props["cloud"]).network.delete_security_group(_id)

    return Empty()


class DefaultGroup(dynamic.Resource):
    """The project's own `default` group, without rules."""

    def __init__(
        self,
        name: str,
        *,
        cloud: str,
        project: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(_emptying(), name, {"cloud": cloud, "project": project}, opts)
