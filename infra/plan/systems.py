"""stacks/departments.yaml and stacks/systems/*.yaml: who owns what, how it is protected, and who may speak to whom.

An entry of either names its division, or stands for one in every division of its tier (各市、各县一套).

A system says everything that building, hardening, monitoring and recovering it need (同步设计、同步施工、同步使用):
one without protection level or recovery objective is not a system that can be built.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from infra.plan.base import (
    DepartmentRef,
    DivisionCode,
    Duration,
    Facts,
    FunctionName,
    HostName,
    Level,
    Name,
    Port,
    Protocol,
    Zone,
)

SystemTier = Literal["province", "city", "county"]

ENDPOINT = re.compile(
    r"^(\$systems:\*|\$systems:[a-z][a-z0-9-]*(/[a-z][a-z0-9_]*)?|\$outside:(internet|operators)|\$divisions:\d{6,12}"
    r"|\d+\.\d+\.\d+\.\d+/\d+|[0-9a-f]{1,4}:[0-9a-f:]*/\d+)$"
)


def _endpoint(value: str) -> str:
    if not ENDPOINT.match(value):
        msg = (
            f"不是流量端点：{value!r} · not an endpoint; write $systems:<system>/<function>, $systems:<system>, "
            "$systems:*, $divisions:<code>, $outside:internet, $outside:operators or a block such as 10.1.2.0/24"
        )
        raise ValueError(msg)
    return value


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class DepartmentEntry(Facts):
    """A government body, or one in every division of a tier."""

    title: str = Field(description="单位名称 title; of a tier: without the division's name, which is put in front")
    division: DivisionCode | None = None
    tier: SystemTier | None = Field(None, description="层级 stands for one in every province, city or county")

    @model_validator(mode="after")
    def _stands_somewhere(self) -> "DepartmentEntry":
        if (self.division is None) == (self.tier is None):
            msg = "division 与 tier 须写且只写一个 · write division for one body, or tier for one in each such division"
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Department:
    """A government body that owns systems or sites; each owner of systems gets a Keystone project."""

    name: str
    title: str
    division: str


class Segment(Facts):
    """A subnet of its own within a zone of the division."""

    prefix: Annotated[int, Field(ge=20, le=28)] = Field(description="子网前缀长度 prefix length")


class Function(Facts):
    """Hosts that do the same work: one inventory group, one security group, kept on different hypervisors."""

    zone: Zone = Field(description="所在分区 zone; the system needs a segment there")
    flavor: Name = Field(description="规格 key in the stack's flavors")
    image: Name = Field(description="镜像 key in the stack's images")
    hosts: Annotated[list[HostName], Field(min_length=1)] = Field(description="主机 host names")
    also: list[FunctionName] = Field(default_factory=list, description="兼任职能 what the same hosts do besides")
    virtual_address: Name | None = Field(None, description="虚拟地址 name of an address that the hosts share by VRRP")
    floating_address: bool = Field(
        False, description="公网地址 reached from the Internet side by an address of its own"
    )
    holds_data: bool = Field(False, description="存有数据 holds data that exists nowhere else")

    @model_validator(mode="after")
    def _names_its_address(self) -> "Function":
        if self.virtual_address is None and self.floating_address and len(self.hosts) > 1:
            msg = "多台主机共用公网地址须有 virtual_address · hosts that share a floating address need a virtual one"
            raise ValueError(msg)
        return self


class Flow(Facts):
    """One line of the flow matrix: everything that isn't a line is refused, in both directions."""

    from_: Endpoint = Field(alias="from", description="来源 source endpoint")
    to: Endpoint = Field(description="目的 destination endpoint")
    protocol: Protocol = Field(description="协议 protocol")
    ports: list[Port] = Field(default_factory=list, description="端口 ports, for tcp and udp")
    why: str = Field(description="用途 what it is for")

    @model_validator(mode="after")
    def _has_ports_where_they_mean_something(self) -> "Flow":
        if (self.protocol in ("tcp", "udp")) != bool(self.ports):
            msg = "tcp、udp 必须写 ports，其他协议不写 · tcp and udp need ports, other protocols have none"
            raise ValueError(msg)
        if not self.to.startswith("$systems:") and not self.from_.startswith("$systems:"):
            msg = "至少一端须是系统 · one end must be a system"
            raise ValueError(msg)
        if self.to.startswith("$outside:"):
            msg = "去往外部的流量须写明地址块 · a flow out names the block it goes to, never the whole Internet"
            raise ValueError(msg)
        return self


class RecoveryObjective(Facts):
    """How much may be lost and how long it may take; drills measure both."""

    rpo: Duration = Field(description="恢复点目标 data that may be lost, as 5m")
    rto: Duration = Field(description="恢复时间目标 time until it works again, as 30m")
    standard: Literal["GB/T 20988-2007", "GB/T 20988-2025"] = Field(description="标准版本 edition of the standard")
    level: Annotated[int, Field(ge=1, le=6)] = Field(description="灾难恢复等级 level 1 to 6")


class SystemEntry(Facts):
    """A hosted system of one department, or one in every division of a tier."""

    name: Name
    title: str = Field(description="系统名称 title")
    owner: DepartmentRef
    division: DivisionCode | None = Field(None, description="行政区划代码 division; left out: every one of its tier")
    tier: SystemTier = Field(description="层级 province, city or county: that of its division")
    protection_level: Level = Field(description="等级保护级别 2 or 3, GB/T 22239")
    recovery: RecoveryObjective = Field(
        description="恢复目标 recovery objective: rpo, rto, standard, level (GB/T 20988)"
    )
    source: str = Field(description="依据文件 the document that asks for this system")
    segments: dict[Zone, Segment] = Field(description="子网 one subnet per zone")
    functions: dict[FunctionName, Function] = Field(description="职能 what its hosts do")
    flows: list[Flow] = Field(default_factory=list, description="流量矩阵 flow matrix")


class System(SystemEntry):
    """The system of one division."""

    division: DivisionCode


def group_name(system: str, function: str) -> str:
    """The security group of a function."""
    return f"{system}-{function.replace('_', '-')}"
