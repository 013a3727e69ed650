"""The steps of a drill, each a verb of the command line: it reads the journal, acts, and leaves evidence."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

from disaster_recovery import fault
from disaster_recovery.facts import Facts
from disaster_recovery.journal import Journal, dump
from disaster_recovery.manifest import Canary, Manifest, bounds, compare, newest_canary, sql
from disaster_recovery.measure import judge, measure
from disaster_recovery.shell import home, on_host, playbook, psql, ssh, wait_for_ssh

BACKUP = "/usr/local/sbin/ganyun-backup"
CLOCK_LIMIT = 1.0
BOOT_SECONDS = 180


class DrillError(RuntimeError):
    """A drill that can't go on, or restored something else than what was lost."""


def facts_of(journal: Journal) -> Facts:
    """Return the facts that the drill began with."""
    return Facts.model_validate(journal.fact("facts"))


def precheck(journal: Journal) -> None:
    """Refuse to destroy what can't be brought back or measured."""
    facts = facts_of(journal)
    fault.find(facts)
    _require_fresh(json.loads(on_host(journal, "备份状态 state of the backups", facts.host, [BACKUP, "status"])), facts)
    on_host(journal, "全量回读校验备份 read the whole backup back", facts.host, [BACKUP, "run", "check", "--all"])
    before = time.time()
    text = journal.run("主机时钟 the host's clock", [*ssh(facts.host), "date +%s.%N"])
    offset = float(text) - (before + time.time()) / 2
    if abs(offset) > CLOCK_LIMIT:
        msg = f"主机时钟与控制端相差 {offset:.1f} 秒，无法测量 RPO · the host's clock is off by {offset:.1f} s"
        raise DrillError(msg)
    journal.note("clock_offset", round(offset, 3))


def _require_fresh(status: dict[str, dict[str, object] | None], facts: Facts) -> None:
    limit = {"base": 97200.0, "wal": facts.log_seconds * 6}
    for job, seconds in limit.items():
        run = status.get(job)
        succeeded = float(str(run["succeeded_at"])) if run else 0.0
        if time.time() - succeeded > seconds:
            said = run["message"] if run else "从未成功 never"
            msg = f"{job} 备份已超过 {seconds:.0f} 秒未成功，拒绝演练 · the last {job} backup is too old: {said}"
            raise DrillError(msg)


def take_manifest(journal: Journal) -> None:
    """Ask the live database what it holds, have that moment in the vault, and then wait a random time."""
    facts = facts_of(journal)
    manifest = _ask(journal, "取独立清单 take the independent manifest", facts, None)
    journal.note("manifest", manifest.model_dump())
    dump(journal.folder / "manifest.json", manifest.model_dump())
    command = [BACKUP, "run", "wal", "--switch"]
    on_host(journal, "清单时刻的日志入库 the log up to the manifest goes to the vault", facts.host, command)
    calm = round(random.SystemRandom().uniform(0, facts.calm_seconds), 1)
    journal.note("calm_seconds", calm)
    time.sleep(calm)


def _ask(journal: Journal, title: str, facts: Facts, before: Manifest | None) -> Manifest:
    question = sql(facts.database, bounds(before) if before else None)
    answer = on_host(journal, title, facts.host, psql(facts.database.name), given=question)
    return Manifest.model_validate_json(answer)


def _canary(journal: Journal, title: str, facts: Facts, which: str) -> Canary:
    question = newest_canary(which)
    return Canary.model_validate_json(on_host(journal, title, facts.host, psql(facts.database.name), given=question))


def break_down(journal: Journal) -> None:
    """Read the last canary, note the time, and destroy the server."""
    facts = facts_of(journal)
    cloud, server = fault.find(facts)
    last = _canary(journal, "故障前最后一条探针 the last canary", facts, "true")
    journal.note("last_canary", last.model_dump())
    journal.add("fault", facts.host, server=server.id, image=server.image.id, flavor=server.flavor.name)
    fault.destroy(cloud, server)
    journal.note("server_gone", server.id)


def rebuild(journal: Journal) -> None:
    """Let Pulumi make the server anew, at the same address and with the same host key."""
    facts = facts_of(journal)
    command = ["pulumi", "up", "--refresh", "--yes", "--skip-preview", "--non-interactive", "--cwd", str(home())]
    journal.run("pulumi up 重建主机 rebuild the host", command)
    wait_for_ssh(journal, facts.host, BOOT_SECONDS)
    _, server = fault.find(facts)
    journal.note("rebuilt_server", server.id)
    if server.id == journal.fact("server_gone"):
        msg = "主机没有被重建 · the server is still the old one"
        raise DrillError(msg)


def harden_and_fetch(journal: Journal) -> None:
    """Harden the new host while the backup is fetched and verified; both must succeed before anything serves."""
    facts = facts_of(journal)
    # First alone: packages that are being installed hold a lock that hardening needs.
    journal.run("安装软件包 install packages", playbook("restore.yml", facts.host, "--tags", "install"))
    with ThreadPoolExecutor() as pool:
        hardened = pool.submit(journal.run, "加固主机 harden", playbook("harden.yml", facts.host))
        fetch = playbook("restore.yml", facts.host, "--tags", "fetch")
        fetched = pool.submit(journal.run, "取回并校验备份 fetch and verify the backup", fetch)
        fetched.result()
        hardened.result()


def serve(journal: Journal) -> None:
    """Replay the log, open the database, and prove with the application's own account that it serves."""
    facts = facts_of(journal)
    journal.run("回放日志并开放服务 replay and serve", playbook("restore.yml", facts.host, "--tags", "serve"))
    where = f"host={facts.address} dbname={facts.database.name} user={facts.database.application_role}"
    secure = "sslmode=verify-full sslrootcert=/etc/ganyun/tls/ca.crt"
    script = 'IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql --no-psqlrc -At -v ON_ERROR_STOP=1 "$@"'
    questions = [
        "-c",
        facts.database.smoke,
        "-c",
        "SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    ]
    command = ["sh", "-c", script, "smoke", "-d", f"{where} {secure}", *questions]
    password = facts.password_file.read_text(encoding="ascii").strip()
    title = "业务冒烟测试：应用账号经 TLS 查询 smoke test over TLS"
    answer = on_host(journal, title, facts.host, command, given=password + "\n", secret=True)
    if not answer.strip().splitlines()[0].strip("0"):
        msg = f"冒烟测试没有返回数据 · the smoke test came back empty: {answer}"
        raise DrillError(msg)
    journal.add("served", facts.host, answer=answer)


def verify(journal: Journal) -> None:
    """Compare the restored database with the manifest, and measure what was lost."""
    facts = facts_of(journal)
    expected = Manifest.model_validate(journal.fact("manifest"))
    recovery = json.loads(on_host(journal, "恢复判定 judge the recovery", facts.host, [BACKUP, "recovered"]))
    journal.note("recovery", recovery)
    found = _ask(journal, "恢复后清单 manifest of the restored database", facts, expected)
    journal.note("manifest_after", found.model_dump())
    differences = compare(expected, found)
    journal.note("differences", [one.model_dump() for one in differences])
    if differences:
        msg = "恢复的数据与独立清单不符 · the restored data differ from the manifest: " + "; ".join(
            f"{one.what}: {one.expected} -> {one.found}" for one in differences
        )
        raise DrillError(msg)
    _measure(journal, facts)


def _measure(journal: Journal, facts: Facts) -> None:
    gone = journal.moment("fact", "server_gone")
    recovered = _canary(
        journal, "恢复出的最后一条探针 the newest recovered canary", facts, f"extract(epoch FROM written_at) < {gone}"
    )
    measured = measure(
        fault_at=journal.moment("fault"),
        served_at=journal.moment("served"),
        last=Canary.model_validate(journal.fact("last_canary")),
        recovered=recovered,
        clock_offset=float(journal.fact("clock_offset")),
    )
    journal.note("measurement", measured.model_dump())
    journal.note("met", judge(measured, facts.objective).met)


def resume(journal: Journal) -> None:
    """Protect the restored host like any other: a new base backup, timers, metrics and logs."""
    facts = facts_of(journal)
    journal.run("恢复备份任务 back up again", playbook("restore.yml", facts.host, "--tags", "resume"))
    journal.run("恢复监控与日志 metrics and logs", playbook("monitor.yml", facts.host))
    journal.run("重取完整性基线 a new baseline of its files", playbook("baseline.yml", facts.host))


def conclude(journal: Journal) -> None:
    """End the drill; missing an objective is a failure that people must hear of."""
    if not journal.fact("met"):
        msg = "已恢复，但未达到恢复目标 · restored, but the objective was missed"
        raise DrillError(msg)
