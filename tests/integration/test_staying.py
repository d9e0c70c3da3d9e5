# SPDX-License-Identifier: MIT
"""Staying connected: idle connections, resumed sessions, networks that change, and faults with queries under way."""
import contextlib
import pathlib
import shutil
import subprocess
import time

import pytest

from daemon import Daemon, PROGRAM, SANITIZED
from dnsclient import dig
from load import Load
from servers import address_of, name_of

NAME = "#one.one.one.one"
MAIN, OTHER = f"tls://1.1.1.1{NAME}", f"tls://1.0.0.1{NAME}"
DOH_OTHER = f"https://1.0.0.1/dns-query{NAME}"
BOTH = f"1.1.1.1{NAME}"  # by TLS, and by HTTPS
IMPATIENT = f"tls://1.1.1.1:8700{NAME}"
KEEPALIVE = f"tls://1.1.1.1:8853{NAME}"


def test_one_connection(lab, tmp_path):
    before = lab.statistics("main")["connections"]
    with Daemon(lab, tmp_path, MAIN):
        with Load(1000) as load:
            time.sleep(3)
        assert load.lost == 0
    # On a busy machine one that says nothing for a moment is relieved.
    assert 1 <= lab.statistics("main")["connections"] - before <= 5


def test_we_close_first(lab, tmp_path):
    """After the second time that the server closed it unused, it is closed before; nothing is lost or told."""
    with Daemon(lab, tmp_path, IMPATIENT) as daemon:
        for i in range(3):
            assert dig(name_of(i)).answers == [address_of(i)]
            time.sleep(0.8)
        assert "event=lost" not in daemon.log


def test_servers_keepalive_is_heeded(lab, tmp_path):
    """RFC 7828: unbound says two seconds, and would reset what comes later."""
    with Daemon(lab, tmp_path, KEEPALIVE) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        time.sleep(1.2)
        assert len(connections(8853)) == 1
        time.sleep(0.75)
        assert not connections(8853)
        assert dig("www.example").answers == ["192.0.2.1"]
        assert "event=lost" not in daemon.log


def connections(port):
    """The open ones to the upstream's port."""
    lines = pathlib.Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "01"]


def ask_and_let_close(n):
    for _ in range(n):
        assert dig("www.example").answers == ["192.0.2.1"]
        time.sleep(0.8)


def test_sessions_are_resumed(lab, tmp_path):
    with Daemon(lab, tmp_path, IMPATIENT):
        lab.statistics("impatient")  # all others have ended
        before = len(lab.resumed())
        ask_and_let_close(3)
    assert lab.resumed()[before:] == [False, True, True]


def replace_list(daemon, lab, path, more):
    """A newer list, with this many bytes of white space, in place of the one in use."""
    text = (lab.folder / "log_list.json").read_text()
    new = path.with_suffix(".new")
    new.write_text(text + " " * more)
    times = daemon.log.count("event=log-list-replaced")
    new.replace(path)
    daemon.wait_for("event=log-list-replaced", times=times + 1)


@pytest.mark.parametrize("change", ["list", "policy", "anchors"])
def test_no_ticket_outlives_what_it_was_judged_by(lab, tmp_path, change):
    path = tmp_path / "list.json"
    shutil.copy(lab.folder / "log_list.json", path)
    with Daemon(lab, tmp_path, IMPATIENT, log_list=path) as daemon:
        lab.statistics("impatient")  # all others have ended
        before = len(lab.resumed())
        ask_and_let_close(2)
        if change == "list":
            replace_list(daemon, lab, path, 1)
        elif change == "policy":
            daemon.write(IMPATIENT, policy="two-logs")
        else:
            anchors = tmp_path / "anchors.pem"
            shutil.copy(lab.folder / "anchors.pem", anchors)
            daemon.config.write_text(daemon.config.read_text().replace(f"{lab.folder}/anchors.pem", str(anchors)))
        if change != "list":
            daemon.reload()
            daemon.wait_for("event=reloaded")
        time.sleep(0.7)  # it has connected anew by itself
        ask_and_let_close(1)
    assert lab.resumed()[before:][:3] == [False, True, False]


def test_silence_is_noticed_soon(lab, tmp_path):
    """Its packets vanish, with queries under way; new connections get through. RTT here is nothing."""
    with Daemon(lab, tmp_path, MAIN):
        with Load() as load:
            with cut_present_connections(lab):
                time.sleep(3)
        assert load.lost == 0
        assert load.slowest() < 2, load.slowest()


def test_silence_is_relieved_before_it_is_certain(lab, tmp_path):
    """It takes 650 ms here until the old one is known to be dead; nobody waits for that."""
    with lab.far(20), Daemon(lab, tmp_path, MAIN) as daemon:
        with Load() as load:
            time.sleep(2)
            with cut_present_connections(lab):
                time.sleep(2)
        assert load.lost == 0
        assert sum(took > 0.4 for took in load.took.values()) <= 10, sorted(load.took.values())[-50:]
        assert 'event=lost why="the server does not answer"' in daemon.log, daemon.log


def load_while_silent(lab, folder, other):
    """Two upstreams; what is connected to port 853 falls silent once both are known."""
    with Daemon(lab, folder, [MAIN, other]) as daemon, Load() as load:
        daemon.wait_for(f"upstream={other} event=accepted", 8)
        time.sleep(1)
        with cut_present_connections(lab):
            time.sleep(3)
    return load


def test_all_connections_fall_silent(lab, tmp_path):
    """As when a NAT forgets them; those whom both servers were asked do not wait for longer than others."""
    load = load_while_silent(lab, tmp_path, OTHER)
    assert load.lost == 0
    assert load.slowest() < 2, load.slowest()


@contextlib.contextmanager
def cut_present_connections(lab, port=853):
    ports = [int(line.split()[1].rsplit(":", 1)[1], 16) for line in connections(port)]
    assert ports
    with lab.rule(f"tcp sport {{ {', '.join(map(str, ports))} }} drop"):
        yield


@pytest.mark.parametrize("how", ["drop", "reject with tcp reset"])
def test_port_853_is_blocked(lab, tmp_path, how):
    """DNS over HTTPS takes over, and goes back when it can."""
    with Daemon(lab, tmp_path, BOTH) as daemon:
        with lab.rule(f"tcp dport 853 {how}"):
            dug = dig("www.example")
            assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 1000, dug.text
            daemon.wait_for("upstream=https://1.1.1.1")
            assert dig("www.example").milliseconds < 100
            time.sleep(2.5)
        end = time.monotonic() + 40
        while not connections(853) and time.monotonic() < end:
            assert dig("www.example").answers == ["192.0.2.1"]
            time.sleep(0.2)
        assert connections(853), daemon.log


def test_port_853_is_intercepted(lab, tmp_path):
    """Somebody else answers there, and gets nothing."""
    before = lab.statistics("no-sct")["bytes_in"]
    port = lab.row("no-sct")["listen"][1]
    lab.upstream_runs("nft", "add table ip nat; add chain ip nat prerouting { type nat hook prerouting priority -100; };"
                      f"add rule ip nat prerouting ip daddr 1.1.1.1 tcp dport 853 dnat to 1.1.1.1:{port}")
    try:
        with Daemon(lab, tmp_path, BOTH) as daemon:
            dug = dig("www.example")
            assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 1000, dug.text
            daemon.wait_for("event=refused")
    finally:
        lab.upstream_runs("nft", "delete table ip nat")
    assert lab.statistics("no-sct")["bytes_in"] == before


def test_ipv6_is_a_black_hole(lab, tmp_path):
    with lab.rule("ip6 daddr 2606:4700:4700::/48 drop"), \
            Daemon(lab, tmp_path, [f"2606:4700:4700::1111{NAME}", f"1.1.1.1{NAME}"]):
        dug = dig("www.example")
        assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 1000, dug.text


def test_link_down_for_a_while(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN):
        with Load() as load:
            with lab.link_down():
                time.sleep(3)
            time.sleep(1)
        assert load.lost == 0
        # Nobody waits for TCP's own timers after it is back.
        assert load.slowest() < 4, load.slowest()


def test_mute_with_another_at_hand(lab, tmp_path):
    """The other is asked as soon as something is late, long before the silence is known to be one."""
    load = load_while_silent(lab, tmp_path, DOH_OTHER)
    assert load.lost == 0
    assert sum(took > 0.3 for took in load.took.values()) <= 10, sorted(load.took.values())[-50:]


def test_certificate_swapped_in_mid_life(lab, tmp_path):
    """The server comes back with another certificate, and gets nothing; another one answers."""
    shown = lab.folder / "swapped.pem"
    good = shown.read_text()
    with Daemon(lab, tmp_path, [f"tls://1.1.1.1:8708{NAME}", OTHER]) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        try:
            with Load() as load:
                lab.kill("haproxy")
                shown.write_text((lab.folder / "no-sct.pem").read_text())
                lab.start_haproxy()
                time.sleep(2)
            assert load.lost == 0, load.lost
            assert 'event=refused policy=chrome why="certificate refused: it carries no SCT' in daemon.log, daemon.log
            after = lab.statistics("swapped")
            assert after["bytes_in"] == 0 and after["connections"] > 0
        finally:
            shown.write_text(good)
            lab.kill("haproxy")
            lab.start_haproxy()


def test_killed_and_started_again(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN):
        with Load() as load:
            lab.kill("haproxy")
            time.sleep(0.5)
            lab.start_haproxy()
            time.sleep(1)
        assert load.lost == 0


SLEEPY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

/* The machine has slept for an hour once this file is there. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (real(clock, now) < 0)
		return -1;
	if (clock == CLOCK_BOOTTIME && access(SLEPT, F_OK) == 0)
		now->tv_sec += 3600;
	return 0;
}
"""


@pytest.mark.skipif(SANITIZED, reason="a sanitizer wants to be loaded first")
def test_after_a_suspend(lab, tmp_path):
    """Its connections are dead, though nobody has closed them: the first query does not wait to find out."""
    slept, library = tmp_path / "slept", tmp_path / "sleepy.so"
    (tmp_path / "sleepy.c").write_text(f'#define SLEPT "{slept}"\n' + SLEEPY)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "sleepy.c", "-ldl"], check=True)
    daemon = Daemon(lab, tmp_path, MAIN)
    daemon.environment = lambda: {**Daemon.environment(daemon), "LD_PRELOAD": str(library)}
    with daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        with cut_present_connections(lab):
            slept.touch()
            dug = dig("www.example")
            assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 250, dug.text


@pytest.mark.parametrize("words", ["no", "prefer"])
def test_post_quantum(lab, tmp_path, words):
    daemon = Daemon(lab, tmp_path, MAIN)
    daemon.config.write_text(daemon.config.read_text().replace("[Transport]", f"[Transport]\nPostQuantum={words}"))
    with daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
    # What it knows is written when it ends, if not before.
    status = daemon.ctl("status").stdout
    assert "key exchange SECP256R1 (post-quantum: no)" in status or "MLKEM768 (post-quantum: yes)" in status, status


@contextlib.contextmanager
def server_of_group(lab, group):
    """openssl's, which knows X25519MLKEM768 from 3.5 on, at port 9843."""
    good = lab.folder / "good"
    command = ["openssl", "s_server", "-quiet", "-accept", "1.1.1.1:9843", "-cert", f"{good}.pem", "-key", f"{good}.key",
               "-cert_chain", f"{good}.chain.pem", "-groups", group]
    with subprocess.Popen(["ip", "netns", "exec", lab.upstream, *command], stdin=subprocess.PIPE) as server:
        try:
            while ":9843 " not in lab.upstream_runs("ss", "-Hltn", stdout=subprocess.PIPE, text=True).stdout:
                assert server.poll() is None
                time.sleep(0.01)
            yield f"tls://1.1.1.1:9843{NAME}"
        finally:
            server.kill()


def test_post_quantum_required(lab, tmp_path):
    """Where GnuTLS does not know it, that is a mistake in words; else it is done."""
    daemon = Daemon(lab, tmp_path, MAIN)
    plain = daemon.config.read_text()
    daemon.config.write_text(plain.replace("[Transport]", "[Transport]\nPostQuantum=require"))
    done = subprocess.run([PROGRAM, "--check", "-c", str(daemon.config)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        assert done.returncode == 1 and "PostQuantum: require: the GnuTLS here (" in done.stderr, done.stderr
        return
    with server_of_group(lab, "P-256") as server:
        done = daemon.ctl("probe", server)
        assert done.returncode == 2 and "it may not know X25519MLKEM768, which is required" in done.stderr, done.stderr
    groups = subprocess.run(["openssl", "list", "-tls-groups"], capture_output=True, text=True, check=False).stdout
    if "X25519MLKEM768" not in groups:
        return
    with server_of_group(lab, "X25519MLKEM768:P-256") as server:
        assert "key exchange X25519-MLKEM768 (post-quantum: yes)" in daemon.ctl("probe", server).stdout
        daemon.config.write_text(plain)
        assert "key exchange X25519-MLKEM768 (post-quantum: yes)" in daemon.ctl("probe", server).stdout
        daemon.config.write_text(plain.replace("[Transport]", "[Transport]\nPostQuantum=no"))
        assert "key exchange SECP256R1 (post-quantum: no)" in daemon.ctl("probe", server).stdout
