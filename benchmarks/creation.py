"""How fast Pulumi creates on the lab, beside openstacksdk creating the same, and what a resource costs as stacks grow.

`python -m benchmarks.creation 200`: both in one run, in a project of their own that goes with them; exit code 1 when
Pulumi's rate is below GOAL of the other. `python -m benchmarks.creation 200 2000 --alone`: what Pulumi takes for each
resource; exit code 1 when that grows by more than GROWTH. A unit is what a department brings: a network, its subnet, a
security group and seven rules.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import IPv4Network
from itertools import islice
from typing import Annotated, Any

import openstack
import typer
from pulumi import automation
from pulumi_openstack import networking
from rich.console import Console
from rich.table import Table

from infra.pace import hasten

UNIT = 10
PORTS = range(8001, 8001 + UNIT - 3)
BLOCKS = IPv4Network("100.64.0.0/10")  # RFC 6598: shared space, which no plan allocates from
NONE = -1
GOAL = 0.6
GROWTH = 1.2


def units(size: int) -> Iterator[tuple[str, str]]:
    """Name and block of each unit of so many resources."""
    for number, block in enumerate(islice(BLOCKS.subnets(new_prefix=24), size // UNIT)):
        yield f"bench-{number}", str(block)


def program(project: str, size: int) -> None:
    """The same resources as a Pulumi program."""
    for name, block in units(size):
        network = networking.Network(name, name=name, tenant_id=project)
        networking.Subnet(name, name=name, tenant_id=project, network_id=network.id, cidr=block, ip_version=4)
        group = networking.SecGroup(name, name=name, tenant_id=project, delete_default_rules=True)
        for port in PORTS:
            networking.SecGroupRule(
                f"{name}-{port}",
                security_group_id=group.id,
                tenant_id=project,
                direction="ingress",
                ethertype="IPv4",
                protocol="tcp",
                port_range_min=port,
                port_range_max=port,
                remote_ip_prefix=block,
            )


def by_pulumi(project: str, size: int, threads: int) -> float:
    """Seconds that `pulumi up` takes to create them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = automation.LocalWorkspaceOptions(
            env_vars={"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_STACK": ""},
            project_settings=automation.ProjectSettings(name="bench", runtime="python"),
        )
        stack = automation.create_or_select_stack("bench", "bench", lambda: program(project, size), opts=settings)
        started = time.monotonic()
        stack.up(parallel=threads)
        return time.monotonic() - started


def by_sdk(network: Any, project: str, size: int, threads: int) -> float:
    """Seconds that openstacksdk takes with as many threads, each doing the next thing."""

    def group(name: str) -> Any:
        made = network.create_security_group(name=name, project_id=project)
        for rule in made.security_group_rules:
            network.delete_security_group_rule(rule["id"])
        return made

    with ThreadPoolExecutor(threads) as pool:
        started = time.monotonic()
        networks = [pool.submit(network.create_network, name=name, project_id=project) for name, _ in units(size)]
        groups = [pool.submit(group, name) for name, _ in units(size)]
        rest = [
            pool.submit(
                network.create_subnet,
                name=name,
                project_id=project,
                network_id=made.result().id,
                cidr=block,
                ip_version=4,
            )
            for (name, block), made in zip(units(size), networks, strict=True)
        ]
        rest += [
            pool.submit(
                network.create_security_group_rule,
                project_id=project,
                security_group_id=made.result().id,
                direction="ingress",
                ethertype="IPv4",
                protocol="tcp",
                port_range_min=port,
                port_range_max=port,
                remote_ip_prefix=block,
            )
            for (_, block), made in zip(units(size), groups, strict=True)
            for port in PORTS
        ]
        for one in rest:
            one.result()
        return time.monotonic() - started


def clear(network: Any, project: str, threads: int) -> None:
    """Subnets go with their network, rules with their group."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(network.delete_network, network.networks(project_id=project)))
        list(pool.map(network.delete_security_group, network.security_groups(project_id=project)))


@contextmanager
def room(cloud: Any, threads: int) -> Iterator[str]:
    """A project without limits, for as long as it is measured in."""
    project = cloud.identity.create_project(name="bench")
    try:
        limits = ("networks", "subnets", "ports", "security_groups", "security_group_rules")
        cloud.network.update_quota(project.id, **dict.fromkeys(limits, NONE))
        yield project.id
    finally:
        clear(cloud.network, project.id, threads)
        cloud.network.delete_quota(project.id)
        cloud.identity.delete_project(project)


def main(
    sizes: Annotated[list[int], typer.Argument(help="数量 numbers of resources, tens")],
    threads: Annotated[int, typer.Option(help="并发数 how many at the same time, of either")] = 32,
    *,
    alone: Annotated[bool, typer.Option("--alone", help="只测 Pulumi：每资源成本 only Pulumi: cost by size")] = False,
) -> None:
    """测量创建速率 measure creation rates, or the cost of a resource by size."""
    logging.getLogger("pulumi").setLevel(logging.ERROR)
    hasten()  # as infra/__main__.py does
    rows = Table("资源 resources", "pulumi up /s", "每资源 ms each", "openstacksdk /s", "比率 ratio")
    costs, ratios = [], []
    with openstack.connect() as cloud, room(cloud, threads) as project:
        for size in sizes:
            took = by_pulumi(project, size, threads)
            costs.append(1000 * took / size)
            row = [str(size), f"{size / took:.1f}", f"{costs[-1]:.0f}"]
            clear(cloud.network, project, threads)
            if not alone:
                beside = by_sdk(cloud.network, project, size, threads)
                ratios.append(beside / took)
                row += [f"{size / beside:.1f}", f"{ratios[-1]:.2f}"]
                clear(cloud.network, project, threads)
            rows.add_row(*row)
    Console().print(rows)
    raise typer.Exit(1 if costs[-1] > GROWTH * costs[0] or any(ratio < GOAL for ratio in ratios) else 0)


if __name__ == "__main__":
    typer.run(main)
