"""Hosts get certificates for the names that the inventory gives them, and for nothing that they ask for themselves."""

import stat
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from roles.host_certificate.files import certificate_authority as authority

HOST_KEY = ec.generate_private_key(ec.SECP256R1())


def request(*asked: str) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asked")])
    )
    if asked:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in asked]), critical=False
        )
    return builder.sign(HOST_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert authority.create(tmp_path / "tls")
    return tmp_path / "tls"


def test_it_is_made_once_and_its_key_is_its_owners_alone(folder: Path) -> None:
    before = (folder / "ca.pem").read_bytes()
    assert not authority.create(folder)
    assert (folder / "ca.pem").read_bytes() == before
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_certificate_is_for_the_names_of_the_inventory_alone(folder: Path) -> None:
    signed = x509.load_pem_x509_certificate(
        authority.sign(folder, ["web-1", "192.0.2.7"], request("gw-1", "evil.test"))
    )
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web-1"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.0.2.7")]
    assert [name.value for name in signed.subject] == ["web-1"]
    assert signed.public_key() == HOST_KEY.public_key()


def test_it_is_signed_by_the_authority_and_is_none_itself(folder: Path) -> None:
    root = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signed = x509.load_pem_x509_certificate(authority.sign(folder, ["web-1"], request()))
    signed.verify_directly_issued_by(root)
    assert not signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_request_that_another_key_signed_is_refused(folder: Path) -> None:
    pem = bytearray(request())
    lines = pem.decode().splitlines()
    body = lines[-3]
    lines[-3] = body[:-8] + ("A" if body[-8] != "A" else "B") + body[-7:]
    with pytest.raises(ValueError, match=r"."):
        authority.sign(folder, ["web-1"], "\n".join(lines).encode())
