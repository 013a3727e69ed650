"""What differs between the stack's state and the cloud, weighed: pure judgement over what was read."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

ANYWHERE = (None, "", "0.0.0.0/0", "::/0")


class Severity(IntEnum):
    """The higher, the sooner somebody must look."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


WORDS = {
    Severity.CRITICAL: "紧急 critical",
    Severity.HIGH: "高 high",
    Severity.MEDIUM: "中 medium",
    Severity.LOW: "低 low",
}
ADOPT = "确属需要则写入 stacks/ 后 pulumi up，否则在云上删除 · put it into stacks/ and run pulumi up, or delete it"
RESTORE = "pulumi up --refresh 按数据恢复 · restores what the facts say"


class Finding(BaseModel):
    """One difference, in an operator's words."""

    model_config = ConfigDict(frozen=True)

    severity: Severity
    kind: Literal["unmanaged", "changed", "gone"]
    resource: str
    text: str
    mend: str


class Thing(BaseModel):
    """A resource that the cloud has and the state does not."""

    model_config = ConfigDict(frozen=True)

    kind: str
    name: str
    id: str
    project: str
    facts: Mapping[str, Any]


class Change(BaseModel):
    """A managed resource whose properties in the cloud differ: property → (as recorded, as found)."""

    model_config = ConfigDict(frozen=True)

    type: str
    name: str
    gone: bool
    properties: Mapping[str, tuple[Any, Any]]


# Kind of an unmanaged thing → how bad, what it is called.
UNMANAGED = {
    "server": (Severity.HIGH, "计划外主机 server that nobody planned"),
    "router": (Severity.HIGH, "计划外路由器 router that nobody planned"),
    "floating address": (Severity.HIGH, "计划外公网地址 floating address that nobody planned"),
    "security group rule": (Severity.HIGH, "计划外放行规则 rule that nobody planned"),
    "network": (Severity.MEDIUM, "计划外网络 network that nobody planned"),
    "subnet": (Severity.MEDIUM, "计划外子网 subnet that nobody planned"),
    "port": (Severity.MEDIUM, "计划外端口 port that nobody planned"),
    "security group": (Severity.MEDIUM, "计划外安全组 security group that nobody planned"),
    "volume": (Severity.MEDIUM, "计划外云盘 volume that nobody planned"),
}
# Type of a managed resource → how bad it is that it changed, how bad that it is gone.
MANAGED = {
    "Instance": (Severity.MEDIUM, Severity.CRITICAL),
    "Router": (Severity.CRITICAL, Severity.CRITICAL),
    "RouterRoutesV2": (Severity.HIGH, Severity.HIGH),
    "RouterInterface": (Severity.HIGH, Severity.CRITICAL),
    "SecGroupRule": (Severity.HIGH, Severity.HIGH),
    "SecGroup": (Severity.MEDIUM, Severity.HIGH),
    "Port": (Severity.HIGH, Severity.HIGH),
    "Network": (Severity.MEDIUM, Severity.CRITICAL),
    "Subnet": (Severity.HIGH, Severity.CRITICAL),
    "QuotaV2": (Severity.MEDIUM, Severity.HIGH),
    "QuotaSetV2": (Severity.MEDIUM, Severity.HIGH),
    "RoleAssignment": (Severity.HIGH, Severity.HIGH),
    "Project": (Severity.MEDIUM, Severity.CRITICAL),
}
QUOTAS = ("QuotaV2", "QuotaSetV2")
# Only words about a resource: nothing behaves otherwise.
COSMETIC = frozenset({"description", "tags", "allTags", "name", "metadata"})


def judge_unmanaged(thing: Thing) -> Finding:
    """A resource that Pulumi did not make."""
    severity, title = UNMANAGED[thing.kind]
    text = f"{title}：{_told(thing)}"
    if thing.kind == "router" and thing.facts.get("gateway"):
        severity, text = Severity.CRITICAL, f"第二个互联网出口 a second way to the Internet：{_told(thing)}"
    elif thing.kind == "security group rule" and _open_to_all(thing.facts):
        severity, text = Severity.CRITICAL, f"对任何来源放行 opens to everybody：{_told(thing)}"
    return Finding(severity=severity, kind="unmanaged", resource=f"{thing.kind} {thing.name}", text=text, mend=ADOPT)


def _open_to_all(facts: Mapping[str, Any]) -> bool:
    return facts.get("direction") == "ingress" and facts.get("prefix") in ANYWHERE and not facts.get("group")


def _told(thing: Thing) -> str:
    facts = "，".join(f"{key} {value}" for key, value in thing.facts.items() if value)
    return f"{thing.name}（项目 project {thing.project}{'，' + facts if facts else ''}）"


def judge_change(change: Change) -> Finding:
    """A resource that is not as Pulumi left it."""
    changed, gone = MANAGED.get(change.type, (Severity.MEDIUM, Severity.HIGH))
    resource = f"{change.type} {change.name}"
    if change.gone:
        return Finding(severity=gone, kind="gone", resource=resource, text="已不存在 is gone", mend=RESTORE)
    text = "；".join(f"{key}：{_short(old)} → {_short(new)}" for key, (old, new) in sorted(change.properties.items()))
    if change.properties.keys() <= COSMETIC:
        changed = Severity.LOW
    elif change.type in QUOTAS and any(_raised(old, new) for old, new in change.properties.values()):
        changed, text = Severity.HIGH, f"配额被调高 quota raised：{text}"
    return Finding(severity=changed, kind="changed", resource=resource, text=text, mend=RESTORE)


def _raised(old: Any, new: Any) -> bool:
    """More than recorded, or no limit at all (-1)."""
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return False
    return old >= 0 and (new > old or new < 0)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def ranked(things: Iterator[Thing], changes: Iterator[Change]) -> tuple[Finding, ...]:
    """All findings, the worst first."""
    found = [*map(judge_unmanaged, things), *map(judge_change, changes)]
    return tuple(sorted(found, key=lambda one: (-one.severity, one.kind, one.resource)))
