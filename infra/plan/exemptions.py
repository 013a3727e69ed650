"""stacks/exemptions.yaml: where a plan may break a policy for a while, who answers for it, and until when."""

from datetime import date
from typing import Annotated

from pydantic import Field

from infra.plan.base import Facts, Name

Told = Annotated[str, Field(min_length=1)]


class Exemption(Facts):
    """One resource that one policy lets pass until a day; after that day it is refused again."""

    policy: str = Field(description="策略 name of the policy, as a refusal prints it")
    stack: Name | None = Field(
        None, description="stack that the resource belongs to; left out: every stack that has it"
    )
    resource: Annotated[str, Field(pattern=r"^\w+\..*\w")] = Field(
        description="资源 the resource, as a refusal prints it; * stands for any part of its name"
    )
    owner: Told = Field(description="责任单位或责任人 who answers for it")
    reason: Told = Field(description="理由 why it is needed")
    compensation: Told = Field(description="补偿措施 what is done instead")
    expires: date = Field(description="到期日 the last day on which it holds, as 2027-06-30")


class Exemptions(Facts):
    """The register."""

    exemptions: list[Exemption] = Field(default_factory=list)
