"""What is written of the address plan says what the ledger says, in every format, whatever divisions are called."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from ipaddress import ip_interface, ip_network
from pathlib import Path
from xml.etree import ElementTree as ET

import dns.name
import dns.rdatatype
import dns.zone
import jsonschema
import openpyxl
import pytest

from infra.plan.base import VERSIONS
from infra.plan.export.naming import dns_name
from infra.plan.export.netbox import netbox_tables
from infra.plan.export.page import page_rows
from infra.plan.export.reverse import reverse_zones
from infra.plan.export.tree import SINGLE, Node, Share, address_tree
from infra.plan.export.workbook import EPOCH, render_workbook
from infra.plan.export.write import outputs, write_outputs
from infra.plan.ledger import Entry
from infra.plan.load import load
from infra.plan.world import World
from tests.unit.plan.conftest import ROOT, Spoil
from tests.unit.plan.test_cli import run

DOMAIN = "example.internal"
HOSTILE = ["</script><script>alert(1)</script>", '=HYPERLINK("x")', "&<'\""]
Zones = dict[str, dns.zone.Zone]


@pytest.fixture(scope="module")
def world() -> World:
    return load(ROOT / "stacks")


@pytest.fixture(scope="module")
def nodes(world: World) -> tuple[Node, ...]:
    return address_tree(world)


@pytest.fixture(scope="module")
def files(world: World) -> dict[str, bytes]:
    return outputs(world, DOMAIN, None)


@pytest.fixture
def hostile(facts: Path, spoil: Spoil) -> dict[str, bytes]:
    for old, new in zip(("九江市", "南昌市", "濂溪区"), HOSTILE, strict=True):
        quoted = '"' + new.replace('"', '""') + '"'
        spoil("divisions.csv", f",{old},", f",{quoted},")
    return outputs(load(facts), DOMAIN, None)


@pytest.fixture(scope="module")
def zones(nodes: tuple[Node, ...]) -> Zones:
    return parsed(reverse_zones(nodes, DOMAIN, None))


def rows(files: dict[str, bytes]) -> list[list[object]]:
    found = re.search(r'id="rows">(.*?)</script>', files["addresses.html"].decode(), re.DOTALL)
    assert found
    parsed: list[list[object]] = json.loads(found[1])
    return parsed


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode())))


def test_every_row_of_the_ledger_is_in_the_tree_once_below_what_is_around_it(
    world: World, nodes: Sequence[Node]
) -> None:
    shares = [share.entry for node in nodes for share in node.shares]
    assert set(world.ledger.entries) <= set(shares)
    assert len(shares) == len(set(zip(shares, (e.key for e in shares), strict=True)))
    place = {node.key: index for index, node in enumerate(nodes)}
    for index, node in enumerate(nodes):
        assert not node.parent or place[node.parent] < index
        for share in node.shares if node.parent else ():
            around = nodes[place[node.parent]].of(share.entry.version)
            assert any(a.entry.first <= share.entry.first and share.entry.last <= a.entry.last for a in around)


def test_what_has_gone_stays_in_every_output_as_held(facts: Path, spoil: Spoil) -> None:
    spoil("systems/video-conference.yaml", "[vm-1, vm-2]", "[vm-1]")
    lines = (facts / "divisions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("360402")]
    (facts / "divisions.csv").write_text("".join(kept), encoding="utf-8")
    fewer = load(facts)
    found = {node.key: node for node in address_tree(fewer)}
    held = {key for key, node in found.items() if node.kind == "held"}
    assert held == {key for key in found if key.startswith("360402")} | {"360400/shared/video-conference/vm-2"}
    assert len(held) == len(lines) - len(kept) + 1
    assert found["360402001"].parent == "360402"
    assert {entry.key for entry in fewer.ledger.entries} <= set(found)
    prefixes = csv.DictReader(io.StringIO(netbox_tables(tuple(found.values()), DOMAIN)["netbox-prefixes.csv"]))
    reserved = [row for row in prefixes if row["status"] == "reserved"]
    assert len(reserved) == 2 * len(held)


def test_what_a_block_has_used_is_what_stands_directly_below_it(nodes: Sequence[Node]) -> None:
    for node in nodes:
        for version in VERSIONS:
            below = sum(s.size for child in nodes if child.parent == node.key for s in child.of(version))
            assert sum(share.used for share in node.of(version)) == below
            assert all(0 <= share.used <= share.size for share in node.shares)
        if node.kind not in ("city", "segment"):
            continue
        assert all(share.used for share in node.shares)


def test_the_same_facts_give_the_same_bytes(world: World, files: dict[str, bytes]) -> None:
    assert outputs(world, DOMAIN, None) == files


def test_the_page_has_the_whole_plan_and_fetches_nothing(files: dict[str, bytes], nodes: Sequence[Node]) -> None:
    page = files["addresses.html"].decode()
    assert rows(files) == json.loads(json.dumps(page_rows(nodes)))
    assert not re.search(r"https?:|src=|href=|url\(|@import|fetch\(|XMLHttp|import\(", page)
    assert "default-src 'none'" in page


def test_names_are_data_in_every_format(hostile: dict[str, bytes]) -> None:
    page = hostile["addresses.html"].decode()
    assert HOSTILE[0] not in page
    assert set(HOSTILE) <= {str(row[3]) for row in rows(hostile)}
    for name, content in hostile.items():
        if name.endswith(".svg"):
            ET.fromstring(content)  # noqa: S314 - our own text
    words = " ".join(ET.fromstring(hostile["topology/360000.svg"]).itertext())  # noqa: S314 - our own text
    assert all(name in words for name in HOSTILE)
    book = openpyxl.load_workbook(io.BytesIO(hostile["addresses.xlsx"]))
    cell = next(cell for cell in book["市 cities"]["B"] if cell.value == HOSTILE[1])
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    for name in ("netbox-prefixes.csv", "netbox-ip-addresses.csv"):
        values = [value for row in table(hostile, name) for value in row.values()]
        assert not [value for value in values if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_workbook_holds_every_holder_and_no_time(files: dict[str, bytes], nodes: Sequence[Node]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["addresses.xlsx"]))
    keys = [cell.value for sheet in book.worksheets for cell in sheet["A"][1:]]
    assert sorted(map(str, keys)) == sorted(node.key for node in nodes)
    assert all(sheet.freeze_panes == "C2" and sheet.auto_filter.ref for sheet in book.worksheets)
    with zipfile.ZipFile(io.BytesIO(render_workbook(nodes))) as archive:
        assert {info.date_time for info in archive.infolist()} == {EPOCH}
        assert set(re.findall(rb">(\d{4})-", archive.read("docProps/core.xml"))) == {b"1980"}


def test_the_document_obeys_its_schema(files: dict[str, bytes], nodes: Sequence[Node]) -> None:
    schema = json.loads((ROOT / "stacks/schema/addresses.json").read_text(encoding="utf-8"))
    document = json.loads(files["addresses.json"])
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["version"] == 1
    assert [holder["key"] for holder in document["holders"]] == [node.key for node in nodes]


def test_netbox_gets_each_block_once_with_what_its_forms_accept(files: dict[str, bytes], nodes: Sequence[Node]) -> None:
    prefixes, addresses = table(files, "netbox-prefixes.csv"), table(files, "netbox-ip-addresses.csv")
    assert list(prefixes[0]) == ["prefix", "status", "role", "description", "tags"]
    assert list(addresses[0]) == ["address", "status", "role", "dns_name", "description", "tags"]
    assert {row["status"] for row in prefixes} <= {"container", "active", "reserved", "deprecated"}
    assert {row["role"] for row in prefixes} <= {row["name"] for row in table(files, "netbox-roles.csv")}
    assert {row["role"] for row in addresses} == {"", "vip"}
    assert {tag for row in prefixes for tag in row["tags"].split(",")} == {"ganyun"}
    blocks = [ip_network(row["prefix"]) for row in prefixes]
    hosts = {share.entry.network for node in nodes if node.kind in SINGLE for share in node.shares}
    every = {share.entry.network for node in nodes if node.kind not in ("extranet", "inner") for share in node.shares}
    assert len(blocks) == len(set(blocks))
    assert set(blocks) == every - hosts
    assert {ip_interface(row["address"]).ip for row in addresses} == {host.network_address for host in hosts}
    assert all(ip_interface(row["address"]).network in blocks for row in addresses)


def parsed(zones: dict[str, str]) -> Zones:
    return {name: dns.zone.from_text(text, origin=f"{name}.", relativize=False) for name, text in zones.items()}


def answer(zones: Zones, asked: str) -> str:
    """The PTR that a resolver gets which knows the zones and follows aliases."""
    name = dns.name.from_text(asked)
    for _ in range(3):
        zone = zones[max((one for one in zones if str(name).endswith(f".{one}.")), key=len)]
        if alias := zone.get_rdataset(name, dns.rdatatype.CNAME):
            name = alias[0].target
            continue
        found = zone.get_rdataset(name, dns.rdatatype.PTR)
        return str(found[0].target) if found else ""
    return ""


def faults(nodes: Sequence[Node], zones: Zones) -> list[str]:
    """Addresses that don't lead to their names."""
    return [
        f"{share.entry.network} {node.key}"
        for node in nodes
        if node.kind in SINGLE
        for share in node.shares
        if answer(zones, share.entry.network.network_address.reverse_pointer) != f"{dns_name(node.key, DOMAIN)}."
    ]


def test_every_host_gateway_and_link_end_has_its_name(nodes: Sequence[Node], zones: Zones) -> None:
    assert {node.kind for node in nodes} >= set(SINGLE)
    assert faults(nodes, zones) == []


def test_every_zone_is_delegated_by_the_one_above_it(zones: Zones) -> None:
    tops = set()
    for name in zones:
        above = [other for other in zones if name.endswith(f".{other}")]
        if not above:
            tops.add(name)
            continue
        parent = zones[max(above, key=len)]
        assert parent.get_rdataset(f"{name}.", dns.rdatatype.NS), name
    assert {"d.7.4.3.5.9.d.f.ip6.arpa"} == {name for name in tops if name.endswith("ip6.arpa")}
    assert all(len(name.split(".")) == 4 for name in tops if name.endswith("in-addr.arpa"))


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("10.6.4.0/22", {"6.10.in-addr.arpa", "4.6.10.in-addr.arpa"}),
        ("10.6.4.0/24", {"6.10.in-addr.arpa", "4.6.10.in-addr.arpa"}),
        ("10.6.4.64/26", {"6.10.in-addr.arpa", "4.6.10.in-addr.arpa", "64-26.4.6.10.in-addr.arpa"}),
    ],
)
def test_only_blocks_smaller_than_a_24_are_classless(block: str, expected: set[str]) -> None:
    def node(key: str, kind: str, cidr: str) -> Node:
        share = Share(Entry.of(ip_network(cidr), key), 0, 0)
        return Node(key, key.rpartition("/")[0], kind, key, key, (share,))  # type: ignore[arg-type]

    first = ip_network(block).network_address
    made = [
        node("extranet", "extranet", "10.0.0.0/9"),
        node("1/shared/desk", "segment", block),
        node("1/shared/desk/desk-1", "host", f"{first + 2}/32"),
    ]
    zones = reverse_zones(made, DOMAIN, None)
    assert set(zones) == expected
    assert faults(made, parsed(zones)) == []


def serials(zones: dict[str, str]) -> dict[str, int]:
    found = {name: re.search(r" SOA \S+ \S+ \(\s*(\d+)", text) for name, text in zones.items()}
    return {name: int(match[1]) for name, match in found.items() if match}


def test_a_serial_is_as_given_or_changes_with_its_zone(nodes: Sequence[Node], zones: Zones) -> None:
    one = serials(reverse_zones(nodes, DOMAIN, None))
    assert one == {name: zone.get_soa().serial for name, zone in zones.items()}
    assert set(serials(reverse_zones(nodes, DOMAIN, 2026112201)).values()) == {2026112201}
    fewer = [node for node in nodes if node.key != "360400/shared/website/web-2"]
    other = serials(reverse_zones(fewer, DOMAIN, None))
    changed = {name for name, serial in one.items() if serial != other[name]}
    assert changed == {"0-26.64.6.10.in-addr.arpa", "0.0.0.0.4.0.3.0.d.7.4.3.5.9.d.f.ip6.arpa"}


def test_a_name_has_no_label_that_dns_refuses() -> None:
    long = f"360000/transit/360400-{'a' * 40}-{'b' * 40}/core"
    assert all(0 < len(label) <= 63 for label in dns_name(long, DOMAIN).split("."))
    assert dns_name("360400/public/website/_gateway", DOMAIN) == f"gateway.website.public.360400.{DOMAIN}"


def test_the_provinces_picture_has_every_city_and_county_and_each_city_one_of_its_own(
    files: dict[str, bytes], nodes: Sequence[Node]
) -> None:
    for node in nodes:
        if node.kind in ("province", "city"):
            words = set(ET.fromstring(files[f"topology/{node.key}.svg"]).itertext())  # noqa: S314 - our own text
            below = [child for child in nodes if child.parent == node.key and child.kind in ("city", "county")]
            below += [child for one in below for child in nodes if child.parent == one.key and child.kind == "county"]
            for child in (node, *below):
                assert {str(share.entry.network) for share in child.shares} <= words
                assert any(child.name in word for word in words)


def test_export_writes_what_is_there_and_removes_what_has_gone(files: dict[str, bytes], tmp_path: Path) -> None:
    for folder, name in (("reverse-dns", "old.zone"), ("topology", "old.svg"), ("reverse-dns", "own.txt")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("old", encoding="utf-8")
    write_outputs(tmp_path, files)
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {*files, "reverse-dns/own.txt"}


def test_export_refuses_what_is_no_domain(facts: Path, tmp_path: Path) -> None:
    done = run("export", str(tmp_path / "out"), "--domain", "a b", facts=facts)
    assert done.returncode == 1
    assert "domain name" in done.stderr
    assert not (tmp_path / "out").exists()


def test_another_province_is_written_the_same_way() -> None:
    other = outputs(load(ROOT / "tests" / "lab" / "province"), DOMAIN, None)
    assert {"addresses.html", "topology/460000.svg", "topology/460100.svg"} <= set(other)
