# SPDX-License-Identifier: MIT
"""A tree of signed zones from a root of its own, some of them broken: signed by BIND's tools and ldns's, served by nsd, and
an unbound before it that resolves and does not validate, as a public resolver with CD does."""
import base64
import dataclasses
import pathlib
import shutil
import subprocess
import time

import dns.dnssec
import dns.rdata
import dns.rdataclass
import dns.rdatatype

NSD, PORT = "127.0.0.77", 53
PATH = "/usr/sbin:/usr/bin"
HOUR, DAY = 3600, 86400

# What a zone has, unless it says otherwise.
CONTENT = """
www 300 IN A 192.0.2.1
www 300 IN AAAA 2001:db8::1
txt 300 IN TXT "a text" "Another"
mx 300 IN MX 10 WWW
srv 300 IN SRV 0 0 53 Www
many 300 IN A 192.0.2.1
many 300 IN A 192.0.2.2
many 300 IN A 192.0.2.3
*.wild 300 IN A 192.0.2.9
near.wild 300 IN TXT "nearer than the wildcard"
alias 300 IN CNAME www
across 300 IN CNAME www.nsec3.lab.
away 300 IN CNAME www.unsigned.lab.
astray 300 IN CNAME www.forged.lab.
nowhere 300 IN CNAME nothing.nsec3.lab.
*.walias 300 IN CNAME www.nsec3.lab.
below.empty 300 IN A 192.0.2.4
tree 300 IN DNAME nsec3.lab.
sub 300 IN NS ns.sub
ns.sub 300 IN A 127.0.0.77
"""

SUBZONE = "www 300 IN A 192.0.2.77\n"


@dataclasses.dataclass
class Zone:
    name: str  # with a final dot
    content: str = CONTENT
    signer: str = "bind"  # or ldns, or "" for nobody
    algorithm: str = "ECDSAP256SHA256"
    two_keys: bool = False
    nsec3: tuple = ()  # words for the signer
    begin: int = -HOUR
    end: int = 30 * DAY
    children: tuple = ()
    spoil: object = None  # lines of the signed zone -> lines
    ds: object = None  # the DS lines, as its parent is to have them -> lines
    extra_keys: object = None  # (folder, zone) -> further DNSKEY lines


def without_signature(lines):
    return [line for line in lines if not (line.startswith("www.") and line.split()[3:5] == ["RRSIG", "A"])]


def without_types(*types):
    """Nor what was signed of them."""
    return lambda lines: [line for line in lines if not set(line.split()[3:5]) & set(types)]


def forged(lines):
    return [line.replace("192.0.2.1", "192.0.2.66") if line.startswith("www.") else line for line in lines]


def fields(line):
    return line.split()


def wrong_digest(lines):
    return [" ".join(fields(line)[:7] + [fields(line)[7][:-4] + "0000"]) for line in lines]


def other_algorithm(lines):
    return [" ".join(fields(line)[:5] + ["250"] + fields(line)[6:]) for line in lines]


def other_digest(lines):
    return [" ".join(fields(line)[:6] + ["250"] + fields(line)[7:]) for line in lines]


def key_of(folder, zone, flags):
    """The RDATA of the zone's key with these flags."""
    for file in sorted(folder.glob(f"K{zone.name}+*.key")):
        words = file.read_text().splitlines()[-1].split(" DNSKEY ")[-1]
        if words.startswith(str(flags)):
            return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, words)
    raise LookupError(zone.name)


def same_tag(folder, zone):
    """Keys that are none, with the tag of the one that signs the zone's records."""
    real, made = key_of(folder, zone, 256), []
    wanted = dns.dnssec.key_id(real)
    for i in range(12):
        key = bytearray(b"\3\1\0\1" + bytes([i + 1]) * 251 + b"\xff" * 5)  # RSA: an exponent, and a number for a modulus
        for _ in range(3):
            text = f"256 3 8 {base64.b64encode(bytes(key)).decode()}"
            tag = dns.dnssec.key_id(dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, text))
            key[100:102] = ((int.from_bytes(key[100:102], "big") + wanted - tag) % 65536).to_bytes(2, "big")
        made.append(f"{zone.name} 300 IN DNSKEY 256 3 8 {base64.b64encode(bytes(key)).decode()}")
    return made


def many_wrong_signatures(lines):
    """Of the key whose tag all share: CVE-2023-50387."""
    made = []
    for line in lines:
        words = line.split()
        if line.startswith("www.") and words[3:5] == ["RRSIG", "A"]:
            made += [" ".join(words[:12] + [base64.b64encode(bytes([i + 1]) * 256).decode()]) for i in range(40)]
        else:
            made.append(line)
    return made


def zones():
    """The root last: children are signed before their parents."""
    lab = [
        Zone("nsec.lab.", two_keys=True, children=("sub.nsec.lab.",)),
        Zone("nsec3.lab.", nsec3=("-3", "-", "-H", "0"), children=("sub.nsec3.lab.",)),
        Zone("salted.lab.", nsec3=("-3", "c0ffee", "-H", "10")),
        Zone("ldns.lab.", signer="ldns", nsec3=("-n", "-t", "5", "-s", "beef")),
        Zone("iterations.lab.", signer="ldns", nsec3=("-n", "-t", "500", "-s", "beef")),
        Zone("rsa256.lab.", algorithm="RSASHA256"),
        Zone("rsa512.lab.", algorithm="RSASHA512"),
        Zone("p384.lab.", algorithm="ECDSAP384SHA384"),
        Zone("ed25519.lab.", algorithm="ED25519"),
        Zone("ed448.lab.", algorithm="ED448"),
        Zone("sha1.lab.", algorithm="NSEC3RSASHA1"),
        Zone("unsigned.lab.", signer=""),
        Zone("expired.lab.", begin=-30 * DAY, end=-DAY),
        Zone("future.lab.", begin=DAY, end=30 * DAY),
        Zone("nosig.lab.", spoil=without_signature),
        Zone("unproven.lab.", spoil=without_types("NSEC")),
        Zone("forged.lab.", spoil=forged),
        Zone("wrongds.lab.", ds=wrong_digest),
        Zone("nokey.lab.", spoil=without_types("DNSKEY")),
        Zone("newalgorithm.lab.", ds=other_algorithm),
        Zone("newdigest.lab.", ds=other_digest),
        Zone("stripped.lab.", spoil=without_types("RRSIG", "NSEC")),
        Zone("keytrap.lab.", two_keys=True, algorithm="RSASHA256", extra_keys=same_tag, spoil=many_wrong_signatures),
    ]
    opt = [Zone("signed.opt."), Zone("unsigned.opt.", signer="")]
    subs = [Zone("sub.nsec.lab.", SUBZONE, signer=""), Zone("sub.nsec3.lab.", SUBZONE, signer="")]
    names = lambda these: tuple(zone.name for zone in these)
    tlds = [Zone("lab.", "", children=names(lab)), Zone("opt.", "", nsec3=("-3", "-", "-H", "0", "-A"), children=names(opt)),
            Zone("plain.", "", signer="", children=("www.plain.",))]
    return [*subs, *lab, *opt, Zone("www.plain.", signer="ldns"), *tlds, Zone(".", "", two_keys=True, children=names(tlds))]


class Tree:
    """All its files in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.now = int(time.time())
        self.ds = {}
        for zone in zones():
            self.make(zone)
        self.anchor = self.folder / "root.ds"
        self.anchor.write_text("\n".join(self.ds["."]) + "\n")
        keys = "".join(f'  . initial-ds {" ".join(line.split()[-4:-1])} "{line.split()[-1]}";\n' for line in self.ds["."])
        (self.folder / "anchors.bind").write_text("trust-anchors {\n" + keys + "};\n")
        self.write_servers()

    def run(self, *words):
        return subprocess.run([shutil.which(words[0], path=PATH), *words[1:]], cwd=self.folder, check=True,
                              capture_output=True, text=True).stdout

    def file(self, zone):
        return self.folder / (f"zone.{zone.name}" if zone.name != "." else "zone.root")

    def make(self, zone):
        origin = zone.name
        dot = "" if origin == "." else origin
        lines = [f"$ORIGIN {origin}", "$TTL 300", f"{origin} 300 IN SOA ns.{dot} host.{dot} 1 3600 900 86400 60",
                 f"{origin} 300 IN NS ns.{dot}", f"ns.{dot} 300 IN A {NSD}"]
        for child in zone.children:
            if child.startswith("sub."):
                continue  # CONTENT delegates it
            lines += [f"{child} 300 IN NS ns.{child}", f"ns.{child} 300 IN A {NSD}", *self.ds[child]]
        lines += [line for line in zone.content.splitlines() if line]
        path = self.file(zone)
        path.write_text("\n".join(lines) + "\n")
        self.ds[zone.name] = []
        if zone.signer:
            {"bind": self.sign_bind, "ldns": self.sign_ldns}[zone.signer](zone, path)

    def spoil(self, zone, path):
        signed = pathlib.Path(f"{path}.signed").read_text().splitlines()
        path.write_text("\n".join(zone.spoil(signed) if zone.spoil else signed) + "\n")
        if zone.ds:
            self.ds[zone.name] = zone.ds(self.ds[zone.name])

    def when(self, seconds):
        return time.strftime("%Y%m%d%H%M%S", time.gmtime(self.now + seconds))

    def sign_bind(self, zone, path):
        bits = ("-b", "2048") if "RSA" in zone.algorithm else ()
        for flag in (("-f", "KSK"), ()) if zone.two_keys else (("-f", "KSK"),):
            self.run("dnssec-keygen", "-q", "-a", zone.algorithm, *bits, *flag, zone.name)
        with open(path, "a", encoding="ascii") as file:
            for key in sorted(self.folder.glob(f"K{zone.name}+*.key")):
                file.write(key.read_text())
            if zone.extra_keys:
                file.write("\n".join(zone.extra_keys(self.folder, zone)) + "\n")
        self.run("dnssec-signzone", "-P", "-q", "-O", "full", "-o", zone.name, "-s", self.when(zone.begin), "-e",
                 self.when(zone.end), *(() if zone.two_keys else ("-z",)), *zone.nsec3, "-f", f"{path}.signed", str(path))
        name = "dsset-" + ("." if zone.name == "." else zone.name)
        for line in (self.folder / name).read_text().splitlines():
            words = line.split()
            at = words.index("DS")
            self.ds[zone.name].append(" ".join([zone.name, "300", "IN", *words[at:at + 4], "".join(words[at + 4:])]))
        self.spoil(zone, path)

    def sign_ldns(self, zone, path):
        key = self.run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", zone.name).strip()
        self.run("ldns-signzone", *zone.nsec3, "-o", zone.name, "-f", f"{path}.signed", str(path), key)
        words = self.run("ldns-key2ds", "-n", "-2", f"{key}.key").split()
        at = words.index("DS")
        self.ds[zone.name].append(" ".join([zone.name, "300", "IN", *words[at:at + 4], "".join(words[at + 4:])]))
        self.spoil(zone, path)

    def write_servers(self):
        served = "".join(f'zone:\n  name: "{zone.name}"\n  zonefile: "{self.file(zone)}"\n' for zone in zones())
        (self.folder / "nsd.conf").write_text(
            f'server:\n  ip-address: {NSD}\n  port: {PORT}\n  username: ""\n  chroot: ""\n  pidfile: ""\n  zonesdir: "{self.folder}"\n'
            f'  database: ""\n  zonelistfile: "{self.folder}/zone.list"\n  xfrdfile: "{self.folder}/xfrd.state"\n'
            f'  logfile: ""\n  server-count: 1\nremote-control:\n  control-enable: no\n{served}')
        (self.folder / "hints").write_text(f". 300 IN NS ns.\nns. 300 IN A {NSD}\n")

    def unbound(self, *lines):
        """The configuration of one that resolves by the tree and validates nothing; `lines` say where it listens."""
        file = self.folder / "unbound.conf"
        file.write_text(
            f'server:\n  directory: "{self.folder}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  do-daemonize: no\n'
            f'  use-syslog: no\n  logfile: ""\n  root-hints: "{self.folder}/hints"\n  module-config: "iterator"\n'
            f'  do-not-query-localhost: no\n  qname-minimisation: no\n  access-control: 0.0.0.0/0 allow\n'
            f'  do-ip6: no\n  local-zone: "test." nodefault\n  cache-max-negative-ttl: 60\n'
            + "".join(f"  {line}\n" for line in lines))
        return [shutil.which("unbound", path=PATH), "-c", str(file)]

    def nsd(self):
        return [shutil.which("nsd", path=PATH), "-d", "-c", str(self.folder / "nsd.conf")]
