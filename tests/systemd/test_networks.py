# SPDX-License-Identifier: MIT
"""Networks that come and go: systemd-networkd, NetworkManager, and what they are told by a DHCP server that wants to be asked."""
import network

# A search domain makes all that ends in it the link's; this one has half of the world in it.
PUBLIC = ("www.shop.com", "www.example", "nowhere.com", "shop")
NETWORKD = """[Match]
Name=lan0
[Network]
DHCP=ipv4
[DHCPv4]
UseDomains=yes
"""
PROFILE = """[connection]
id=lan
type=ethernet
interface-name=lan0
[ipv4]
method=auto
dns=192.168.77.1
dns-search=com
[ipv6]
method=disabled
"""
# Process 1 has no udev here: a cable is no device of NetworkManager's unless it is told so.
MANAGER = """[main]
plugins=keyfile
[device]
match-device=interface-name:lan0
managed=1
[keyfile]
unmanaged-devices=except:interface-name:lan0
"""


def ask_for_public_names(machine):
    for name in PUBLIC:
        for command in (f"resolvectl query {name}", f"getent hosts {name}", f"dig +search {name}", f"dig @127.0.0.54 {name}",
                        f"busctl call org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager "
                        f"ResolveHostname isit 0 {name} 0 0"):
            machine.run(command, check=False)


def nothing_reached_the_cafe(machine):
    assert machine.run("ip netns exec cafe dig +short @192.168.77.1 control.invalid").stdout == "6.6.6.6\n"
    asked = network.asked(machine, "cafe")
    assert [line for line in asked if "control.invalid" not in line] == []
    assert len(asked) == 1, "what is asked there is written down"


def test_networkd(machine):
    network.start_cafe(machine)
    machine.run("cat >/etc/systemd/network/lan0.network", stdin=None, input=NETWORKD)
    machine.run("systemctl start systemd-networkd")
    machine.wait_for("ip address show lan0 | grep 192.168.77.")
    machine.wait_for(f"resolvectl dns lan0 | grep {network.CAFE}")
    machine.wait_for("resolvectl domain lan0 | grep com")
    assert "192.0.2.30" in machine.run("resolvectl query www.shop.com").stdout
    ask_for_public_names(machine)
    nothing_reached_the_cafe(machine)


def test_systemd_resolved_itself_asks_the_cafe(bare):
    """Else the tests here would not see who does."""
    network.start_cafe(bare)
    bare.run("cat >/etc/systemd/network/lan0.network", stdin=None, input=NETWORKD)
    bare.run("systemctl start systemd-networkd")
    bare.wait_for("resolvectl domain lan0 | grep com")
    bare.wait_for("resolvectl query www.shop.com | grep 6.6.6.6")
    assert [line for line in network.asked(bare, "cafe") if "www.shop.com" in line]


def link_servers(machine, words):
    machine.run(f"printf '[Resolve]\\nLinkServers={words}\\n' >/etc/ctresolved/ctresolved.conf.d/links.conf; systemctl reload systemd-resolved")


def test_names_of_a_company(machine):
    """Its server in the VPN gets them if the administrator says so, and nothing else."""
    network.start_vpn(machine)
    machine.run("resolvectl dns vpn0 10.9.0.53; resolvectl domain vpn0 '~office.example' '~.' com; resolvectl default-route vpn0 yes; resolvectl dnsovertls vpn0 no")
    assert "192.0.2.20" in machine.run("resolvectl query host.office.example").stdout, "of the upstream: the link's server is ignored"
    link_servers(machine, "vpn0:allow-plain")
    said = machine.wait_for("resolvectl query host.office.example | grep -B9 -A9 10.77.0.1")
    assert "encrypted transport: no" in said
    assert "10.77.0.1" in machine.run("dig +short @127.0.0.53 host.office.example").stdout
    assert "10.77.0.1" in machine.run("getent -s resolve ahostsv4 host.office.example").stdout
    ask_for_public_names(machine)
    assert [line for line in network.asked(machine, "vpn") if "office.example" not in line] == []
    machine.run("resolvectl revert vpn0")
    machine.wait_for("resolvectl query host.office.example | grep 192.0.2.20")


def test_a_link_whose_server_is_to_be_verified(machine):
    """Over TLS, and only if it passes; this one speaks plain text alone."""
    network.start_vpn(machine)
    link_servers(machine, "dot")
    machine.run("resolvectl dns vpn0 10.9.0.53; resolvectl domain vpn0 '~office.example'")
    machine.wait_for("! resolvectl query host.office.example")
    assert "192.0.2.1" in machine.run("resolvectl query www.example").stdout
    assert network.asked(machine, "vpn") == []
    machine.run(f"resolvectl revert vpn0; resolvectl dns wan0 {network.UPSTREAM}; resolvectl domain wan0 '~office.example'")
    machine.wait_for("resolvectl query --cache=no host.office.example | grep 192.0.2.20 && ctresolvectl status | grep 'ready.* for office.example'")


def test_a_managed_link_is_set_up_by_who_manages_it(machine):
    network.start_cafe(machine)
    machine.run("cat >/etc/systemd/network/lan0.network", stdin=None, input=NETWORKD)
    machine.run("systemctl start systemd-networkd")
    machine.wait_for(f"resolvectl dns lan0 | grep {network.CAFE}")
    index = machine.run("cat /sys/class/net/lan0/ifindex").stdout.strip()
    done = machine.run("busctl call org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager SetLinkDNS "
                       f"'ia(iay)' {index} 1 2 4 9 9 9 9", check=False)
    assert done.returncode == 1 and "Link lan0 is managed." in done.stdout
    machine.run("resolvectl dns lan0 9.9.9.9")
    machine.wait_for("resolvectl dns lan0 | grep 9.9.9.9")
    machine.run("resolvectl revert lan0")
    machine.wait_for(f"resolvectl dns lan0 | grep {network.CAFE}")


def test_network_manager(machine):
    network.start_cafe(machine)
    machine.run("cat >/etc/NetworkManager/NetworkManager.conf", stdin=None, input=MANAGER)
    machine.run("cat >/etc/NetworkManager/system-connections/lan.nmconnection; chmod 600 /etc/NetworkManager/system-connections/lan.nmconnection",
                stdin=None, input=PROFILE)
    machine.run("systemctl start NetworkManager")
    machine.wait_for("nmcli -g GENERAL.STATE device show lan0 | grep '^100'")
    machine.wait_for(f"resolvectl dns lan0 | grep {network.CAFE}")
    machine.wait_for("resolvectl domain lan0 | grep com")
    assert "nameserver 127.0.0.53" in machine.run("cat /etc/resolv.conf").stdout
    assert "192.0.2.30" in machine.run("resolvectl query www.shop.com").stdout
    ask_for_public_names(machine)
    # Who takes its name is told all of it again.
    machine.run("systemctl restart systemd-resolved")
    machine.wait_for(f"resolvectl dns lan0 | grep {network.CAFE}")
    machine.run("nmcli connection down lan")
    machine.wait_for(f"! resolvectl dns lan0 | grep {network.CAFE}")
    nothing_reached_the_cafe(machine)


def test_links_outlive_the_daemon(machine):
    machine.run("ip link add vpn0 type veth peer name vpn0p; ip link set vpn0p up; ip link set vpn0 up; ip address add 10.9.0.1/24 dev vpn0")
    machine.run("resolvectl dns vpn0 10.9.0.53; resolvectl domain vpn0 '~office.example'; resolvectl default-route vpn0 no")
    commands = "resolvectl dns vpn0; resolvectl domain vpn0; resolvectl default-route vpn0"
    told = machine.run(commands).stdout
    pid = machine.run("systemctl show -P MainPID systemd-resolved").stdout.strip()
    machine.run(f"kill -KILL {pid}")
    machine.wait_for(f"[ $(systemctl show -P MainPID systemd-resolved) != {pid} ] && systemctl is-active systemd-resolved && resolvectl query www.example")
    assert machine.run(commands).stdout == told
    machine.run("systemctl restart systemd-resolved")
    assert machine.run(commands).stdout == told


def test_a_line_in_its_folder_is_as_good_as_a_call(machine):
    """ifupdown and dhclient write there, and restart it."""
    machine.run("ip link add vpn0 type veth peer name vpn0p; ip link set vpn0p up; ip link set vpn0 up")
    index = machine.run("cat /sys/class/net/vpn0/ifindex").stdout.strip()
    machine.run(f"printf 'SERVERS=10.9.0.53\\nDOMAINS=~office.example\\n' >/run/systemd/resolve/netif/{index}; "
                f"chown systemd-resolve: /run/systemd/resolve/netif/{index}; systemctl try-restart systemd-resolved")
    assert "10.9.0.53" in machine.run("resolvectl dns vpn0").stdout
    assert "~office.example" in machine.run("resolvectl domain vpn0").stdout


def test_boot_before_the_network(cold):
    assert cold.run("systemctl is-active systemd-resolved").stdout == "active\n"
    assert "127.0.0.1" in cold.run("resolvectl query -4 localhost").stdout
    assert cold.run("getent -s resolve hosts $(hostname)").stdout
    done = cold.run("resolvectl query www.example", check=False)
    assert done.returncode == 1
    network.start_upstream(cold, up=False)
    before = len(cold.run("journalctl -o cat -u systemd-resolved").stdout.splitlines())
    cold.run("for i in $(seq 50); do dig +tries=1 +timeout=5 @127.0.0.53 www$i.example >/dev/null; done", check=False)
    lines = cold.run("journalctl -o cat -u systemd-resolved").stdout.splitlines()[before:]
    assert len(lines) < 20, "\n".join(lines)
    network.connect_upstream(cold)
    said = cold.wait_for("resolvectl query www.example")
    assert "192.0.2.1" in said
