# SPDX-License-Identifier: MIT
"""The daemon from start to end: arguments, configuration, reload, orderly stop."""
import contextlib
import socket
import subprocess
import threading
import time

import dns.message

from daemon import PROGRAM, Daemon, tcp
from dnsclient import dig, frame
from servers import address_of
from test_failures import all_of, ask_many

MAIN = "tls://1.1.1.1#one.one.one.one"
OTHER = "tls://1.0.0.1#one.one.one.one"


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=20)


def test_version_and_help():
    assert run("--version").stdout.startswith("ctresolved ")
    helped = run("--help")
    assert helped.returncode == 0 and "Usage: ctresolved" in helped.stdout
    assert run("--nonsense").returncode == 2
    assert run("stray").returncode == 2


def test_check(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, MAIN)
    assert run("-c", str(daemon.config), "--check").returncode == 0
    bad = tmp_path / "bad.conf"
    bad.write_text("[Resolve]\nDNS=1.1.1.1\nDNSOverTLS=opportunistic\nCach=yes\n[CertificateTransparency]\nPolicy=none\n")
    done = run("-c", str(bad), "--check")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{bad}:3: DNSOverTLS: opportunistic would let")
    assert lines[1].startswith(f"{bad}:4: Cach: ") and "did you mean Cache" in lines[1]
    assert lines[2].startswith(f"{bad}:6: Policy: none: ")


def test_does_not_start(lab, tmp_path):
    missing = run("-c", str(tmp_path / "missing.conf"))
    assert missing.returncode == 1 and "missing.conf: No such file" in missing.stderr
    daemon = Daemon(lab, tmp_path, MAIN)
    good = daemon.config.read_text()
    for wrong, words in ((f"LogList={tmp_path}/none.json", "No such file"), (f"LogList={daemon.config}", ".conf: line 1"),
                         (f"TrustAnchors={daemon.config}", "TrustAnchors")):
        key = wrong.split("=")[0]
        daemon.config.write_text("\n".join(wrong if line.startswith(key) else line for line in good.splitlines()))
        done = run("-c", str(daemon.config))
        assert done.returncode == 1 and words in done.stderr, done.stderr


def test_address_in_use(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN) as daemon:
        other = tmp_path / "other.conf"
        other.write_text(daemon.config.read_text().replace(str(daemon.socket), str(tmp_path / "other")))
        done = run("-c", str(other))
        assert not (tmp_path / "other").exists()
        assert done.returncode == 1 and "cannot listen on udp:127.0.0.1:5300: Address already in use" in done.stderr


def test_reload_takes_the_new_upstream_and_loses_nothing(lab, tmp_path):
    got, before = {}, lab.statistics("others")["connections"]
    with Daemon(lab, tmp_path, MAIN) as daemon:
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        try:
            asker = threading.Thread(target=ask_many, args=(300, got))
            asker.start()
            time.sleep(0.2)
            daemon.write(OTHER)
            daemon.reload()
            daemon.wait_for("event=reloaded")
        finally:
            lab.go_on("unbound")
        asker.join()
        assert dig("www.example").status == "NOERROR"
    assert got == all_of(300)
    assert lab.statistics("others")["connections"] > before


def test_reload_opens_and_closes_listeners(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN) as daemon:
        config = daemon.config.read_text()
        daemon.config.write_text(config.replace("DNSStubListenerExtra=[::1]:5300", "DNSStubListenerExtra=127.0.0.9:5300"))
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert dig("www.example", server="127.0.0.9").status == "NOERROR"
        assert dig("www.example", "+timeout=1", server="::1").status is None
        assert dig("www.example").status == "NOERROR"


def test_listener_asked_for_twice(lab, tmp_path):
    """It is a mistake, so that no reload has to sort it out; and reloading twice leaves the listeners whole."""
    with Daemon(lab, tmp_path, MAIN) as daemon:
        config = daemon.config.read_text()
        daemon.config.write_text(config.replace("DNSStubListener=no", "DNSStubListener=yes\nDNSStubListenerExtra=127.0.0.53"))
        daemon.reload()
        daemon.wait_for("listens there already")
        daemon.config.write_text(config.replace("DNSStubListener=no", "DNSStubListener=udp"))
        for n in (1, 2):
            daemon.reload()
            daemon.wait_for("event=reloaded", times=n)
        assert dig("-p", "53", "www.example", server="127.0.0.53").status == "NOERROR"
        assert dig("www.example").status == "NOERROR"


def test_shorter_budget_after_a_reload(lab, tmp_path):
    """A query under the new budget does not wait for the deadline of one under the old."""
    with Daemon(lab, tmp_path, MAIN, timeout=15) as daemon:
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        try:
            old = threading.Thread(target=dig, args=("h0001.example",))
            old.start()
            time.sleep(0.2)
            daemon.write(MAIN, timeout=1)
            daemon.reload()
            daemon.wait_for("event=reloaded")
            assert "no upstream answered within 1000 ms" in dig("h0002.example").ede_text
        finally:
            lab.go_on("unbound")
        old.join()


def test_ends_with_clients_connected(lab, tmp_path):
    """Those that ask nothing are not waited for; nor is what they have left behind touched again."""
    with contextlib.ExitStack() as stack:
        with Daemon(lab, tmp_path, MAIN):
            for end in (None, 1, 20):
                stack.enter_context(tcp()).sendall(frame(dns.message.make_query("www.example", "A").to_wire())[:end])
            assert dig("www.example").status == "NOERROR"


def test_no_reload_while_stopping(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN, timeout=2) as daemon:
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        try:
            asker = threading.Thread(target=dig, args=("h0001.example",))
            asker.start()
            time.sleep(0.2)
            daemon.process.terminate()
            time.sleep(0.1)
            daemon.reload()
            time.sleep(0.2)
            assert "event=reloaded" not in daemon.log
        finally:
            lab.go_on("unbound")
        asker.join()


def test_failed_reload_changes_nothing(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN) as daemon:
        good = daemon.config.read_text()
        elsewhere = good.replace("127.0.0.1:5300", "192.0.2.9:5300") + "[Protection]\nAllowClients=192.0.2.0/24\n"
        for bad in (good + "Nonsense=1\n", elsewhere, good.replace("log_list.json", "gone.json")):
            failures = daemon.log.count("event=reload-failed")
            daemon.config.write_text(bad)
            daemon.reload()
            daemon.wait_for("event=reload-failed", times=failures + 1)
            assert dig("www.example").answers == ["192.0.2.1"]
        assert "Nonsense: there is no such key" in daemon.log and "cannot listen on" in daemon.log


def test_stop_answers_what_it_holds(lab, tmp_path):
    answers = []
    with Daemon(lab, tmp_path, MAIN) as daemon:
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        try:
            askers = [threading.Thread(target=lambda w=w: answers.append(dig(*w).answers))
                      for w in (("h0007.example",), ("+tcp", "h0008.example"))]
            for asker in askers:
                asker.start()
            time.sleep(0.3)
            daemon.process.terminate()
            time.sleep(0.3)
        finally:
            lab.go_on("unbound")
        for asker in askers:
            asker.join()
    assert sorted(answers) == [[address_of(7)], [address_of(8)]]


def test_every_sigterm_is_the_same(lab, tmp_path):
    """One that comes while the daemon ends does not make it end otherwise."""
    with Daemon(lab, tmp_path, MAIN) as daemon:
        assert dig("www.example").status == "NOERROR"
        while daemon.process.poll() is None:
            daemon.process.terminate()


def test_systemd_is_told(lab, tmp_path, monkeypatch):
    """sd_notify(3): ready, what an upstream was found to be, reloading and ready again, stopping."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with Daemon(lab, tmp_path, MAIN) as daemon:
            assert systemd.recv(1000) == b"READY=1"
            assert systemd.recv(1000).endswith(b": certificate accepted")
            daemon.reload()
            assert systemd.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert systemd.recv(1000) == b"READY=1"
            assert systemd.recv(1000).startswith(b"STATUS=")
        assert systemd.recv(1000) == b"STOPPING=1"


def test_watchdog_of_systemd(lab, tmp_path, monkeypatch):
    """It is told that the loop turns, again and again, where it wants to know."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "100000")
        with Daemon(lab, tmp_path, MAIN):
            told = 0
            while told < 5:
                told += systemd.recv(1000) == b"WATCHDOG=1"
