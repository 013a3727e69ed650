"""The mirror image: the golden one, a web server, and a signed repository of everything that roles install."""

import shutil
import sys
from pathlib import Path

from lab.images import golden, recipe
from lab.openstack import debian
from lab.openstack.progress import Progress
from lab.openstack.shell import run

NAME = "debian-12-mirror"


def fingerprint(base: Path) -> str:
    """The recipe's name; a new golden image makes a new mirror image."""
    lists = recipe.packages()
    source = "".join((recipe.HERE / name).read_text() for name in ("mirror.py", "repository.py", "ext4.py"))
    return debian.fingerprint(base.name, *lists.mirror, *lists.installed_on_mirror, recipe.files("mirror"), source)


def build(images: Path, progress: Progress) -> Path:
    """Return the folder with `image.qcow2`, building it where it is missing."""
    base = golden.build(images, progress)
    ready = images / f"mirror-{fingerprint(base)}"
    if ready.is_dir():
        return ready
    partial = ready.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    with progress("软件包 packages for the mirror"):
        download(base / "tree", partial)
    with progress(f"{NAME} 软件源镜像 package mirror image"):
        namespaces = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
        run(
            ["unshare", *namespaces, sys.executable, "-m", "lab.images.repository", base, partial],
            log=images / "log" / "mirror.log",
            env={"PYTHONPATH": str(recipe.HERE.parent.parent)},
        )
    for work in ("apt", "upper", "work", "merged"):
        shutil.rmtree(partial / work, ignore_errors=True)
    partial.rename(ready)
    return ready


def download(tree: Path, work: Path) -> None:
    """Fetch each offered package and what it needs beyond the golden image, by the machine's own apt."""
    pool = work / "upper" / recipe.REPOSITORY / "pool"
    for folder in (pool / "partial", work / "apt/lists/partial", work / "apt/cache"):
        folder.mkdir(parents=True)
    (work / "apt/sources.list").write_text("\n".join(debian.machine_sources()) + "\n")
    options = {
        "Dir::State::status": tree / "var/lib/dpkg/status",
        "Dir::State::lists": work / "apt/lists",
        "Dir::State::extended_states": work / "apt/extended_states",
        "Dir::Cache": work / "apt/cache",
        "Dir::Cache::archives": pool,
        "Dir::Etc::sourcelist": work / "apt/sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferencesparts": "-",
        "APT::Install-Recommends": "false",
        "APT::Keep-Downloaded-Packages": "true",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "--yes", "--quiet", *(f"-o{key}={value}" for key, value in options.items())]
    run([*apt, "update"])
    lists = recipe.packages()
    for package in sorted({*lists.mirror, *lists.installed_on_mirror}):
        # Reinstall, so that what the golden image has already is offered too.
        run([*apt, "--download-only", "--reinstall", "install", package])
    shutil.rmtree(pool / "partial")
    (pool / "lock").unlink(missing_ok=True)
