"""Make Debian 12 trees through the machine's own apt sources, so that no mirror's name is written anywhere."""

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from lab.openstack.shell import LabError, run

SUITES = ("bookworm", "bookworm-updates", "bookworm-security")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Taken over from the machine: how it reaches its mirror, and what it forgives it.
APT_SETTINGS = re.compile(r"Acquire::(https?|Retries|Check-Valid-Until|Check-Date|ForceIPv[46])\b")
# A tree for machines needs no manuals and one language.
WITHOUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*")
WITH = ("/usr/share/doc/*/copyright", "/usr/share/locale/locale.alias")


def sources(targets: str) -> list[str]:
    """One-line apt sources of the pinned suites, from what `apt-get indextargets` prints.

    >>> sources("http://mirror/debian/ bookworm main\\nhttps://other/ nodistro main\\n")[0].split("] ")[1]
    'http://mirror/debian/ bookworm main'
    """
    found = [line.split() for line in targets.splitlines() if line.strip()]
    lines = {
        f"deb [signed-by={KEYRING}] {uri} {suite} main"
        for uri, suite, part in found
        if suite in SUITES and part == "main"
    }
    return sorted(lines)


def machine_sources() -> list[str]:
    """The sources that this machine's apt has for the pinned suites."""
    targets = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    )
    lines = sources(targets)
    if not any(line.split()[-2] == "bookworm" for line in lines):
        raise LabError(
            "本机 apt 没有 Debian 12 软件源。apt on this machine has no source for Debian 12 (bookworm main): "
            "add one in /etc/apt/sources.list.d, then `apt-get update`."
        )
    return lines


def machine_apt_options() -> list[str]:
    """Proxy and validity settings of this machine's apt, for the trees' first installation only."""
    dump = run(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"])
    return [line for line in dump.splitlines() if APT_SETTINGS.match(line) and not line.endswith('"";')]


def bootstrap(target: Path, packages: Sequence[str], *, log: Path, hooks: Sequence[str] = ()) -> None:
    """Make a Debian tree at `target`; whatever a broken build mounts or starts ends with it."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *("mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", f"--include={','.join(packages)}"),
        *(f"--aptopt={line}" for line in ('Apt::Install-Recommends "false";', *machine_apt_options())),
        *(f"--dpkgopt=path-exclude={path}" for path in WITHOUT),
        *(f"--dpkgopt=path-include={path}" for path in WITH),
        *(f"--customize-hook={hook}" for hook in hooks),
        '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/resolv.conf "$1"/etc/hostname',
        *(SUITES[0], str(target)),
        *machine_sources(),
    ]
    run(command, log=log)


def fingerprint(*parts: str) -> str:
    """A short name for a recipe: the same parts give the same name."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
