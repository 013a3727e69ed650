"""The lab's own cgroups: below the ones of the process that starts it, so that limits hold and removal is complete."""

import os
import time
from pathlib import Path

from lab.openstack.shell import LabError

SYSTEMD = "name=systemd"
UNIFIED = ""  # as /proc names the hierarchy of version 2
NEEDED = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")


def hierarchies() -> dict[str, Path]:
    """Controllers of each hierarchy ("cpu,cpuacct", "name=systemd", UNIFIED) → this process's folder in it."""
    mounts: dict[frozenset[str], tuple[Path, str]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        kind, _, options = after.split()[:3]
        if kind in {"cgroup", "cgroup2"}:
            served = options.split(",") if kind == "cgroup" else [UNIFIED]
            mounts[frozenset(served)] = (Path(before.split()[4]), before.split()[3])
    result = {}
    for controllers, path in memberships().items():
        for offered, (mountpoint, root) in mounts.items():
            if offered.issuperset(controllers.split(",")):
                inside = path.removeprefix(root) if root != "/" else path
                result[controllers] = mountpoint / inside.lstrip("/")
    return result


def memberships() -> dict[str, str]:
    """Controllers of each hierarchy that instances need → this process's place in it."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    needed = {*NEEDED, SYSTEMD, UNIFIED}
    return {controllers: path for _, controllers, path in lines if needed & {*controllers.split(",")}}


def missing() -> list[str]:
    """Controllers that libvirt's LXC driver needs and that this kernel does not offer as version 1 hierarchies."""
    have = {name for controllers in hierarchies() for name in controllers.split(",")}
    return [name for name in NEEDED if name not in have]


def join(name: str) -> None:
    """Move this process, and so all that it starts, into a cgroup of its own in every hierarchy."""
    if lacking := missing():
        raise LabError(f"cgroup v1 控制器缺失 missing cgroup v1 controllers: {', '.join(lacking)}")
    for controllers, parent in hierarchies().items():
        own = parent / name
        own.mkdir(exist_ok=True)
        if "cpuset" in controllers.split(","):
            for key in ("cpuset.cpus", "cpuset.mems"):
                (own / key).write_text((parent / key).read_text())
            (own / "cgroup.clone_children").write_text("1")
        (own / "cgroup.procs").write_text(str(os.getpid()))


def remains(name: str) -> list[Path]:
    """Every folder of the lab in every hierarchy, deepest first."""
    tops = {folder for parent in hierarchies().values() for folder in _mountpoint(parent).rglob(name)}
    below = {folder for top in tops for folder in top.rglob("*") if folder.is_dir()}
    return sorted(tops | below, key=lambda folder: len(folder.parts), reverse=True)


def remove(name: str, patience: float = 10) -> None:
    """Remove them all; killed processes leave theirs a moment later."""
    deadline = time.monotonic() + patience
    while left := remains(name):
        for folder in left:
            try:
                folder.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise LabError(f"{folder}: processes of the lab are still in it") from None
        time.sleep(0.05)


def _mountpoint(path: Path) -> Path:
    while not path.is_mount():
        path = path.parent
    return path
