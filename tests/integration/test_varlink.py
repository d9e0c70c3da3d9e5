# SPDX-License-Identifier: MIT
"""The varlink sockets of what stands in for systemd-resolved: what programs ask there, and those who mean no good."""
import base64
import contextlib
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import threading
import time

import pytest

import varlink
from daemon import SANITIZED
from dnsclient import ask, dig
from varlink import (CONFIDENTIAL, DNS, FOLDER, FROM_CACHE, FROM_NETWORK, MONITOR, NO_NETWORK, NO_SYNTHESIZE, NSS, RESOLVE, RESOLVECTL, SERVICE,
                     STANDIN, SYNTHETIC, VARLINK, Client, Failed, StandIn)

pytestmark = pytest.mark.skipif(not STANDIN.exists() or b"io.systemd.Resolve.Monitor" not in STANDIN.read_bytes(), reason="built without varlink")
needs_nss = pytest.mark.skipif(NSS is None, reason="nss-resolve is not there")


@pytest.fixture(name="daemon")
def make_daemon(lab, tmp_path):
    with StandIn(lab, tmp_path, lab.uri("good"), cache="yes") as daemon:
        yield daemon


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.01)
    return found


def refusal(function, *words, **more):
    with pytest.raises(Failed) as failure:
        function(*words, **more)
    return failure.value.name, failure.value.parameters


def test_hostname(daemon):
    told = daemon.call("ResolveHostname", {"name": "www.example", "family": socket.AF_INET})
    found, = told["addresses"]
    assert found == {"family": socket.AF_INET, "address": [int(part) for part in dig("www.example").answers[0].split(".")]}
    assert told["name"] == "www.example" and told["flags"] & ~(FROM_CACHE | FROM_NETWORK) == DNS | CONFIDENTIAL
    assert daemon.call("ResolveHostname", {"name": "www.example", "family": 2, "flags": NO_NETWORK})["flags"] & FROM_CACHE
    assert daemon.call("ResolveHostname", {"name": "www.example", "family": None, "ifindex": None})["addresses"]


def test_address(daemon):
    told = daemon.call("ResolveAddress", {"family": socket.AF_INET, "address": [127, 0, 0, 1]})
    assert told["names"][0]["name"] and told["flags"] & SYNTHETIC
    assert daemon.call("ResolveAddress", {"family": socket.AF_INET6, "address": [0] * 15 + [1]})["names"]


def test_record(daemon):
    told = daemon.call("ResolveRecord", {"name": "www.example", "type": 1})
    record, = told["rrs"]
    raw = base64.b64decode(record["raw"], validate=True)
    address = bytes(record["rr"]["address"])
    assert raw.startswith(b"\3www\7example\0\0\1\0\1") and raw.endswith(b"\0\4" + address) and socket.inet_ntoa(address) == dig("www.example").answers[0]
    assert record["rr"]["key"] == {"class": 1, "type": 1, "name": "www.example"}


@pytest.mark.parametrize("kind, error", [(252, "ZoneTransfersNotPermitted"), (251, "ZoneTransfersNotPermitted"), (254, "ResourceRecordTypeObsolete"),
                                         (41, "ResourceRecordTypeInvalidForQuery"), (0, "ResourceRecordTypeInvalidForQuery")])
def test_types_that_are_none(daemon, kind, error):
    assert refusal(daemon.call, "ResolveRecord", {"name": "www.example", "type": kind}) == (f"{RESOLVE}.{error}", {})


def test_what_there_is_not(daemon):
    name, told = refusal(daemon.call, "ResolveHostname", {"name": "nonexistent.example"})
    assert name == f"{RESOLVE}.DNSError" and told["rcode"] == 3 and told["queryString"] == "nonexistent.example"
    assert refusal(daemon.call, "ResolveRecord", {"name": "www.example", "type": 29}) == (f"{RESOLVE}.NoSuchResourceRecord", {})
    assert refusal(daemon.call, "ResolveHostname", {"name": "other.example", "flags": NO_NETWORK}) == (f"{RESOLVE}.NoSource", {})
    with contextlib.suppress(Failed):
        assert not daemon.call("ResolveHostname", {"name": "localhost", "flags": NO_SYNTHESIZE})["flags"] & SYNTHETIC


@pytest.mark.parametrize("method, parameters, wrong", [
    ("ResolveHostname", {"name": "www.example", "bogus": 1}, "bogus"), ("ResolveHostname", {}, "name"), ("ResolveHostname", None, "name"),
    ("ResolveHostname", {"name": None}, "name"), ("ResolveHostname", {"name": 1}, "name"), ("ResolveHostname", {"name": "a..b"}, "name"),
    ("ResolveHostname", {"name": "www.example", "flags": 512}, "flags"), ("ResolveHostname", {"name": "www.example", "flags": -1}, "flags"),
    ("ResolveHostname", {"name": "www.example", "flags": "1"}, "flags"), ("ResolveHostname", {"name": "www.example", "family": 5}, "family"),
    ("ResolveHostname", {"name": "www.example", "ifindex": 777777}, "ifindex"), ("ResolveHostname", {"name": "www.example", "ifindex": -1}, "ifindex"),
    ("ResolveHostname", {"name": "www.example", "ifindex": 2**31}, "ifindex"), ("ResolveHostname", {"name": "www.example", "ifindex": 1.0}, "ifindex"),
    ("ResolveAddress", {"address": [127, 0, 0, 1]}, "family"), ("ResolveAddress", {"family": 2, "address": [127, 0, 0, 256]}, "address"),
    ("ResolveAddress", {"family": 2, "address": "127"}, "address"), ("ResolveAddress", {"family": 0, "address": [127, 0, 0, 1]}, "family"),
    ("ResolveRecord", {"name": "www.example"}, "type"), ("ResolveRecord", {"name": "www.example", "type": 65536}, "type"),
    ("ResolveService", {"name": "x", "domain": "example"}, "type"), ("ResolveService", {"type": "x", "domain": "example"}, "type"),
    ("ResolveService", {"type": "_x._tcp"}, "domain"), ("DumpDNSConfiguration", {"x": 1}, "x")])
def test_what_is_wrong_is_named(daemon, method, parameters, wrong):
    assert refusal(daemon.call, method, parameters) == (f"{VARLINK}.InvalidParameter", {"parameter": wrong})


def test_sizes_of_addresses(daemon):
    for address in ([], [127, 0, 0], [0] * 16, [0] * 5000):
        assert refusal(daemon.call, "ResolveAddress", {"family": 2, "address": address}) == (f"{RESOLVE}.BadAddressSize", {})


def test_methods_that_are_none(daemon):
    with daemon.connect() as client:
        for method, error, told in ((f"{RESOLVE}.Nothing", "MethodNotFound", {"method": f"{RESOLVE}.Nothing"}),
                                    ("com.example.Nothing", "InterfaceNotFound", {"interface": "com.example"}),
                                    (f"{MONITOR}.DumpCache", "InterfaceNotFound", {"interface": MONITOR}),
                                    ("x", "InterfaceNotFound", {"interface": "x"}), ("", "InterfaceNotFound", {"interface": ""})):
            assert refusal(client.call, method) == (f"{VARLINK}.{error}", told)
        assert client.call(f"{SERVICE}.Ping") == {}
    assert refusal(daemon.call, "SubscribeQueryResults", interface=MONITOR) == (f"{VARLINK}.ExpectedMore", {})


def test_what_there_is(daemon):
    """Every method is described, in varlink's language."""
    source = (pathlib.Path(__file__).parents[2] / "resolver/varlink_methods.c").read_text()
    methods = {f"{RESOLVE}{'.Monitor' if kind == 'MONITOR' else ''}.{name}" for kind, name in re.findall(r'\b(RESOLVE|MONITOR)\("(\w+)"\)', source)}
    described = set()
    for socket_of in (RESOLVE, MONITOR):
        with daemon.connect(socket_of) as client:
            info = client.call(f"{VARLINK}.GetInfo")
            assert set(info) == {"vendor", "product", "version", "url", "interfaces"} and {socket_of, VARLINK} <= set(info["interfaces"])
            for interface in info["interfaces"]:
                text = client.call(f"{VARLINK}.GetInterfaceDescription", {"interface": interface})["description"]
                assert text.startswith(f"interface {interface}\n")
                described |= {f"{interface}.{name}" for name in re.findall(r"^method (\w+)", text, re.M)}
            assert refusal(client.call, f"{VARLINK}.GetInterfaceDescription", {"interface": "x.y"}) == (f"{VARLINK}.InterfaceNotFound", {"interface": "x.y"})
    assert len(methods) > 10 and methods <= described


def test_a_refusal_is_told_in_words(lab, tmp_path):
    with StandIn(lab, tmp_path, lab.uri("no-sct")) as daemon:
        name, told = refusal(daemon.call, "ResolveHostname", {"name": "www.example"})
        assert name == f"{RESOLVE}.DNSError" and told["rcode"] == 2 and told["extendedDNSErrorCode"] == 0
        assert "SCT" in told["extendedDNSErrorMessage"] and told["queryString"] == "www.example"


def test_the_log_level(daemon):
    with daemon.connect() as client:
        assert client.call(f"{SERVICE}.GetLogLevel") == {"level": 6}
        client.call(f"{SERVICE}.SetLogLevel", {"level": 3})
        assert client.call(f"{SERVICE}.GetLogLevel") == {"level": 3}
        assert refusal(client.call, f"{SERVICE}.SetLogLevel", {"level": 8}) == (f"{VARLINK}.InvalidParameter", {"parameter": "level"})


def test_order_and_ends(daemon):
    """Calls are answered in their order, those who need to be looked up, too; also of who says no more."""
    with daemon.connect() as client:
        for i in range(40):
            client.say(f"{RESOLVE}.ResolveHostname", {"name": f"p{i}.example", "family": 2})
            client.say(f"{SERVICE}.Ping", oneway=True)
            client.say(f"{RESOLVE}.ResolveHostname", {"name": f"{i}..wrong"}, oneway=True)
        client.say(f"{SERVICE}.Ping", more=True)
        client.socket.shutdown(socket.SHUT_WR)
        for i in range(40):
            message = client.hear()
            told = message["parameters"]
            assert told.get("name", told.get("queryString")) == f"p{i}.example", message
        assert client.hear() == {"parameters": {}} and client.ended()


@pytest.mark.parametrize("text", [b"", b"x", b"[]", b"{}", b"1", b"\"\"", b"{\"method\": 1}", b"{\"method\": null}", b"{\"method\": \"x\", \"method\": \"x\"}",
                                  b"{\"method\": \"x\", \"parameters\": []}", b"{\"method\": \"x\", \"parameters\": 1}", b"{\"method\": \"x\", \"more\": 1}",
                                  b"{\"method\": \"x\", \"oneway\": \"x\"}", b"{\"method\": \"x\", \"more\": true, \"oneway\": true}", b"{\"method\": \"x\", \"upgrade\": true}",
                                  b"{\"method\": \"x\xff\"}", b"{\"method\": \"x\\u0000\"}", b"[" * 60000, b"{\"x\":" * 10000, b"{\"method\": \"x\"} {}",
                                  b"{\"method\": \"x\", \"parameters\": {\"x\": 99999999999999999999}}", bytes(range(1, 256))])
def test_what_is_no_call(daemon, text):
    with daemon.connect() as client:
        client.socket.sendall(text + b"\0")
        assert client.ended()
    assert daemon.call("DumpDNSConfiguration")


def test_the_longest_call(daemon):
    """64 KiB, and not a byte more."""
    call = b'{"method": "io.systemd.service.Ping"}'
    with daemon.connect() as client:
        client.socket.sendall(call + b" " * (65536 - len(call)) + b"\0" + call + b"\0")
        assert (client.reply(), client.reply()) == ({}, {})
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.socket.sendall(call + b" " * (65537 - len(call)) + b"\0")
        assert client.ended()
    with daemon.connect() as client:  # without an end, too
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.socket.sendall(b" " * 200000)
        assert client.ended()


def test_who_does_not_read(daemon):
    """Who asks without reading waits for itself; who watches without reading is closed. Others are answered."""
    with daemon.connect() as client:
        def speak():
            for _ in range(4000):
                client.say(f"{VARLINK}.GetInterfaceDescription", {"interface": RESOLVE})

        memory = daemon.memory_kib()
        speaker = threading.Thread(target=speak)
        speaker.start()
        for _ in range(50):
            assert daemon.call("ResolveHostname", {"name": "www.example"})
        assert daemon.memory_kib() - memory < (60000 if SANITIZED else 4096)
        for _ in range(4000):
            assert "description" in client.reply()
        speaker.join()
    with daemon.connect(MONITOR) as client:
        client.say(f"{MONITOR}.SubscribeQueryResults", {}, more=True)
        assert client.reply() == {"ready": True}
        memory = daemon.memory_kib()
        with pytest.raises(OSError):  # it is closed: nothing can be said to it
            for _ in range(1000):
                client.socket.sendall(b" ")
                for _ in range(50):
                    ask("www.example", "A")
        assert daemon.memory_kib() - memory < (60000 if SANITIZED else 4096)


def test_many(daemon):
    """Of one user there are 32; the one that was idle longest makes room."""
    before = daemon.descriptors()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(daemon.connect(RESOLVE if i % 2 else MONITOR)) for i in range(100)]
        assert clients[-1].call(f"{VARLINK}.GetInfo") and clients[0].ended()
        assert daemon.descriptors() <= before + 32
        alive = 0
        for client in clients:
            with contextlib.suppress(BrokenPipeError, AssertionError):
                client.call(f"{VARLINK}.GetInfo")
                alive += 1
        assert alive == 32
    until(lambda: daemon.descriptors() <= before)


def test_who_is_busy_does_not_make_room(lab, tmp_path):
    with StandIn(lab, tmp_path, lab.uri("good"), timeout=5) as daemon:
        assert daemon.call("ResolveHostname", {"name": "www.example"})
        lab.hold("unbound")
        try:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(daemon.connect()) for i in range(32)]
                for i, client in enumerate(clients):
                    client.say(f"{RESOLVE}.ResolveHostname", {"name": f"b{i}.example"})
                until(lambda: daemon.call_control()["queries_under_way"] == 64)
                late = stack.enter_context(daemon.connect())
                assert late.ended()
                lab.go_on("unbound")
                for client in clients:
                    assert client.hear() is not None
        finally:
            lab.go_on("unbound")


def test_who_goes(lab, tmp_path):
    """Who goes while it waits is forgotten; so is who watches."""
    with StandIn(lab, tmp_path, lab.uri("good"), timeout=2) as daemon:
        assert daemon.call("ResolveHostname", {"name": "www.example"})
        lab.hold("unbound")
        try:
            with daemon.connect() as client:
                client.say(f"{RESOLVE}.ResolveHostname", {"name": "gone.example"})
                until(lambda: daemon.call_control()["queries_under_way"] == 2)
            with daemon.connect(MONITOR) as client:
                client.say(f"{MONITOR}.SubscribeQueryResults", more=True)
                assert client.reply() == {"ready": True}
            until(lambda: daemon.call_control()["queries_under_way"] == 0)
        finally:
            lab.go_on("unbound")
        assert daemon.call("ResolveHostname", {"name": "www.example"})
        with daemon.connect(MONITOR) as client, daemon.connect() as other:  # it stops with somebody waiting, and somebody watching
            client.say(f"{MONITOR}.SubscribeQueryResults", more=True)
            assert client.reply() == {"ready": True}
            lab.hold("unbound")
            try:
                other.say(f"{RESOLVE}.ResolveHostname", {"name": "stopped.example"})
                until(lambda: daemon.call_control()["queries_under_way"] == 2)
                daemon.stop()
            finally:
                lab.go_on("unbound")
            assert client.ended() or True


def test_rights(daemon):
    """Everybody may ask and see what holds; root alone what others ask, and change things."""
    script = ("import json,socket,sys\nfor line in sys.argv[1:]:\n c=socket.socket(socket.AF_UNIX)\n path,message=line.split(' ',1)\n c.connect(path)\n"
              " c.sendall(message.encode()+b'\\0')\n print(c.makefile('rb').read1(1<<20).split(b'\\0')[0].decode(),flush=True)\n")

    def as_nobody(*calls):
        words = [f"{FOLDER}/{MONITOR if method.startswith(MONITOR) else RESOLVE} " + json.dumps({"method": method, "parameters": parameters, "more": more})
                 for method, parameters, more in calls]
        done = daemon.run("/usr/bin/python3", "-c", script, *words, user=65534)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    let = as_nobody((f"{RESOLVE}.ResolveHostname", {"name": "www.example"}, False), (f"{RESOLVE}.DumpDNSConfiguration", {}, False),
                    (f"{MONITOR}.DumpStatistics", {}, False), (f"{MONITOR}.DumpServerState", {}, False), (f"{MONITOR}.SubscribeDNSConfiguration", {}, True),
                    (f"{SERVICE}.GetLogLevel", {}, False))
    assert not [answer for answer in let if "error" in answer]
    denied = as_nobody(*((f"{MONITOR}.{name}", {"allowInteractiveAuthentication": True}, True) for name in (
        "SubscribeQueryResults", "DumpCache", "FlushCaches", "ResetStatistics", "ResetServerFeatures")), (f"{SERVICE}.SetLogLevel", {"level": 7}, False))
    assert {answer["error"] for answer in denied} == {f"{VARLINK}.PermissionDenied"}
    for interface in (RESOLVE, MONITOR):
        assert stat.S_IMODE(os.stat(daemon.path(interface)).st_mode) == 0o666


def test_results(daemon):
    with daemon.connect(MONITOR) as client:
        client.say(f"{MONITOR}.SubscribeQueryResults", {"allowInteractiveAuthentication": False}, more=True)
        assert client.hear() == {"parameters": {"ready": True}, "continues": True}
        ask("WWW.example", "A")
        told = client.reply()
        assert told["state"] == "success" and "rcode" not in told and told["question"] == [{"class": 1, "type": 1, "name": "WWW.example"}]
        answer, = told["answer"]
        assert base64.b64decode(answer["raw"]).startswith(b"\3") and socket.inet_ntoa(bytes(answer["rr"]["address"])) == dig("www.example").answers[0]
        client.reply()
        ask("nonexistent.example", "A")
        told = client.reply()
        assert told["state"] == "rcode-failure" and told["rcode"] == 3 and "answer" not in told
        with pytest.raises(Failed):
            daemon.call("ResolveHostname", {"name": "nowhere.example", "family": 2})
        assert client.reply()["question"] == [{"class": 1, "type": 1, "name": "nowhere.example"}]
        client.socket.shutdown(socket.SHUT_WR)  # it goes
        assert client.ended()


def test_counters_and_caches(daemon):
    def statistics():
        return daemon.call("DumpStatistics", interface=MONITOR)

    assert {key: set(value) for key, value in statistics().items()} == {
        "transactions": {"currentTransactions", "totalTransactions", "totalTimeouts", "totalTimeoutsServedStale", "totalFailedResponses",
                         "totalFailedResponsesServedStale"},
        "cache": {"size", "hits", "misses"}, "dnssec": {"secure", "insecure", "bogus", "indeterminate"}}
    for _ in range(3):
        ask("www.example", "A")
    ask("nonexistent.example", "A")
    told = statistics()
    assert (told["transactions"]["totalTransactions"], told["cache"]) == (4, {"size": 2, "hits": 2, "misses": 2})
    dump, = daemon.call("DumpCache", interface=MONITOR)["dump"]
    positive, negative = sorted(dump["cache"], key=lambda entry: "type" in entry)
    assert dump["protocol"] == "dns" and positive["key"] == {"class": 1, "type": 1, "name": "www.example"} and positive["rrs"][0]["rr"]["address"]
    assert negative["type"] == "NXDOMAIN" and negative["until"] > time.clock_gettime_ns(time.CLOCK_BOOTTIME) / 1000
    assert daemon.call("ResetStatistics", interface=MONITOR) == {} and statistics()["transactions"]["totalTransactions"] == 0
    assert daemon.call("FlushCaches", interface=MONITOR) == {} and statistics()["cache"]["size"] == 0
    assert daemon.call("DumpCache", interface=MONITOR)["dump"][0]["cache"] == []
    assert daemon.call("ResetServerFeatures", interface=MONITOR) == {}
    server, = daemon.call("DumpServerState", interface=MONITOR)["dump"]
    assert server["VerifiedFeatureLevel"] == server["PossibleFeatureLevel"] == "TLS+EDNS0" and "1.1.1.1" in server["Server"]


def test_a_large_cache(daemon):
    """As much of it is told as one message may have."""
    for i in range(4000):
        ask(f"large{i}.example", "A")
    with daemon.connect(MONITOR) as client:
        for _ in range(4):  # each has to be read before the next one finds room
            client.say(f"{MONITOR}.DumpCache")
        assert min(len(client.reply()["dump"][0]["cache"]) for _ in range(4)) > 1000 and client.call(f"{VARLINK}.GetInfo")


def test_configuration(lab, tmp_path):
    more = "Domains=~corp.example lab.example"
    with StandIn(lab, tmp_path, lab.uri("good"), resolve=more) as daemon:
        everything, *links = daemon.call("DumpDNSConfiguration")["configuration"]
        server, = everything["servers"]
        assert (server["addressString"], server["address"], server["family"], server["accessible"]) == ("1.1.1.1", [1, 1, 1, 1], 2, True)
        assert everything["searchDomains"] == [{"name": "corp.example", "routeOnly": True}, {"name": "lab.example", "routeOnly": False}]
        assert (everything["dnsOverTLS"], everything["dnssec"], everything["llmnr"], everything["mDNS"]) == ("yes", "no", "no", "no")
        assert everything["resolvConfMode"] in ("uplink", "stub", "static", "missing", "foreign") and "ifname" not in everything
        names = {name: index for index, name in socket.if_nameindex()}
        assert {link["ifname"]: link["ifindex"] for link in links} == names
        assert not [link for link in links if link["defaultRoute"] or "scopes" in link]
        with daemon.connect(MONITOR) as client:
            client.say(f"{MONITOR}.SubscribeDNSConfiguration", {}, more=True)
            assert client.hear()["parameters"]["configuration"][0]["searchDomains"] == everything["searchDomains"]
            subprocess.run(["ip", "link", "add", "vl0", "type", "veth", "peer", "name", "vl1"], check=True)
            try:
                while "vl0" not in {link.get("ifname") for link in client.reply()["configuration"]}:
                    pass
            finally:
                subprocess.run(["ip", "link", "delete", "vl0"], check=True)
            daemon.config.write_text(daemon.config.read_text().replace("lab.example", "other.example"))
            daemon.reload()
            while {"name": "other.example", "routeOnly": False} not in client.reply()["configuration"][0]["searchDomains"]:
                pass


def test_sockets_that_systemd_passes(lab, tmp_path):
    """Under the names of its units; they stay when the daemon ends."""
    paths = [tmp_path / "a", tmp_path / "b"]
    systemd = tmp_path / "systemd.py"
    systemd.write_text(f"""import os, socket, sys
os.dup2(0, 3)
for fd, path in ((4, "{paths[0]}"), (5, "{paths[1]}")):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    os.dup2(listener.fileno(), fd) if listener.fileno() != fd else os.set_inheritable(fd, True)
    kept = listener.detach()
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="3", LISTEN_FDNAMES="other:varlink:varlink-monitor")
os.execv(sys.argv[1], sys.argv[1:])
""")

    class Activated(StandIn):
        program = (*StandIn.program[:-1], "/usr/bin/python3", str(systemd), str(STANDIN))

    with Activated(lab, tmp_path, lab.uri("good")) as daemon:
        with Client(paths[0]) as client, Client(paths[1]) as monitor:
            assert client.call(f"{RESOLVE}.ResolveHostname", {"name": "www.example"})
            assert monitor.call(f"{MONITOR}.DumpStatistics")
        assert not os.path.exists(daemon.path(RESOLVE))
    assert all(path.exists() for path in paths)


def test_the_files(lab, tmp_path):
    """What a dead process left is replaced; who is alive is not pushed out. They go with the daemon."""
    class Taken(StandIn):
        program = ("unshare", "-m", "sh", "-c", 'mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/resolve && python3 -c "$0" && '
                   'exec "$@"', "import os,socket,time\nfor name in ('io.systemd.Resolve','io.systemd.Resolve.Monitor'):\n s=socket.socket(socket.AF_UNIX)\n"
                   " s.bind('/run/systemd/resolve/'+name)\ns.listen(1)\nif os.fork()==0: time.sleep(20)\nos._exit(0)", str(STANDIN))

    with Taken(lab, tmp_path, lab.uri("good")) as daemon:
        assert daemon.call("ResolveHostname", {"name": "www.example"})
        daemon.wait_for(f'event=varlink socket={FOLDER}/{MONITOR} why="cannot listen there: somebody listens there already"')
        assert not re.search(rf"socket={FOLDER}/{RESOLVE} ", daemon.log)


@needs_nss
def test_nss(daemon):
    """The C library asks by nss-resolve, as programs do."""
    address = dig("www.example").answers[0]
    done = daemon.getent("hosts", "www.example", user=65534)
    assert done.returncode == 0 and "www.example" in done.stdout, done
    assert f"{address} " in daemon.getent("ahostsv4", "www.example").stdout
    assert daemon.getent("hosts", "nonexistent.example").returncode == 2
    assert "127.0.0.1 " in daemon.getent("hosts", "127.0.0.1").stdout
    asked = [subprocess.Popen(daemon.within("getent", "-s", "resolve", "ahosts", f"many{i}.example"), stdout=subprocess.DEVNULL,
                              env=varlink.environment(NSS.parent)) for i in range(40)]
    assert len({process.wait(60) for process in asked} - {0, 2}) == 0


@needs_nss
def test_nss_of_a_refused_upstream(lab, tmp_path):
    """It is told that there is no answer, and does not go on to who would give one; that it does when nobody is there."""
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.99 www.example\n")

    class WithHosts(StandIn):
        program = (*StandIn.program[:4], f"mount --bind {hosts} /etc/hosts && " + StandIn.program[4], *StandIn.program[5:])

    chain = "resolve [!UNAVAIL=return] files"
    with WithHosts(lab, tmp_path, lab.uri("no-sct"), resolve="ReadEtcHosts=no") as daemon:
        done = daemon.getent("ahosts", "www.example", service=chain)
        assert done.returncode == 2 and done.stdout == "", done
        os.unlink(daemon.path(RESOLVE))
        assert "192.0.2.99" in daemon.getent("ahosts", "www.example", service=chain).stdout


@pytest.mark.skipif(not RESOLVECTL.exists(), reason="resolvectl is not there")
def test_resolvectl_monitor(daemon, tmp_path):
    """Before it asks here, it wants to see a bus, of which it wants nothing then."""
    bus, output = tmp_path / "bus", tmp_path / "output"
    environment = varlink.environment() | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    server = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={bus}"])
    try:
        until(bus.exists)
        for _ in range(10):
            before = daemon.descriptors()
            with output.open("w") as file, subprocess.Popen(daemon.within(str(RESOLVECTL), "monitor"), stdout=file, stderr=file, env=environment) as process:
                until(lambda: daemon.descriptors() > before or process.poll() is not None)  # pylint: disable=cell-var-from-loop
                ask("www.example", "A")
                ask("nonexistent.example", "A")
                process.terminate()  # then it writes what it has
            text = output.read_text()
            if "NXDOMAIN" in text:
                break
    finally:
        server.kill()
        server.wait()
    for line in ("Q: www.example IN A", "S: success", "A: www.example IN A 192.0.2.1", "Q: nonexistent.example IN A", "S: NXDOMAIN"):
        assert line in text, text
