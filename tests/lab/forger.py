#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""forger.py CERTIFICATE ADDRESS:PORT FILE: an upstream over TLS with a root, zones below it, and their keys, so that it can sign what no
zone should. FILE gets the root's DS; says "ready" when it is. Each name of CASES has its own fraud, or none;
whatever is asked, AD is said of it."""
import base64
import pathlib
import socket
import ssl
import sys
import threading
import time

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

SECURE, BOGUS = "secure", "bogus"
ZONE, KSK, REVOKED = 0x100, 0x101, 0x181
DAY = 86400

CASES = [
    ("www.child.parent.", "A", SECURE),
    ("www.parent.", "A", SECURE),
    ("www.onlysha1.parent.", "A", SECURE),  # a digest of SHA-1 is good where there is none better
    ("www.newer.parent.", "A", SECURE),  # a DS of an algorithm besides that nobody knows (RFC 6840 section 5.11)
    ("www.zsk.parent.", "A", SECURE),  # data is signed by a key that no DS means
    ("x.wild.parent.", "A", SECURE),
    ("www.selfds.parent.", "A", BOGUS),  # the child has signed its DS itself
    ("www.revoked.parent.", "A", BOGUS),  # RFC 5011 section 2.1
    ("www.nozone.parent.", "A", BOGUS),  # RFC 4034 section 2.1.1
    ("www.protocol.parent.", "A", BOGUS),  # section 2.1.2
    ("www.sha1.parent.", "A", BOGUS),  # a good digest of SHA-1 beside a wrong one of SHA-256 (RFC 4509 section 3)
    ("www.otherkey.parent.", "A", BOGUS),  # the keys are signed, but not by the one that the DS means
    ("stolen.child.parent.", "A", BOGUS),  # the parent's wildcard, over the child
    ("rootwild.parent.", "A", BOGUS),  # the root's wildcard, over all
    ("a.b.wilddname.parent.", "A", BOGUS),  # the wildcard's DNAME, over a name below the one that it was expanded for
    ("child.parent.", "TXT", BOGUS),  # the parent's NSEC of the delegation says nothing of the child
    ("www.apex.parent.", "A", BOGUS),  # nor does that of the child deny the DS
    ("www.sibling.parent.", "A", BOGUS),  # keys and data of another zone
]


class Zone:
    def __init__(self, name, flags=KSK, protocol=3):
        self.name = dns.name.from_text(name)
        self.private = ec.generate_private_key(ec.SECP256R1())
        point = self.private.public_key().public_numbers()
        key = base64.b64encode(point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")).decode()
        self.key = dns.rdata.from_text("IN", "DNSKEY", f"{flags} {protocol} 13 {key}")

    def ds(self, digest="SHA256"):
        # As it is written, whatever the flags are.
        wire = self.name.canonicalize().to_wire() + self.key.to_wire()
        algorithm = {"SHA256": (2, hashes.SHA256()), "SHA1": (1, hashes.SHA1())}[digest]
        made = hashes.Hash(algorithm[1])
        made.update(wire)
        return f"{dns.dnssec.key_id(self.key)} 13 {algorithm[0]} {made.finalize().hex()}"

    def sign(self, rrset, labels=None, signer=None, owner=None):
        """owner: the name that is signed, if it is not that of the RRset."""
        now, owner = int(time.time()), (owner or rrset.name).canonicalize()
        signer = signer or self.name
        if labels is None:
            labels = len(owner.labels) - 1 - owner.is_wild()
        head = (rrset.rdtype.to_bytes(2, "big") + bytes([13, labels]) + rrset.ttl.to_bytes(4, "big")
                + (now + 30 * DAY).to_bytes(4, "big") + (now - DAY).to_bytes(4, "big")
                + dns.dnssec.key_id(self.key).to_bytes(2, "big") + signer.canonicalize().to_wire())
        data = head
        for rdata in sorted(rdata.to_digestable() for rdata in rrset):
            data += owner.to_wire() + rrset.rdtype.to_bytes(2, "big") + b"\0\1" + rrset.ttl.to_bytes(4, "big")
            data += len(rdata).to_bytes(2, "big") + rdata
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        wire = head + r.to_bytes(32, "big") + s.to_bytes(32, "big")
        rdata = dns.rdata.from_wire("IN", "RRSIG", wire, 0, len(wire))
        return [rrset, dns.rrset.from_rdata(rrset.name, rrset.ttl, rdata)]


def rrset(name, kind, *data):
    return dns.rrset.from_text(name, 300, "IN", kind, *data)


class World:
    def __init__(self):
        self.zones = {name: Zone(name) for name in (".", "parent.", *(f"{child}.parent." for child in (
            "child", "onlysha1", "newer", "zsk", "selfds", "sha1", "otherkey", "apex", "sibling")))}
        self.zones["revoked.parent."] = Zone("revoked.parent.", REVOKED)
        self.zones["nozone.parent."] = Zone("nozone.parent.", 1)
        self.zones["protocol.parent."] = Zone("protocol.parent.", KSK, 2)
        self.other = Zone("zsk.parent.", ZONE)
        self.thief = Zone("otherkey.parent.")

    def zone_of(self, name):
        while name.to_text() not in self.zones:
            name = name.parent()
        return self.zones[name.to_text()]

    def nsec(self, zone, name, *types, following=None):
        """Of a name, up to the next that there can be, unless another is said."""
        return zone.sign(rrset(name, "NSEC", f'{following or "0." + name} {" ".join(types)} RRSIG NSEC'))

    def soa(self, zone):
        name = zone.name.to_text()
        return zone.sign(rrset(name, "SOA", f"ns.{name} host.{name} 1 2 3 4 30".replace("..", ".")))

    def ds(self, name):
        zone, parent = self.zones[name], self.zone_of(dns.name.from_text(name).parent())
        data = {"onlysha1.parent.": [zone.ds("SHA1")],
                "newer.parent.": [zone.ds(), "1 250 2 " + "ab" * 32],
                "sha1.parent.": [zone.ds("SHA1"), zone.ds()[:-4] + "0000"]}.get(name, [zone.ds()])
        return (zone if name == "selfds.parent." else parent).sign(rrset(name, "DS", *data))

    def dnskey(self, name):
        zone = self.zones[name]
        if name == "zsk.parent.":
            return zone.sign(rrset(name, "DNSKEY", zone.key.to_text(), self.other.key.to_text()))
        if name == "otherkey.parent.":
            return self.thief.sign(rrset(name, "DNSKEY", zone.key.to_text(), self.thief.key.to_text()))
        return zone.sign(rrset(name, "DNSKEY", zone.key.to_text()))

    def denied(self, name):
        zone = self.zone_of(dns.name.from_text(name))
        return [], self.soa(zone) + self.nsec(zone, name, "A")

    def address(self, name):
        zones, here = self.zones, rrset(name, "A", "192.0.2.1")
        parent, child = zones["parent."], zones["child.parent."]
        if name == "x.wild.parent.":
            wild = dns.name.from_text("*.wild.parent.")
            return parent.sign(here, owner=wild), self.nsec(parent, "*.wild.parent.", "A", following="z.parent.")
        if name == "a.b.wilddname.parent.":
            signed = parent.sign(rrset("b.wilddname.parent.", "DNAME", "child.parent."), owner=dns.name.from_text("*.wilddname.parent."))
            signed += [rrset(name, "CNAME", "a.child.parent."), *child.sign(rrset("a.child.parent.", "A", "192.0.2.1"))]
            return signed, self.nsec(parent, "*.wilddname.parent.", "DNAME", following="z.parent.")
        if name == "stolen.child.parent.":
            wild = dns.name.from_text("*.parent.")
            return parent.sign(here, owner=wild), self.nsec(parent, "child.parent.", "NS", "DS", following="z.parent.")
        if name == "rootwild.parent.":
            return zones["."].sign(here, owner=dns.name.from_text("*.")), self.nsec(zones["."], "parent.", "NS", "DS", following="z.")
        if name == "www.zsk.parent.":
            return self.other.sign(here), []
        if name == "www.otherkey.parent.":
            return self.thief.sign(here), []
        if name == "www.sibling.parent.":
            return child.sign(here, signer=zones["sibling.parent."].name), []
        if name == "www.apex.parent.":
            return [here], []
        if name == "longer.parent.":
            signed = parent.sign(here)
            for each in signed:
                each.ttl = 86400  # and 300 is what was signed
            return signed, []
        return self.zone_of(dns.name.from_text(name)).sign(here), []

    def answer(self, name, kind):
        parent = self.zones["parent."]
        if kind == "DS" and name == "apex.parent.":
            return [], self.nsec(self.zones[name], name, "A", "NS", "SOA")
        if kind == "TXT" and name == "child.parent.":
            return [], self.soa(parent) + self.nsec(parent, name, "NS", "DS")
        if kind == "DS" and name in self.zones and name != ".":
            return self.ds(name), []
        if kind == "DNSKEY" and name in self.zones:
            return self.dnskey(name), []
        return self.address(name) if kind == "A" else self.denied(name)


def serve(plain, context, world):
    try:
        with context.wrap_socket(plain, server_side=True) as stream, stream.makefile("rb") as reading:
            while size := reading.read(2):
                query = dns.message.from_wire(reading.read(int.from_bytes(size, "big")))
                question, reply = query.question[0], dns.message.make_response(query, recursion_available=True)
                reply.flags |= dns.flags.AD
                reply.answer, reply.authority = world.answer(
                    question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype))
                wire = reply.to_wire(max_size=65535)
                stream.sendall(len(wire).to_bytes(2, "big") + wire)
    except OSError:
        pass


def main():
    certificate, listen, file = sys.argv[1:4]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    world = World()
    pathlib.Path(file).write_text(f". IN DS {world.zones['.'].ds()}\n", encoding="ascii")
    address, port = listen.rsplit(":", 1)
    listener = socket.create_server((address, int(port)))
    print("ready", flush=True)
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=serve, args=(plain, context, world), daemon=True).start()


if __name__ == "__main__":
    main()
