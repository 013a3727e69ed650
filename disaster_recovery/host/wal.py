"""Names of WAL segments: what a spool holds, what is missing in it, what a new base backup makes superfluous."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .problem import Problem

SEGMENT = re.compile(r"^(?P<timeline>[0-9A-F]{8})(?P<log>[0-9A-F]{8})(?P<part>[0-9A-F]{8})\.gz$")
START = re.compile(r"^START WAL LOCATION: \S+ \(file (?P<name>[0-9A-F]{24})\)$", re.MULTILINE)
HISTORY = re.compile(r"^(?P<timeline>\d+)\t(?P<high>[0-9A-F]+)/(?P<low>[0-9A-F]+)\t", re.MULTILINE)
SEGMENTS_PER_LOG = 256  # of 16 MiB


@dataclass(frozen=True, order=True)
class Segment:
    """A segment by its place in the log; the timeline only breaks ties."""

    number: int
    timeline: int

    @classmethod
    def parse(cls, name: str) -> Segment:
        """Read the 24 hex digits of a segment's name."""
        return cls(int(name[8:16], 16) * SEGMENTS_PER_LOG + int(name[16:24], 16), int(name[:8], 16))

    @property
    def name(self) -> str:
        """Return the name that PostgreSQL gives it."""
        return f"{self.timeline:08X}{self.number // SEGMENTS_PER_LOG:08X}{self.number % SEGMENTS_PER_LOG:08X}"


def segments(spool: Path) -> list[Segment]:
    """Return the whole segments in a spool, in order; history, label and partial files aren't segments."""
    return sorted(Segment.parse(path.name) for path in spool.iterdir() if SEGMENT.match(path.name))


def start_of(backup_label: str) -> Segment:
    """Return the segment from which a base backup needs the log."""
    found = START.search(backup_label)
    if found is None:
        raise Problem("base-invalid", "基础备份缺少起始日志位置", "the base backup names no starting WAL location")
    return Segment.parse(found["name"])


def gaps(present: list[Segment], start: Segment) -> list[int]:
    """Return the numbers missing between `start` and the newest segment, on whatever timeline."""
    have = {one.number for one in present if one.number >= start.number}
    return sorted(set(range(start.number, max(have) + 1)) - have) if have else []


def require_unbroken(spool: Path, start: Segment) -> list[Segment]:
    """Refuse a spool with a hole: PostgreSQL would stop there without a word and lose everything behind it."""
    present = segments(spool)
    if not any(one.number >= start.number for one in present):
        raise Problem("wal-empty", f"{start.name} 之后没有归档日志", f"no segment since {start.name} is archived")
    if missing := gaps(present, start):
        names = ", ".join(Segment(number, start.timeline).name for number in missing[:5])
        raise Problem(
            "wal-gap",
            f"归档日志缺失 {len(missing)} 段：{names}；其后的数据无法恢复，请立即做基础备份（ganyun-backup run base）",
            f"{len(missing)} archived WAL segments are missing: {names}; take a base backup (ganyun-backup run base)",
        )
    return [one for one in present if one.number >= start.number]


def superfluous(spool: Path, start: Segment) -> list[Path]:
    """Return the segments that a base backup starting at `start` no longer needs; histories stay."""
    return sorted(
        path for path in spool.iterdir() if SEGMENT.match(path.name) and Segment.parse(path.name).number < start.number
    )


def switch_segment(history: str) -> int:
    """Return the number of the segment in which the newest timeline left the one before."""
    found = list(HISTORY.finditer(history))
    if not found:
        raise Problem("timeline", "时间线历史文件为空", "the timeline history is empty")
    last = found[-1]
    return int(last["high"], 16) * SEGMENTS_PER_LOG + int(last["low"], 16) // 2**24
