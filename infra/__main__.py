"""Load the facts, plan, build, publish: all that `pulumi up` does, and all that it needs to say.

Problems end the run before any resource is declared, as a list to mend rather than a traceback. A preview that deletes
can be refused only once all is declared.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.components.ground import Ground
from infra.contract import ContractError
from infra.destruction import Declared, doomed, refuse_destruction
from infra.grant import granted_by, views
from infra.journal import Journal
from infra.killed import make_up_for
from infra.leftovers import clear_leftovers
from infra.outputs import publish
from infra.pace import hasten
from infra.plan.build import build_plan
from infra.plan.load import load
from infra.plan.problems import FactsError
from infra.policies.enforce import enforce
from infra.preflight import look_up
from infra.refusals import ask_again
from infra.settings import read_settings
from infra.stack import build
from infra.state import FORESEEING, StateError, deployment, foreseen, history

hasten()
try:
    settings = read_settings(pulumi.Config("ganyun"), pulumi.get_stack())
    with ThreadPoolExecutor() as beside:  # Pulumi's command takes seconds to read a large state
        exported = beside.submit(deployment, settings.stack)
        world = load(settings.facts)
        plan = build_plan(world, settings.stack)
        for exemption in enforce(world, plan, date.today()):
            pulumi.log.warn(f"豁免 exempt until {exemption.expires}: {exemption.policy}, {exemption.resource}")
        grant = granted_by(plan)
        cloud = look_up(plan, world.sources[f"{settings.stack}.yaml"], os.environ)
        state = exported.result()
    before = state.get("resources") or []
    journal = Journal.beside(os.environ.get("PULUMI_BACKEND_URL", ""), settings.stack, state)
    killed = journal.killed(history(settings.stack)) if journal and journal.left else None
    if not pulumi.runtime.is_dry_run():
        if before:
            refuse_destruction(plan, foreseen(settings.stack), os.environ)
        seen = list(views(cloud.connection, grant))
        if journal and killed:
            make_up_for(killed, plan, seen, before, grant)
            journal.forget()
        for view in seen:
            clear_leftovers(plan, view.network, before, grant)
    declared = Declared()
    ask_again()
    publish(plan, build(plan, cloud, settings.operator_key, grant))
    if plan.tenancies:
        Ground(plan.name, [one.stack for one in plan.tenancies], declared.resources.values())
    if pulumi.runtime.is_dry_run() and FORESEEING not in os.environ and doomed(before, declared.resources):
        refuse_destruction(plan, foreseen(settings.stack), os.environ)
except FactsError as error:
    sys.exit(error.report())
except (ContractError, StateError) as error:
    sys.exit(str(error))


async def registered() -> None:
    """Wait for each resource in turn: Pulumi's own wait starts over at every output, with all that are outstanding."""
    if journal and not pulumi.runtime.is_dry_run():
        await journal.keep(declared.resources)
    for resource in declared.resources.values():
        await resource.urn.future()


pulumi.run(registered)
