"""Lets one department's project use what another's owns: a manager sees only the project that it acts in."""

from collections.abc import Mapping
from typing import Literal

import pulumi
from pulumi_openstack import networking

from infra.rooms import Rooms

Kind = Literal["network", "security_group"]


class Shared(pulumi.ComponentResource):
    """The ids of things of one kind; in another project than the owner's each is known once it is shared with that."""

    def __init__(
        self,
        kind: Kind,
        ids: Mapping[str, pulumi.Output[str]],
        owners: Mapping[str, str],
        rooms: Rooms,
    ) -> None:
        super().__init__("ganyun:infra:Shared", kind)
        self._kind: Kind = kind
        self._ids = ids
        self._owners = owners
        self._rooms = rooms
        self._policies: dict[tuple[str, str], networking.RbacPolicyV2] = {}

    def known_in(self, project: str, name: str) -> pulumi.Output[str]:
        """The id as that project can use it."""
        owner = self._owners[name]
        if owner == project or self._rooms.admin:
            return self._ids[name]
        if (name, project) not in self._policies:
            self._policies[name, project] = networking.RbacPolicyV2(
                f"{name}-{project}",
                action="access_as_shared",
                object_type=self._kind,
                object_id=self._ids[name],
                target_tenant=self._rooms.projects[project],
                opts=pulumi.ResourceOptions.merge(self._rooms.options[owner], pulumi.ResourceOptions(parent=self)),
            )
        known: pulumi.Output[str] = self._policies[name, project].object_id
        return known
