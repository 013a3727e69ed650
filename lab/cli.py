"""`python -m lab …`: the toolchain, the lab and what the Makefile's verbs are strung together from.

The parts that lean on OpenStack's client are imported by the commands that need them: a step starts at once.
"""

import importlib
import os
import shutil
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console

from infra.state import StateError
from lab import caches, paths, preflight, probe, secrets, settlement, state, steps, summary
from lab.openstack.shell import LabError
from lab.paths import NotActivatedError
from lab.toolchain.discover import UnsupportedError
from lab.toolchain.go import BuildError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="赣云实验环境 ganyun's lab and tools.")
console = Console(highlight=False)
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
GROUP = {**PASSED_ON, "help_option_names": []}  # the group's own --help answers


def group(module: str, words: list[str]) -> int:
    """Hand words on to another part's own commands; returns their exit code."""
    name = module.removesuffix(".cli").replace(".", " ")
    code = importlib.import_module(module).app(
        words or ["--help"], prog_name=f"python -m {name}", standalone_mode=False
    )
    return code if isinstance(code, int) else 0


@app.command(context_settings=GROUP)
def openstack(context: typer.Context) -> None:
    """实验云 the lab's OpenStack: up, down, status, logs, images."""
    raise typer.Exit(group("lab.openstack.cli", context.args))


@app.command(context_settings=GROUP)
def toolchain(context: typer.Context) -> None:
    """Pulumi 工具链 toolchain: build, status."""
    raise typer.Exit(group("lab.toolchain.cli", context.args))


@app.command(context_settings=GROUP)
def twin(context: typer.Context) -> None:
    """政务外网镜像 the extranet's twin on FRR: measure, shell."""
    raise typer.Exit(group("lab.twin.cli", context.args))


@app.command()
def env() -> None:
    """Print the shell variables that `activate` sets."""
    paths.main()


@app.command(context_settings=PASSED_ON)
def step(
    context: typer.Context,
    position: Annotated[str, typer.Argument(help="which of how many, as 3/12")],
    title: Annotated[str, typer.Argument(help="what the reader sees")],
) -> None:
    """Run a command as one visible, timed and logged step: step 3/12 TITLE -- COMMAND …"""
    raise typer.Exit(steps.run(title, position, context.args, paths.current()))


@app.command("preflight")
def check() -> None:
    """Name everything that this machine lacks, each with its mend."""
    facts = probe.look(paths.current())
    lacks = preflight.judge(facts)
    for lack in lacks:
        console.print(f"✗ {lack.what}\n    → {lack.mend}", markup=False)
    if lacks:
        raise typer.Exit(1)
    free = ", ".join(f"{place} {gib} GiB" for place, gib in facts.free_gib.items())
    console.print(f"✓ {facts.cores} 核 cores, {facts.memory_mib} MiB, {free}, {facts.network}", markup=False)


@app.command()
def packages() -> None:
    """Install the Debian packages whose programs are missing; the preflight names what could not be installed."""
    names = preflight.missing_packages(probe.programs())
    if not names:
        console.print("✓ 无需安装 nothing to install")
    elif os.geteuid() or not shutil.which("apt-get"):
        console.print(f"不能在此安装 cannot install here: {' '.join(names)}")
    else:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        if "frr" in names and shutil.which("systemctl"):  # the twin starts its own; the machine gets no routing daemon
            subprocess.run(["systemctl", "mask", "frr.service"], check=True)
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *names]):
            subprocess.run(command, env=environment, check=True)


@app.command("secrets")
def make_secrets() -> None:
    """Make the secrets that are not there yet; prints their places, never their contents."""
    here = paths.current()
    for path in secrets.make_all(here):
        console.print(str(path), markup=False, soft_wrap=True)
    file = paths.stack_settings(here)
    if file.exists() and file not in state.own_stack_settings(here):
        raise LabError(f"{file}: 属于另一个实验云 encryptionsalt is of another lab's passphrase: move this file away")


@app.command()
def settled(record: Annotated[bool, typer.Option("--record", help="note that they are, now")] = False) -> None:
    """Exit 0 when all hosts were hardened and set up from just these roles, playbooks and facts."""
    here = paths.current()
    if record:
        settlement.record(here)
    elif settlement.holds(here):
        console.print("✓ 主机、角色与数据无变化，无需再次设置 hosts, roles and facts are unchanged: nothing to set up")
    else:
        raise typer.Exit(1)


@app.command()
def drilled() -> None:
    """Exit 0 when this lab has a successful restore drill already."""
    raise typer.Exit(0 if summary.drilled(paths.current()) else 1)


@app.command()
def status() -> None:
    """The toolchain's and the lab's health."""
    codes = [group(module, ["status"]) for module in ("lab.toolchain.cli", "lab.openstack.cli")]
    raise typer.Exit(max(codes))


@app.command("summary")
def summarise() -> None:
    """What is there now, how to reach it, what was measured, what to try next."""
    summary.show(paths.current(), console)


@app.command()
def down() -> None:
    """End the lab and remove all that it left, also when it was never finished."""
    here = paths.current()
    state.forget_stacks(here)
    code = group("lab.openstack.cli", ["down"]) if state.has_openstack(here) else 0
    state.remove_half_made(here)
    if code == 0:
        console.print(f"✓ 已拆除 removed: {here.state}", markup=False)
    raise typer.Exit(code)


@app.command("forget-caches")
def forget_caches() -> None:
    """Remove what is cached: the lab's root, its images, the toolchain."""
    caches.forget(paths.current())


def main() -> None:
    """Known errors are told in their own words, without a traceback."""
    try:
        app()
    except (BuildError, LabError, NotActivatedError, StateError, UnsupportedError) as error:
        sys.stderr.write(f"✗ {error}\n")
        raise SystemExit(1) from None
