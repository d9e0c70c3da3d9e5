# SPDX-License-Identifier: MIT
"""Issuers and certificates that the configuration refuses, although all else is right."""
import hashlib
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from daemon import Daemon
from dnsclient import dig


def certificates(lab, name):
    """The chain that a personality shows, leaf first, and the lab's root."""
    text = (lab.folder / f"{name}.pem").read_bytes() + (lab.folder / "anchors.pem").read_bytes()
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", text, re.S)
    return [x509.load_pem_x509_certificate(block) for block in blocks]


def key_id(certificate):
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()


def spki(certificate):
    return hashlib.sha256(certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def sha256(certificate):
    return certificate.fingerprint(hashes.SHA256()).hex()


def colons(text):
    return ":".join(re.findall("..", text)).upper()


def serial(certificate):
    text = f"{certificate.serial_number:x}"
    return text if len(text) % 2 == 0 else "0" + text


REFUSED = {
    "intermediate by key id": lambda leaf, ca, root: f"DistrustIssuer=keyid:{colons(key_id(ca))}",
    "root by key id": lambda leaf, ca, root: f"DistrustIssuer=keyid:{key_id(root)}",
    "intermediate by key": lambda leaf, ca, root: f"DistrustIssuer=sha256:{spki(ca)}",
    "root by key": lambda leaf, ca, root: f"DistrustIssuer=sha256:{colons(spki(root))}",
    "certificate": lambda leaf, ca, root: f"BlockCertificate=sha256:{sha256(leaf)}",
    "serial": lambda leaf, ca, root: f"BlockCertificate=sha256:{spki(ca)}/{serial(leaf)}",
    "serial with zeroes in front": lambda leaf, ca, root: f"BlockCertificate=sha256:{spki(ca)}/00:00:{colons(serial(leaf))}",
}
ACCEPTED = {
    "another key id": lambda leaf, ca, root: f"DistrustIssuer=keyid:{'ab' * 20}",
    "the certificate's hash as a key's": lambda leaf, ca, root: f"DistrustIssuer=sha256:{sha256(ca)}",
    "another certificate": lambda leaf, ca, root: f"BlockCertificate=sha256:{sha256(ca)}",
    "serial of another issuer": lambda leaf, ca, root: f"BlockCertificate=sha256:{spki(root)}/{serial(leaf)}",
    "another serial": lambda leaf, ca, root: f"BlockCertificate=sha256:{spki(ca)}/{serial(leaf)[:-2]}{'00' if serial(leaf)[-2:] != '00' else '01'}",
    "taken back": lambda leaf, ca, root: f"DistrustIssuer=sha256:{spki(ca)}\nDistrustIssuer=",
}


def query(lab, folder, line):
    """What dig says when the configuration has one more line, and how many bytes of DNS the server got."""
    before = lab.statistics("good")["bytes_in"]
    daemon = Daemon(lab, folder, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text() + line(*certificates(lab, "good")) + "\n")
    with daemon:
        dug = dig("www.example")
    return dug, lab.statistics("good")["bytes_in"] - before


@pytest.mark.parametrize("name", REFUSED)
def test_refused(lab, tmp_path, name):
    dug, bytes_in = query(lab, tmp_path, REFUSED[name])
    words = "is distrusted: DistrustIssuer=" if "by key" in name else "it is blocked: BlockCertificate="
    assert dug.status == "SERVFAIL" and dug.ede_code == "0" and words in dug.ede_text, dug.text
    assert bytes_in == 0


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(lab, tmp_path, name):
    dug, bytes_in = query(lab, tmp_path, ACCEPTED[name])
    assert dug.answers == ["192.0.2.1"] and bytes_in > 0, dug.text


OTHER_KEY = "ab" * 32
PINS = {
    "leaf": (lambda leaf, ca, root: [spki(leaf)], True),
    "intermediate": (lambda leaf, ca, root: [colons(spki(ca))], True),
    "anchor": (lambda leaf, ca, root: [spki(root)], True),
    "one of two": (lambda leaf, ca, root: [OTHER_KEY, spki(leaf)], True),
    "another key": (lambda leaf, ca, root: [OTHER_KEY], False),
    "the certificate's hash as a key's": (lambda leaf, ca, root: [sha256(leaf)], False),
}


@pytest.mark.parametrize("name", PINS)
def test_pins(lab, tmp_path, name):
    keys, accepted = PINS[name]
    dug, bytes_in = query(lab, tmp_path, lambda *chain: "\n".join(f"PinPublicKey=1.1.1.1 sha256:{key}" for key in keys(*chain)))
    if accepted:
        assert dug.answers == ["192.0.2.1"] and bytes_in > 0, dug.text
    else:
        assert dug.status == "SERVFAIL" and "is pinned for this address (PinPublicKey)" in dug.ede_text, dug.text
        assert bytes_in == 0


def test_pins_are_probed_too(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text() + f"PinPublicKey=1.1.1.1 sha256:{OTHER_KEY}\n")
    for words in (("probe", lab.uri("good")), ("verify", "--ip", "1.1.1.1", str(lab.folder / "good.pem"))):
        done = daemon.ctl(*words)
        assert done.returncode == 1 and "PinPublicKey" in done.stdout


def test_pins_do_not_replace_the_verdict(lab, tmp_path):
    """A pinned key without SCTs is refused all the same."""
    leaf = certificates(lab, "no-sct")[0]
    daemon = Daemon(lab, tmp_path, lab.uri("no-sct"))
    daemon.config.write_text(daemon.config.read_text() + f"PinPublicKey=1.1.1.1 sha256:{spki(leaf)}\n")
    with daemon:
        assert "carries no SCT" in dig("www.example").ede_text
