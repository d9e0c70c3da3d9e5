# SPDX-License-Identifier: MIT
"""The packages under systemd: they take systemd-resolved's place, and give it back."""
import shutil
import subprocess

import pytest

from conftest import CONFIGURATION, packages, write_layer
from machine import Machine
import network

NAMES = ("ctresolved", "ctresolved-resolved")


def newer(package, folder):
    """The same package with a higher version."""
    tree = folder / package.stem
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN/control"
    version = next(line.split()[1] for line in control.read_text().splitlines() if line.startswith("Version:"))
    control.write_text(control.read_text().replace(version, f"{version}+again"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, folder / f"again-{package.name}"], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)


@pytest.fixture(name="debian", scope="module")
def boot_with_packages(tmp_path_factory):
    """One after the other happens to this machine, in the order of this file."""
    layer = tmp_path_factory.mktemp("takeover")
    layer.chmod(0o755)
    write_layer(layer)
    (layer / "debs").mkdir()
    for name in NAMES:
        shutil.copy(packages()[name], layer / "debs")
        newer(packages()[name], layer / "debs")
    with Machine(layer) as machine:
        network.start_upstream(machine)
        yield machine
        print(machine.run("journalctl --no-pager -n 200; resolvectl status; systemctl status systemd-resolved", check=False).stdout)


def program(machine):
    return machine.run("readlink /proc/$(systemctl show -P MainPID systemd-resolved)/exe").stdout.strip()


def test_install(debian):
    debian.run("resolvectl dns wan0 10.9.0.53")
    folder = "/etc/ctresolved/ctresolved.conf.d"
    debian.run(f"mkdir -p {folder}; cat >{folder}/lab.conf", stdin=None, input=CONFIGURATION)
    debian.run("dpkg -i /debs/ctresolved_*.deb /debs/ctresolved-resolved_*.deb")
    assert program(debian) == "/usr/sbin/ctresolved-resolved"
    assert debian.run("systemctl is-enabled systemd-resolved").stdout == "enabled\n"
    assert debian.run("systemctl is-active systemd-resolved").stdout == "active\n"
    assert "192.0.2.1" in debian.wait_for("resolvectl query www.example")
    assert "10.9.0.53" in debian.run("resolvectl dns wan0").stdout, "what links were told is taken over"
    assert debian.run("systemctl is-active ctresolved", check=False).stdout == "inactive\n"


def test_who_it_runs_as(debian):
    pid = debian.run("systemctl show -P MainPID systemd-resolved").stdout.strip()
    status = dict(line.split(":", 1) for line in debian.run(f"cat /proc/{pid}/status").stdout.splitlines() if ":" in line)
    assert debian.run(f"stat -c %U /proc/{pid}").stdout == "systemd-resolve\n"
    assert int(status["CapBnd"], 16) == 1 << 10, "no capability but CAP_NET_BIND_SERVICE"
    assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2"


def test_upgrade(debian):
    before = debian.run("systemctl show -P MainPID systemd-resolved").stdout
    debian.run("dpkg -i /debs/again-*.deb")
    assert program(debian) == "/usr/sbin/ctresolved-resolved"
    assert debian.run("systemctl show -P MainPID systemd-resolved").stdout != before
    assert "192.0.2.1" in debian.wait_for("resolvectl query www.example")
    assert "10.9.0.53" in debian.run("resolvectl dns wan0").stdout


def test_remove(debian):
    debian.run("dpkg --remove ctresolved-resolved")
    assert program(debian).endswith("/systemd/systemd-resolved")
    assert "Global" in debian.run("resolvectl status").stdout
    assert "10.9.0.53" in debian.run("resolvectl dns wan0").stdout


def test_install_again_and_purge(debian):
    debian.run("dpkg -i /debs/ctresolved-resolved_*.deb /debs/ctresolved_*.deb")
    assert program(debian) == "/usr/sbin/ctresolved-resolved"
    debian.run("rm -r /etc/ctresolved/ctresolved.conf.d; dpkg --purge ctresolved-resolved ctresolved")
    assert program(debian).endswith("/systemd/systemd-resolved")
    left = debian.run("find / -xdev -path /debs -prune -o -path /proc -prune -o -path /sys -prune -o -path /lab -prune -o "
                      "-name '*ctresolved*' -print").stdout
    assert left == ""
    assert "nameserver 127.0.0.53" in debian.run("cat /etc/resolv.conf").stdout
    assert debian.run("systemctl is-enabled systemd-resolved").stdout == "enabled\n"
