"""stacks/network.yaml: what the one address plan of the extranet starts from (四横一纵, one plan for all levels)."""

from typing import Annotated

from pydantic import Field

from infra.plan.base import Cidr, Facts, PrefixLength, Tier, Zone

Reserve = Annotated[int, Field(ge=0, le=90, description="预留百分比 per cent of this block that next-free never takes")]


class LevelSize(Facts):
    """How large the block of one division of this level is."""

    prefix: PrefixLength = Field(description="网段前缀长度 prefix length of one division's block")
    reserve: Reserve = 0


class ZoneSize(Facts):
    """A security zone, and how large it is in a division of each level that has it."""

    title: str = Field(description="分区名称 title")
    sizes: dict[Tier, PrefixLength] = Field(
        description="各级前缀长度 prefix length by level; a level left out has none"
    )


class TransitSize(Facts):
    """Links between routers."""

    prefix: PrefixLength = Field(description="互联地址段 the block that all links of the province share")
    link: Annotated[int, Field(ge=24, le=30)] = Field(description="一条互联链路 prefix length of one link")


class Network(Facts):
    """The extranet's blocks and sizes; addresses.csv holds what was allocated from them."""

    extranet: Annotated[list[Cidr], Field(min_length=1)] = Field(description="政务外网地址块 the extranet's blocks")
    inner_network: list[Cidr] = Field(description="政务内网地址块 blocks never provisioned here nor routed to")
    levels: dict[Tier, LevelSize] = Field(description="各级行政区地址块 block sizes by level of division")
    zones: dict[Zone, ZoneSize] = Field(description="安全分区 zones and their sizes")
    transit: TransitSize = Field(description="互联链路 links between routers")
