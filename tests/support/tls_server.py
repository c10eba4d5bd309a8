"""A web server that speaks TLS with a certificate made for it, and tells what was said to it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
BODY = b'{"total":0,"items":[],"total_tasks":0,"current_batch":[]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@dataclass(frozen=True)
class Certificate:
    """What it says; by default it is a good one for localhost, by an authority of the tests."""

    host: str = "localhost"
    begins: timedelta = -DAY
    ends: timedelta = DAY
    own: bool = False
    versions: ssl.TLSVersion | None = None


@dataclass
class TlsServer:
    port: int
    said: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def tls_server(certificate: Certificate, folder: Path) -> Iterator[TlsServer]:
    context = _context(certificate, folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = TlsServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, listener, context), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def authority(folder: Path) -> Path:
    """The file of the authority's certificate, for who is to trust it."""
    file = folder / "authority.pem"
    file.write_bytes(_authority()[1].public_bytes(serialization.Encoding.PEM))
    return file


def _serve(server: TlsServer, listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.settimeout(5)
        try:
            with context.wrap_socket(client, server_side=True) as stream:
                server.said.append(stream.recv(65536))
                stream.sendall(ANSWER)
        except OSError as error:
            server.refused.append(str(error))
        finally:
            with contextlib.suppress(OSError):
                client.close()


def _context(certificate: Certificate, folder: Path) -> ssl.SSLContext:
    key, issued = _issued(certificate)
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + issued.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if certificate.versions is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():  # it is old, and that is the point
            warnings.simplefilter("ignore")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = certificate.versions
    return context


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority of the tests")
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _builder(name, name, key, Certificate())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    return key, builder.sign(key, hashes.SHA256())


def _issued(certificate: Certificate) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(certificate.host)
    signer, by = (key, name) if certificate.own else (_authority()[0], _authority()[1].subject)
    names = x509.SubjectAlternativeName([x509.DNSName(certificate.host)])
    builder = _builder(name, by, key, certificate).add_extension(names, critical=False)
    return key, builder.sign(signer, hashes.SHA256())


def _builder(
    name: x509.Name, by: x509.Name, key: ec.EllipticCurvePrivateKey, about: Certificate
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # noqa: TID251 - what is valid is asked of this machine's clock
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + about.begins)
        .not_valid_after(now + about.ends)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
