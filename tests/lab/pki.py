# SPDX-License-Identifier: MIT
"""The lab's certificates: authorities, and leaves that are right in all but what a personality asks for."""
import dataclasses
import datetime
import ipaddress
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from ctlog import DAY, NOW, elements, opaque16, tlv

SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
NAME = "one.one.one.one"
ADDRESSES = ("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001")


def new_key(kind="ec"):
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def key_usage(ca):
    return x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)


def sct_list(scts):
    """SignedCertificateTimestampList."""
    return opaque16(b"".join(opaque16(sct) for sct in scts))


class Authority:
    """A CA. Without an issuer it signs itself; with the key of another it is a cross-sign."""

    def __init__(self, cn, issuer=None, key=None, constraints=None, end=3000 * DAY, is_ca=True, length=None,
                 usage=None):
        self.key = key or new_key()
        self.issuer = issuer
        signer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(name(cn)).public_key(self.key.public_key())
                   .issuer_name(issuer.certificate.subject if issuer else name(cn))
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(NOW - 700 * DAY).not_valid_after(NOW + end)
                   .add_extension(x509.BasicConstraints(is_ca, length), True)
                   .add_extension(key_usage(is_ca), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False))
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), False)
        if constraints:
            builder = builder.add_extension(constraints, True)
        self.certificate = builder.sign(signer.key, hashes.SHA256())


@dataclasses.dataclass
class Sct:
    """An SCT that a leaf is to carry."""
    log: object
    age: datetime.timedelta = DAY / 2
    good: bool = True


@dataclasses.dataclass
class Leaf:
    """What a leaf says; the defaults are those of a good one."""
    authority: Authority
    scts: tuple = ()  # of Sct, or bytes as they are
    cn: str = NAME
    dns: tuple = (NAME, "cloudflare-dns.com")
    addresses: tuple = ADDRESSES
    kind: str = "ec"
    begin: datetime.timedelta = -DAY
    end: datetime.timedelta = 89 * DAY
    usage: tuple = (ExtendedKeyUsageOID.SERVER_AUTH,)
    ca: bool = False
    self_signed: bool = False
    broken_list: bool = False
    empty_list: bool = False
    hash: object = hashes.SHA256()
    forged: bool = False
    must_staple: bool = False

    def builder(self):
        key = self.key.public_key()
        sans = [x509.DNSName(n) for n in self.dns] + [raw_address(a) for a in self.addresses]
        builder = (x509.CertificateBuilder().subject_name(name(self.cn)).public_key(key)
                   .issuer_name(name(self.cn) if self.self_signed else self.authority.certificate.subject)
                   .serial_number(self.serial)
                   .not_valid_before(NOW + self.begin).not_valid_after(NOW + self.end)
                   .add_extension(x509.BasicConstraints(self.ca, None), True)
                   .add_extension(key_usage(self.ca), True)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.signer.public_key()), False))
        if self.usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.usage), False)
        if self.must_staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), False)
        return builder

    def issue(self):
        """(certificate, key): a precertificate goes to the logs, their SCTs into the certificate."""
        self.key = new_key(self.kind)
        self.serial = x509.random_serial_number()
        self.signer = self.key if self.self_signed else self.authority.key
        issuer = self.signer if self.self_signed else self.authority.certificate
        builder = self.builder()
        precertificate = builder.add_extension(x509.PrecertPoison(), True).sign(self.signer, hashes.SHA256())
        scts = [s.log.add_pre_chain(precertificate, issuer, NOW - s.age, s.good) if isinstance(s, Sct) else s
                for s in self.scts]
        if scts or self.empty_list:
            value = sct_list(scts)[:-1] if self.broken_list else sct_list(scts)
            builder = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, tlv(4, value)), False)
        signer = new_key() if self.forged else self.signer
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that SHA-1 is out of date: it is wanted here
            return builder.sign(signer, self.hash), self.key


def scts_in(certificate):
    """The SCTs of a certificate, each as its log gave it."""
    value = certificate.extensions.get_extension_for_oid(SCT_LIST).value.public_bytes()
    (_, items, _), = elements(value)
    items = items[2:]
    while items:
        size = int.from_bytes(items[:2], "big")
        yield items[2:2 + size]
        items = items[2 + size:]


class MappedAddress:
    """An IPv4 address in an iPAddress of 16 bytes, which no library writes by itself."""

    def __init__(self, address):
        self.packed = bytes(10) + b"\xff\xff" + ipaddress.IPv4Address(address).packed


def raw_address(address):
    if isinstance(address, MappedAddress):
        return x509.IPAddress(ipaddress.IPv6Address(address.packed))
    return x509.IPAddress(ipaddress.ip_address(address))
