"""The preflight names everything that is missing at once, and nothing on a machine that has it all."""

from pathlib import Path
from typing import Any

import pytest

from lab import probe
from lab.preflight import CORES, DISK_CACHED_GIB, DISK_GIB, FEATURES, MEMORY_MIB, PROGRAMS, Facts, judge

GOOD = Facts(
    system="Linux",
    machine="x86_64",
    root=True,
    python=(3, 11),
    cores=CORES,
    memory_mib=MEMORY_MIB,
    free_gib={Path("/cache"): DISK_GIB},
    cached=False,
    lab_up=False,
    programs=frozenset(PROGRAMS),
    features=frozenset(FEATURES),
    missing_controllers=(),
    network="198.18.0.0/16",
    taken=(),
)
FLAWS: list[tuple[str, Any, str]] = [
    ("system", "Darwin", "Darwin"),
    ("machine", "aarch64", "aarch64"),
    ("root", False, "root"),
    ("python", (3, 10), "Python 3.10"),
    ("cores", CORES - 1, "CPU"),
    ("memory_mib", MEMORY_MIB - 1, "memory"),
    ("free_gib", {Path("/cache"): DISK_GIB - 1}, "/cache"),
    ("missing_controllers", ("memory", "devices"), "memory, devices"),
    ("taken", ("eth7 198.18.3.1/24",), "eth7"),
    *(("features", frozenset(FEATURES) - {name}, name) for name in FEATURES),
    *(("programs", frozenset(PROGRAMS) - {name}, name) for name in PROGRAMS),
]


def test_a_machine_that_has_everything_lacks_nothing() -> None:
    assert judge(GOOD) == []


@pytest.mark.parametrize(("fact", "value", "word"), FLAWS)
def test_each_flaw_is_named_with_a_mend(fact: str, value: Any, word: str) -> None:
    found = judge(GOOD.model_copy(update={fact: value}))
    assert len(found) == 1
    assert word in found[0].what
    assert found[0].mend


def test_all_flaws_are_named_at_once() -> None:
    worst = GOOD.model_copy(update={fact: value for fact, value, _ in reversed(FLAWS)})
    assert len(judge(worst)) == len({fact for fact, _, _ in FLAWS} - {"machine"})


def test_missing_programs_are_mended_by_one_command_with_package_names() -> None:
    found = judge(GOOD.model_copy(update={"programs": frozenset(PROGRAMS) - {"mke2fs", "ssh"}}))
    assert [lack.mend for lack in found] == ["apt-get install e2fsprogs openssh-client"]


def test_a_browser_that_prints_reports_comes_with_fonts_for_them() -> None:
    found = judge(GOOD.model_copy(update={"programs": frozenset(PROGRAMS) - {"chromium-headless-shell"}}))
    assert [lack.mend for lack in found] == ["apt-get install chromium-headless-shell fonts-noto-cjk"]


def test_a_lab_that_is_up_has_taken_its_memory_and_disk_already() -> None:
    assert judge(GOOD.model_copy(update={"lab_up": True, "memory_mib": 1, "free_gib": {Path("/cache"): 1}})) == []


def test_filled_caches_need_less_disk() -> None:
    assert judge(GOOD.model_copy(update={"cached": True, "free_gib": {Path("/cache"): DISK_CACHED_GIB}})) == []


def test_features_that_could_not_be_tried_are_not_called_missing() -> None:
    found = judge(GOOD.model_copy(update={"root": False, "features": None}))
    assert [lack.what for lack in found] == ["root 权限 root rights"]


def test_netfilter_denies_an_extension_that_does_not_exist() -> None:
    assert not probe.netfilter_answers(*probe.match_extension("no_such_match"))


def test_places_on_one_file_system_count_once(tmp_path: Path) -> None:
    assert list(probe.free_gib([tmp_path / "a" / "b", tmp_path / "c"])) == [tmp_path / "a" / "b"]
