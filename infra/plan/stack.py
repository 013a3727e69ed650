"""stacks/<stack>.yaml: what differs between clouds and sizes; nothing here describes the government."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from infra.plan.base import AnyCidr, DepartmentRef, DivisionCode, Facts, FunctionName, Name, SystemRef

ZoneKey = Annotated[
    str,
    Field(pattern=r"^(\d{6}/)?[a-z]+$", description="分区 zone, as <division>/<zone>, or <zone> of the own division"),
]


class Quota(Facts):
    """The most that one project may use; no project is without."""

    instances: Annotated[int, Field(ge=0)]
    cores: Annotated[int, Field(ge=0)]
    ram_mb: Annotated[int, Field(ge=0)]
    networks: Annotated[int, Field(ge=0)]
    ports: Annotated[int, Field(ge=0)]
    routers: Annotated[int, Field(ge=0)]
    floating_addresses: Annotated[int, Field(ge=0)]
    security_groups: Annotated[int, Field(ge=0)]
    security_group_rules: Annotated[int, Field(ge=0)]
    shares: Annotated[int, Field(ge=0)] = Field(
        0,
        description="共享策略数 how often its networks and groups are lent to other projects of a stack below another",
    )


class Router(Facts):
    """Joins zones; the one with `exit` is the province's only way to the Internet (统一出口)."""

    owner: DepartmentRef
    zones: Annotated[list[ZoneKey], Field(min_length=1)] = Field(description="所连分区 zones whose segments it joins")
    exit: bool = Field(False, description="互联网出口 has the only external gateway")


class Mirror(Facts):
    """Where hosts get packages from: they reach no registry."""

    function: FunctionName = Field(description="镜像站职能 the function whose first host serves packages")
    path: str = Field(description="路径 path of the repository on it")


class Uplink(Facts):
    """The link to a router of the stack above, by which all that is outside this stack is reached."""

    stack: Name = Field(description="上级 stack the stack above, on the same cloud")
    router: Name = Field(description="上级路由器 the router of that stack")
    through: Name = Field(description="本端路由器 the router of this stack")


def _settings(schema: dict[str, Any]) -> None:
    """What is required may stand in the shared settings."""
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["extends"]}]


class Stack(Facts):
    """Settings of one stack."""

    model_config = ConfigDict(json_schema_extra=_settings)

    extends: Name | None = Field(
        None, description="共用设置 name of a file in defaults/ whose keys hold where this one has none"
    )
    title: str = Field(description="名称 title")
    division: DivisionCode
    cloud: Name = Field(
        description="clouds.yaml 条目 entry of clouds.yaml; with an uplink, the stack's manager logs in there by the"
        " entry of the stack's own name"
    )
    external_network: str = Field(description="外部网络 name of the provider's external network")
    systems: Annotated[list[SystemRef], Field(min_length=1)] = Field(description="系统 systems that this stack builds")
    routers: dict[Name, Router] = Field(description="路由器 routers")
    links: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] = Field(description="互联 pairs of routers")
    uplink: Uplink | None = Field(None, description="上联 link to the stack above; left out: it has its own exit")
    operators: Annotated[list[AnyCidr], Field(min_length=1)] = Field(
        description="运维来源地址 where operators log in from, blocks of either family"
    )
    images: dict[Name, str] = Field(description="镜像 image names by key")
    flavors: dict[Name, str] = Field(description="规格 flavor names by key")
    quotas: dict[str, Quota] = Field(description="配额 by department, or `default`")
    mirror: Mirror = Field(description="软件源 package mirror")
    replicas: Annotated[int, Field(ge=0)] | None = Field(
        None, description="每职能主机数上限 most hosts of one function on this cloud; 0: networks and tenants only"
    )
    address_group_rules: bool = Field(
        True, description="规则可引用地址组 rules may name address groups; else they name each address"
    )
    most_deletions: Annotated[int, Field(ge=0)] = Field(
        5,
        description="一次最多删除或替换的资源数 most resources that one run deletes or replaces without a word",
    )
    protect_data: bool = Field(True, description="保护数据主机 refuse to destroy hosts that hold data")

    def located(self) -> "Stack":
        """The same with the division before every zone."""
        routers = {
            name: router.model_copy(
                update={"zones": [zone if "/" in zone else f"{self.division}/{zone}" for zone in router.zones]}
            )
            for name, router in self.routers.items()
        }
        return self.model_copy(update={"routers": routers})
