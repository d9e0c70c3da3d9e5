# SPDX-License-Identifier: MIT
"""OCSP responses (RFC 6960 section 4.2.1), by hand: no library writes the extensions of a single response."""
import dataclasses
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from ctlog import DAY, NOW, tlv
from pki import name, new_key, sct_list

HOUR = DAY / 24
SEQUENCE, OCTETS, ENUMERATED, BITS = 0x30, 4, 0x0a, 3
SHA1 = tlv(SEQUENCE, bytes.fromhex("06052b0e03021a0500"))
ECDSA_SHA256 = tlv(SEQUENCE, bytes.fromhex("06082a8648ce3d040302"))
BASIC = bytes.fromhex("06092b0601050507300101")
SCT_LIST = bytes.fromhex("060a2b06010401d679020405")


def generalized(when):
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def key_hash(certificate):
    """SHA-1 of the key's bits."""
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def responder(authority, purpose):
    """(certificate, key) of one whom the authority lets sign for it, if that is its purpose."""
    key = new_key()
    builder = (x509.CertificateBuilder().subject_name(name("Lab OCSP Responder")).public_key(key.public_key())
               .issuer_name(authority.certificate.subject).serial_number(x509.random_serial_number())
               .not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
               .add_extension(x509.BasicConstraints(False, None), True)
               .add_extension(x509.ExtendedKeyUsage([purpose]), False))
    return builder.sign(authority.key, hashes.SHA256()), key


def wrapped(basic):
    """OCSPResponse, successful."""
    return tlv(SEQUENCE, tlv(ENUMERATED, b"\0") + tlv(0xa0, tlv(SEQUENCE, BASIC + tlv(OCTETS, basic))))


@dataclasses.dataclass
class Staple:
    """A response that a server staples; the defaults are those of a good one."""
    status: str = "good"  # or revoked, unknown, try-later
    begin: datetime.timedelta = -HOUR
    end: datetime.timedelta = DAY
    scts: tuple = ()  # of Sct
    delegated: object = None  # the authority of a responder that signs instead of the issuer
    purpose: object = ExtendedKeyUsageOID.OCSP_SIGNING
    forged: bool = False
    other: bool = False  # speaks of another certificate
    garbage: bool = False

    def single(self, leaf, issuer):
        number = leaf.serial_number + self.other
        serial = tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))
        who = tlv(SEQUENCE, SHA1 + tlv(OCTETS, hashlib.sha1(issuer.subject.public_bytes()).digest())
                  + tlv(OCTETS, key_hash(issuer)) + serial)
        status = {"good": tlv(0x80, b""), "unknown": tlv(0x82, b""),
                  "revoked": tlv(0xa1, generalized(NOW - 2 * HOUR))}[self.status]
        scts = b""
        if self.scts:
            made = sct_list(s.log.add_chain(leaf, NOW - s.age, s.good) for s in self.scts)
            extension = tlv(SEQUENCE, SCT_LIST + tlv(OCTETS, tlv(OCTETS, made)))
            scts = tlv(0xa1, tlv(SEQUENCE, extension))
        return tlv(SEQUENCE, who + status + generalized(NOW + self.begin) + tlv(0xa0, generalized(NOW + self.end)) + scts)

    def response(self, leaf, authority):
        """OCSPResponse in DER."""
        if self.status == "try-later":
            return tlv(SEQUENCE, tlv(ENUMERATED, b"\3"))
        if self.garbage:
            return wrapped(tlv(SEQUENCE, b"this is no basic response"))
        signer, key = responder(self.delegated, self.purpose) if self.delegated else (authority.certificate, authority.key)
        data = tlv(SEQUENCE, tlv(0xa2, tlv(OCTETS, key_hash(signer))) + generalized(NOW + self.begin)
                   + tlv(SEQUENCE, self.single(leaf, authority.certificate)))
        signature = key.sign(data + b"!" * self.forged, ec.ECDSA(hashes.SHA256()))
        certificates = b""
        if self.delegated:
            certificates = tlv(0xa0, tlv(SEQUENCE, signer.public_bytes(serialization.Encoding.DER)))
        basic = tlv(SEQUENCE, data + ECDSA_SHA256 + tlv(BITS, b"\0" + signature) + certificates)
        return wrapped(basic)
