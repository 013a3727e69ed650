"""Which of Pulumi's programs the user already has: theirs are used, ours only fill the gaps."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.paths import own_plugins
from lab.toolchain import pins

CLI = "pulumi"
LANGUAGE_HOST = "pulumi-language-python"
PLUGIN = "pulumi-resource-openstack"


class UnsupportedError(RuntimeError):
    """The user's own program is of a version that does not work here."""


@dataclass(frozen=True)
class Found:
    """One program of the user's."""

    path: Path
    version: str


def reported_version(program: Path, *words: str) -> str:
    """What a program says its version is."""
    env = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    run = subprocess.run([str(program), *words], capture_output=True, text=True, check=False, env=env)
    return run.stdout.strip().removeprefix("v")


def require(found: Found, supported: pins.Supported) -> Found:
    """Refuse a version that would fail later, with the mend."""
    if supported.admits(found.version):
        return found
    raise UnsupportedError(
        f"{found.path}: {found.version or '?'} 版本不受支持 is not supported (supported: {supported}). "
        f"请升级，或将其移出 PATH，由本项目自行构建。Upgrade it, or take it off PATH: ganyun then builds its own."
    )


def discover(env: Mapping[str, str], tools: Path) -> dict[str, Found]:
    """The user's own programs by name: along PATH without our folder, and in the user's plugin folder."""
    entries = env.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(entry for entry in entries if entry != str(tools / "bin"))
    found: dict[str, Found] = {}
    if program := shutil.which(CLI, path=path):
        cli = require(Found(Path(program), reported_version(Path(program), "version")), pins.CLI)
        found[CLI] = cli
        host = shutil.which(LANGUAGE_HOST, path=path) or cli.path.resolve().with_name(LANGUAGE_HOST)
        if Path(host).exists():  # it is released with the CLI and has its version
            found[LANGUAGE_HOST] = Found(Path(host), cli.version)
    if ambient := shutil.which(PLUGIN, path=path):
        found[PLUGIN] = require(Found(Path(ambient), reported_version(Path(ambient), "-version")), pins.PLUGIN)
    elif installed := sorted(own_plugins(env, tools)):
        found[PLUGIN] = Found(installed[-1], installed[-1].parent.name.rpartition("-v")[2])
    return found
