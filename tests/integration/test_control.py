# SPDX-License-Identifier: MIT
"""The control socket and who asks there: ctresolvectl, others, and those who mean no good."""
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from daemon import ADDRESS, CTL, PORT, PROGRAM, ROOT, SANITIZED, Daemon
from dnsclient import ask, dig


def connect(daemon):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(5)
    client.connect(str(daemon.socket))
    return client


def say(client, request):
    client.sendall((request if isinstance(request, str) else json.dumps(request)).encode() + b"\n")
    return json.loads(client.makefile("r").readline() or "null")


@pytest.fixture(name="daemon")
def make_daemon(lab, tmp_path):
    with Daemon(lab, tmp_path, lab.uri("good"), cache="yes") as daemon:
        os.chmod(tmp_path, 0o755)
        yield daemon


def as_nobody(daemon, *requests):
    """What somebody without rights is told."""
    script = ("import json,socket,sys,os\nos.setgid(65534);os.setuid(65534)\nc=socket.socket(socket.AF_UNIX);c.connect(sys.argv[1]);f=c.makefile('r')\n"
              "for r in sys.argv[2:]:\n c.sendall(r.encode()+b'\\n');print(f.readline().strip())\n")
    # pytest's folder is root's alone: the socket is reached from within it.
    done = subprocess.run(["python3", "-c", script, daemon.socket.name, *(json.dumps(r) for r in requests)], cwd=daemon.socket.parent,
                          capture_output=True, text=True, check=True, timeout=10)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_query(daemon):
    done = daemon.ctl("query", "www.example")
    told = json.loads(daemon.ctl("query", "--json", "www.example", "A").stdout)
    assert done.returncode == 0 and "-- www.example. A: NOERROR" in done.stdout and "-- www.example. AAAA: " in done.stdout, done.stdout + done.stderr
    assert told["rcode"] == "NOERROR" and told["answers"][0]["data"] == dig("www.example").answers[0]
    assert told["source"] in ("upstream", "cache") and (told["source"] != "upstream" or told["protocol"] == "tls")
    assert daemon.ctl("query", "nonexistent.example").returncode == 1


def test_query_of_a_refused_upstream(lab, tmp_path):
    """The reason is told in words; status says which upstream it is that is refused."""
    with Daemon(lab, tmp_path, lab.uri("no-sct")) as daemon:
        done = daemon.ctl("query", "www.example")
        assert done.returncode == 2 and "SERVFAIL" in done.stdout and "SCT" in done.stdout, done.stdout
        live, = json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["upstreams"]
        assert live["refused"] is True and "SCT" in live["why"] and live["state"] == "resting"
        assert "refused: " in daemon.ctl("status").stdout


def test_status(daemon):
    for _ in range(8):
        ask("www.example", "A")
    told = json.loads(daemon.ctl("status", "--json").stdout)
    live, = told["daemon"]["upstreams"]
    assert live["state"] == "ready" and live["protocol"] == "tls" and live["why"] is None and not live["refused"] and told["daemon_why"] is None
    assert told["upstreams"][0]["upstream"] == live["upstream"] and told["daemon"]["uptime_seconds"] < 60
    assert "daemon    0." in daemon.ctl("status").stdout
    assert live.get("late_milliseconds", 1) < 10_000, "not known is not a number"
    cache = told["daemon"]["cache"]
    assert (cache["hits"], cache["misses"], told["search_domains"], told["dnssec"]) == (7, 1, [], False)
    assert "; it had 7 of 8 that were asked for (87 %)\n" in daemon.ctl("status").stdout


def test_names_of_json_are_in_the_manual(daemon):
    """So scripts can rely on them."""
    def names(value):
        if isinstance(value, list):
            return set().union(*(names(each) for each in value))
        return set().union(value, *(names(each) for each in value.values())) if isinstance(value, dict) else set()

    manual = (ROOT / "resolver/ctresolvectl.1").read_text() + (ROOT / "ctpolicy/ctcheck.1").read_text()
    ask("www.example", "A")
    wait_until(lambda: json.loads(daemon.ctl("evidence", "--json").stdout))
    for words in (("status",), ("query", "www.example", "A"), ("evidence",), ("flush-caches",)):
        done = daemon.ctl(words[0], "--json", *words[1:])
        told = names(json.loads(done.stdout))
        assert told and not {name for name in told if not re.search(rf"(?<![-\w]){name}(?![-\w])", manual)}, words


def test_evidence_of_somebody_else(lab, tmp_path):
    """Who has taken the daemon over may write its files, but not to root's terminal."""
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.state.mkdir()
    record = {"time": "2026-11-28T00:00:00.000Z", "upstream": lab.uri("good"), "verdict": "accept", "reason": "fine"}
    (daemon.state / "evidence.json").write_text(json.dumps(record) + "\n" + json.dumps(record | {"reason": "\x1b]0;x\x07", "scts": []}) + "\n")
    for words in (("status",), ("evidence",), ("status", "--json")):
        done = daemon.ctl(*words)
        assert done.returncode == 0 and "fine" in done.stdout and "]0;x" not in done.stdout


def test_status_of_search_domains(lab, tmp_path):
    """Those with a ~ are not searched; a route may have some, too."""
    route = f"[Route]\nDomains=~corp.example lab.example\nDNS={lab.uri('good')}"
    done = Daemon(lab, tmp_path, lab.uri("good"), resolve="Domains=Home.example ~x.example", more=route).ctl("status", "--json")
    assert json.loads(done.stdout)["search_domains"] == ["home.example", "lab.example"]
    assert "search    home.example lab.example\n" in Daemon(lab, tmp_path, lab.uri("good"), resolve="Domains=Home.example ~x.example", more=route).ctl("status").stdout


def test_status_without_a_daemon(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    done = daemon.ctl("status", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["daemon"] is None and told["daemon_why"] == "the daemon is not running"
    assert "daemon    nothing is known of it: the daemon is not running\n" in daemon.ctl("status").stdout
    for verb in ("statistics", "flush-caches", "monitor"):
        done = daemon.ctl(verb)
        assert done.returncode == 2 and done.stderr == "ctresolvectl: control socket: the daemon is not running\n"


def test_statistics(daemon):
    before = json.loads(daemon.ctl("statistics", "--json").stdout)
    for i in range(7):
        ask(f"n{i}.example", "A")
    after = json.loads(daemon.ctl("statistics", "--json").stdout)
    assert after["queries_received"] == before["queries_received"] + 7
    assert after["certificates_accepted"] >= 1 and after["certificates_refused"] == 0 and after["log_list_logs"] > 0
    assert f"queries_received         {after['queries_received']}\n" in daemon.ctl("statistics").stdout


def test_monitor(daemon):
    with subprocess.Popen([CTL, "-c", daemon.config, "monitor", "--json"], stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/fd")) > 3)
        time.sleep(0.2)
        ask("WWW.example", "AAAA")
        event = json.loads(process.stdout.readline())
        process.terminate()
    assert event["name"] == "WWW.example." and event["type"] == "AAAA" and event["client"] == ADDRESS and event["transport"] == "udp"
    assert event["rcode"] == "NOERROR" and event["source"] in ("upstream", "cache") and 0 < event["milliseconds"] < 5000


def test_a_terminal_is_safe(daemon):
    """Names that were asked for are shown to root: of no byte of them a terminal makes anything but a character."""
    with subprocess.Popen([CTL, "-c", daemon.config, "monitor"], stdout=subprocess.PIPE) as process:
        wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/fd")) > 3)
        time.sleep(0.2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"\x0a\x1b]0;x\x07\x9b\n\"\xff\7example\0" + b"\0\x01\0\1", (ADDRESS, PORT))
        line = process.stdout.readline()
        process.terminate()
    assert rb" \027]0\;x\007\155\010\"\255.example. A " in line and all(32 <= byte < 127 for byte in line.rstrip(b"\n")), line


def wait_until(true, seconds=5):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_cache(daemon):
    """What comes from the cache says so, to who asks, to who watches, and in the counts; flushed, it is asked for again."""
    def ask_it():
        return json.loads(daemon.ctl("query", "--json", "www.example", "A").stdout)

    first, second = ask_it(), ask_it()
    assert (first["source"], second["source"], second["upstream"]) == ("upstream", "cache", None)
    assert first["upstream"].startswith("tls://1.1.1.1") and "from the cache" in daemon.ctl("query", "www.example", "A").stdout
    assert json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["cache"]["entries"] == 1
    assert json.loads(daemon.ctl("statistics", "--json").stdout)["cache_hits"] == 2
    assert daemon.ctl("flush-caches").returncode == 0 and daemon.ctl("flush-caches", "--json").stdout == '{\n  "ok": true\n}\n'
    assert json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["cache"]["entries"] == 0
    assert ask_it()["source"] == "upstream"


def test_rights(daemon):
    """Everybody may ask and see; root alone may flush and watch."""
    told = as_nobody(daemon, {"verb": "status"}, {"verb": "statistics"}, {"verb": "query", "question": "0000020001"},
                     {"verb": "flush-caches"}, {"verb": "monitor"})
    assert [answer["ok"] for answer in told] == [True, True, True, False, False]
    assert told[3]["error"] == "only root, and the daemon's own user, may do that"
    assert daemon.ctl("flush-caches").returncode == 0
    assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o666


@pytest.mark.parametrize("line", ["", "{}", "[]", "\x00", "{\"verb\": 1}", "{\"verb\": \"x\"}", "{\"verb\": \"query\"}", "{\"verb\": \"query\", \"question\": \"0g\"}",
                                  "{\"verb\": \"status\", \"verb\": \"status\"}", "[" * 4000, "x" * 4097])
def test_what_is_no_request(daemon, line):
    with connect(daemon) as client:
        told = say(client, line)
        assert told["ok"] is False and told["error"]
        with contextlib.suppress(ConnectionResetError):  # it had said more than was read
            assert client.recv(1) == b""
    assert daemon.ctl("statistics").returncode == 0


@pytest.mark.parametrize("question", ["", "00", "0000010001" * 2, "ff" * 259, "c00c00010001", "03777700", "00" * 259])
def test_what_is_no_question(daemon, question):
    """Hostile bytes in a question are looked at as a client's message is."""
    with connect(daemon) as client:
        told = say(client, {"verb": "query", "question": question})
        assert told["ok"] is False or bytes.fromhex(told["message"])[3] & 15 != 0
        assert say(client, {"verb": "statistics"})["ok"] is True


def test_too_many(daemon):
    """Sixteen may be there. Who has no rights makes room; root is not locked out, and root's own are not thrown out."""
    script = ("import socket,sys,os,time\nos.setgid(65534);os.setuid(65534)\ncs=[]\n"
              "for i in range(30):\n c=socket.socket(socket.AF_UNIX);c.connect(sys.argv[1]);cs.append(c)\nprint('all',flush=True);sys.stdin.read()\n")
    with subprocess.Popen(["python3", "-c", script, daemon.socket.name], cwd=daemon.socket.parent, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as hog:
        assert hog.stdout.readline() == "all\n"
        assert daemon.ctl("statistics").returncode == 0
        assert daemon.descriptors() < 60
        hog.stdin.close()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(daemon)) for _ in range(16)]
        assert all(say(client, {"verb": "statistics"})["ok"] for client in clients)
        assert connect(daemon).recv(1) == b""
        assert say(clients[0], {"verb": "statistics"})["ok"]


def test_all_at_once(daemon):
    """Who asks for thousands of things at once is told all of them, while others are answered."""
    assert ask("www.example", "A").answer
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(daemon)) for _ in range(15)]
        assert all(say(client, {"verb": "statistics"})["ok"] for client in clients)
        took = []
        for _ in range(3):
            daemon.process.send_signal(signal.SIGSTOP)
            for client in clients:
                client.sendall(b'{"verb": "statistics"}\n' * 200)
            daemon.process.send_signal(signal.SIGCONT)
            began = time.monotonic()
            assert ask("www.example", "A").answer
            took.append(time.monotonic() - began)
            wait_until(lambda: daemon.ctl("statistics").returncode == 0)
        assert SANITIZED or min(took) < 0.02, took
        for client in clients:
            client.shutdown(socket.SHUT_WR)
            assert sum(json.loads(line)["ok"] for line in client.makefile("r")) == 600


def test_who_does_not_read(daemon):
    """A monitor that never reads is closed, and costs no more than its bound; others are not slowed."""
    with connect(daemon) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b'{"verb": "monitor"}\n')
        descriptors, memory = daemon.descriptors(), daemon.memory_kib()
        query = b"\0\0\1\0\0\1\0\0\0\0\0\0" + b"\1x" * 120 + b"\0\0\1"  # without a class: each gets FORMERR, and is told
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((ADDRESS, PORT))
            sender.settimeout(5)
            end = time.monotonic() + 8  # before its idle time ends
            while daemon.descriptors() >= descriptors:
                assert time.monotonic() < end
                for _ in range(50):
                    sender.send(query)
                    sender.recv(600)
        assert daemon.memory_kib() - memory < (40000 if SANITIZED else 4096)
        assert ask("www.example", "A").answer


def test_gone(lab, tmp_path):
    """Who goes while a question is under way cancels it; the daemon ends all the same."""
    with Daemon(lab, tmp_path, "tls://1.1.1.1:8999", timeout=3) as daemon:
        client = connect(daemon)
        client.sendall(b'{"verb": "query", "question": "0000010001"}\n' * 3)
        time.sleep(0.1)
        client.close()
    with Daemon(lab, tmp_path, lab.uri("good"), timeout=1) as daemon:
        assert ask("www.example", "A").answer
        lab.hold("unbound")
        try:
            with connect(daemon) as client:
                client.sendall(b'{"verb": "query", "question": "056830303031076578616d706c650000010001"}\n')
                client.sendall(b'{"verb": "statistics"}\n')
                client.shutdown(socket.SHUT_WR)
                first, second = map(json.loads, client.makefile("r"))
            client = connect(daemon)
            client.sendall(b'{"verb": "query", "question": "056830303032076578616d706c650000010001"}\n')
            wait_until(lambda: json.loads(daemon.ctl("statistics", "--json").stdout)["queries_under_way"] == 1)
            client.close()
            wait_until(lambda: json.loads(daemon.ctl("statistics", "--json").stdout)["queries_under_way"] == 0)
        finally:
            lab.go_on("unbound")
        assert bytes.fromhex(first["message"])[3] & 15 == 2 and first["source"] == "error" and second["statistics"]["queries_failed"] == 1


def test_the_file(lab, tmp_path):
    """What a dead process left is replaced; what is alive, or no socket, is not. Its folder is made; it goes with the daemon."""
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(daemon.socket))
    with daemon:
        assert daemon.ctl("statistics").returncode == 0
        other = Daemon(lab, tmp_path, lab.uri("good"), port=PORT + 1)
        assert refused(other) == f"event=control socket={daemon.socket} why=\"cannot listen there: somebody listens there already\"\n"
        moved = tmp_path / "new" / "control"
        daemon.config.write_text(daemon.config.read_text().replace(str(daemon.socket), str(moved)).replace(f":{PORT + 1}", f":{PORT}"))
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert not daemon.socket.exists() and daemon.ctl("statistics").returncode == 0
        daemon.config.write_text(daemon.config.read_text().replace(str(moved), "/proc/nowhere/control"))
        daemon.reload()
        daemon.wait_for("event=reload-failed")
        daemon.config.write_text(daemon.config.read_text().replace("/proc/nowhere/control", str(moved)))
        assert daemon.ctl("statistics").returncode == 0
    assert not moved.exists()
    daemon.socket.write_text("precious")
    daemon.write(lab.uri("good"))
    assert "not a socket" in refused(daemon) and daemon.socket.read_text() == "precious"


def refused(daemon):
    done = subprocess.run([PROGRAM, "-c", daemon.config],
                          capture_output=True, text=True, check=False, timeout=10, env=daemon.environment())
    assert done.returncode == 1
    return "".join(line + "\n" for line in done.stderr.splitlines() if "event=control" in line)


def test_no_socket(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text().replace(str(daemon.socket), "no"))
    with daemon:
        assert not daemon.socket.exists() and "Socket=no" in daemon.ctl("statistics").stderr
        assert "daemon    nothing is known of it: the configuration says Socket=no\n" in daemon.ctl("status").stdout
        assert ask("www.example", "A").answer


def test_churn(daemon):
    """Those who ask, flush and watch come and go, at any moment, while queries are under way and the socket moves from place to place."""
    ends, places, moves = time.monotonic() + 3, (daemon.socket, daemon.socket.with_name("other")), 0
    words = ('{"verb": "query", "question": "056831303032076578616d706c650000010001"}\n{"verb": "flush-caches"}\n'
             '{"verb": "monitor"}\n{"verb": "monitor"}\n{"verb": "status"}\n{"verb": "query", "question": "00"}\n').encode()

    def ask_on():
        for i in range(10**6):
            if time.monotonic() > ends:
                return
            assert ask(f"n{i % 500}.example", "A").rcode() != 2

    def come_and_go(watchers):
        for i in range(10**6):
            if time.monotonic() > ends:
                return
            with contextlib.suppress(OSError):  # there are too many, or the socket is elsewhere
                watchers.append(connect(daemon))
                watchers[-1].sendall(b'{"verb": "monitor"}\n')
                with connect(daemon) as client:
                    client.sendall(words[:len(words) - i % 300])
            while len(watchers) > 6:
                watchers.pop(0).close()

    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        watchers = []
        stack.callback(lambda: [client.close() for client in watchers])
        running = [pool.submit(ask_on), pool.submit(ask_on), pool.submit(come_and_go, watchers)]
        while time.monotonic() < ends:
            now, then = places[moves % 2], places[(moves + 1) % 2]
            daemon.config.write_text(daemon.config.read_text().replace(f"Socket={now}\n", f"Socket={then}\n"))
            moves += 1
            daemon.socket = then
            daemon.reload()
            daemon.wait_for("event=reloaded", times=moves)
        for each in running:
            each.result()
    wait_until(lambda: daemon.ctl("statistics").returncode == 0)
    told = json.loads(daemon.ctl("statistics", "--json").stdout)
    assert told["queries_under_way"] == 0 and told["queries_failed"] == 0 and moves > 3 and daemon.descriptors() < 40


def test_a_file_that_is_lost(lab, tmp_path):
    """Somebody has removed the socket: a reload makes it anew, for everybody, whatever the umask. Until then nothing is removed that is not ours."""
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    daemon.config.write_text(daemon.config.read_text().replace(str(daemon.socket), str(tmp_path / "made" / "control")))
    daemon.socket = tmp_path / "made" / "control"
    before = os.umask(0o077)
    try:
        daemon.start()
    finally:
        os.umask(before)
    with contextlib.closing(contextlib.ExitStack()) as stack:
        stack.callback(daemon.stop)
        assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o666 and stat.S_IMODE(daemon.socket.parent.stat().st_mode) == 0o755
        daemon.socket.unlink()
        assert daemon.ctl("statistics").stderr == "ctresolvectl: control socket: the daemon is not running\n"
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert daemon.ctl("statistics").returncode == 0
        daemon.socket.unlink()
        daemon.socket.write_text("precious")
        daemon.reload()
        daemon.wait_for("not a socket")
        daemon.wait_for("event=reload-failed")
    assert daemon.socket.read_text() == "precious"


def test_a_daemon_that_hangs(daemon, lab):
    """It takes no connection any more: that is said, in time."""
    del lab
    daemon.process.send_signal(signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        stack.callback(daemon.process.send_signal, signal.SIGCONT)
        for _ in range(64):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            if client.connect_ex(str(daemon.socket)) != 0:
                break
        began = time.monotonic()
        done = daemon.ctl("statistics")
        assert done.returncode == 2 and done.stderr == "ctresolvectl: control socket: the daemon does not answer\n"
        assert time.monotonic() - began < 7
