"""stacks/sites/*.yaml: the web sites that the cluster serves, with the notices that the first release shows."""

import datetime
from typing import Annotated

from pydantic import Field

from infra.plan.base import DepartmentRef, DivisionCode, Facts, Name

SiteHost = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", description="域名 host name of the site"),
]


class Notice(Facts):
    """One page."""

    title: str = Field(description="标题 title")
    date: datetime.date = Field(description="发布日期 date")
    paragraphs: Annotated[list[str], Field(min_length=1)] = Field(description="正文 paragraphs")


class Column(Facts):
    """A list of notices under one heading."""

    name: Name
    title: str = Field(description="栏目名称 title")
    notices: list[Notice] = Field(default_factory=list, description="信息 notices")


class Site(Facts):
    """A government web site."""

    name: Name
    title: str = Field(description="网站名称 title")
    host: SiteHost
    division: DivisionCode
    owner: DepartmentRef
    columns: Annotated[list[Column], Field(min_length=1)] = Field(description="栏目 columns")
