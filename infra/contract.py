"""What a stack promises to those who build on it: other stacks and the inventory. Typed, and versioned as a whole."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from infra.plan.base import Level, Protocol, Zone

VERSION = 3


class Promised(BaseModel):
    """A part of the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HostFlow(Promised):
    """One line of a host's own firewall; `peer` is a block of either family."""

    peer: str
    protocol: Protocol
    ports: list[int]


class Recovery(Promised):
    """A system's recovery objective."""

    rpo_seconds: int
    rto_seconds: int
    standard: str
    level: int


class HostFacts(Promised):
    """Everything that a role may know of a host."""

    address: str
    address6: str
    key: str
    functions: list[str]
    system: str
    owner: str
    zone: Zone
    level: Level
    site: Literal["primary", "recovery"]
    holds_data: bool
    floating_address: str | None
    virtual_address: str | None
    virtual_address6: str | None
    flows_in: list[HostFlow]
    flows_out: list[HostFlow]
    recovery: Recovery


class SiteFacts(Promised):
    """A web site that the stack serves."""

    name: str
    host: str
    title: str
    owner: str
    division: str


class SystemFacts(Promised):
    """A system that the stack builds."""

    title: str
    owner: str
    division: str
    level: Level
    recovery: Recovery


class TenancyFacts(Promised):
    """What a stack made for one below: the room it builds in, its router at the link, and its subnets' pools."""

    domain: str
    projects: dict[str, str]
    router: str
    subnet_pool: str
    subnet_pool6: str


class ManagerFacts(Promised):
    """Who runs a stack below: the manager of its domain."""

    user: str
    password: str
    domain: str
    project: str


class Contract(Promised):
    """All outputs of a stack, under their own names."""

    version: Literal[3]
    login: str
    hosts: dict[str, HostFacts]
    systems: dict[str, SystemFacts]
    sites: list[SiteFacts]
    zones: dict[str, str]
    zones6: dict[str, str]
    extranet: list[str]
    extranet6: list[str]
    mirror_url: str
    tenancies: dict[str, TenancyFacts] = {}
    managers: dict[str, ManagerFacts] | Literal["[secret]"] = {}
    site_address: str | None = None  # Pulumi leaves out an output that is null


def read(outputs: Any, stack: str) -> Contract:
    """What `pulumi stack output --json` said, checked; ContractError without outputs or of another version."""
    if not outputs:
        raise ContractError(f"stack {stack} 没有输出 · it has no outputs yet; run: pulumi up --stack {stack}")
    found = outputs.get("version") if isinstance(outputs, dict) else None
    if found != VERSION:
        text = f"stack {stack} 输出版本 {found}，需要 {VERSION} · its outputs have version {found}, need {VERSION}"
        raise ContractError(f"{text}; run: pulumi up --stack {stack}")
    return Contract.model_validate(outputs)


class ContractError(ValueError):
    """The stack has no outputs, or those of another version."""
