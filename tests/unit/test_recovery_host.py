"""What a backed-up host refuses to call a success, and what it tells the monitor."""

import dataclasses
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from disaster_recovery.host import config as settings
from disaster_recovery.host import database, digest, guard, jobs, restore, state
from disaster_recovery.host.config import Config
from disaster_recovery.host.guard import Size
from disaster_recovery.host.problem import Problem
from disaster_recovery.host.restic import Snapshot
from disaster_recovery.host.state import Run

HEALTHY = database.Archiver(
    mode="on",
    system="7",
    recovering=False,
    last_wal="000000010000000000000005",
    age=20.0,
    failing=False,
    failed_wal=None,
)


def written(folder: Path, **changes: Any) -> Path:
    raw = {
        "client": "db-1",
        "vault": "192.0.2.1:8443",
        "authority": "/ca",
        "credential": "/password",
        "key": "/key",
        "state": str(folder),
        "cache": str(folder / "cache"),
        "max_age_seconds": {"wal": 300, "base": 97200},
        "shrink_percent": 50,
        "database": {
            "cluster": "15/main",
            "data": str(folder / "main"),
            "binaries": "/usr/lib/postgresql/15/bin",
            "spool": str(folder),
            "spool_group": "backup",
            "samples": "/usr/share/postgresql/15",
            "archive_seconds": 50,
        },
        "files": None,
    }
    path = folder / "config.json"
    path.write_text(json.dumps({**raw, **changes}))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings.load(written(tmp_path))


def cluster(config: Config) -> settings.Database:
    assert config.database is not None
    return config.database


def test_an_unknown_key_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"config\.json.*vualt"):
        settings.load(written(tmp_path, vualt="x"))


def test_settings_that_do_not_parse_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(Problem, match=r"config\.json"):
        settings.load(tmp_path / "config.json")


class TestArchiver:
    """Log that isn't kept can't be restored."""

    def test_a_healthy_one_passes(self, config: Config, tmp_path: Path) -> None:
        (tmp_path / "000000010000000000000005.gz").touch()
        database.require_healthy(HEALTHY, cluster(config))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"mode": "off"}, "archiver-off"),
            ({"failing": True, "failed_wal": "000000010000000000000006"}, "archiver-failing"),
            ({"age": 151.0}, "archiver-stopped"),
            ({"last_wal": "000000010000000000000007"}, "archive-lost"),
        ],
    )
    def test_an_unhealthy_one_is_named(self, config: Config, tmp_path: Path, change: dict[str, Any], code: str) -> None:
        (tmp_path / "000000010000000000000005.gz").touch()
        with pytest.raises(Problem) as caught:
            database.require_healthy(dataclasses.replace(HEALTHY, **change), cluster(config))
        assert caught.value.code == code


class TestSource:
    """An emptied source is the backup that everyone believes in."""

    def test_a_missing_folder_is_no_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(Problem, match="gone"):
            guard.measure((tmp_path / "gone",))

    def test_excluded_files_do_not_count(self, tmp_path: Path) -> None:
        (tmp_path / "kept").write_text("12345")
        (tmp_path / "left.tmp").write_text("1")
        assert guard.measure((tmp_path,), ("*.tmp",)) == Size(files=1, bytes=5)

    def test_an_empty_source_never_counts(self) -> None:
        with pytest.raises(Problem, match="empty"):
            guard.require_plausible(Size(0, 0), None, 50)

    def test_a_source_that_lost_half_is_refused(self) -> None:
        before = Run("files", 1.0, ok=True, succeeded_at=1.0, files=100, bytes=1000)
        guard.require_plausible(Size(51, 501), before, 50)
        with pytest.raises(Problem, match="--accept-shrink"):
            guard.require_plausible(Size(100, 499), before, 50)


class TestRuns:
    """What is recorded of a job, and what the monitor sees of it."""

    def test_a_failure_keeps_the_time_of_the_last_success(self, config: Config) -> None:
        good = jobs.run(config, "wal", lambda _: Run("wal", 0, ok=True, bytes=10))

        def fail(_: Run | None) -> Run:
            raise Problem("vault-full", "满", "full")

        with pytest.raises(Problem):
            jobs.run(config, "wal", fail)
        seen = state.read(config, "wal")
        assert seen is not None
        assert (seen.ok, seen.code, seen.succeeded_at, seen.bytes) == (False, "vault-full", good.succeeded_at, 10)
        text = (config.state / state.METRICS_FILE).read_text()
        assert 'ganyun_backup_last_run_failed{client="db-1",job="wal"} 1' in text

    def test_a_job_that_never_succeeded_has_an_infinite_age(self, config: Config) -> None:
        text = state.metrics(config, [Run("wal", 5.0, ok=False)])
        assert 'ganyun_backup_last_success_timestamp_seconds{client="db-1",job="wal"} 0.0' in text

    def test_two_runs_of_a_job_exclude_each_other(self, config: Config) -> None:
        with state.alone(config, "wal"), pytest.raises(Problem, match="already running"), state.alone(config, "wal"):
            pass

    def test_the_lock_of_a_killed_run_does_not_block(self, config: Config) -> None:
        program = (
            "import fcntl, os, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", program, str(config.state / "wal.lock")], check=False)
        with state.alone(config, "wal"):
            pass


class TestRestore:
    """Nothing damaged or foreign is restored as good."""

    def test_the_newest_base_takes_the_newest_log_of_its_own_cluster(self) -> None:
        found = [
            Snapshot("a", "2026-01-01", ("base", "system-1")),
            Snapshot("b", "2026-01-02", ("wal", "system-1")),
            Snapshot("c", "2026-01-03", ("wal", "system-2")),
        ]
        assert [one.id for one in restore.choose(found)] == ["a", "b"]

    def test_a_repository_without_base_restores_nothing(self) -> None:
        with pytest.raises(Problem, match="base"):
            restore.choose([Snapshot("b", "2026-01-02", ("wal", "system-1"))])

    def test_a_damaged_log_file_is_named(self, tmp_path: Path) -> None:
        whole = gzip.compress(b"log" * 1000)
        (tmp_path / "good.gz").write_bytes(whole)
        restore.require_readable(tmp_path)
        (tmp_path / "bad.gz").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(Problem, match=r"bad\.gz"):
            restore.require_readable(tmp_path)

    def test_data_that_lies_there_is_not_replaced_unasked(self, config: Config, tmp_path: Path) -> None:
        (tmp_path / "main").mkdir()
        (tmp_path / "main" / "PG_VERSION").touch()
        restored = restore.Restored("", "", "", "", "", "", "")
        with pytest.raises(Problem, match="--replace"):
            restore.install(config, cluster(config), tmp_path / "staging", restored, replace=False)


def test_a_copy_has_the_digests_of_its_original(tmp_path: Path) -> None:
    site = tmp_path / "srv"
    (site / "releases").mkdir(parents=True)
    (site / "releases" / "a").write_text("页面")
    (site / "current").symlink_to("releases")
    original = digest.of([site], Path("/"))
    copy = tmp_path / "copy" / site.relative_to("/")
    copy.parent.mkdir(parents=True)
    subprocess.run(["cp", "-a", site, copy], check=True)
    assert digest.of([site], tmp_path / "copy") == original
    (copy / "releases" / "a").write_text("页靣")
    assert digest.of([site], tmp_path / "copy") != original
