"""Where everything lies: the one place that reads the project's environment variables, and that tells `activate` them.

Run as a file it prints the exports for a shell. It uses the standard library alone, so that sourcing stays instant.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
STACK = "lab"
PLUGIN = "openstack"
PLUGIN_MINIMUM = (5, 5, 3)  # the version of the Python SDK in requirements.in; Pulumi asks for at least this
PLUGIN_BELOW = (6,)


@dataclass(frozen=True)
class Paths:
    """The project's places, all derived from the GANYUN_* variables."""

    home: Path
    cache: Path
    state: Path
    secrets: Path
    reports: Path

    @property
    def stacks(self) -> Path:
        """The facts, and what Pulumi keeps for each stack beside them."""
        return self.home / "stacks"

    @property
    def toolchain(self) -> Path:
        """Built Pulumi programs."""
        return self.cache / "toolchain"

    @property
    def lab_cache(self) -> Path:
        """The lab's root and images."""
        return self.cache / "lab"

    @property
    def step_log(self) -> Path:
        """One log file per step."""
        return self.state / "log" / "steps"

    @property
    def step_times(self) -> Path:
        """What each step took."""
        return self.state / "steps.json"


def stack_settings(paths: Paths) -> Path:
    """What Pulumi keeps for the lab's stack: bound to the lab's passphrase, so it comes and goes with the lab."""
    return paths.stacks / f"Pulumi.{STACK}.yaml"


class NotActivatedError(RuntimeError):
    """The shell lacks the project's variables."""


def current(env: Mapping[str, str] = os.environ) -> Paths:
    """Read the places from the environment that `activate` set."""
    names = ("GANYUN_HOME", "GANYUN_CACHE", "GANYUN_STATE", "GANYUN_SECRETS", "GANYUN_REPORTS")
    missing = [name for name in names if not env.get(name)]
    if missing:
        raise NotActivatedError(f"环境未激活 not activated: {', '.join(missing)} unset. Run: source {HOME}/activate")
    return Paths(*(Path(env[name]) for name in names))


def version(text: str) -> tuple[int, ...]:
    """v5.5.3 → (5, 5, 3); a pre-release counts as the release it leads to; () when it is no version."""
    numbers = text.strip().removeprefix("v").partition("-")[0].partition("+")[0].split(".")
    return tuple(int(number) for number in numbers) if all(number.isdigit() for number in numbers) else ()


def own_plugins(env: Mapping[str, str], tools: Path) -> list[Path]:
    """The user's own OpenStack plugins of a version that works with the SDK; `tools` is where ours lie."""
    named = env.get("PULUMI_HOME", "")
    home = Path(
        named if named and named != str(tools / "home") else Path(env.get("HOME", "~")).expanduser() / ".pulumi"
    )
    prefix = f"resource-{PLUGIN}-v"
    found = home.glob(f"plugins/{prefix}*/pulumi-resource-{PLUGIN}")
    return [p for p in found if PLUGIN_MINIMUM <= version(p.parent.name.removeprefix(prefix)) < PLUGIN_BELOW]


def search_path(path: str, venv: Path, tools: Path) -> str:
    """Put the project's Python first, and the toolchain last: a user's own pulumi wins."""
    rest = [entry for entry in path.split(os.pathsep) if entry and entry not in {str(venv), str(tools)}]
    return os.pathsep.join([str(venv), *rest, str(tools)])


def exports(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Every variable that the project's tools need, honouring the ones that the user already set."""
    user = Path(env.get("HOME", "~")).expanduser()
    cache = Path(env.get("GANYUN_CACHE") or Path(env.get("XDG_CACHE_HOME") or user / ".cache") / "ganyun")
    base = Path(env.get("XDG_STATE_HOME") or user / ".local" / "state")
    state = Path(env.get("GANYUN_STATE") or base / "ganyun" / "lab")
    secrets = state / "secrets"
    toolchain = cache / "toolchain"
    packages = home / ".venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    result = {
        "GANYUN_HOME": home,
        "GANYUN_CACHE": cache,
        "GANYUN_STATE": state,
        "GANYUN_SECRETS": secrets,
        "GANYUN_REPORTS": home / "reports",
        "VIRTUAL_ENV": home / ".venv",
        "PATH": search_path(env.get("PATH", os.defpath), home / ".venv" / "bin", toolchain / "bin"),
        "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": secrets / "pulumi-passphrase",
        "PULUMI_STACK": env.get("PULUMI_STACK") or STACK,
        "PULUMI_SKIP_CHECKPOINTS": env.get("PULUMI_SKIP_CHECKPOINTS") or "true",  # docs/adr/0015
        "PULUMI_PARALLEL_DIFF": env.get("PULUMI_PARALLEL_DIFF") or "true",  # docs/stacks.md
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "OS_CLIENT_CONFIG_FILE": state / "clouds.yaml",
        "OS_CLIENT_SECURE_FILE": state / "secure.yaml",  # entries of the managers of the province's stacks
        "OS_CLOUD": env.get("OS_CLOUD") or "lab",
        # The stack's providers scoped to one project must not see OS_CLOUD: Pulumi maps this blank onto it.
        "GANYUN_NO_CLOUD": "",
        "PYTHONDONTWRITEBYTECODE": "",  # where it is set, each of our hundreds of processes compiles all it imports
        "ANSIBLE_CONFIG": home / "ansible.cfg",
        "ANSIBLE_STRATEGY": env.get("ANSIBLE_STRATEGY") or "mitogen_linear",  # docs/adr/0017
        "ANSIBLE_STRATEGY_PLUGINS": packages / "ansible_mitogen" / "plugins" / "strategy",
    }
    # Pulumi warns about a plugin found on PATH and takes it before its own: ours lies in a plugin folder of its own.
    if not own_plugins(env, toolchain):
        result["PULUMI_HOME"] = toolchain / "home"
    return {name: str(value) for name, value in result.items()}


def main() -> None:
    """Print the exports for a POSIX shell."""
    for name, value in exports(HOME, os.environ).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


if __name__ == "__main__":
    main()
