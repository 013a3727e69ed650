"""Hands the managers of the stacks below their way in: `python -m infra.access --stack province`.

Each gets an entry of their stack's name, beside clouds.yaml in the file of secrets that OpenStack's clients merge with
it (OS_CLIENT_SECURE_FILE). The passwords come from the stack's state and are printed nowhere.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from openstack.config import OpenStackConfig
from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from infra.contract import ContractError, ManagerFacts
from infra.plan.commands import FACTS, Folder
from infra.plan.load import load
from infra.state import StateError, outputs
from infra.write import write_private

OWN = ("auth", "profile")  # what an entry has of its own; region, authority and interface are the cloud's


def entry(manager: ManagerFacts, cloud: dict[str, Any]) -> dict[str, Any]:
    """A manager's entry, on the same cloud as the entry of the stack above."""
    shared = {key: value for key, value in cloud.items() if key not in OWN}
    auth = {
        "auth_url": cloud["auth"]["auth_url"],
        "username": manager.user,
        "password": manager.password,
        "user_domain_name": manager.domain,
        "project_name": manager.project,
        "project_domain_name": manager.domain,
    }
    return {**shared, "auth": auth}


def main(
    stack: Annotated[str, typer.Option(envvar="PULUMI_STACK", help="哪个 stack 的下级 · the stack above")],
    secure: Annotated[Path, typer.Option(envvar="OS_CLIENT_SECURE_FILE", help="写到哪里 the file of secrets")],
    facts: Folder = FACTS,
) -> None:
    """为下级 stack 的管理员写出登录条目 · Write an entry for the manager of each stack below."""
    world = load(facts)
    try:
        managers = outputs(stack, secrets=True).managers
    except (ContractError, StateError) as error:
        sys.exit(str(error))
    yaml = YAML()
    known = yaml.load(secure.read_text(encoding="utf-8")) if secure.exists() else {}
    cloud = OpenStackConfig().get_one(cloud=world.stacks[stack].cloud)
    base = OpenStackConfig().cloud_config["clouds"][cloud.name]
    for name, manager in managers.items() if isinstance(managers, dict) else ():
        known.setdefault("clouds", {})[name] = entry(manager, base)
    text = StringIO()
    yaml.dump(known, text)
    write_private(secure, text.getvalue())
    typer.echo(f"已写出 {len(managers)} 个条目 · {len(managers)} entries written to {secure}")


if __name__ == "__main__":
    typer.run(main)
