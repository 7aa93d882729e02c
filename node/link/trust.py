"""Whose certificates a node believes: the system's authorities, one more file, or one certificate.

There is no setting that turns the check off.
"""

import functools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from federation.errors import MalformedError

CA_FILE_MAX_BYTES: Final = 4 * 1024 * 1024
"""A file of authorities: all of the world's public ones have 0.3 MB."""

_NAME_PARTS: Final = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
_SHOWN_MAX: Final = 120


class Trust:
    """What is believed of a server's certificate; the context is made when it is first needed."""

    def __init__(self, ca_file: Path | None = None, *, pinned: str = "") -> None:
        """Describe it.

        Args:
            ca_file: PEM file of authorities, beside the system's.
            pinned: SHA-256 of the one certificate that is right, in hex: neither name, date nor
                authority matter then. A hub knows its own listener this way.
        """
        self.ca_file = ca_file
        self.pinned = pinned

    @functools.cached_property
    def context(self) -> ssl.SSLContext:
        """What checks the certificate.

        Raises:
            MalformedError: `ca-file`: it can't be read, or holds no certificate.
        """
        if self.pinned:
            return unchecked()  # compared by `Trust.check_pin` before a byte is sent
        context = ssl.create_default_context()
        if not _has_authorities(context):
            context.load_verify_locations(certifi.where())
        if self.ca_file is not None:
            _add(context, self.ca_file)
        return context

    def fits_pin(self, der: bytes | None) -> bool:
        """Whether a certificate is the one that is pinned; true where none is."""
        return not self.pinned or (der is not None and fingerprint(der) == self.pinned)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows, for people.

    Attributes:
        issuer: Authority that issued it.
        names: Hosts that it is for.
        not_before: ISO date and time, UTC.
        not_after: Likewise.
        self_signed: Whether it names itself as its issuer.
        sha256: Its fingerprint in hex.
    """

    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    self_signed: bool
    sha256: str


def unchecked() -> ssl.SSLContext:
    """A context that checks nothing: for looking at a certificate, or comparing it with a pin."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, in hex.

    Raises:
        ValueError: It isn't one.
    """
    return x509.load_der_x509_certificate(der).fingerprint(SHA256()).hex()


def read_certificate_file(path: Path) -> Certificate | None:
    """The first certificate of a PEM file: the server's own, before its chain.

    Raises:
        MalformedError: `tls-certificate`.
    """
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        return read_certificate(found.public_bytes(Encoding.DER))
    except (OSError, ValueError) as error:
        raise MalformedError(
            f"{path} can't be read as a certificate in PEM ({error})"[:300],
            code="tls-certificate",
            remedy="give the certificate and its chain as one PEM file",
        ) from error


def read_certificate(der: bytes) -> Certificate | None:
    """What a certificate says; None where it can't be read. Everything in it is another's word."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            issuer=_name(found.issuer),
            names=_names(found),
            not_before=f"{found.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            not_after=f"{found.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            self_signed=found.issuer == found.subject,
            sha256=found.fingerprint(SHA256()).hex(),
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    listed: Sequence[Any] = [
        *names.get_values_for_type(x509.DNSName),
        *names.get_values_for_type(x509.IPAddress),
    ]
    return tuple(_plain(str(one)) for one in listed[:10])


def _name(found: x509.Name) -> str:
    parts = [str(one.value) for oid in _NAME_PARTS for one in found.get_attributes_for_oid(oid)]
    return _plain(", ".join(dict.fromkeys(parts))) or "?"


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_SHOWN_MAX]


def _has_authorities(context: ssl.SSLContext) -> bool:
    """Whether the system has a store; a folder of hashed files is read only when it is needed."""
    if context.cert_store_stats()["x509_ca"]:
        return True
    folder = ssl.get_default_verify_paths().capath
    return bool(folder) and any(Path(folder).glob("*.0"))


def _add(context: ssl.SSLContext, path: Path) -> None:
    before = context.cert_store_stats()["x509"]
    try:
        if path.stat().st_size > CA_FILE_MAX_BYTES:
            raise _unusable(path, f"it has more than {CA_FILE_MAX_BYTES} bytes")
        found = x509.load_pem_x509_certificates(path.read_bytes())
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from error
    if not found or context.cert_store_stats()["x509"] < before:
        raise _unusable(path, "it holds no certificate")


def _unusable(path: Path, why: str) -> MalformedError:
    return MalformedError(
        f"ca_file {path} can't be used: {why}"[:300],
        code="ca-file",
        remedy="give a readable PEM file (-----BEGIN CERTIFICATE-----) of the authority",
    )
