"""The table of the lab's services: how each runs, as whom, when it starts and how its health is seen."""

from collections.abc import Mapping
from enum import IntEnum

from pydantic import BaseModel, ConfigDict

from lab.openstack.settings import LabSettings

ETC = "/etc/ganyun"
SWIFT_BACKENDS = {"account": 6202, "container": 6201, "object": 6200}


class Stage(IntEnum):
    """Which services start together; lifecycle.start_services says what each stage waits for."""

    STORE = 1  # databases, queue, cache
    IDENTITY = 2
    API = 3  # starts without keystone
    CONTROL = 4  # gives up where the catalogue is still empty
    AGENT = 5  # gives up where APIs and control do not answer
    EMULATION = 6  # the second node, which lifecycle.emulate starts


class Probe(BaseModel):
    """A port that must accept, and the HTTP path that must answer there (any status below 500)."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    path: str | None = None


class Service(BaseModel):
    """One supervised program; `agent` is what an API must report as alive, `program@node`.

    Without probe and agent, to run is to be healthy.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    stage: Stage
    user: str
    command: str
    environment: Mapping[str, str] = {}
    probe: Probe | None = None
    agent: str | None = None


def uwsgi(address: str, port: int, script: str, processes: int) -> str:
    """A WSGI service; without `Connection: close` clients meet resets."""
    return (
        f"/usr/bin/uwsgi_python3 --http-socket {address}:{port} --wsgi-file {script} --master --processes {processes} "
        "--threads 2 --enable-threads --need-app --buffer-size 65535 --die-on-term --no-orphans "
        '--thunder-lock --disable-logging --add-header "Connection: close"'
    )


def table(lab: LabSettings) -> list[Service]:
    """Every service, in the order in which they start."""
    local, public = "127.0.0.1", str(lab.address)
    neutron = f"--config-file {ETC}/neutron.conf"
    return [
        Service(
            name="mariadb",
            stage=Stage.STORE,
            user="mysql",
            command=(
                f"/usr/sbin/mariadbd --bind-address={local} --skip-name-resolve --max-connections=1000 "
                "--innodb-buffer-pool-size=256M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=2 "
                f"--init-file={ETC}/database.sql"
            ),
            probe=Probe(host=local, port=3306),
        ),
        Service(
            name="rabbitmq",
            stage=Stage.STORE,
            user="rabbitmq",
            command="/usr/lib/rabbitmq/bin/rabbitmq-server",
            environment={
                "HOME": "/var/lib/rabbitmq",
                "RABBITMQ_NODENAME": "rabbit@localhost",
                "RABBITMQ_CONFIG_FILE": f"{ETC}/rabbitmq.conf",
                "ERL_EPMD_ADDRESS": local,
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
                "RUNNING_UNDER_SYSTEMD": "yes",  # makes its script become the server, so that signals reach it
            },
            probe=Probe(host=local, port=5672),
        ),
        Service(
            name="memcached",
            stage=Stage.STORE,
            user="memcache",
            command=f"/usr/bin/memcached -l {local} -m 64",
            probe=Probe(host=local, port=11211),
        ),
        Service(
            name="keystone",
            stage=Stage.IDENTITY,
            user="keystone",
            command=uwsgi(public, 5000, "/usr/bin/keystone-wsgi-public", 2),
            environment={"OS_KEYSTONE_CONFIG_FILES": f"{ETC}/keystone.conf"},
            probe=Probe(host=public, port=5000, path="/v3"),
        ),
        Service(
            name="glance",
            stage=Stage.API,
            user="glance",
            command=f"/usr/bin/glance-api --config-file {ETC}/glance.conf",
            probe=Probe(host=public, port=9292, path="/healthcheck"),
        ),
        Service(
            name="placement",
            stage=Stage.API,
            user="placement",
            command=uwsgi(public, 8778, "/usr/bin/placement-api", 1),
            environment={"OS_PLACEMENT_CONFIG_DIR": ETC},
            probe=Probe(host=public, port=8778, path="/"),
        ),
        Service(
            name="neutron-server",
            stage=Stage.API,
            user="neutron",
            command=f"/usr/bin/neutron-server {neutron} --config-file {ETC}/ml2.ini",
            probe=Probe(host=public, port=9696, path="/"),
        ),
        Service(
            name="nova-api",
            stage=Stage.API,
            user="nova",
            command=f"/usr/bin/nova-api --config-file {ETC}/nova.conf",
            probe=Probe(host=public, port=8774, path="/"),
        ),
        Service(
            name="nova-conductor",
            stage=Stage.CONTROL,
            user="nova",
            command=f"/usr/bin/nova-conductor --config-file {ETC}/nova.conf",
            agent="nova-conductor@lab",
        ),
        Service(
            name="nova-scheduler",
            stage=Stage.CONTROL,
            user="nova",
            command=f"/usr/bin/nova-scheduler --config-file {ETC}/nova.conf",
            agent="nova-scheduler@lab",
        ),
        *(
            Service(
                name=f"swift-{kind}",
                stage=Stage.API,
                user="swift",
                command=f"/usr/bin/swift-{kind}-server {ETC}/swift-{kind}.conf",
                probe=Probe(host=local, port=port, path="/healthcheck"),
            )
            for kind, port in SWIFT_BACKENDS.items()
        ),
        Service(
            name="swift-proxy",
            stage=Stage.API,
            user="swift",
            command=f"/usr/bin/swift-proxy-server {ETC}/swift-proxy.conf",
            probe=Probe(host=public, port=8080, path="/healthcheck"),
        ),
        Service(name="virtlogd", stage=Stage.API, user="root", command="/usr/sbin/virtlogd"),
        Service(name="libvirtd", stage=Stage.API, user="root", command="/usr/sbin/libvirtd"),
        Service(
            name="nova-compute",
            stage=Stage.AGENT,
            user="root",
            command=f"/usr/bin/nova-compute --config-file {ETC}/nova-compute.conf",
            agent="nova-compute@lab",
        ),
        *(
            Service(
                name=f"neutron-{name}-agent",
                stage=Stage.AGENT,
                user="root",
                command=f"/usr/bin/neutron-{name}-agent {neutron} --config-file {ETC}/{config}.ini",
                agent=f"neutron-{name}-agent@lab",
            )
            for name, config in (("linuxbridge", "ml2"), ("dhcp", "dhcp"), ("l3", "l3"), ("metadata", "metadata"))
        ),
        *(
            Service(
                name=f"emulator-{name}",
                stage=Stage.EMULATION,
                user="root",
                command=f"/usr/local/sbin/emulator {command}",
                agent=agent,
            )
            for name, command, agent in emulator_programs()
        ),
    ]


def emulator_programs() -> list[tuple[str, str, str | None]]:
    """Name, command and agent of what the second node runs."""
    etc = f"{ETC}/emulator"
    agent = f"/usr/bin/neutron-linuxbridge-agent --config-file {etc}/neutron.conf --config-file {etc}/ml2.ini"
    return [
        ("libvirtd", "/usr/sbin/libvirtd --pid-file /run/emulator/libvirtd.pid", None),
        ("nova-compute", f"/usr/bin/nova-compute --config-file {etc}/nova.conf", "nova-compute@emulator"),
        ("linuxbridge-agent", agent, "neutron-linuxbridge-agent@emulator"),
    ]
