"""`python -m lab toolchain …`: build Pulumi's programs where they are missing, and tell which are used."""

import os

import typer
from rich.console import Console

from lab import paths
from lab.toolchain import pins
from lab.toolchain.build import BUILDERS, built
from lab.toolchain.build import build as build_missing
from lab.toolchain.discover import CLI, LANGUAGE_HOST, PLUGIN, discover

app = typer.Typer(no_args_is_help=True, help="Pulumi 工具链 toolchain.")
console = Console(highlight=False)


def say(line: str) -> None:
    """One line of progress, at once."""
    console.print(line, markup=False, soft_wrap=True)


@app.command()
def build() -> None:
    """Build what you lack of Pulumi's programs, once."""
    cache = paths.current().toolchain
    build_missing(discover(os.environ, cache), cache, say)


@app.command()
def status() -> None:
    """Tell which programs are used, yours or ours, and which versions are supported."""
    cache = paths.current().toolchain
    used = {name: (found, "我们的 ours") for name, found in built(cache).items()}
    used |= {name: (found, "您的 yours") for name, found in discover(os.environ, cache).items()}
    for name, supported in ((CLI, pins.CLI), (LANGUAGE_HOST, pins.CLI), (PLUGIN, pins.PLUGIN)):
        state = f"✗ {name}  未构建 not built: python -m lab toolchain build"
        if name in used:
            found, whose = used[name]
            state = f"✓ {name} {found.version}  {whose}: {found.path}"
        say(f"{state}  (支持 supported: {supported})")
    if len(used) < len(BUILDERS):
        raise typer.Exit(1)
