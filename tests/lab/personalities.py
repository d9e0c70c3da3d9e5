# SPDX-License-Identifier: MIT
"""Who the lab's upstream can be. Each row is one server: what is wrong with it, and what is to be said of it.

A row is good in everything but its one fault. `refused` is None when the policy `chrome` accepts it, else words
that the reason contains; `two_logs` and `apple` are the same for those policies, where they differ.
"""
import dataclasses
import datetime
import ipaddress
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from ctlog import DAY, Log, NOW
from ocsp import Staple
from pki import ADDRESSES, Authority, Leaf, MappedAddress, NAME, Sct, key_pem, pem, sct_list, scts_in

SAME = "same"


def published_key(n):
    """One of the two keys that the makers of the "mimic" logs have published; None where they are not at hand."""
    folder = os.environ.get("CTRESOLVED_REAL_DATA")
    if not folder:
        return None
    file = pathlib.Path(folder, "negative", f"chrome-mimic{n}-key.pem")
    return serialization.load_pem_private_key(file.read_bytes(), None)


class World:
    """The authorities and logs of one lab."""

    def __init__(self):
        self.root = Authority("Lab Root")
        self.ca = Authority("Lab Intermediate", self.root)
        self.stranger = Authority('Stranger "Root\\" event=accepted')
        self.old_root = Authority("Old Lab Root")
        self.cross = Authority("Lab Intermediate", self.old_root, key=self.ca.key)
        self.only_v4 = Authority("Lab IPv4 Intermediate", self.root, constraints=x509.NameConstraints(
            [x509.IPAddress(ipaddress.ip_network("1.0.0.0/8"))], None))
        self.no_secret = Authority("Lab No Secret Intermediate", self.root, constraints=x509.NameConstraints(
            None, [x509.DNSName("secret.one.one.one")]))
        self.odd_name = Authority("Lab Odd Intermediate", self.root, constraints=x509.NameConstraints(
            None, [x509.DNSName("secret..one")]))
        self.anchors = [self.root]
        self.lapsed_cross = Authority("Lab Intermediate", self.root, key=self.ca.key, end=-DAY)
        self.lapsed = Authority("Lapsed Intermediate", self.root, end=-DAY)
        self.no_ca = Authority("No CA", self.root, is_ca=False)
        self.for_clients = Authority("Client Intermediate", self.root, usage=(ExtendedKeyUsageOID.CLIENT_AUTH,))
        self.last = Authority("Last Intermediate", self.root, length=0)
        self.one_too_many = Authority("One Too Many", self.last)
        self.not_here = Authority("Not Here Intermediate", self.root, constraints=x509.NameConstraints(
            None, [x509.IPAddress(ipaddress.ip_network("1.1.1.0/24"))]))

        self.a1, self.a2 = Log("Alder1", "Operator A"), Log("Alder2", "Operator A")
        self.b1 = Log("Birch1", "Operator B")
        self.rsa = Log("Cedar1", "Operator C", kind="rsa")
        self.tiled = Log("Fir1", "Operator B", tiled=True)
        self.retired = Log("Oldoak", "Operator B", state="retired", since=NOW - 30 * DAY)
        self.retired2 = Log("Oldpine", "Operator C", state="retired", since=NOW - 30 * DAY)
        self.readonly = Log("Frozen1", "Operator A", state="readonly")
        self.readonly2 = Log("Frozen2", "Operator B", state="readonly")
        self.pending = Log("Sapling", "Operator B", state="pending")
        self.rejected = Log("Rotten", "Operator B", state="rejected")
        self.stateless = Log("Nameless", "Operator B", state=None)
        # It was Operator A's until 20 hours ago.
        self.sold = Log("Sold", "Operator B", past=[("Operator A", NOW - datetime.timedelta(hours=20))])
        self.tiled2 = Log("Fir2", "Operator A", tiled=True)
        self.past = Log("Lastyear", "Operator B", end=NOW)
        self.unknown = Log("Unlisted", "Operator U", listed=False)
        # Two logs whose private keys are public, and which are barred. Without the keys: two like any other.
        self.has_mimics = published_key(1) is not None
        self.mimic1 = Log("Mimic1", "Operator M", key=published_key(1))
        self.mimic2 = Log("Mimic2", "Operator N", key=published_key(2))
        self.logs = [value for value in vars(self).values() if isinstance(value, Log)]

    def scts_of_another(self):
        """Genuine ones: those that another certificate of the same name and issuer has earned."""
        leaf, _ = Leaf(self.ca, (Sct(self.a1), Sct(self.b1))).issue()
        return tuple(scts_in(leaf))


@dataclasses.dataclass
class Personality:
    name: str
    refused: str
    leaf: Leaf
    two_logs: str = SAME
    apple: str = SAME
    chain: tuple = None  # authorities behind the leaf; default: its own
    bind: str = ""  # further words for haproxy's bind line
    dialled: str = "1.1.1.1"
    auth_name: str = NAME
    by_tls: tuple = ()  # of Sct: in the TLS extension; or bytes, the extension's body
    staple: Staple = None
    software: str = "haproxy"  # or s_server, with `version`, which shows what haproxy would not
    version: str = "1_3"

    def expected(self, policy):
        said = {"two-logs": self.two_logs, "apple": self.apple}.get(policy, SAME)
        return self.refused if said == SAME else said

    def files(self):
        """What the server is given, by the ends of the files' names."""
        leaf, key = self.leaf.issue()
        behind = self.chain if self.chain is not None else () if self.leaf.self_signed else (self.leaf.authority,)
        chain = b"".join(pem(a.certificate) for a in behind)
        made = {"pem": pem(leaf) + chain + key_pem(key), "chain.pem": chain}
        if self.by_tls:
            made["tls-scts"] = self.by_tls if isinstance(self.by_tls, bytes) else sct_list(
                s.log.add_chain(leaf, NOW - s.age, s.good) for s in self.by_tls)
        if self.staple:
            made["ocsp"] = self.staple.response(leaf, self.leaf.authority)
        return made


def table(w):
    """All of them, in the world `w`."""
    good = (Sct(w.a1), Sct(w.b1))

    def row(name, refused, two_logs=SAME, apple=SAME, chain=None, bind="", dialled="1.1.1.1", auth_name=NAME, by_tls=(),
            staple=None, software="haproxy", version="1_3", **leaf):
        leaf = Leaf(**{"authority": w.ca, "scts": good, **leaf})
        return Personality(name, refused, leaf, two_logs, apple, chain, bind, dialled, auth_name, by_tls, staple, software,
                           version)

    def by_tls(name, refused, scts=good, embedded=(), **more):
        """Its SCTs come in the TLS extension."""
        return row(name, refused, **{"scts": embedded, "by_tls": scts, "software": "s_server", **more})

    def stapled(name, refused, staple=Staple(), **more):
        return row(name, refused, **{"staple": staple, "software": "s_server", **more})

    return [
        row("good", None),
        row("no-name-configured", None, auth_name=None),
        row("ipv6", None, dialled="2606:4700:4700::1111"),
        row("rsa-leaf", None, kind="rsa2048"),
        row("rsa-log", None, scts=(Sct(w.a1), Sct(w.rsa))),
        row("static-ct", None, scts=(Sct(w.a1), Sct(w.tiled))),
        row("tls12", None, bind="ssl-max-ver TLSv1.2"),
        row("tls11", "", bind="ssl-max-ver TLSv1.1"),  # no handshake: nothing is said of the certificate
        # Certificate Transparency
        row("no-sct", "carries no SCT", scts=()),
        row("one-sct", "1 of 1 SCT counts", scts=(Sct(w.a1),)),
        row("one-log-twice", "another one of the same log", scts=(Sct(w.a1), Sct(w.a1, age=DAY / 3))),
        row("one-operator", "1 operator (Operator A)", two_logs=None, scts=(Sct(w.a1), Sct(w.a2))),
        row("bad-signature", "signature is wrong", scts=(Sct(w.a1), Sct(w.b1, good=False))),
        row("unknown-log", "not in the list", scts=(Sct(w.a1), Sct(w.unknown))),
        row("retired-before", None, scts=(Sct(w.a1), Sct(w.retired, age=31 * DAY)), begin=-32 * DAY),
        row("retired-after", "retired before it was made", scts=(Sct(w.a1), Sct(w.retired, age=DAY))),
        row("all-retired", "retired now", two_logs=None, begin=-32 * DAY,
            scts=(Sct(w.retired, age=31 * DAY), Sct(w.retired2, age=31 * DAY))),
        row("pending-log", "pending", scts=(Sct(w.a1), Sct(w.pending))),
        row("rejected-log", "rejected", scts=(Sct(w.a1), Sct(w.rejected))),
        row("stateless-log", "no state", scts=(Sct(w.a1), Sct(w.stateless))),
        row("previous-operator", "1 operator (Operator A)", two_logs=None, scts=(Sct(w.a1), Sct(w.sold, age=0.9 * DAY))),
        row("present-operator", None, scts=(Sct(w.a1), Sct(w.sold))),
        row("only-tiled", None, apple="none is an RFC 6962 log", scts=(Sct(w.tiled), Sct(w.tiled2))),
        row("many-scts", "more were not looked at", scts=(Sct(w.a1),) + 17 * (Sct(w.unknown),) + (Sct(w.b1),)),
        row("future-sct", "in the future", scts=(Sct(w.a1), Sct(w.b1, age=-2 * DAY))),
        row("outside-interval", "temporal interval", scts=(Sct(w.a1), Sct(w.past))),
        row("mimic-logs", "private key is public" if w.has_mimics else None, scts=(Sct(w.mimic1), Sct(w.mimic2))),
        row("long-lived-two", "for a lifetime of", two_logs=None, end=200 * DAY),
        row("two-of-one", None, scts=(Sct(w.a1), Sct(w.a2), Sct(w.b1)), end=179 * DAY),
        row("lifetime-180", None, apple="needs 3 logs", end=179 * DAY),
        row("long-lived-three", None, scts=good + (Sct(w.rsa),), end=200 * DAY),
        row("broken-list", "cannot be parsed", broken_list=True),
        row("readonly-logs", None, scts=(Sct(w.readonly), Sct(w.readonly2))),
        row("replayed-scts", "signature is wrong", scts=w.scts_of_another()),
        row("sct-version-2", None, scts=(b"\1" + bytes(50),) + good),
        row("only-version-2", "its version is unknown", scts=(b"\1" + bytes(50), b"\1" + bytes(51))),
        row("empty-list", "SCT", scts=(), empty_list=True),
        # Names
        row("name-but-no-address", "no IP address", addresses=()),
        row("address-in-cn", "no IP address", cn="1.1.1.1", addresses=()),
        row("address-as-name", "no IP address", dns=(NAME, "1.1.1.1"), addresses=()),
        row("address-as-wildcard", "no IP address", dns=(NAME, "*.1.1.1"), addresses=()),
        row("other-address", "no IP address", addresses=("8.8.8.8",)),
        row("mapped-address", "no IP address", addresses=(MappedAddress("1.1.1.1"),)),
        row("other-name", "no name in its subject alternative names", dns=("dns.example",)),
        row("name-in-cn", "no name in its subject alternative names", dns=()),
        row("wildcard-name", None, dns=("*.one.one.one",)),
        # The chain
        row("expired", "expired on", begin=-40 * DAY, end=-DAY, scts=(Sct(w.a1, age=39 * DAY), Sct(w.b1, age=39 * DAY))),
        row("not-yet-valid", "not valid before", begin=DAY),
        row("self-signed", "self-signed", self_signed=True),
        row("stranger", "no path leads from it to a trust anchor", authority=w.stranger),
        row("missing-intermediate", "no path leads from it to a trust anchor", chain=()),
        row("cross-signed", None, chain=(w.cross, w.old_root, w.ca)),
        row("client-auth", "not issued for TLS servers", usage=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        row("no-usage", "not issued for TLS servers", usage=()),
        row("any-usage", "not issued for TLS servers", usage=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
        row("ca-for-clients", "not issued for TLS servers", authority=w.for_clients),
        row("leaf-is-ca", "certificate of a CA", ca=True),
        row("rsa1024", "too weak", kind="rsa1024"),
        row("forged", "signature in its chain is wrong", forged=True),
        row("sha1", "too weak", hash=hashes.SHA1()),
        row("lapsed-intermediate", "CA certificate of its chain expired on", authority=w.lapsed),
        row("lapsed-cross-sign", None, chain=(w.lapsed_cross, w.ca)),
        row("issuer-not-a-ca", "its issuer is not a CA", authority=w.no_ca),
        row("path-too-long", "path length constraints", authority=w.one_too_many, chain=(w.one_too_many, w.last)),
        row("no-san", "no subject alternative names", dns=(), addresses=(), auth_name=None),
        row("p384-leaf", None, kind="p384"),
        row("excluded-address", "name or path length constraints", authority=w.not_here),
        row("constrained-v4", None, authority=w.only_v4, addresses=ADDRESSES[:2]),
        row("constraint-wildcard", "wildcard reaches into names", authority=w.no_secret, dns=("*.one.one.one",)),
        row("constraint-name", None, authority=w.no_secret),
        row("constraint-malformed", "constraint", authority=w.odd_name),
        row("long-chain", "9 certificates", chain=(w.ca,) + 7 * (w.old_root,)),
        row("constrained-v6", "name constraints", authority=w.only_v4, dialled="2606:4700:4700::1111"),
        # SCTs in the TLS extension
        by_tls("tls-scts", None),
        by_tls("tls-scts-12", None, software="haproxy", bind="ssl-max-ver TLSv1.2"),
        by_tls("tls-scts-12-openssl", None, version="1_2"),
        by_tls("tls-scts-one-operator", "1 operator (Operator A)", (Sct(w.a1), Sct(w.a2)), two_logs=None),
        by_tls("tls-scts-bad-signature", "signature is wrong", (Sct(w.a1), Sct(w.b1, good=False))),
        by_tls("tls-scts-of-another", "signature is wrong", sct_list(w.scts_of_another())),
        by_tls("tls-scts-retired", "its log is retired now", (Sct(w.a1), Sct(w.retired, age=31 * DAY)), two_logs=None,
               begin=-32 * DAY),
        by_tls("tls-scts-malformed", "cannot be parsed", b"\0\x80" + bytes(100)),
        by_tls("tls-scts-short", "asked for SCTs by TLS", b"\0\0"),
        by_tls("tls-scts-mixed", "1 of 1 embedded SCT counts", (Sct(w.b1),), (Sct(w.a1),), two_logs=None, apple=None),
        by_tls("tls-scts-and-staple", None, staple=Staple()),
        by_tls("tls-scts-revoked", "has revoked it", staple=Staple("revoked")),
        # Stapled OCSP responses
        stapled("ocsp-good", None, software="haproxy"),
        stapled("ocsp-scts", "came in an OCSP response", Staple(scts=good), scts=(), two_logs=None),
        stapled("ocsp-scts-bad-signature", "came in an OCSP response", Staple(scts=(Sct(w.a1), Sct(w.b1, good=False))),
                scts=(), two_logs="signature is wrong"),
        stapled("ocsp-revoked", "has revoked it", Staple("revoked")),
        stapled("ocsp-revoked-12", "has revoked it", Staple("revoked"), version="1_2"),
        stapled("ocsp-revoked-delegated", "has revoked it", Staple("revoked", delegated=w.ca)),
        stapled("ocsp-revoked-outdated", "has revoked it", Staple("revoked", begin=-9 * DAY, end=-2 * DAY)),
        stapled("ocsp-unknown", "is unknown to its CA", Staple("unknown")),
        stapled("ocsp-outdated", None, Staple(begin=-9 * DAY, end=-2 * DAY)),
        stapled("ocsp-forged", "its signature is not its CA's", Staple(scts=good, forged=True), scts=()),
        stapled("ocsp-delegated", None, Staple(delegated=w.ca)),
        stapled("ocsp-delegated-by-nobody", "its signature is not its CA's", Staple(delegated=w.stranger)),
        stapled("ocsp-delegated-for-servers", "its signature is not its CA's",
                Staple(delegated=w.ca, purpose=ExtendedKeyUsageOID.SERVER_AUTH)),
        stapled("ocsp-of-tomorrow", "must-staple), but its stapled OCSP response is out of date", Staple(begin=DAY, end=2 * DAY),
                must_staple=True),
        stapled("ocsp-of-another", "speaks of another certificate", Staple(other=True)),
        stapled("ocsp-garbage", "OCSP response is not good: it cannot be parsed", Staple(garbage=True)),
        stapled("ocsp-try-later", None, Staple("try-later")),
        stapled("must-staple-later", "must-staple), but its CA's OCSP responder had no answer", Staple("try-later"),
                must_staple=True),
        stapled("must-staple", None, must_staple=True),
        stapled("must-staple-12", None, must_staple=True, version="1_2"),
        row("must-staple-missing", "must-staple), but the server stapled no", must_staple=True),
        stapled("must-staple-outdated", "must-staple), but its stapled OCSP response is out of date",
                Staple(begin=-9 * DAY, end=-2 * DAY), must_staple=True),
    ]
