# SPDX-License-Identifier: MIT
"""Certificate Transparency logs that exist in memory: they sign what they are shown (RFC 6962 section 3)."""
import base64
import dataclasses
import datetime
import hashlib
import os
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

POISON = bytes.fromhex("060a2b06010401d679020403")  # OID 1.3.6.1.4.1.11129.2.4.3
# The lab's time: now, unless something is to be made that is for ever.
NOW = (datetime.datetime.fromisoformat(os.environ["CTRESOLVED_LAB_TIME"]) if "CTRESOLVED_LAB_TIME" in os.environ
       else datetime.datetime.utcnow().replace(microsecond=0))
DAY = datetime.timedelta(days=1)


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def milliseconds(when):
    return int(when.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


def iso(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def opaque16(data):
    return struct.pack("!H", len(data)) + data


def opaque24(data):
    return len(data).to_bytes(3, "big") + data


def tlv(tag, value):
    """An element in DER."""
    n = len(value)
    if n < 128:
        return bytes([tag, n]) + value
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + value


def elements(data):
    """(tag, value, whole) of each element in a DER string."""
    while data:
        size, start = data[1], 2
        if size >= 128:
            start += size & 127
            size = int.from_bytes(data[2:start], "big")
        yield data[0], data[start:start + size], data[:start + size]
        data = data[start + size:]


def without_poison(tbs):
    """The TBSCertificate of a precertificate, as its log signs it."""
    (_, fields, _), = elements(tbs)
    made = b""
    for tag, value, whole in elements(fields):
        if tag == 0xa3:
            (_, extensions, _), = elements(value)
            kept = b"".join(e for _, inside, e in elements(extensions) if not inside.startswith(POISON))
            whole = tlv(0xa3, tlv(0x30, kept))
        made += whole
    return tlv(0x30, made)


@dataclasses.dataclass
class Log:
    """One log, and what the log list says of it."""
    name: str
    operator: str
    kind: str = "ec"
    state: str = "usable"
    since: datetime.datetime = NOW - 300 * DAY
    start: datetime.datetime = NOW - 400 * DAY
    end: datetime.datetime = NOW + 800 * DAY
    tiled: bool = False
    listed: bool = True
    past: list = dataclasses.field(default_factory=list)
    key: object = None

    def __post_init__(self):
        if self.key is None:
            self.key = (rsa.generate_private_key(65537, 2048) if self.kind == "rsa"
                        else ec.generate_private_key(ec.SECP256R1()))
        self.id = hashlib.sha256(spki(self.key)).digest()

    def sign(self, data):
        if isinstance(self.key, rsa.RSAPrivateKey):
            return b"\4\1" + opaque16(self.key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
        return b"\4\3" + opaque16(self.key.sign(data, ec.ECDSA(hashes.SHA256())))

    def sct(self, kind, logged, when, good):
        """The SCT that promises to log an entry (RFC 6962 section 3.2)."""
        # A static-ct-api log says where the entry will be: extension 0, a 40-bit number.
        extensions = b"\0\0\5" + bytes(3) + b"\x12\x34" if self.tiled else b""
        signed = struct.pack("!BBQH", 0, 0, milliseconds(when), kind) + logged + opaque16(extensions)
        signature = self.sign(signed if good else signed + b"!")
        return b"\0" + self.id + struct.pack("!Q", milliseconds(when)) + opaque16(extensions) + signature

    def add_pre_chain(self, precertificate, issuer, when, good=True):
        """For a precertificate: the SCT goes into the certificate."""
        assert any(isinstance(e.value, x509.PrecertPoison) for e in precertificate.extensions)
        tbs = without_poison(precertificate.tbs_certificate_bytes)
        issuer_key = issuer.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return self.sct(1, hashlib.sha256(issuer_key).digest() + opaque24(tbs), when, good)

    def add_chain(self, certificate, when, good=True):
        """For a certificate: the SCT goes beside it."""
        return self.sct(0, opaque24(certificate.public_bytes(serialization.Encoding.DER)), when, good)

    def entry(self):
        """Its object in a log list."""
        b64 = lambda data: base64.b64encode(data).decode()
        url = f"https://{self.name.lower()}.lab.invalid/"
        urls = {"submission_url": url, "monitoring_url": url} if self.tiled else {"url": url}
        state = {"state": {self.state: {"timestamp": iso(self.since)}}} if self.state else {}
        past = [{"name": name, "end_time": iso(end)} for name, end in self.past]
        return {"description": f"Lab '{self.name}'", "log_id": b64(self.id), "key": b64(spki(self.key)), "mmd": 86400,
                **urls, **state, **({"previous_operators": past} if past else {}),
                "temporal_interval": {"start_inclusive": iso(self.start), "end_exclusive": iso(self.end)}}


def log_list(logs):
    """A log list, version 3, of those logs that are to be in it."""
    operators = {}
    for log in logs:
        if log.listed:
            entry = operators.setdefault(log.operator, {"name": log.operator, "email": [], "logs": [], "tiled_logs": []})
            entry["tiled_logs" if log.tiled else "logs"].append(log.entry())
    return {"version": "1", "log_list_timestamp": iso(NOW), "operators": list(operators.values())}
