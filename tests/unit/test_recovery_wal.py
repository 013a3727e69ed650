"""The archived log: a hole is found before it costs data, and only what a base backup covers is removed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disaster_recovery.host import wal
from disaster_recovery.host.problem import Problem
from disaster_recovery.host.wal import Segment


def spool(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / f"{name}.gz").touch()
    return folder


@given(st.integers(0, 2**40 - 1), st.integers(1, 2**32 - 1))
def test_a_segment_keeps_its_name(number: int, timeline: int) -> None:
    segment = Segment(number, timeline)
    assert Segment.parse(segment.name) == segment


def test_the_segment_after_ff_is_the_next_log(tmp_path: Path) -> None:
    spool(tmp_path, "0000000100000000000000FF", "000000010000000100000000")
    assert wal.gaps(wal.segments(tmp_path), Segment.parse("0000000100000000000000FF")) == []


def test_a_hole_is_refused_by_name(tmp_path: Path) -> None:
    spool(tmp_path, "000000010000000000000004", "000000010000000000000006")
    with pytest.raises(Problem, match="000000010000000000000005"):
        wal.require_unbroken(tmp_path, Segment.parse("000000010000000000000004"))


def test_a_missing_first_segment_is_a_hole(tmp_path: Path) -> None:
    spool(tmp_path, "000000010000000000000005")
    with pytest.raises(Problem, match="000000010000000000000004"):
        wal.require_unbroken(tmp_path, Segment.parse("000000010000000000000004"))


def test_nothing_archived_is_not_an_unbroken_log(tmp_path: Path) -> None:
    spool(tmp_path, "000000010000000000000002")
    with pytest.raises(Problem, match="000000010000000000000004"):
        wal.require_unbroken(tmp_path, Segment.parse("000000010000000000000004"))


def test_a_new_timeline_continues_the_old_one(tmp_path: Path) -> None:
    spool(tmp_path, "000000010000000000000004", "000000010000000000000005.partial", "00000002.history")
    spool(tmp_path, "000000020000000000000005", "000000020000000000000006")
    found = wal.require_unbroken(tmp_path, Segment.parse("000000010000000000000004"))
    assert found[-1].name == "000000020000000000000006"


def test_only_segments_before_the_base_are_superfluous(tmp_path: Path) -> None:
    spool(tmp_path, "000000010000000000000003", "000000010000000000000004", "00000002.history")
    spool(tmp_path, "000000010000000000000003.00000028.backup")
    start = Segment.parse("000000020000000000000004")
    assert [path.name for path in wal.superfluous(tmp_path, start)] == ["000000010000000000000003.gz"]


def test_the_label_says_where_a_base_begins() -> None:
    label = "START WAL LOCATION: 0/4000028 (file 000000010000000000000004)\nCHECKPOINT LOCATION: 0/4000060\n"
    assert wal.start_of(label).name == "000000010000000000000004"
    with pytest.raises(Problem):
        wal.start_of("CHECKPOINT LOCATION: 0/4000060\n")


def test_the_newest_timeline_says_how_far_the_log_was_replayed() -> None:
    history = "1\t0/5000060\tno recovery target specified\n\n2\t1/17000000\tno recovery target specified\n"
    assert wal.switch_segment(history) == 256 + 0x17
    with pytest.raises(Problem):
        wal.switch_segment("")
