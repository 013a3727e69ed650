"""Make what every lab starts from inside a fresh root, once: databases with finished schemas, and swift's rings.

Run as a module inside its own mount, network and process namespaces. No secret is made here: the database server of
this step asks for no password and hears only its own loopback; nova's cells are templates that each lab fills in.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.openstack.services import SWIFT_BACKENDS
from lab.openstack.shell import LabError, run

DATABASES = ("keystone", "glance", "placement", "nova", "nova_api", "nova_cell0", "neutron")
WORK = "tmp/seed"
HERE = "mysql+pymysql://root:none@127.0.0.1:3306"
CELL = "{scheme}://{username}:{password}@{hostname}:{port}"
CHARSET = "?charset=utf8"

CONFIGS = {
    "keystone": f"[DEFAULT]\nlog_dir =\n[database]\nconnection = {HERE}/keystone{CHARSET}\n",
    "glance": f"[database]\nconnection = {HERE}/glance{CHARSET}\n",
    "placement": f"[placement_database]\nconnection = {HERE}/placement{CHARSET}\n",
    "nova": (
        "[DEFAULT]\ntransport_url = rabbit://none:none@127.0.0.1:5672/\n"
        f"[database]\nconnection = {HERE}/nova{CHARSET}\n"
        f"[api_database]\nconnection = {HERE}/nova_api{CHARSET}\n"
    ),
    "neutron": (
        f"[DEFAULT]\ncore_plugin = ml2\nservice_plugins = router\n[database]\nconnection = {HERE}/neutron{CHARSET}\n"
    ),
}
NOVA = ("nova-manage", "--config-file", f"/{WORK}/nova.conf")
STEPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "keystone": (("keystone-manage", "--config-file", f"/{WORK}/keystone.conf", "db_sync"),),
    "glance": (("glance-manage", "--config-file", f"/{WORK}/glance.conf", "db_sync"),),
    "placement": (("placement-manage", "--config-file", f"/{WORK}/placement.conf", "db", "sync"),),
    "neutron": (("neutron-db-manage", "--config-file", f"/{WORK}/neutron.conf", "upgrade", "heads"),),
    "nova": (
        (*NOVA, "api_db", "sync"),
        (*NOVA, "cell_v2", "map_cell0", "--database_connection", f"{CELL}/nova_cell0?{{query}}"),
        (*NOVA, "db", "sync"),
        (
            *NOVA,
            "cell_v2",
            "create_cell",
            "--name",
            "cell1",
            "--database_connection",
            f"{CELL}/nova?{{query}}",
            "--transport-url",
            f"{CELL}/{{path}}",
        ),
    ),
}


def prepare(root: Path) -> None:
    """Give the root what programs expect, visible in these namespaces alone."""
    run(["ip", "link", "set", "lo", "up"])
    run(["mount", "-t", "proc", "proc", root / "proc"])
    run(["mount", "--rbind", "/dev", root / "dev"])
    run(["mount", "-t", "tmpfs", "tmpfs", root / "run"])
    run(["mount", "-t", "tmpfs", "tmpfs", root / "tmp"])
    (root / WORK).mkdir()
    for name, text in CONFIGS.items():
        (root / WORK / f"{name}.conf").write_text(text)


def start_database(root: Path) -> subprocess.Popen[bytes]:
    """A server without passwords for the schemas alone; its files stay in the root."""
    run(["chroot", root, "install", "-d", "-o", "mysql", "/run/mysqld"])
    flags = (
        "--user=mysql",
        "--bind-address=127.0.0.1",
        "--skip-grant-tables",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-log-file-size=32M",
    )
    server = subprocess.Popen(["chroot", str(root), "mariadbd", *flags])
    deadline = time.monotonic() + 60
    while subprocess.run(["chroot", str(root), "mysqladmin", "ping"], capture_output=True, check=False).returncode:
        if time.monotonic() > deadline or server.poll() is not None:
            raise LabError("the database server of the root did not start")
        time.sleep(0.2)
    return server


def make_rings(root: Path) -> None:
    """Swift with one device and one replica; its hash secret is each lab's own, linked from where the lab keeps it."""
    for ring, port in SWIFT_BACKENDS.items():
        builder: list[str | Path] = ["chroot", root, "swift-ring-builder", f"/etc/swift/{ring}.builder"]
        run([*builder, "create", "8", "1", "1"])
        run([*builder, "add", f"r1z1-127.0.0.1:{port}/d1", "100"])
        run([*builder, "rebalance"])
    (root / "etc/swift/swift.conf").unlink(missing_ok=True)
    (root / "etc/swift/swift.conf").symlink_to("/etc/ganyun/swift.conf")


def make_schemas(root: Path) -> None:
    """All databases, services beside each other; the server is stopped cleanly."""
    server = start_database(root)
    create = "".join(f"CREATE DATABASE {name} CHARACTER SET utf8;" for name in DATABASES)
    run(["chroot", root, "mysql", "--execute", create])

    def sync(service: str) -> None:
        for step in STEPS[service]:
            run(["chroot", root, *step])

    with ThreadPoolExecutor() as pool:
        list(pool.map(sync, STEPS))
    server.terminate()
    if server.wait(timeout=120):
        raise LabError("the database server of the root did not stop cleanly")


def build(root: Path) -> None:
    """Everything, in a root that nothing else uses yet."""
    prepare(root)
    make_rings(root)
    make_schemas(root)
    for log in (root / "var/log").rglob("*.log*"):
        log.unlink()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
