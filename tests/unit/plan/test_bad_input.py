"""What editors, spreadsheets and tired people do to the facts: told exactly once, where it stands, with the mend."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from infra.plan.files import LARGEST
from infra.plan.load import load
from infra.plan.problems import FactsError, Problem
from tests.unit.plan.conftest import Problems, Spoil

Change = Callable[[bytes], bytes]


def within(old: str, new: str) -> Change:
    """A text that must be there, replaced once."""

    def change(raw: bytes) -> bytes:
        assert old.encode() in raw
        return raw.replace(old.encode(), new.encode(), 1)

    return change


def line_of(raw: bytes, text: str) -> int:
    try:
        lines = raw.decode().splitlines()
    except UnicodeDecodeError:
        lines = raw.decode("gb18030").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def gbk(raw: bytes) -> bytes:
    return raw.decode().encode("gb18030")


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


ACCEPTED: dict[str, tuple[str, Change]] = {
    "byte order mark in a table": ("divisions.csv", lambda raw: b"\xef\xbb\xbf" + raw),
    "byte order mark in the ledger": ("addresses.csv", lambda raw: b"\xef\xbb\xbf" + raw),
    "byte order mark in YAML": ("systems/approval.yaml", lambda raw: b"\xef\xbb\xbf" + raw),
    "line ends of Windows in a table": ("divisions.csv", crlf),
    "line ends of Windows in the ledger": ("addresses.csv", crlf),
    "line ends of Windows in YAML": ("lab.yaml", crlf),
    "line ends of an old Mac": ("divisions.csv", lambda raw: raw.replace(b"\n", b"\r")),
    "empty rows": ("divisions.csv", within("360402,", "\n,,,\n   ,,,\n360402,")),
    "empty columns at the end": ("divisions.csv", lambda raw: raw.replace(b"\n", b",,\n")),
    "no last line end": ("divisions.csv", lambda raw: raw.rstrip(b"\n")),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_means_the_same_is_accepted(case: str, facts: Path, problems: Problems) -> None:
    file, change = ACCEPTED[case]
    (facts / file).write_bytes(change((facts / file).read_bytes()))
    assert problems() == []


ROW = "360402001,"
DEEP = "[" * 500

# file, what happens to it, the text of the line where it is told, key, a word of what is told
TOLD: dict[str, tuple[str, Change, str, str, str]] = {
    "GBK from Excel": ("divisions.csv", gbk, "江西省", "-", "GBK"),
    "GBK in YAML": ("departments.yaml", gbk, "江西省信息中心", "-", "GBK"),
    "scientific notation": ("divisions.csv", within("360402001,", "3.604E+08,"), "3.604E+08", "3.604E+08", "Excel"),
    "scientific parent": (
        "divisions.csv",
        within("township,360402\r\n", "township,3.6E+05\r\n"),
        "3.6E+05",
        "*",
        "Excel",
    ),
    "code with decimals": (
        "divisions.csv",
        within("360402001,", "360402001.0,"),
        "360402001.0",
        "360402001.0",
        "Excel",
    ),
    "full-width code": ("divisions.csv", within(ROW, "３６０４０２００１,"), "３６", "３６０４０２００１", "360402001"),
    "blank after a code": ("divisions.csv", within(ROW, "360402001 ,"), "360402001 ", "360402001 ", "write 360402001"),
    "no-break space": ("divisions.csv", within(ROW, "360402001\u00a0,"), "360402001\u00a0", "*", "write 360402001"),
    "blank after a name": ("divisions.csv", within("濂溪区,", "濂溪区 ,"), "濂溪区 ", "360402", "write 濂溪区"),
    "blank after a level": (
        "divisions.csv",
        within("区,county,360400", "区,county ,360400"),
        "county ",
        "*",
        "write county",
    ),
    "full-width comma": ("divisions.csv", within("360402,濂溪区,", "360402，濂溪区,"), "360402，", "*", "3 columns"),
    "code too short": ("divisions.csv", within(ROW, "36040,"), "36040,", "36040", "6, 9 or 12"),
    "header of another table": ("divisions.csv", within("code,name", "代码,name"), "代码", "-", "header"),
    "unclosed quote": ("divisions.csv", within("濂溪区", '"濂溪区'), "濂溪区", "-", "not closed"),
    "unclosed quote in the ledger": (
        "addresses.csv",
        within("360000/access,", '"360000/access,'),
        '"360000/access,10',
        "-",
        "not closed",
    ),
    "tab in YAML": ("lab.yaml", within("  exit:\n", "\texit:\n"), "\texit", "-", "blanks, not tabs"),
    "full-width colon": ("systems/approval.yaml", within("tier: city", "tier：city"), "tier：", "-", "ASCII colon"),
    "key there twice": (
        "systems/approval.yaml",
        within("  dedicated: {prefix: 27}\n", "  dedicated: {prefix: 27}\n  dedicated: {prefix: 26}\n"),
        "{prefix: 26}",
        "segments.dedicated",
        "already on line 10",
    ),
    "anchor": ("lab.yaml", within("[198.18.0.0/15]", "&all [198.18.0.0/15]"), "&all", "operators", "anchors"),
    "tag of a program's object": (
        "lab.yaml",
        within("cloud: lab", "cloud: !!python/object:os.system lab"),
        "!!python",
        "*",
        "",
    ),
    "nested without end": ("lab.yaml", within("operators: [198.18.0.0/15]", f"operators: {DEEP}"), "*", "*", ""),
    "two documents": ("lab.yaml", within("cloud:", "---\ncloud:"), "---", "-", "not valid YAML"),
    "list where keys belong": ("lab.yaml", lambda _: b"- a\n", "- a", "-", "dictionary"),
    "empty file": ("systems/approval.yaml", lambda _: b"", "*", "-", "dictionary"),
    "word where a number belongs": (
        "systems/approval.yaml",
        within("protection_level: 3", "protection_level: 三级"),
        "三级",
        "protection_level",
        "2 or 3",
    ),
    "number where a list belongs": ("systems/approval.yaml", within("[db-1]", "1"), "hosts: 1", "*", "list"),
    "department without title": (
        "departments.yaml",
        within("city-audit: {title: 九江市审计局, ", "city-audit: {"),
        "city-audit:",
        "city-audit.title",
        "missing",
    ),
    "faulty sizes hide no other file's": (
        "network.yaml",
        within("prefix: [9,", "prefix: [99,"),
        "99",
        "*",
        "less than",
    ),
    "extranet's blocks overlap": (
        "network.yaml",
        within("[10.0.0.0/9,", "[10.0.0.0/9, 10.64.0.0/12,"),
        "*",
        "*",
        "overlap",
    ),
    "reserve of more than all": ("network.yaml", within("reserve: 20", "reserve: 120"), "120", "*", "less than"),
    "expired waiver": ("controls/waivers.yaml", within("2027-06-30", "2026-01-31"), "2026-01-31", "*", "到期"),
    "waiver without owner": (
        "controls/waivers.yaml",
        within("    owner: 省信息中心运维处\n", ""),
        "- item",
        "*",
        "missing",
    ),
}


def problems_on(facts: Path, today: date) -> list[Problem]:
    try:
        load(facts, today)
    except FactsError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("case", TOLD)
def test_a_fault_is_told_once_and_where_it_stands(case: str, facts: Path) -> None:
    file, change, text, key, word = TOLD[case]
    raw = change((facts / file).read_bytes())
    (facts / file).write_bytes(raw)
    found = problems_on(facts, date(2026, 11, 22))
    told = [p for p in found if word in p.text and key in (p.key, "*")]
    assert told, "\n".join(map(str, found))
    assert {(p.file, p.line) for p in found} == {(f"stacks/{file}", told[0].line)}, "\n".join(map(str, found))
    if text != "*":
        assert told[0].line == line_of(raw, text)


def test_a_huge_file_is_not_read(facts: Path, problems: Problems) -> None:
    (facts / "divisions.csv").write_bytes(b"x" * (LARGEST + 1))
    assert any(p.file == "stacks/divisions.csv" and "too large" in p.text for p in problems())


def test_a_file_that_would_be_passed_over_is_told(facts: Path, problems: Problems) -> None:
    (facts / "systems" / "approval.yaml").rename(facts / "systems" / "approval.yml")
    assert any(p.file == "stacks/systems/approval.yml" and "rename" in p.text for p in problems())


def test_a_bomb_of_aliases_is_not_set_off(spoil: Spoil, problems: Problems) -> None:
    layers = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 30))
    spoil("lab.yaml", "title: ", f"x0: &x0 [a]\n{layers}title: ")
    found = problems()
    assert {p.file for p in found} == {"stacks/lab.yaml"}
    assert all("anchors" in p.text for p in found)


def test_two_files_of_one_name_are_told(facts: Path, problems: Problems) -> None:
    text = (facts / "systems" / "trading.yaml").read_text(encoding="utf-8")
    (facts / "systems" / "trading-copy.yaml").write_text(text, encoding="utf-8")
    told = {(p.file, p.key) for p in problems()}
    assert {("stacks/systems/trading-copy.yaml", "name"), ("stacks/systems/trading.yaml", "title")} <= told


def test_an_expired_waiver_does_not_stop_a_recovery(facts: Path, spoil: Spoil) -> None:
    spoil("controls/waivers.yaml", "2027-06-30", "2020-06-30")
    assert load(facts)
    with pytest.raises(FactsError, match="expired"):
        load(facts, date(2026, 11, 22))


TEN = (
    ("divisions.csv", "360402001,", "360402001 ,"),
    ("divisions.csv", "360402002,", "3.60402E+08,"),
    ("addresses.csv", "360404,10", "360404,1O"),
    ("network.yaml", "link: [29,", "link: [9,"),
    ("departments.yaml", "city-audit: {title: 九江市审计局, ", "city-audit: {"),
    ("flavors.yaml", "cores: 1", "cores: one"),
    ("systems/trading.yaml", "protection_level: 3", "protection_level: 5"),
    ("systems/exchange.yaml", "$departments:city-informatization-office", "$departments:nobody"),
    ("sites/portal.yaml", "host: portal.jiujiang.test", "host: portal"),
    ("lab.yaml", "cloud: lab", "cloud: lab\ncloud: lab"),
    ("controls/waivers.yaml", "2027-06-30", "2020-06-30"),
)


def test_faults_of_every_file_are_told_in_one_run_and_blamed_on_no_other(facts: Path, spoil: Spoil) -> None:
    for file, old, new in TEN:
        spoil(file, old, new)
    found = problems_on(facts, date(2026, 11, 22))
    assert len(found) == len(TEN), "\n".join(map(str, found))
    assert {p.file for p in found} == {f"stacks/{file}" for file, _, _ in TEN}
