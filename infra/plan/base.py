"""The words that all facts share: frozen models, names, codes, durations and references by symbol."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

Tier = Literal["province", "city", "county", "township"]
Zone = Literal["public", "access", "shared", "dedicated", "management", "recovery"]
Level = Literal[2, 3]
Protocol = Literal["tcp", "udp", "icmp", "vrrp"]
Version = Literal[4, 6]
Block = IPv4Network | IPv6Network

BOUNDARY: frozenset[Zone] = frozenset({"public", "access"})  # the zones that the Internet's side may reach
VERSIONS: tuple[Version, ...] = (4, 6)
BITS: dict[Version, int] = {4: 32, 6: 128}

_DURATION = re.compile(r"^(\d+)(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Facts(BaseModel):
    """Facts don't change after reading, and a key that nobody reads is a mistake, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, protected_namespaces=())


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (match := _DURATION.match(value)):
        msg = f"不是时长：{value!r}，写作 30s、5m、2h 或 1d · not a duration; write 30s, 5m, 2h or 1d"
        raise ValueError(msg)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _code(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _block(value: Any) -> Any:
    try:
        return ip_network(value)
    except ValueError as error:
        msg = f"不是网段：{value!r} · not a block: {error}"
        raise ValueError(msg) from error


def _both(value: Any) -> Any:
    if isinstance(value, int) or (isinstance(value, list | tuple) and len(value) == 1):
        length = value if isinstance(value, int) else value[0]
        msg = f"缺少 IPv6，写作 [IPv4, IPv6]，如 [{length}, 48] · IPv6 left out; write both, such as [{length}, 48]"
        raise ValueError(msg)
    return value


def _reference(kind: str, description: str) -> Any:
    pattern = rf"^\${kind}:[a-z][a-z0-9-]*$"
    return Annotated[str, Field(pattern=pattern, description=description)]


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="小写名称 lower-case name")]
FunctionName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="主机职能 function, an inventory group")
]
HostName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="主机名 host name, unique in a stack")]
DivisionCode = Annotated[
    str,
    BeforeValidator(_code),
    Field(pattern=r"^\d{6}(\d{3}|\d{6})?$", description="行政区划代码 division code, GB/T 2260"),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d{6}(\d{3}|\d{6})?$"}]}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(lambda value: int(value.total_seconds()), return_type=int),
    WithJsonSchema({"type": "string", "pattern": _DURATION.pattern}),
]
AnyCidr = Annotated[
    Block,
    BeforeValidator(_block),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9a-fA-F.:]+/\d+$"}),
]
Port = Annotated[int, Field(ge=1, le=65535)]


class Lengths(NamedTuple):
    """A block's prefix lengths; those of IPv6 end at a nibble, where reverse DNS can be delegated."""

    ipv4: Annotated[int, Field(ge=1, le=32)]
    ipv6: Annotated[int, Field(ge=16, le=128, multiple_of=4)]

    def of(self, version: Version) -> int:
        """That of one family."""
        return self.ipv4 if version == 4 else self.ipv6


PrefixLengths = Annotated[Lengths, BeforeValidator(_both)]
DepartmentRef = _reference("departments", "责任单位 owner, as $departments:<name>")
SystemRef = _reference("systems", "系统 system, as $systems:<name>")


def of_family(name: str, version: Version) -> str:
    """What a thing that is there once a family is called: that of IPv4 has the bare name."""
    return name if version == 4 else f"{name}-ipv6"


def target(reference: str) -> str:
    """`$departments:statistics` → `statistics`."""
    return reference.partition(":")[2]
