"""The facts of a drill: which database on which host, what proves it, and which objective it has to meet."""

import re
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field, ValidationError

from disaster_recovery.objectives import Model, Objective

NAME = re.compile(r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$")


def _name(value: str) -> str:
    if not NAME.match(value):
        msg = f"不是 SQL 名称：{value!r} · not a plain SQL name"
        raise ValueError(msg)
    return value


SqlName = Annotated[str, AfterValidator(_name)]


class Table(Model):
    """A table by which a restore is judged; its key only grows."""

    table: SqlName
    key: SqlName


class Personal(Model):
    """Columns of a table that hold personal data (GB/T 22239 8.1.4.11), and what they are collected for."""

    table: SqlName
    columns: tuple[SqlName, ...] = Field(min_length=1)
    purpose: str = Field(min_length=1)


class Database(Model):
    """One file of stacks/databases."""

    name: SqlName
    title: str
    application_role: SqlName
    schema_file: str = Field(alias="schema")
    verify: tuple[Table, ...] = Field(min_length=1)
    personal: tuple[Personal, ...] = ()
    smoke: str


class Facts(Model):
    """What the inventory and the data say about the system that is drilled."""

    system: str
    title: str
    host: str
    address: str
    hosts_of_system: tuple[str, ...]
    level: int
    objective: Objective
    database: Database
    log_seconds: float
    calm_seconds: float = Field(description="longest random wait before the fault; two log cycles reach every RPO")
    password_file: Path


class FactsError(ValueError):
    """Facts that can't be used, with file and key."""


def load_database(path: Path) -> Database:
    """Read stacks/databases/<system>.yaml; mistakes name the file and the key."""
    try:
        return Database.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        msg = f"{path}：没有该系统的数据库定义 · no database is described for this system"
        raise FactsError(msg) from None
    except yaml.YAMLError as error:
        msg = f"{path}：YAML 无法解析 · does not parse: {error}"
        raise FactsError(msg) from None
    except ValidationError as error:
        msg = "\n".join(f"{path}：{'.'.join(map(str, one['loc']))}：{one['msg']}" for one in error.errors())
        raise FactsError(msg) from None
