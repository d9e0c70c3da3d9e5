# SPDX-License-Identifier: MIT
"""systemd's own test of its resolver, TEST-75."""
import pathlib

import network

EXCEPTIONS = pathlib.Path(__file__).with_name("TEST-75.exceptions")
# As the test configures systemd-resolved; its name server is asked over TLS.
CONFIGURE = f"""#!/bin/sh
set -e
cat >/etc/ctresolved/ctresolved.conf.d/lab.conf <<EOF
[Resolve]
DNS=tls://{network.TEST_75}
DNSSEC=yes
TrustAnchorFile=/etc/dnssec-trust-anchors.d/root.positive
[CertificateTransparency]
TrustAnchors=/lab/anchors.pem
LogList=/lab/log_list.json
EOF
systemd-run --quiet --unit=upstream unbound -c /lab/unbound.conf
until ss -Hltn | grep -q ":{network.GOOD} "; do sleep 0.1; done
"""


def unmet(machine):
    said = machine.run(["/lab/test75"], check=False).stdout
    print(said)
    assert "ZONE: untrusted.lab" in said, "it did not come to its end"
    return [line.removeprefix("UNMET: ") for line in said.splitlines() if line.startswith("UNMET: ")]


def exceptions():
    """Lines as `unmet` says them; those that begin with a # say why."""
    return [line for line in EXCEPTIONS.read_text().splitlines() if line and not line.startswith("#")]


def test_systemd_resolved_itself(bare):
    """The machine is right: nothing here is our doing."""
    assert unmet(bare) == []


def test_ours(cold):
    cold.run("cat >/lab/configure; chmod +x /lab/configure", stdin=None, input=CONFIGURE)
    assert unmet(cold) == exceptions()
