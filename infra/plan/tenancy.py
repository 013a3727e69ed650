"""Whose domain and project a stack's resources are in: a domain a city or province, a project a department."""

from infra.plan.base import target
from infra.plan.plan import PlannedDomain, PlannedProject
from infra.plan.systems import Department
from infra.plan.uplinks import above
from infra.plan.world import World


def owners(world: World, name: str) -> list[Department]:
    """The departments that own systems of a stack, by name, then those that own routers."""
    stack = world.stacks[name]
    servers = sorted({(system.owner, system.division) for system in world.built(stack)})
    routers = [(router.owner, stack.division) for router in stack.routers.values()]
    return list(dict.fromkeys(filter(None, (world.department(*place) for place in (*servers, *routers)))))


def home(world: World, name: str, department: Department) -> str:
    """The division whose domain holds a department's project; a stack below another has one domain, for its manager."""
    stack = world.stacks[name]
    return stack.division if stack.uplink else world.divisions.tenancy(department.division).code


def domain_name(world: World, name: str, division: str) -> str:
    """Where a stack above is the division's own, it has that domain: what this stack builds for it is kept apart."""
    held = {world.stacks[one].division for one in above(world.stacks, name)}
    return f"{world.divisions[division].level}-{division}{f'-{name}' if division in held else ''}"


def plan_domains(world: World, name: str) -> tuple[PlannedDomain, ...]:
    """The domains of a stack, with a project for each department that owns something in it."""
    stack = world.stacks[name]
    hosting = {target(system.owner) for system in world.built(stack)}
    domains: dict[str, list[PlannedProject]] = {}
    for department in owners(world, name):
        quota = stack.quotas.get(department.name) or stack.quotas["default"]
        project = PlannedProject(
            name=department.name, title=department.title, quota=quota, hosts_servers=department.name in hosting
        )
        domains.setdefault(home(world, name, department), []).append(project)
    return tuple(
        PlannedDomain(
            name=(found := domain_name(world, name, code)),
            title=stack.title if found.endswith(f"-{name}") else world.divisions[code].name,
            division=code,
            projects=tuple(projects),
        )
        for code, projects in sorted(domains.items())
    )
