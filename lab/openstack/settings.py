"""The lab's few settings and every place and address that follow from them."""

import hashlib
import os
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lab import paths
from lab.openstack.shell import LabError


class Node(BaseModel):
    """A compute node: its name, where it finds the message queue, and its end of the tunnels between nodes."""

    model_config = ConfigDict(frozen=True)

    name: str
    queue: IPv4Address
    tunnel: IPv4Address


class LabSettings(BaseModel):
    """One lab: its places and its address range. Two labs need two state folders and two ranges, nothing else."""

    model_config = ConfigDict(frozen=True)

    cache: Path
    state: Path
    secrets: Path
    network: IPv4Network = Field(
        default=IPv4Network("198.18.0.0/16"),
        description="range that the lab takes whole; `operators` of its stacks has to hold it",
    )

    @model_validator(mode="after")
    def _range_has_room(self) -> Self:
        if self.network.prefixlen != 16:
            raise ValueError(f"GANYUN_LAB_NETWORK={self.network}: the lab needs a /16")
        return self

    @property
    def link(self) -> str:
        """The user's end of the veth pair, named after the range so that two labs never share one."""
        return f"ganyun{int(self.network.network_address) >> 16:04x}"

    @property
    def identity(self) -> str:
        """What its cgroups and its instances' folder are called: after the state folder, which no two labs share."""
        return f"ganyun-{hashlib.sha256(str(self.state).encode()).hexdigest()[:12]}"

    @property
    def external(self) -> IPv4Network:
        """The provider network `internet`, as the lab's instances see the outside."""
        return next(self.network.subnets(new_prefix=24))

    @property
    def external_gateway(self) -> IPv4Address:
        """The lab's own end of the provider network."""
        return self.external[1]

    @property
    def transfer(self) -> IPv4Network:
        """The veth pair's network: the first four addresses of the range's last /24."""
        return IPv4Network((self.network[-256], 30))

    @property
    def address(self) -> IPv4Address:
        """Where every API listens."""
        return self.transfer[1]

    @property
    def user_address(self) -> IPv4Address:
        """The user's end of the veth pair."""
        return self.transfer[2]

    @property
    def underlay(self) -> IPv4Network:
        """What joins the two compute nodes: the next four addresses."""
        return IPv4Network((self.network[-252], 30))

    @property
    def main_node(self) -> Node:
        """Where all services are, and instances as containers."""
        return Node(name="lab", queue=IPv4Address("127.0.0.1"), tunnel=self.underlay[1])

    @property
    def emulator(self) -> Node:
        """Instances with a kernel of their own, in a network namespace of that name."""
        return Node(name="emulator", queue=self.underlay[1], tunnel=self.underlay[2])

    @property
    def auth_url(self) -> str:
        """Keystone."""
        return f"http://{self.address}:5000/v3"

    @property
    def own(self) -> Path:
        """What only the lab's services use."""
        return self.state / "openstack"

    @property
    def log(self) -> Path:
        """All services' logs."""
        return self.state / "log"

    @property
    def socket(self) -> Path:
        """The supervisor's socket, seen from the user's side."""
        return self.own / "run" / "supervisor.sock"


def load() -> LabSettings:
    """The settings of the activated environment."""
    here = paths.current()
    values: dict[str, object] = {"cache": here.lab_cache, "state": here.state, "secrets": here.secrets}
    if network := os.environ.get("GANYUN_LAB_NETWORK"):
        values["network"] = network
    try:
        return LabSettings.model_validate(values)
    except ValidationError as error:
        raise LabError("; ".join(problem["msg"] for problem in error.errors())) from None
