"""Take the lab down, and see that nothing of it stays on the machine: also after a start that was cut short."""

import shutil
import time
from pathlib import Path

from lab.openstack import cgroups, inside, limits, loops, network, settings
from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError


def down() -> None:
    """End the lab and remove its state folder, secrets included."""
    lab = settings.load()
    check_removable(lab)
    clean(lab)
    limits.restore(lab)
    if lab.state.exists():
        shutil.rmtree(lab.state)


def check_removable(lab: LabSettings) -> None:
    """Refuse to remove a folder that holds more than a lab's state, whatever GANYUN_STATE says."""
    state = lab.state.resolve()
    others = (Path.home(), lab.cache, Path(__file__), Path.cwd())
    if any(other.resolve().is_relative_to(state) for other in others):
        raise LabError(f"GANYUN_STATE={lab.state} 不是独立的状态目录 is not a folder of its own: nothing removed")


def clean(lab: LabSettings, patience: float = 10) -> None:
    """Remove what a lab leaves in the kernel; its files stay. The veth pair goes with the lab's network namespace."""
    lived = bool(inside.processes(lab))
    inside.kill(lab)
    cgroups.remove(lab.identity)
    loops.detach(lab)
    deadline = time.monotonic() + patience
    while left := leftovers(lab) + ([f"link {lab.link}"] if lived and network.link_exists(lab) else []):
        if time.monotonic() > deadline:
            raise LabError(f"未能清除 still there: {'; '.join(left)}")
        time.sleep(0.1)


def leftovers(lab: LabSettings) -> list[str]:
    """Everything of this lab that the machine's own namespaces still show."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [
        *(f"process {pid}" for pid in inside.processes(lab)),
        *(f"cgroup {folder}" for folder in cgroups.remains(lab.identity)),
        *(f"loop device {name}" for name in loops.of(lab)),
        *(f"mount {mount}" for mount in mounts if Path(mount).is_relative_to(lab.state)),
    ]
