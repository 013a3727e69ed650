"""What the stack above has made for this one: read before anything is declared, and looked at from inside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.contract import ContractError, TenancyFacts
from infra.plan.plan import Plan
from infra.state import outputs, own_projects


def granted_by(plan: Plan) -> TenancyFacts | None:
    """The room that the stack above gives; None for a stack that makes its own. ContractError: something is missing."""
    if not plan.stack.uplink:
        return None
    above = plan.stack.uplink.stack
    found = outputs(above).tenancies.get(plan.name)
    wanted = {project.name for domain in plan.domains for project in domain.projects}
    missing = sorted(wanted - found.projects.keys()) if found else sorted(wanted)
    if not found or missing:
        text = f"stack {above} 尚未为 {plan.name} 建立项目 · it has no project yet for: {', '.join(missing)}"
        raise ContractError(f"{text}; run: pulumi up --stack {above}")
    return found


def territory(state: Sequence[Mapping[str, Any]], grant: TenancyFacts | None) -> tuple[set[str], Mapping[str, str]]:
    """The ids that the stack knows, and the names of the projects that it builds in, by id."""
    known = {one["id"] for one in state if "id" in one}
    if grant is None:
        return known, own_projects(state)
    return known | {grant.router}, {key: name for name, key in grant.projects.items()}


def views(connection: Any, grant: TenancyFacts | None) -> Iterator[Any]:
    """Connections that together see all of the stack: an admin sees it at once, a manager project by project."""
    if grant is None:
        yield connection
    else:
        for project in grant.projects.values():
            yield connection.connect_as_project({"id": project})
