"""stacks/network.yaml: what the one address plan of the extranet starts from (四横一纵, one plan for all levels)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from infra.plan.base import VERSIONS, AnyCidr, Block, Facts, Lengths, PrefixLengths, Tier, Zone

SEGMENT6 = 64  # RFC 4291: what hosts share a link with, whatever their number
LARGEST6 = 56  # RFC 6177: what a site gets at least

Reserve = Annotated[int, Field(ge=0, le=90, description="预留百分比 per cent of this block that next-free never takes")]


def _dual(blocks: list[Block]) -> list[Block]:
    missing = [version for version in VERSIONS if blocks and not any(block.version == version for block in blocks)]
    if missing:
        msg = f"缺少 IPv{missing[0]} 地址块 · IPv{missing[0]} left out; give blocks of both families"
        raise ValueError(msg)
    return blocks


def _site(lengths: Lengths) -> Lengths:
    if lengths.ipv6 > LARGEST6:
        msg = f"IPv6 至少 /{LARGEST6}，实为 /{lengths.ipv6} · a division gets an IPv6 /{LARGEST6} or larger (RFC 6177)"
        raise ValueError(msg)
    return lengths


def _link(lengths: Lengths) -> Lengths:
    if not 24 <= lengths.ipv4 <= 30 or lengths.ipv6 != SEGMENT6:
        msg = f"应为 IPv4 /24 至 /30、IPv6 /{SEGMENT6} · a link is an IPv4 /24 to /30 and an IPv6 /{SEGMENT6}"
        raise ValueError(msg)
    return lengths


class LevelSize(Facts):
    """How large the block of one division of this level is."""

    prefix: Annotated[PrefixLengths, AfterValidator(_site)] = Field(
        description="网段前缀长度 prefix lengths of one division's block, [IPv4, IPv6]"
    )
    reserve: Reserve = 0


class ZoneSize(Facts):
    """A security zone, and how large it is in a division of each level that has it."""

    title: str = Field(description="分区名称 title")
    sizes: dict[Tier, PrefixLengths] = Field(
        description="各级前缀长度 prefix lengths by level, [IPv4, IPv6]; a level left out has none"
    )
    reserve: Reserve = 0


class TransitSize(Facts):
    """Links between routers."""

    prefix: PrefixLengths = Field(description="互联地址段 the block that all links share, [IPv4, IPv6]")
    link: Annotated[PrefixLengths, AfterValidator(_link)] = Field(
        description="一条互联链路 prefix lengths of one link, [IPv4, IPv6]"
    )
    reserve: Reserve = 0


class Network(Facts):
    """The extranet's blocks and sizes; addresses.csv holds what was allocated from them."""

    extranet: Annotated[list[AnyCidr], Field(min_length=1), AfterValidator(_dual)] = Field(
        description="政务外网地址块 the extranet's blocks, of both families"
    )
    inner_network: Annotated[list[AnyCidr], AfterValidator(_dual)] = Field(
        description="政务内网地址块 blocks never provisioned here nor routed to, of both families"
    )
    levels: dict[Tier, LevelSize] = Field(description="各级行政区地址块 block sizes by level of division")
    zones: dict[Zone, ZoneSize] = Field(description="安全分区 zones and their sizes")
    transit: TransitSize = Field(description="互联链路 links between routers")
