"""Become the lab's first process: enter its cgroups, namespaces and root, then hand over to the supervisor.

Run in two phases, because a process moves itself to new mount and network namespaces, but only its children to a new
process namespace: `outer` prepares what still needs the user's view, `inner` is process 1 of the lab.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

from lab.openstack import cgroups, settings
from lab.openstack.settings import LabSettings
from lab.openstack.shell import LabError, run

HERE = Path(__file__).resolve().parent
NAMESPACES = ("--mount", "--propagation", "private", "--net", "--uts", "--ipc")
MARK = "GANYUN_LAB"  # in the environment of every process of the lab: the state folder that it belongs to
# What the lab keeps outside its root, so that it is seen from outside and stays clear of the overlay.
BINDS = {
    "etc": "etc/ganyun",
    "run": "run/ganyun",
    "rabbitmq": "var/lib/rabbitmq",
    "glance": "var/lib/glance/images",
    "instances": "var/lib/nova/instances",
    "swift": "srv/node",
}


def outer(lab: LabSettings, root: Path, user_process: str) -> None:
    """In new mount and network namespaces: cgroups, the veth pair, the writable root."""
    cgroups.join(lab.identity)
    run(["ip", "link", "add", "uplink", "type", "veth", "peer", "name", lab.link, "netns", user_process])
    socket.sethostname("lab")
    merged = writable(lab, root)
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", merged / "run"])
    for source, target in BINDS.items():
        (merged / target).mkdir(parents=True, exist_ok=True)
        run(["mount", "--bind", lab.own / source, merged / target])
    (merged / "var/log/ganyun").mkdir(exist_ok=True)
    run(["mount", "--bind", lab.log, merged / "var/log/ganyun"])
    for program in ("ebtables", "emulator"):
        run(["install", HERE / program, merged / "usr/local/sbin" / program])
    run(["install", "--mode=644", HERE / "qemu.conf", merged / "etc/libvirt/qemu.conf"])
    wrap(merged / "usr/lib/libvirt/libvirt_lxc")
    inner_command = [sys.executable, "-m", "lab.openstack.enter", "inner", str(merged)]
    os.execvp("unshare", ["unshare", "--cgroup", "--pid", "--fork", *inner_command])  # noqa: S606 - becomes it


def writable(lab: LabSettings, root: Path) -> Path:
    """The cached root with a layer of this lab's above it; a copy where the kernel or file system has no overlay."""
    merged = lab.own / "root"
    layers = f"lowerdir={root},upperdir={lab.own / 'upper'},workdir={lab.own / 'work'}"
    try:
        run(["mount", "-t", "overlay", "overlay", "-o", layers, merged])
    except LabError:
        copy = lab.own / "copy"
        if not copy.exists():
            run(["rm", "--recursive", "--force", copy.with_suffix(".partial")])
            run(["cp", "--archive", "--reflink=auto", root, copy.with_suffix(".partial")])
            copy.with_suffix(".partial").rename(copy)
        run(["mount", "--bind", copy, merged])
    return merged


def wrap(program: Path) -> None:
    """Put our wrapper of that name before the program."""
    if not program.with_suffix(".real").exists():
        program.rename(program.with_suffix(".real"))
    run(["install", HERE / program.name, program])


def inner(lab: LabSettings, merged: Path) -> None:
    """As process 1: own proc, sysfs and cgroups, the lab's root as root, its network, and then the supervisor."""
    run(["mount", "-t", "proc", "proc", merged / "proc"])
    run(["mount", "-t", "sysfs", "sysfs", merged / "sys"])  # a new one: it shows this network namespace's devices
    mount_cgroups(merged / "sys/fs/cgroup")
    run(["mount", "--rbind", "/dev", merged / "dev"])
    run(["mount", "-t", "tmpfs", "tmpfs", merged / "dev/shm"])
    (merged / ".user").mkdir(exist_ok=True)
    run(["pivot_root", merged, merged / ".user"])
    os.chdir("/")
    run(["umount", "--lazy", "/.user"])
    run(["mount", "--make-rshared", "/"])
    prepare_run()
    prepare_network(lab)
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", MARK: str(lab.state)}
    command = ["supervisord", "--nodaemon", "--configuration", "/etc/ganyun/supervisord.conf"]
    os.execve("/usr/bin/supervisord", command, environment)  # noqa: S606 - becomes it


def mount_cgroups(folder: Path) -> None:
    """The version 1 hierarchies alone: with the unified one mounted too, libvirt's LXC driver fails."""
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder])
    for controllers in sorted({*cgroups.memberships(), cgroups.SYSTEMD} - {cgroups.UNIFIED}):
        mountpoint = folder / controllers.removeprefix("name=")
        mountpoint.mkdir()
        options = f"none,{controllers}" if controllers.startswith("name=") else controllers
        run(["mount", "-t", "cgroup", "-o", options, "cgroup", mountpoint])
        for name in controllers.split(",") if "," in controllers else ():
            (folder / name).symlink_to(mountpoint.name)  # as libvirt looks for controllers that share a hierarchy


def prepare_run() -> None:
    """What Debian's units would have made under /run."""
    for folder, owner in {
        "lock": "root",
        "netns": "root",
        "libvirt": "root",
        "emulator": "root",
        "mysqld": "mysql",
        "lock/nova": "nova",
        "lock/neutron": "neutron",
        "swift": "swift",
    }.items():
        subprocess.run(["install", "-d", "-o", owner, f"/run/{folder}"], check=True)


def prepare_network(lab: LabSettings) -> None:
    """The uplink's address, the provider network's bridge, the second node, forwarding here alone.

    Instances open nothing outwards.
    """
    emulator, underlay = lab.emulator, lab.underlay
    batch = f"""
        link set lo up
        address add {lab.address}/{lab.transfer.prefixlen} dev uplink
        link set uplink up
        link add br-internet type bridge
        address add {lab.external_gateway}/{lab.external.prefixlen} dev br-internet
        link set br-internet up
        netns add {emulator.name}
        link add underlay type veth peer name underlay netns {emulator.name}
        address add {emulator.queue}/{underlay.prefixlen} dev underlay
        link set underlay up
    """
    beyond = f"""
        link set lo up
        address add {emulator.tunnel}/{underlay.prefixlen} dev underlay
        link set underlay up
        route add default via {emulator.queue}
    """
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
    subprocess.run(["ip", "-netns", emulator.name, "-batch", "-"], input=beyond, text=True, check=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    # Answers only: the user's machine is not for instances.
    rules = """
        table inet ganyun {
            chain forward {
                type filter hook forward priority 0; policy accept;
                iifname "br-internet" oifname "uplink" ct state new drop
            }
        }
    """
    subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)


def main(phase: str, root: str, *rest: str) -> None:
    """One phase."""
    lab = settings.load()
    if phase == "outer":
        outer(lab, Path(root), *rest)
    inner(lab, Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
