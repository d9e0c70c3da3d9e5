# SPDX-License-Identifier: MIT
"""What the machine's names come from: an upstream behind a cable, one that shows no proof of its certificate, and a café with a DHCP server
that would have all names for itself."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
from ctlog import Log, log_list  # noqa: E402
from pki import Authority, Leaf, Sct, key_pem, pem  # noqa: E402

UPSTREAM, CAFE = "10.53.0.1", "192.168.77.1"
# That of systemd's own test is a name server of this machine.
TEST_75 = "10.0.0.1"
GOOD, UNLOGGED = 853, 8853

# As upstreams are: it follows aliases to their end.
UNBOUND = f"""server:
  interface: 0.0.0.0@{GOOD}
  tls-port: {GOOD}
  tls-service-key: /lab/good.pem
  tls-service-pem: /lab/good.pem
  access-control: 10.0.0.0/24 allow
  do-not-query-localhost: no
  module-config: iterator
  max-query-restarts: 20
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
stub-zone:
  name: "."
  stub-addr: {TEST_75}
"""

HAPROXY = f"""defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend good
  bind :{GOOD} ssl crt /lab/good.pem
  default_backend names
frontend unlogged
  bind :{UNLOGGED} ssl crt /lab/unlogged.pem
  default_backend names
backend names
  server names 127.0.0.1:5353
"""

# Who has no name for it says so.
ZONE = """no-resolv
no-hosts
keep-in-foreground
log-facility=-
user=root
bind-interfaces
log-queries
local=/#/
local-ttl=300
host-record=www.example,192.0.2.1,2001:db8::1
host-record=v4.example,192.0.2.4
cname=alias.example,www.example
txt-record=www.example,"hello world"
mx-host=www.example,mail.example,10
host-record=printer.example,11.1.0.9
srv-host=_ipp._tcp.example,printer.example,631,5,10
txt-record=_ipp._tcp.example,"rp=printers/one"
host-record=host.office.example,192.0.2.20
host-record=www.shop.com,192.0.2.30
ptr-record=9.0.1.11.in-addr.arpa,printer.example
listen-address=127.0.0.1
port=5353
"""

VPN = """no-resolv
no-hosts
keep-in-foreground
log-facility=-
user=root
bind-interfaces
interface=vpn0p
log-queries
address=/#/10.77.0.1
"""

HOSTILE = f"""no-resolv
no-hosts
keep-in-foreground
log-facility=-
user=root
bind-interfaces
interface=cafe0
log-queries
address=/#/6.6.6.6
dhcp-range=192.168.77.50,192.168.77.99,1h
dhcp-option=option:dns-server,{CAFE}
dhcp-option=option:domain-name,com
dhcp-option=option:domain-search,com
dhcp-option=option:router,{CAFE}
dhcp-authoritative
dhcp-leasefile=/run/cafe.leases
"""


def write_files(layer):
    """In the folder /lab of a machine: certificates, anchors, list of logs, configurations of servers."""
    folder = pathlib.Path(layer) / "lab"
    folder.mkdir(parents=True)
    authority = Authority("Lab Root")
    logs = [Log("Alder", "Operator A"), Log("Birch", "Operator B")]
    for name, scts in (("good", tuple(Sct(log) for log in logs)), ("unlogged", ())):
        leaf, key = Leaf(authority, scts, addresses=(UPSTREAM, TEST_75)).issue()
        (folder / f"{name}.pem").write_bytes(pem(leaf) + key_pem(key))
    (folder / "anchors.pem").write_bytes(pem(authority.certificate))
    (folder / "log_list.json").write_text(json.dumps(log_list(logs)))
    (folder / "haproxy.cfg").write_text(HAPROXY)
    (folder / "unbound.conf").write_text(UNBOUND)
    (folder / "zone.conf").write_text(ZONE)
    (folder / "hostile.conf").write_text(HOSTILE)
    (folder / "vpn.conf").write_text(VPN)


def cable(machine, namespace, here, there):
    """A network of its own at the other end of a cable, whose ends are not up yet."""
    machine.run(f"ip netns add {namespace}; ip link add {here} type veth peer name {there} netns {namespace}; "
                f"ip link set {here} addrgenmode none; ip -n {namespace} link set lo up")


def serve(machine, namespace, name, command):
    """Starts a server there, until the machine ends. What it says is in /run/NAME.log."""
    machine.run(["systemd-run", "--quiet", f"--unit={name}", f"--property=StandardOutput=append:/run/{name}.log",
                 f"--property=StandardError=append:/run/{name}.log", "--property=DefaultDependencies=no",
                 f"--property=NetworkNamespacePath=/run/netns/{namespace}", *command])


def start_upstream(machine, up=True):
    """At UPSTREAM, over wan0."""
    cable(machine, "up", "wan0", "up0")
    machine.run(f"ip -n up address add {UPSTREAM}/24 dev up0; ip -n up link set up0 up")
    serve(machine, "up", "zone", ["dnsmasq", "--conf-file=/lab/zone.conf"])
    serve(machine, "up", "terminator", ["haproxy", "-f", "/lab/haproxy.cfg"])
    machine.wait_for("ip netns exec up ss -Hltn | grep -q ':853 '")
    if up:
        connect_upstream(machine)


def connect_upstream(machine):
    machine.run("ip address add 10.53.0.2/24 dev wan0; ip link set wan0 up")


def settle(machine):
    """Waits until answers stay in the cache: a network that has just changed empties it."""
    machine.wait_for("resolvectl query -4 www.example && sleep 0.5 && resolvectl query -4 www.example | grep 'Data from: cache'")


def start_cafe(machine):
    """A DHCP server behind lan0, who gives out itself for all that ends in `com`, and who answers everything with 6.6.6.6."""
    cable(machine, "cafe", "lan0", "cafe0")
    machine.run(f"ip -n cafe address add {CAFE}/24 dev cafe0; ip -n cafe link set cafe0 up")
    serve(machine, "cafe", "cafe", ["dnsmasq", "--conf-file=/lab/hostile.conf"])


def start_vpn(machine):
    """10.9.0.53, behind vpn0: it answers everything with 10.77.0.1, and in plain text."""
    cable(machine, "vpn", "vpn0", "vpn0p")
    machine.run("ip -n vpn address add 10.9.0.53/24 dev vpn0p; ip -n vpn link set vpn0p up; ip address add 10.9.0.1/24 dev vpn0; ip link set vpn0 up")
    serve(machine, "vpn", "vpn", ["dnsmasq", "--conf-file=/lab/vpn.conf"])
    machine.wait_for("ip netns exec vpn ss -Hlun | grep -q ':53 '")


def asked(machine, server):
    """What a server of names has been asked: the lines of its log."""
    return [line for line in machine.run(f"cat /run/{server}.log").stdout.splitlines() if " query[" in line]
