"""Facts and small programs of recovery: every database of stacks/ can be read, equal sources pack to equal bytes."""

import base64
import importlib.util
import io
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from disaster_recovery.facts import load_database

HOME = Path(__file__).resolve().parents[2]


def program(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, HOME / "roles" / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted((HOME / "stacks" / "databases").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_database_has_its_schema_and_belongs_to_a_system(path: Path) -> None:
    found = load_database(path)
    assert (path.parent / found.schema_file).is_file()
    assert (HOME / "stacks" / "systems" / path.name).is_file()


def test_the_packed_program_is_the_same_for_the_same_sources() -> None:
    packed = program("backup_client/files/pack.py").packed(HOME / "disaster_recovery" / "host")
    assert packed == program("backup_client/files/pack.py").packed(HOME / "disaster_recovery" / "host")
    assert zipfile.is_zipfile(io.BytesIO(packed))


def test_the_verifier_is_that_of_rfc_7677() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    expected = (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert program("postgresql/files/set_password.py").verifier("pencil", salt, 4096) == expected
