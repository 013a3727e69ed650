"""Turns a built plan into the contract's outputs."""

from typing import Any

import pulumi

from infra.below import Below
from infra.components.first_boot import LOGIN
from infra.components.host_group import HostGroup
from infra.contract import VERSION
from infra.plan.base import target
from infra.plan.plan import Plan, PlannedHost, PlannedHostGroup, ResolvedFlow
from infra.plan.systems import System
from infra.stack import Built


def publish(plan: Plan, built: Built) -> None:
    """Export the contract, field by field, under the fields' own names."""
    recoveries = {system.name: _recovery(system) for system in plan.systems}
    for name, value in {
        "version": VERSION,
        "login": LOGIN,
        "hosts": {
            host.name: _host(host, group, built.groups[group.name], recoveries[group.system])
            for group in plan.host_groups
            for host in group.hosts
        },
        "systems": {
            system.name: {
                "title": system.title,
                "owner": target(system.owner),
                "division": system.division,
                "level": system.protection_level,
                "recovery": recoveries[system.name],
            }
            for system in plan.systems
        },
        "sites": [
            {**site.model_dump(include={"name", "host", "title", "division"}), "owner": target(site.owner)}
            for site in plan.sites
        ],
        "zones": {key: str(block) for key, block in plan.zones.items()},
        "zones6": {key: str(block) for key, block in plan.zones6.items()},
        "extranet": [str(block) for block in plan.extranet],
        "extranet6": [str(block) for block in plan.extranet6],
        "mirror_url": plan.mirror_url,
        "tenancies": {stack: _tenancy(below) for stack, below in built.below.items()},
        "managers": pulumi.Output.secret({stack: _manager(below) for stack, below in built.below.items()}),
        "site_address": _site_address(plan, built),
    }.items():
        pulumi.export(name, value)


def _recovery(system: System) -> dict[str, Any]:
    objective = system.recovery
    return {
        "rpo_seconds": int(objective.rpo.total_seconds()),
        "rto_seconds": int(objective.rto.total_seconds()),
        "standard": objective.standard,
        "level": objective.level,
    }


def _host(host: PlannedHost, group: PlannedHostGroup, built: HostGroup, recovery: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": str(host.address),
        "address6": str(host.address6),
        "key": built.hosts[host.name].key.public,
        "functions": list(group.functions),
        "system": group.system,
        "owner": group.labels.owner,
        "zone": group.zone,
        "level": group.labels.level,
        "site": group.site,
        "holds_data": group.holds_data,
        "floating_address": None if group.virtual_address else built.floating,
        "virtual_address": str(group.virtual_address) if group.virtual_address else None,
        "virtual_address6": str(group.virtual_address6) if group.virtual_address6 else None,
        "flows_in": [_flow(flow) for flow in host.flows_in],
        "flows_out": [_flow(flow) for flow in host.flows_out],
        "recovery": recovery,
    }


def _tenancy(below: Below) -> dict[str, Any]:
    return {
        "domain": below.tenancy.domain.id,
        "projects": below.tenancy.projects,
        "router": below.router.id,
        "subnet_pool": below.pool.ids[4],
        "subnet_pool6": below.pool.ids[6],
    }


def _manager(below: Below) -> dict[str, Any]:
    return {
        "user": below.manager.name,
        "password": below.manager.password,
        "domain": below.tenancy.domain.name,
        "project": below.planned.owner,
    }


def _flow(flow: ResolvedFlow) -> dict[str, Any]:
    return {"peer": str(flow.peer), "protocol": flow.protocol, "ports": list(flow.ports)}


def _site_address(plan: Plan, built: Built) -> pulumi.Output[str] | None:
    return next((built.groups[g.name].floating for g in plan.host_groups if g.zone == "public"), None)
