"""How each service is: what the supervisor says, what its port answers, and what it reported to its API."""

from pydantic import BaseModel, ConfigDict

from lab.openstack import inside, secrets
from lab.openstack.api import Api, alive_agents
from lab.openstack.services import Service, Stage, table
from lab.openstack.settings import LabSettings
from lab.openstack.supervisor import Supervisor


class ServiceHealth(BaseModel):
    """One line of the status table."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: str
    healthy: bool
    detail: str


def look(lab: LabSettings) -> list[ServiceHealth]:
    """Every service of the table, in its order."""
    pid = inside.first_process(lab)
    supervisor = Supervisor(lab.socket)
    if pid is None or not supervisor.answers():
        return [judge(service, "DOWN", answered=False, alive=set()) for service in table(lab)]
    states = supervisor.states()
    answered = inside.in_network(pid, lambda: _answers(table(lab)))
    alive = alive_agents(Api(lab, secrets.load(lab.secrets / "lab.json")["admin"]))
    return [
        judge(s, states.get(s.name, "UNKNOWN"), answered=answered.get(s.name, True), alive=alive) for s in table(lab)
    ]


def judge(service: Service, state: str, *, answered: bool, alive: set[str]) -> ServiceHealth:
    """A service is healthy when it runs, answers and is seen alive, as far as each applies; or is not asked for."""
    problems = []
    if service.stage == Stage.EMULATION and state == "STOPPED":
        return ServiceHealth(name=service.name, state=state, healthy=True, detail="make kernel")
    if state != "RUNNING":
        problems.append(state.lower())
    elif service.probe and not answered:
        problems.append(f"no answer on {service.probe.host}:{service.probe.port}")
    elif service.agent and service.agent not in alive:
        problems.append("not reported alive")
    where = f"{service.probe.host}:{service.probe.port}" if service.probe else service.agent or ""
    return ServiceHealth(name=service.name, state=state, healthy=not problems, detail=", ".join(problems) or where)


def all_well(seen: list[ServiceHealth]) -> bool:
    """Is the lab whole?"""
    return all(service.healthy for service in seen)


def _answers(services: list[Service]) -> dict[str, bool]:
    return {service.name: inside.answers(service.probe) for service in services if service.probe}
