"""stacks/flavors.yaml: what a flavor key asks for, so that a quota can be counted before any cloud is there."""

from typing import Annotated

from pydantic import Field, RootModel

from infra.plan.base import Facts, Name


class Flavor(Facts):
    """The least that the flavor behind a key must offer, in any stack."""

    cores: Annotated[int, Field(ge=1)] = Field(description="处理器核数 cores")
    ram_mb: Annotated[int, Field(ge=128)] = Field(description="内存（MiB） memory")
    disk_gb: Annotated[int, Field(ge=1)] = Field(description="系统盘（GB） root disk")


class Flavors(RootModel[dict[Name, Flavor]]):
    """stacks/flavors.yaml: what systems may ask for, by key."""
