"""Every fault is told with file, line and key, all in one run."""

from pathlib import Path

import pytest

from tests.unit.plan.conftest import Problems, Spoil


def test_the_real_facts_have_no_problem(problems: Problems) -> None:
    assert problems() == []


CASES = {
    "unknown division of a stack": ("lab.yaml", "division: 360400", "division: 369900", "division", "369900"),
    "unknown division of a system": ("systems/exchange.yaml", "n: 360400", "n: 361234", "division", "361234"),
    "system without protection level": (
        "systems/approval.yaml",
        "protection_level: 3\n",
        "",
        "protection_level",
        "required and missing",
    ),
    "level that does not exist": (
        "systems/approval.yaml",
        "protection_level: 3",
        "protection_level: 4",
        "protection_level",
        "2 or 3",
    ),
    "recovery objective without level": (
        "systems/approval.yaml",
        ", level: 5}",
        "}",
        "recovery.level",
        "required and missing",
    ),
    "recovery objective that is no duration": ("systems/approval.yaml", "5m", "5 min", "recovery.rpo", "30s"),
    "second exit": (
        "lab.yaml",
        "360400/management]",
        "360400/management]\n    exit: true",
        "routers.core.exit",
        "second Internet exit",
    ),
    "flow to the inner network": (
        "systems/approval.yaml",
        "to: $systems:recovery/backup_vault",
        "to: 172.20.1.0/24",
        "flows.0.to",
        "inner network",
    ),
    "flow to an unknown system": (
        "systems/approval.yaml",
        "to: $systems:recovery/backup_vault",
        "to: $systems:vault/x",
        "flows.0.to",
        "unknown",
    ),
    "flow to an unknown function": (
        "systems/approval.yaml",
        "recovery/backup_vault",
        "recovery/vault",
        "flows.0.to",
        "backup_vault",
    ),
    "flow to the whole Internet": (
        "systems/approval.yaml",
        "to: $systems:recovery/backup_vault",
        "to: $outside:internet",
        "flows.0",
        "whole Internet",
    ),
    "flow without ports": ("systems/approval.yaml", "    ports: [8443]\n", "", "flows.0", "ports"),
    "unknown image key": (
        "systems/approval.yaml",
        "image: database",
        "image: bsae",
        "functions.database.image",
        "bsae",
    ),
    "unknown flavor key": (
        "systems/approval.yaml",
        "flavor: data",
        "flavor: huge",
        "functions.database.flavor",
        "huge",
    ),
    "misspelt key": (
        "systems/approval.yaml",
        "holds_data:",
        "hold_data:",
        "functions.database.hold_data",
        "holds_data",
    ),
    "unknown owner": ("systems/approval.yaml", "$departments:city-approval", "$departments:nobody", "owner", "nobody"),
    "name unlike its file": ("systems/approval.yaml", "name: approval", "name: other", "name", "approval"),
    "host of another system": ("systems/approval.yaml", "[db-1]", "[web-1]", "functions.database.hosts.0", "website"),
    "host named twice": (
        "systems/website.yaml",
        "[web-1, web-2]",
        "[web-1, gw-1]",
        "functions.web_node.hosts.1",
        "gw-1",
    ),
    "site host named twice": ("sites/tongji.yaml", "tongji.jiujiang", "wuning.jiujiang", "host", "wuning"),
    "zone that no router joins": ("lab.yaml", "360400/shared, ", "", "segments.shared", "no router"),
    "zone that a division has not": (
        "network.yaml",
        "sizes: {province: [16, 44], city: [19, 48]}",
        "sizes: {}",
        "segments.shared",
        "city",
    ),
    "floating address off the exit": (
        "systems/website.yaml",
        "    hosts: [web-1, web-2]\n",
        "    hosts: [web-1]\n    floating_address: true\n",
        "functions.web_node.floating_address",
        "exit",
    ),
    "router without links": ("lab.yaml", "[[exit, core], [core, recovery]]", "[[exit, core]]", "links", "no link"),
    "link to no router": ("lab.yaml", "[core, recovery]]", "[core, recovry]]", "links.1", "recovry"),
    "unknown system in a stack": ("lab.yaml", "$systems:recovery", "$systems:recover", "systems.3", "unknown system"),
    "project without quota": ("lab.yaml", "  default:", "  city-statistics:", "quotas", "no quota"),
    "mirror that nobody is": ("lab.yaml", "function: package_mirror", "function: mirror", "mirror.function", "mirror"),
    "operators inside the inner network": (
        "lab.yaml",
        "198.18.0.0/15",
        "172.16.9.0/24",
        "operators.0",
        "inner network",
    ),
    "extranet over the inner network": ("network.yaml", "[172.16.0.0/12,", "[10.64.0.0/12,", "inner_network", "10.64"),
    "level without IPv6": ("network.yaml", "prefix: [15, 40]", "prefix: 15", "levels.city.prefix", "IPv6 left out"),
    "zone without IPv6": ("network.yaml", "city: [22, 48]", "city: [22]", "zones.public.sizes.city", "IPv6 left out"),
    "link without IPv6": ("network.yaml", "link: [29, 64]", "link: 29", "transit.link", "IPv6 left out"),
    "link that is no /64": ("network.yaml", "link: [29, 64]", "link: [29, 60]", "transit.link", "IPv6 /64"),
    "extranet without IPv6": ("network.yaml", ", fd95:347d::/32]", "]", "extranet", "IPv6 left out"),
    "inner network without IPv6": ("network.yaml", ", fc00::/8]", "]", "inner_network", "IPv6 left out"),
    "township below a /56": ("network.yaml", "prefix: [26, 56]", "prefix: [26, 60]", "levels.township.prefix", "/56"),
    "prefix that ends within a nibble": (
        "network.yaml",
        "[15, 40]",
        "[15, 41]",
        "levels.city.prefix.1",
        "multiple of 4",
    ),
    "IPv6 over the inner network": ("network.yaml", "fc00::/8", "fd95:347d:ff00::/40", "inner_network", "fd95"),
    "block that is no block": ("network.yaml", "10.0.0.0/9", "10.0.0.1/9", "extranet.0", "host bits"),
    "key there twice": ("lab.yaml", "cloud: lab", "cloud: lab\ncloud: other", "cloud", "already on line 5"),
    "YAML that does not parse": ("lab.yaml", "systems:\n", "systems: [\n", "-", "not valid YAML"),
}


@pytest.mark.parametrize("case", CASES)
def test_fault_is_told_with_file_line_and_key(case: str, spoil: Spoil, problems: Problems, facts: Path) -> None:
    file, old, new, key, word = CASES[case]
    spoil(file, old, new)
    found = problems()
    assert found, "the fault was not seen"
    told = [problem for problem in found if problem.key == key and word in problem.text]
    assert told, "\n".join(map(str, found))
    lines = (facts / told[0].file.partition("/")[2]).read_text(encoding="utf-8").splitlines()
    assert 1 <= told[0].line <= len(lines)


def test_the_line_is_that_of_the_key(spoil: Spoil, problems: Problems, facts: Path) -> None:
    spoil("systems/approval.yaml", "image: database", "image: none")
    line = (facts / "systems/approval.yaml").read_text(encoding="utf-8").splitlines().index("    image: none") + 1
    assert {(problem.file, problem.line) for problem in problems()} == {("stacks/systems/approval.yaml", line)}


def test_faults_of_many_files_are_told_together(spoil: Spoil, problems: Problems, facts: Path) -> None:
    spoil("systems/approval.yaml", "protection_level: 3\n", "")
    spoil("systems/operations.yaml", "owner: $departments:city-information-centre", "owner: $departments:x")
    spoil("lab.yaml", "division: 360400", "division: 369900")
    spoil("addresses.csv", "360402,", "360402,x")
    (facts / "sites" / "portal.yaml").write_text("{", encoding="utf-8")
    files = {problem.file for problem in problems()}
    assert files == {
        "stacks/systems/approval.yaml",
        "stacks/systems/operations.yaml",
        "stacks/lab.yaml",
        "stacks/addresses.csv",
        "stacks/sites/portal.yaml",
    }


def test_missing_file_is_told(facts: Path, problems: Problems) -> None:
    (facts / "departments.yaml").unlink()
    assert any(p.file == "stacks/departments.yaml" and "missing" in p.text for p in problems())


@pytest.mark.parametrize(
    ("raw", "word"), [("code,名称\n".encode("gbk"), "GBK"), (b"\xff\xfec\0o\0", "UTF-16"), (b"code\xff\x00", "UTF-8")]
)
def test_tables_must_be_plain_utf8(raw: bytes, word: str, facts: Path, problems: Problems) -> None:
    (facts / "divisions.csv").write_bytes(raw)
    assert any(p.file == "stacks/divisions.csv" and word in p.text for p in problems())


ROWS = {
    "duplicate code": (
        "360402,濂溪区",
        "360401,某区,county,360400\n360401,某区,county,360400\n360402,濂溪区",
        "360401",
        "line",
    ),
    "orphan": ("360402,濂溪区,county,360400", "360402,濂溪区,county,369900", "360402", "not in the table"),
    "cycle": ("360400,九江市,city,360000", "360400,九江市,city,360402", "360400", "higher level"),
    "county in the wrong city": ("360402,濂溪区,county,360400", "360402,濂溪区,county,360100", "360402", "begin like"),
    "full-width digits": ("360402,濂溪区", "３６０４０２,濂溪区", "３６０４０２", "360402"),
    "unknown level": ("360402,濂溪区,county", "360402,濂溪区,district", "360402", "district"),
    "columns missing": ("360402,濂溪区,county,360400", "360402,濂溪区,county", "360402", "columns"),
}


@pytest.mark.parametrize("case", ROWS)
def test_faulty_row_is_told_by_code(case: str, spoil: Spoil, problems: Problems) -> None:
    old, new, key, word = ROWS[case]
    spoil("divisions.csv", old, new)
    assert any(p.file == "stacks/divisions.csv" and p.key == key and word in p.text for p in problems())


LEDGER = {
    "overlap": ("360403,", "360403,10.6.112.0/20\n#", "360403", "overlaps 360402"),
    "outside its parent": ("360402001,", "360402001,10.9.0.0/26\n#", "360402001", "outside"),
    "outside the extranet": ("360402001,", "360402001,11.0.0.0/26\n#", "360402001", "outside"),
    "inside the inner network": ("360402001,", "360402001,172.16.0.0/26\n#", "360402001", "inner network"),
    "no address": ("360402001,", "#", "360402001", "allocate"),
    "outside its parent, IPv6": ("360402001,fd", "360402001,fd95:347d:400::/56\n#", "360402001", "outside"),
    "inside the inner network, IPv6": ("360402001,fd", "360402001,fc00::/56\n#", "360402001", "inner network"),
    "no IPv6 address": ("360402001,fd", "#", "360402001", "IPv6"),
    "anycast address of IPv6": (
        "360400/dedicated/approval/db-1,fd95:347d:301::2",
        "360400/dedicated/approval/db-1,fd95:347d:301:0:ffff:ffff:ffff:ff80",
        "360400/dedicated/approval/db-1",
        "the cloud itself",
    ),
    "gateway's IPv6 address": (
        "360400/dedicated/approval/db-1,fd95:347d:301::2",
        "360400/dedicated/approval/db-1,fd95:347d:301::1",
        "360400/dedicated/approval/db-1",
        "gateway",
    ),
    "gateway's address": (
        "360400/dedicated/approval/db-1,10.6.0.2",
        "360400/dedicated/approval/db-1,10.6.0.1",
        "360400/dedicated/approval/db-1",
        "gateway",
    ),
    "not a block": ("360402001,10", "360402001,1O", "360402001", "key,cidr"),
}


@pytest.mark.parametrize("case", LEDGER)
def test_misplaced_address_is_told_by_key(case: str, facts: Path, problems: Problems) -> None:
    old, new, key, word = LEDGER[case]
    path = facts / "addresses.csv"
    text = path.read_text(encoding="utf-8")
    assert f"\n{old}" in text
    lines = text.replace(f"\n{old}", f"\n{new}", 1).splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("#")), encoding="utf-8")
    found = problems()
    assert any(p.file == "stacks/addresses.csv" and p.key == key and word in p.text for p in found), found
