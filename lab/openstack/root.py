"""The lab's own root: a Debian tree with every service installed and every schema made, built once and cached."""

import sys
from pathlib import Path

from ruamel.yaml import YAML

from lab.openstack import debian
from lab.openstack.locks import locked
from lab.openstack.progress import Progress
from lab.openstack.settings import LabSettings
from lab.openstack.shell import run

HERE = Path(__file__).resolve().parent
LIST = HERE / "packages.yml"


def name() -> str:
    """The cached root's name: it changes with the package list and with what is put into it."""
    return "root-" + debian.fingerprint(LIST.read_text(), (HERE / "seed.py").read_text())


def path(settings: LabSettings) -> Path:
    """Where the cached root lies, built or not."""
    return settings.cache / name()


def build(settings: LabSettings, progress: Progress) -> Path:
    """Return the cached root, building it first where it is missing; an interrupted build starts over."""
    ready = path(settings)
    with locked(settings.cache, wait=True):
        if ready.is_dir():
            return ready
        partial = ready.with_suffix(".partial")
        packages = YAML(typ="safe").load(LIST.read_text())
        with progress("OpenStack 软件包 packages of the lab's root"):
            debian.bootstrap(partial, packages, log=settings.cache / "log" / "root.log")
        with progress("数据库结构 empty databases of every service"):
            seed(partial, settings)
        return partial.rename(ready)


def seed(root: Path, settings: LabSettings) -> None:
    """Run the seed step in namespaces of its own, which take every process of it with them."""
    namespaces = ("--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
    run(
        ["unshare", *namespaces, sys.executable, "-m", "lab.openstack.seed", root],
        log=settings.cache / "log" / "seed.log",
        env={"PYTHONPATH": str(HERE.parent.parent)},
    )
