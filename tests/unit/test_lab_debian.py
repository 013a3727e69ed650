"""Trees come through the machine's own apt sources, and only from the pinned suites."""

import json

import pytest

from lab.images import ext4, golden, mirror, recipe
from lab.openstack import debian, root
from lab.openstack.network import overlapping
from lab.openstack.settings import LabSettings
from tests.unit.test_lab_settings import lab

TARGETS = """\
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian/ bookworm-updates main
http://security.example/ bookworm-security main
https://node.example/ nodistro main
http://mirror.example/debian/ bookworm main
"""


def test_only_the_pinned_suites_of_main_are_taken_each_once() -> None:
    assert [line.partition("] ")[2] for line in debian.sources(TARGETS)] == [
        "http://mirror.example/debian/ bookworm main",
        "http://mirror.example/debian/ bookworm-updates main",
        "http://security.example/ bookworm-security main",
    ]


def test_every_source_is_checked_against_debians_keyring() -> None:
    assert all(f"[signed-by={debian.KEYRING}]" in line for line in debian.sources(TARGETS))


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ('Acquire::http::Proxy "http://proxy.example:3128";', True),
        ('Acquire::Check-Valid-Until "false";', True),
        ('Acquire::AllowInsecureRepositories "true";', False),
        ('Acquire::httpfoo "x";', False),
    ],
)
def test_of_apts_settings_only_the_way_to_the_mirror_is_taken(line: str, *, taken: bool) -> None:
    assert bool(debian.APT_SETTINGS.match(line)) == taken


def test_a_fingerprint_tells_recipes_apart() -> None:
    assert debian.fingerprint("a", "b") == debian.fingerprint("a", "b")
    assert len({debian.fingerprint("a", "b"), debian.fingerprint("ab", ""), debian.fingerprint("b", "a")}) == 3


def test_lists_name_each_package_once_and_in_order() -> None:
    for names in recipe.packages().model_dump().values():
        assert list(names) == sorted(set(names))


def test_cached_things_are_named_after_their_recipe() -> None:
    names = {golden.fingerprint(), root.name().removeprefix("root-")}
    assert all(len(name) == 12 for name in names)
    assert mirror.fingerprint(lab().cache / "golden-a") != mirror.fingerprint(lab().cache / "golden-b")


def test_an_image_has_room_for_its_tree() -> None:
    assert all(used < ext4.size_mib(used) for used in (1, 400, 4000))


def addresses(*entries: tuple[str, str, int]) -> str:
    return json.dumps(
        [{"ifname": name, "addr_info": [{"local": local, "prefixlen": length}]} for name, local, length in entries]
    )


@pytest.mark.parametrize(
    ("seen", "routes", "told"),
    [
        ([("eth0", "192.0.2.2", 24)], [{"dst": "default", "dev": "eth0"}], []),
        ([("eth1", "198.18.7.1", 24)], [], ["eth1 198.18.7.1/24"]),
        ([], [{"dst": "198.16.0.0/12", "dev": "tun0"}], ["route 198.16.0.0/12 dev tun0"]),
        ([("ganyunc612", "198.18.255.2", 30)], [{"dst": "198.18.0.0/16", "dev": "ganyunc612"}], []),
    ],
)
def test_what_else_uses_the_range_is_named(
    seen: list[tuple[str, str, int]], routes: list[dict[str, str]], told: list[str]
) -> None:
    settings: LabSettings = lab()
    assert overlapping(settings.network, settings.link, addresses(*seen), json.dumps(routes)) == told
