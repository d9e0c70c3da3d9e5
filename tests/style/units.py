#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""units.py UNIT DROP-IN: what systemd thinks of our unit, and of systemd-resolved's with our drop-in.

Without systemd-analyze the test is skipped.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

UNIT, DROPIN = map(pathlib.Path, sys.argv[1:])
# The exposure that is allowed, in tenths (systemd-analyze(1)).
ALONE, INSTEAD = 16, 22
# What the units of systemd-resolved 252 to 262 have in common. They differ in what a test of ours cannot run into.
RESOLVED = """
[Unit]
DefaultDependencies=no
After=systemd-sysusers.service
Before=sysinit.target network.target nss-lookup.target shutdown.target
Conflicts=shutdown.target
Wants=nss-lookup.target
[Service]
AmbientCapabilities=CAP_SETPCAP CAP_NET_RAW CAP_NET_BIND_SERVICE
BusName=org.freedesktop.resolve1
CapabilityBoundingSet=CAP_SETPCAP CAP_NET_RAW CAP_NET_BIND_SERVICE
ExecStart=!!/bin/false
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
Restart=always
RestartSec=0
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RuntimeDirectory=systemd/resolve
RuntimeDirectoryPreserve=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
Type=notify
User=daemon
WatchdogSec=3min
[Install]
WantedBy=sysinit.target
Alias=dbus-org.freedesktop.resolve1.service
"""


def analyze(*words):
    done = subprocess.run(["systemd-analyze", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def runnable(text):
    """The same with a program that is there: it is looked for."""
    return re.sub(r"(?m)^ExecStart=/.*", "ExecStart=/bin/false", text)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is missing")
class Units(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.alone = self.folder / "ctresolved.service"
        self.alone.write_text(runnable(UNIT.read_text()))
        self.resolved = self.folder / "systemd-resolved.service"
        self.resolved.write_text(RESOLVED)

    def take_over(self):
        more = self.folder / "systemd-resolved.service.d"
        more.mkdir()
        (more / DROPIN.name).write_text(runnable(DROPIN.read_text()))

    def exposure(self, unit):
        """In tenths; None: nobody can say."""
        status, said = analyze("security", "--offline=yes", "--no-pager", str(unit))
        found = re.search(r"exposure level for \S+: (\d+)\.(\d)", said)
        self.assertTrue(status == 0 and found, said)
        return int(found[1]) * 10 + int(found[2])

    def test_verify(self):
        self.assertEqual(analyze("verify", "--man=no", str(self.alone)), (0, ""))
        self.take_over()
        self.assertEqual(analyze("verify", "--man=no", str(self.resolved)), (0, ""))

    def test_exposure_alone(self):
        self.assertLessEqual(self.exposure(self.alone), ALONE)

    def test_exposure_instead_of_resolved(self):
        before = self.exposure(self.resolved)
        self.take_over()
        after = self.exposure(self.resolved)
        self.assertLess(after, before)
        self.assertLessEqual(after, INSTEAD)


class Text(unittest.TestCase):
    def test_programs(self):
        self.assertRegex(UNIT.read_text(), r"(?m)^ExecStart=/.*/ctresolved$")
        # The first takes the other program away.
        self.assertRegex(DROPIN.read_text(), r"(?m)^ExecStart=\nExecStart=/.*/ctresolved-resolved$")

    def test_no_other_capability(self):
        for file in (UNIT, DROPIN):
            self.assertEqual(set(re.findall(r"\bCAP_\w+", file.read_text())), {"CAP_NET_BIND_SERVICE"}, file)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
