"""Bring the lab up and take it down: each step looks at what is there first, so any may be where a run resumes."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import images
from lab.openstack import cloud, config, enter, inside, limits, network, root, secrets, settings, teardown
from lab.openstack.api import Api
from lab.openstack.health import ServiceHealth, all_well, look
from lab.openstack.locks import locked
from lab.openstack.progress import Progress
from lab.openstack.services import Probe, Stage, table
from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError
from lab.openstack.supervisor import Supervisor


def up(progress: Progress) -> None:
    """Make the lab complete, from whatever state it is in; a complete one is only looked at."""
    lab = settings.load()
    if os.geteuid():
        raise LabError("需要 root 权限 the lab makes namespaces, mounts and links: run as root")
    with locked(lab.own, wait=False):
        lab.state.chmod(0o700)
        files, tree = built(lab, progress)
        if finished(lab, files):
            return
        known = secrets.load(lab.secrets / "lab.json")
        with progress("实验云命名空间与网络 namespaces and network"):
            pid = inside.first_process(lab)
            config.write(lab, tree, known)
            if pid is None or not Supervisor(lab.socket).answers():
                teardown.clean(lab)
                network.check_free(lab)
                (lab.own / "tree").write_text(str(tree))
                limits.raise_for(lab)
                pid = launch(lab, tree)
            network.connect(lab)
        with progress("OpenStack 服务 services"):
            start_services(lab, pid, known)
        with progress("OpenStack 目录 flavours, provider network, images"):
            furnish(lab, known, files)
        with progress("健康检查 every service answers"):
            wait_well(lab)
        marker(lab).write_text(contents(files))


def built(lab: LabSettings, progress: Progress) -> tuple[Mapping[str, Path], Path]:
    """The images that the lab offers and the root that its services run in; what the cache lacks is built into it."""
    return images.build(progress), own_root(lab) or root.build(lab, progress)


def own_root(lab: LabSettings) -> Path | None:
    """The cached root below a writable layer that exists already: it must not change under it."""
    record = lab.own / "tree"
    if not record.exists():
        return None
    tree = Path(record.read_text())
    if not tree.is_dir():
        raise LabError(
            f"{tree}, the root that this lab was made from, is gone: make the lab anew (`make down`, then up)"
        )
    return tree


def emulate(progress: Progress) -> None:
    """Start the second node, whose instances have a kernel of their own, and offer the image that they boot."""
    lab = settings.load()
    with locked(lab.own, wait=False):
        if inside.first_process(lab) is None:
            raise LabError("实验云未启动 the lab is not up: make up")
        name, file = images.build_kernel(progress)
        supervisor = Supervisor(lab.socket)
        with progress("仿真计算节点 the emulating node"):
            for service in table(lab):
                if service.stage == Stage.EMULATION:
                    supervisor.start(service.name)
            wait_well(lab)
        with progress(f"上传镜像 offer {name}"):
            known = secrets.load(lab.secrets / "lab.json")
            cloud.offer(Api(lab, known["admin"]), name, file, cloud.MACHINE)


def status() -> list[ServiceHealth]:
    """Each service's health."""
    return look(settings.load())


def launch(lab: LabSettings, tree: Path) -> int:
    """Start the lab's first process and return its number; it outlives this program."""
    log = (lab.log / "first-process.log").open("w")
    command = [sys.executable, "-m", "lab.openstack.enter", "outer", str(tree), str(os.getpid())]
    home = Path(__file__).resolve().parent.parent.parent
    starter = subprocess.Popen(
        ["unshare", *enter.NAMESPACES, *command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(home), enter.MARK: str(lab.state)},
    )
    supervisor = Supervisor(lab.socket)
    lab.socket.unlink(missing_ok=True)
    while not supervisor.answers():
        if starter.poll() is not None:
            raise LabError(f"the lab's first process ended: {(lab.log / 'first-process.log').read_text()[-2000:]}")
        time.sleep(0.05)
    pid = inside.first_process(lab)
    if pid is None:
        raise LabError("the lab's first process is not to be found")
    return pid


def start_services(lab: LabSettings, pid: int, known: Mapping[str, str]) -> None:
    """Stage by stage, with as much beside each other as their start allows."""
    supervisor = Supervisor(lab.socket)
    services = table(lab)

    def start(stage: Stage) -> dict[str, Probe]:
        ours = [service for service in services if service.stage == stage]
        for service in ours:
            supervisor.start(service.name)
        return {service.name: service.probe for service in ours if service.probe}

    with ThreadPoolExecutor() as pool:
        store = start(Stage.STORE)
        inside.wait_for(lab, pid, {"mariadb": store.pop("mariadb")})
        identity = start(Stage.IDENTITY)
        first_content = pool.submit(bootstrap, lab, pid, known["admin"])
        inside.wait_for(lab, pid, store)
        apis = start(Stage.API)
        first_content.result()
    inside.wait_for(lab, pid, identity)
    cloud.fill_catalogue(Api(lab, known["admin"]), lab, known)
    start(Stage.CONTROL)
    inside.wait_for(lab, pid, apis)
    start(Stage.AGENT)


def bootstrap(lab: LabSettings, pid: int, password: str) -> None:
    """Keystone's admin, its roles and its own endpoint; a second time changes nothing."""
    urls = {f"OS_BOOTSTRAP_{kind}_URL": lab.auth_url for kind in ("ADMIN", "PUBLIC", "INTERNAL")}
    environment = {"OS_BOOTSTRAP_PASSWORD": password, "OS_BOOTSTRAP_REGION_ID": "RegionOne"} | urls
    inside.run_inside(pid, ["keystone-manage", "--config-file", "/etc/ganyun/keystone.conf", "bootstrap"], environment)


def furnish(lab: LabSettings, known: Mapping[str, str], files: Mapping[str, Path]) -> None:
    """Everything that stacks find in the cloud."""
    api = Api(lab, known["admin"])
    with ThreadPoolExecutor() as pool:
        uploads = [pool.submit(cloud.offer, api, name, file, cloud.CONTAINER) for name, file in files.items()]
        cloud.make_manager_role(api)
        cloud.make_flavours(api)
        project = cloud.admin_project(api)
        cloud.lift_own_quota(api, project)
        cloud.make_internet(api, lab, project)
        for job in uploads:
            job.result()


def wait_well(lab: LabSettings, patience: float = 90) -> None:
    """Until every service is healthy."""
    deadline = time.monotonic() + patience
    while not all_well(seen := look(lab)):
        if time.monotonic() > deadline:
            ill = ", ".join(f"{service.name} ({service.detail})" for service in seen if not service.healthy)
            raise LabError(f"不健康 unhealthy: {ill}; logs in {lab.log}")
        time.sleep(1)


def marker(lab: LabSettings) -> Path:
    """Written when a lab was complete for the first time."""
    return lab.own / "complete"


def contents(files: Mapping[str, Path]) -> str:
    """Which images a complete lab has."""
    return "".join(f"{name} {file}\n" for name, file in sorted(files.items()))


def finished(lab: LabSettings, files: Mapping[str, Path]) -> bool:
    """Complete, with today's images, and well."""
    return marker(lab).exists() and marker(lab).read_text() == contents(files) and all_well(look(lab))
