# SPDX-License-Identifier: MIT
"""Machines with ctresolved in the place of systemd-resolved."""
import pathlib
import subprocess

import pytest

import network
from machine import CACHE, Machine

SCRIPTS = pathlib.Path(__file__).parent
CONFIGURATION = f"""[Resolve]
DNS=tls://{network.UPSTREAM}
[CertificateTransparency]
TrustAnchors=/lab/anchors.pem
LogList=/lab/log_list.json
"""


def packages():
    """Those that `run` has built, by their names."""
    return {file.name.split("_")[0]: file for file in (CACHE / "packages").glob("*.deb")}


def write_layer(layer):
    network.write_files(layer)
    (layer / "lab/test75").write_bytes((SCRIPTS / "test75").read_bytes())
    (layer / "lab/test75").chmod(0o755)


def unpack(package, layer):
    """Its files, as if it was installed; where a Debian machine has links to folders, so has the layer."""
    for name in ("bin", "sbin", "lib"):
        if not (layer / name).is_symlink():
            (layer / "usr" / name).mkdir(parents=True, exist_ok=True)
            (layer / name).symlink_to(f"usr/{name}")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as files:
        subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", layer], stdin=files.stdout, check=True)


def unpack_ours(layer):
    """ctresolved in the place of systemd-resolved, and the lab's upstream for it."""
    for name in ("ctresolved", "ctresolved-resolved"):
        unpack(packages()[name], layer)
    folder = layer / "etc/ctresolved/ctresolved.conf.d"
    folder.mkdir()
    (folder / "lab.conf").write_text(CONFIGURATION)


@pytest.fixture(scope="session", name="bare_layer")
def make_bare_layer(tmp_path_factory):
    """The lab's files, and systemd-resolved as Debian has it."""
    layer = tmp_path_factory.mktemp("bare")
    layer.chmod(0o755)
    write_layer(layer)
    return layer


@pytest.fixture(scope="session", name="layer")
def make_layer(tmp_path_factory):
    """The same with ctresolved in its place."""
    layer = tmp_path_factory.mktemp("ours")
    layer.chmod(0o755)
    write_layer(layer)
    unpack_ours(layer)
    return layer


def used(machine):
    """What there is to know when a test has failed."""
    print(machine.run("journalctl --no-pager -n 300 -u systemd-resolved -u systemd-networkd -u NetworkManager; resolvectl status; ip address",
                      check=False).stdout)


@pytest.fixture(name="bare")
def boot_bare(bare_layer):
    with Machine(bare_layer) as machine:
        yield machine
        used(machine)


@pytest.fixture(name="cold")
def boot_cold(layer):
    """Without a network."""
    with Machine(layer) as machine:
        yield machine
        used(machine)


@pytest.fixture(name="machine")
def boot_machine(cold):
    """With the upstream at its cable."""
    network.start_upstream(cold)
    cold.wait_for("resolvectl query www.example")
    return cold
