"""What this machine lacks for the lab, all at once and each with its mend: a pure judgement over observed facts."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

PYTHON = (3, 11)
CORES = 2
MEMORY_MIB = 12 * 1024
DISK_GIB = 25  # roots, images, Go's caches and a lab's state, from nothing
DISK_CACHED_GIB = 10  # the same when the caches are filled

# Program → the Debian package that has it. `make up` installs them by these names.
PROGRAMS = {
    "apt-get": "apt",
    "chromium-headless-shell": "chromium-headless-shell",
    "curl": "curl",
    "git": "git",
    "gpg": "gnupg",
    "ip": "iproute2",
    "losetup": "mount",
    "mcopy": "mtools",
    "mke2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "ping": "iputils-ping",
    "qemu-img": "qemu-utils",
    "sfdisk": "fdisk",
    "ssh": "openssh-client",
    "unshare": "util-linux",
    "vtysh": "frr",
}
# What a package needs beside its dependencies: a report in Chinese is printed with fonts for it.
BESIDE = {"chromium-headless-shell": "fonts-noto-cjk"}
# Kernel feature → the option that has to be built in or loadable.
FEATURES = {
    "namespaces": "CONFIG_NAMESPACES, CONFIG_NET_NS, CONFIG_PID_NS, CONFIG_UTS_NS, CONFIG_IPC_NS",
    "bridge": "CONFIG_BRIDGE",
    "veth": "CONFIG_VETH",
    "vxlan": "CONFIG_VXLAN",
    "tap": "CONFIG_TUN",
    "nf_tables": "CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET",
    "xtables": "CONFIG_NFT_COMPAT, CONFIG_NETFILTER_XTABLES",
    "ipset": "CONFIG_IP_SET",
    "br_netfilter": "CONFIG_BRIDGE_NETFILTER",
    "loop": "CONFIG_BLK_DEV_LOOP",
    "ext4": "CONFIG_EXT4_FS",
}


class Facts(BaseModel):
    """What was seen; nothing here is a judgement."""

    model_config = ConfigDict(frozen=True)

    system: str
    machine: str
    root: bool
    python: tuple[int, int]
    cores: int
    memory_mib: int
    free_gib: dict[Path, int]
    cached: bool
    lab_up: bool
    programs: frozenset[str]
    features: frozenset[str] | None  # None: cannot be tried without root rights
    missing_controllers: tuple[str, ...]
    network: str
    taken: tuple[str, ...]


class Lack(BaseModel):
    """One thing that is missing, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    what: str
    mend: str


def judge(facts: Facts) -> list[Lack]:
    """Everything that is missing; empty when the lab can be made here."""
    found = [*machine(facts), *room(facts), *kernel(facts), *programs(facts), *addresses(facts)]
    return [Lack(what=what, mend=mend) for what, mend in found]


def machine(facts: Facts) -> Iterator[tuple[str, str]]:
    """System, rights and interpreter."""
    if (facts.system, facts.machine) != ("Linux", "x86_64"):
        yield f"系统 {facts.system}/{facts.machine}", "the lab's images are Linux/x86_64: use such a machine"
    if not facts.root:
        yield "root 权限 root rights", "the lab makes namespaces, mounts and links: run `make up` as root"
    if facts.python < PYTHON:
        yield f"Python {'.'.join(map(str, facts.python))}", "install Python 3.11 or later and remove .venv"
    if facts.cores < CORES:
        yield f"CPU {facts.cores} 核", f"at least {CORES} cores"


def room(facts: Facts) -> Iterator[tuple[str, str]]:
    """Memory and disk; a lab that is up has taken its share already."""
    if facts.lab_up:
        return
    if facts.memory_mib < MEMORY_MIB:
        yield f"可用内存 {facts.memory_mib} MiB of memory available", f"free at least {MEMORY_MIB} MiB"
    needed = DISK_CACHED_GIB if facts.cached else DISK_GIB
    for place, free in facts.free_gib.items():
        if free < needed:
            yield (
                f"磁盘 {place}: {free} GiB free",
                f"free at least {needed} GiB there, or set GANYUN_CACHE and GANYUN_STATE to another file system",
            )


def kernel(facts: Facts) -> Iterator[tuple[str, str]]:
    """Features that were tried in a throw-away namespace."""
    if facts.features is not None:
        for feature, options in FEATURES.items():
            if feature not in facts.features:
                yield f"内核功能 kernel feature {feature}", f"use a kernel with {options} (or load its module)"
    if facts.missing_controllers:
        yield (
            f"cgroup v1 控制器 controllers {', '.join(facts.missing_controllers)}",
            "boot with systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1",
        )


def missing_packages(present: frozenset[str]) -> list[str]:
    """The Debian packages whose programs are not there, with what these need beside them."""
    missing = {package for program, package in PROGRAMS.items() if program not in present}
    return sorted(missing | {more for package, more in BESIDE.items() if package in missing})


def programs(facts: Facts) -> Iterator[tuple[str, str]]:
    """Programs of the host, as one command to install them."""
    if packages := missing_packages(facts.programs):
        names = sorted(PROGRAMS.keys() - facts.programs)
        yield f"程序 programs {', '.join(names)}", f"apt-get install {' '.join(packages)}"


def addresses(facts: Facts) -> Iterator[tuple[str, str]]:
    """The lab's range must be nobody else's."""
    if facts.taken:
        yield (
            f"地址段 {facts.network} 已被占用 in use: {'; '.join(facts.taken)}",
            "set GANYUN_LAB_NETWORK to a free /16, for example 198.19.0.0/16",
        )
