# SPDX-License-Identifier: MIT
"""What programs of a systemd machine do with their resolver: resolvectl, getent, busctl, dig."""
import network

MANAGER = "org.freedesktop.resolve1 /org/freedesktop/resolve1"

def test_query(machine):
    said = machine.run("resolvectl query www.example").stdout
    assert "www.example: " in said and "2001:db8::1" in said and "192.0.2.1" in said
    assert "acquired via local or encrypted transport: yes" in said
    assert "Data is authenticated: no" in said, "a verified certificate is no DNSSEC"
    assert "(www.example)" in machine.run("resolvectl query alias.example").stdout
    assert "11.1.0.9: printer.example" in machine.run("resolvectl query 11.1.0.9").stdout
    assert 'www.example IN TXT "hello world"' in machine.run("resolvectl query --legend=no -t TXT www.example").stdout
    assert "127.0.0.1" in machine.run("resolvectl query -4 localhost").stdout


def test_names_that_are_not_there(machine):
    done = machine.run("resolvectl query nowhere.example", check=False)
    assert done.returncode == 1 and "nowhere.example: Name 'nowhere.example' not found" in done.stdout
    done = machine.run("resolvectl query -6 v4.example", check=False)
    assert done.returncode == 1 and "does not have any RR of the requested type" in done.stdout


def test_service(machine):
    said = machine.run("resolvectl service _ipp._tcp example").stdout
    assert "printer.example:631" in said and "11.1.0.9" in said and "rp=printers/one" in said


def test_status(machine):
    said = machine.run("resolvectl status").stdout
    assert "Protocols: -LLMNR -mDNS +DNSOverTLS DNSSEC=no" in said
    assert f"DNS Servers {network.UPSTREAM}" in said and f"Current DNS Server: {network.UPSTREAM}" in said
    assert "resolv.conf mode: stub" in said and "(wan0)" in said


def test_a_link_is_set_up_and_reverted(machine):
    machine.run("ip link add vpn0 type veth peer name vpn0p; ip link set vpn0p up; ip link set vpn0 up; ip address add 10.9.0.1/24 dev vpn0")
    machine.run("resolvectl dns vpn0 10.9.0.53 10.9.0.54; resolvectl domain vpn0 '~office.example' lan.example; resolvectl default-route vpn0 no")
    assert "10.9.0.53 10.9.0.54" in machine.run("resolvectl dns vpn0").stdout
    assert "~office.example" in machine.run("resolvectl domain vpn0").stdout
    assert "no" in machine.run("resolvectl default-route vpn0").stdout.split(":")[1]
    machine.run("resolvectl dnsovertls vpn0 no")
    assert "yes" in machine.run("resolvectl dnsovertls vpn0").stdout.split(":")[1], "no plain text, whoever asks for it"
    machine.run("resolvectl revert vpn0")
    assert machine.run("resolvectl dns vpn0").stdout.split(":")[1].strip() == ""
    assert machine.run("resolvectl domain vpn0").stdout.split(":")[1].strip() == ""


def test_only_some_may_set_links_up(machine):
    machine.run("ip link add vpn0 type veth peer name vpn0p")
    done = machine.run("setpriv --reuid nobody --clear-groups --bounding-set=-all resolvectl dns vpn0 10.9.0.53", check=False)
    assert done.returncode == 1 and "nteractive authentication required" in done.stdout or "ccess denied" in done.stdout
    assert "10.9.0.53" not in machine.run("resolvectl dns vpn0").stdout


def test_statistics_and_caches(machine):
    network.settle(machine)
    machine.run("resolvectl reset-statistics; resolvectl flush-caches")
    before = len(network.asked(machine, "zone"))
    for _ in range(2):
        machine.run("resolvectl query -4 www.example")
    assert len(network.asked(machine, "zone")) == before + 1, "the second comes from the cache"
    assert "Data from: cache" in machine.run("resolvectl query -4 www.example").stdout
    said = machine.run("resolvectl statistics").stdout
    assert "Cache Hits: 2" in said.replace("  ", " "), said
    machine.run("resolvectl flush-caches; resolvectl query -4 www.example")
    assert len(network.asked(machine, "zone")) == before + 2


def test_monitor(machine):
    machine.run("systemd-run --quiet --unit=watch --property=Type=notify resolvectl monitor")
    machine.run("resolvectl query -4 --cache=no www.example")
    machine.wait_for("journalctl -u watch | grep 'A: www.example IN A 192.0.2.1'")


def test_name_service_switch(machine):
    assert "2001:db8::1" in machine.run("getent -s resolve hosts www.example").stdout
    assert "192.0.2.1" in machine.run("getent -s resolve ahostsv4 alias.example").stdout
    assert "printer.example" in machine.run("getent -s resolve hosts 11.1.0.9").stdout
    assert machine.run("getent -s resolve hosts nowhere.example", check=False).returncode == 2


def test_stub(machine):
    assert machine.run("dig +short @127.0.0.53 www.example A").stdout == "192.0.2.1\n"
    assert machine.run("dig +short @127.0.0.54 +tcp www.example A").stdout == "192.0.2.1\n"
    assert machine.run("dig +short www.example A").stdout == "192.0.2.1\n", "by /etc/resolv.conf"
    assert "nameserver 127.0.0.53" in machine.run("cat /etc/resolv.conf").stdout


def test_what_the_bus_shows(machine):
    said = machine.run(f"busctl introspect {MANAGER}").stdout
    for member in ("ResolveHostname", "ResolveAddress", "ResolveRecord", "ResolveService", "GetLink", "SetLinkDNS", "SetLinkDNSEx", "RevertLink",
                   "FlushCaches", "ResetStatistics", ".DNSEx", ".CurrentDNSServer", ".Domains", ".TransactionStatistics", ".ResolvConfMode"):
        assert member in said, member
    index = machine.run("cat /sys/class/net/wan0/ifindex").stdout.strip()
    path = machine.run(f"busctl call {MANAGER} org.freedesktop.resolve1.Manager GetLink i {index}").stdout.split('"')[1]
    assert "org.freedesktop.resolve1.Link" in machine.run(f"busctl introspect org.freedesktop.resolve1 {path}").stdout
    tree = machine.run("busctl tree org.freedesktop.resolve1").stdout
    assert "/org/freedesktop/resolve1/link" in tree


def test_a_refused_upstream_is_told_of(machine, layer):
    before = len(network.asked(machine, "zone"))
    text = (layer / "etc/ctresolved/ctresolved.conf.d/lab.conf").read_text()
    machine.run("cat >/etc/ctresolved/ctresolved.conf.d/lab.conf", stdin=None,
                input=text.replace(network.UPSTREAM, f"{network.UPSTREAM}:{network.UNLOGGED}"))
    machine.run("systemctl restart systemd-resolved")
    done = machine.run("resolvectl query www.example", check=False)
    assert done.returncode == 1 and "SERVFAIL" in done.stdout and "Certificate Transparency" in done.stdout, done.stdout
    done = machine.run("getent hosts www.example", check=False)
    assert done.returncode == 2
    said = machine.run("ctresolvectl status", check=False).stdout
    assert "Certificate Transparency" in said, said
    said = machine.run("systemctl status --no-pager systemd-resolved").stdout
    assert "Certificate Transparency" in said, said
    assert "Current DNS Server" not in machine.run("resolvectl status").stdout
    assert len(network.asked(machine, "zone")) == before, "not one byte of DNS"
