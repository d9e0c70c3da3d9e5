# SPDX-License-Identifier: MIT
"""The resolvectl and the nss-resolve of a newer systemd, which ask by varlink where those of Debian 12 ask by D-Bus."""
import json

import pytest

import network
from machine import Machine, build_newer


@pytest.fixture(name="newer")
def boot_with_newer_programs(layer):
    with Machine(layer, build_newer()) as machine:
        network.start_upstream(machine)
        machine.run("for folder in proc sys dev run; do mkdir -p /newer/$folder; mount --rbind /$folder /newer/$folder; done")
        machine.wait_for("chroot /newer resolvectl query www.example")
        yield machine
        print(machine.run("chroot /newer resolvectl status; journalctl --no-pager -u systemd-resolved", check=False).stdout)


def test_query(newer):
    said = newer.run("chroot /newer resolvectl query www.example").stdout
    assert "2001:db8::1" in said and "192.0.2.1" in said and "encrypted transport: yes" in said
    assert "printer.example" in newer.run("chroot /newer resolvectl query 11.1.0.9").stdout
    assert '"hello world"' in newer.run("chroot /newer resolvectl query -t TXT www.example").stdout
    assert "printer.example:631" in newer.run("chroot /newer resolvectl service _ipp._tcp example").stdout
    done = newer.run("chroot /newer resolvectl query nowhere.example", check=False)
    assert done.returncode == 1 and "not found" in done.stdout


def test_status(newer):
    newer.run("resolvectl domain wan0 '~office.example'; resolvectl dns wan0 10.9.0.53")
    said = newer.run("chroot /newer resolvectl status").stdout
    assert f"DNS Servers: {network.UPSTREAM}" in said and "(wan0)" in said and "~office.example" in said and "+DNSOverTLS" in said
    assert "10.9.0.53" in newer.run("chroot /newer resolvectl dns wan0").stdout
    assert "~office.example" in newer.run("chroot /newer resolvectl domain wan0").stdout
    found = json.loads(newer.run("chroot /newer resolvectl status --json=short").stdout)
    assert "wan0" in [entry.get("ifname") for entry in found]


def test_statistics(newer):
    network.settle(newer)
    newer.run("chroot /newer resolvectl reset-statistics")
    newer.run("chroot /newer resolvectl query -4 www.example")
    assert "Total Transactions:" in newer.run("chroot /newer resolvectl statistics").stdout
    assert "www.example" in newer.run("chroot /newer resolvectl show-cache").stdout
    newer.run("chroot /newer resolvectl flush-caches")
    assert network.UPSTREAM in newer.run("chroot /newer resolvectl show-server-state").stdout


def test_monitor(newer):
    newer.run("systemd-run --quiet --unit=watch --property=Type=notify --property=NotifyAccess=all --property=RootDirectory=/newer resolvectl monitor")
    newer.run("resolvectl query -4 --cache=no www.example")
    newer.wait_for("journalctl -u watch | grep 'A: www.example IN A 192.0.2.1'")


def test_setters(newer):
    newer.run("chroot /newer resolvectl dns wan0 10.9.0.53; chroot /newer resolvectl default-route wan0 no")
    assert "10.9.0.53" in newer.run("resolvectl dns wan0").stdout
    newer.run("chroot /newer resolvectl revert wan0")
    assert "10.9.0.53" not in newer.run("resolvectl dns wan0").stdout


def test_name_service_switch(newer):
    assert "2001:db8::1" in newer.run("chroot /newer getent -s resolve hosts www.example").stdout
    assert newer.run("chroot /newer getent -s resolve hosts nowhere.example", check=False).returncode == 2
