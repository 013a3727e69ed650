"""Judge a recovery that has run: is it the same cluster, and was the whole archived log replayed?"""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from pathlib import Path

from . import database, wal
from .config import Database
from .problem import Problem

PROMOTED = """
SELECT json_build_object(
  'system', (SELECT system_identifier FROM pg_control_system())::text,
  'recovering', pg_is_in_recovery(),
  'segment', CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_walfile_name(pg_current_wal_lsn()) END)
"""


@dataclass(frozen=True)
class Recovery:
    """A promoted cluster."""

    system: str
    segment: str
    seconds: float


def wait_promoted(limit: float) -> Recovery:
    """Wait until the cluster takes writes again."""
    started = time.monotonic()
    while True:
        try:
            seen = json.loads(database.query(PROMOTED))
        except Problem:
            seen = {"recovering": True}
        if not seen["recovering"]:
            seconds = round(time.monotonic() - started, 3)
            return Recovery(seen["system"], seen["segment"], seconds)
        if time.monotonic() - started > limit:
            raise Problem("not-promoted", f"{limit:.0f} 秒内恢复未完成", f"recovery did not end within {limit:.0f} s")
        time.sleep(0.2)


def require_complete(cluster: Database, seen: Recovery, system: str, newest: str) -> None:
    """Refuse another cluster, and a recovery that stopped before the newest archived segment."""
    if seen.system != system:
        raise Problem("other-system", "恢复出的不是同一个数据库集群", "another cluster was restored")
    history = history_of(cluster.spool, wal.Segment.parse(seen.segment).timeline)
    reached = wal.switch_segment(history)
    if reached < wal.Segment.parse(newest).number:
        raise Problem(
            "recovery-short",
            f"恢复在日志段 {reached:X} 停止，未到达最新的 {newest}",
            f"recovery stopped in segment {reached:X}, before the newest, {newest}",
        )


def history_of(spool: Path, timeline: int) -> str:
    """Return the history of a timeline as it was archived."""
    path = spool / f"{timeline:08X}.history.gz"
    deadline = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > deadline:
            raise Problem("timeline", f"未归档时间线历史 {path.name}", f"timeline history {path.name} was not archived")
        time.sleep(0.2)
    with gzip.open(path, "rt", encoding="ascii") as stream:
        return stream.read()
