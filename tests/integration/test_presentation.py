# SPDX-License-Identifier: MIT
"""ctresolvectl query writes records as dnspython reads them, and as kdig writes them: a daemon of straw gives it the replies."""
import contextlib
import json
import pathlib
import socket
import subprocess
import threading

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import pytest

from daemon import CTL

RECORDS = (pathlib.Path(__file__).resolve().parents[1] / "data/resolver/records").read_text().splitlines()
OWNER = dns.name.from_text("a.example.")
# How kdig writes these is a matter of taste: quotes around what needs none.
TASTE = {"HTTPS", "SVCB", "CSYNC"}


def reply(kind, data):
    message = dns.message.make_response(dns.message.make_query(OWNER, kind))
    message.answer.append(dns.rrset.from_rdata_list(OWNER, 300, [dns.rdata.from_text("IN", kind, data)]))
    return message


@contextlib.contextmanager
def straw(folder, answer):
    """Answers each line of one client with what answer(request) says, as text or as an object."""
    path = folder / "control"
    (folder / "c.conf").write_text(f"[Control]\nSocket={path}\n")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client, client.makefile("r") as lines:
                        for line in lines:
                            said = answer(json.loads(line))
                            client.sendall(((said if isinstance(said, str) else json.dumps(said)) + "\n").encode())

        threading.Thread(target=serve, daemon=True).start()
        yield lambda *words: subprocess.run([CTL, "-c", folder / "c.conf", *words], capture_output=True, text=True, check=False, timeout=20)
        listener.shutdown(socket.SHUT_RDWR)


def said(wire, **more):
    return {"ok": True, "message": wire.hex(), "source": "cache", "upstream": None, "protocol": None, "milliseconds": 1.25} | more


def kdig(wire):
    """What it prints of a reply that has this wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        query = dns.message.from_wire(wire)

        def serve():
            asked, client = server.recvfrom(4096)
            server.sendto(asked[:2] + wire[2:], client)

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run(["kdig", "+noall", "+answer", "+noedns", "+retry=0", "@127.0.0.1", "-p", str(server.getsockname()[1]),
                               "a.example.", dns.rdatatype.to_text(query.question[0].rdtype)],
                              capture_output=True, text=True, check=False)
        thread.join()
    return [line.split(None, 4)[4] for line in done.stdout.splitlines() if line and not line.startswith(";")]


def test_records(tmp_path):
    """Every type that has a text of its own: what is printed is read by dnspython to the same bytes, and is what kdig prints."""
    wires = {}
    with straw(tmp_path, lambda request: said(wires[bytes.fromhex(request["question"])[-4:-2]])) as ctl:
        for line in RECORDS:
            _, kind, data = line.split(" ", 2)
            message = reply(kind, data)
            wanted = message.answer[0][0]
            wires[int(wanted.rdtype).to_bytes(2, "big")] = message.to_wire()
            done = ctl("query", "--json", "a.example", kind)
            assert done.returncode == 0, done.stderr
            record, = json.loads(done.stdout)["answers"]
            assert (record["name"], record["ttl"], record["class"], record["type"]) == ("a.example.", 300, "IN", kind)
            again = dns.rdata.from_text("IN", kind, record["data"])
            assert again.to_wire() == wanted.to_wire(), f"{line} became {record['data']}"
            if kind not in TASTE:
                assert [record["data"].lower()] == [text.strip().lower() for text in kdig(message.to_wire())], line


@pytest.mark.parametrize("kind, data", [("A", "0a0000"), ("A", "0a00000102"), ("MX", "000a"), ("MX", "000ac000ff"), ("TXT", "05414243"),
                                        ("CAA", "0003612062"), ("NSEC", "000001"), ("HTTPS", "00010000030001ff"), ("SOA", "00"),
                                        ("HTTPS", "00010000030002000000010000"), ("HTTPS", "00010000030002000000030002" "0000"), ("NSEC", "0001010100010140"), ("SRV", ""), ("CNAME", "c05d")])
def test_malformed_data(tmp_path, kind, data):
    """What is not as its type has it is shown as bytes (RFC 3597), not as something else."""
    query = dns.message.make_query(OWNER, kind)
    wire = bytearray(dns.message.make_response(query).to_wire())
    data = bytes.fromhex(data)
    wire[7] = 1
    wire += b"\xc0\x0c" + int(dns.rdatatype.from_text(kind)).to_bytes(2, "big") + b"\0\1\0\0\1\x2c" + len(data).to_bytes(2, "big") + data
    with straw(tmp_path, lambda _: said(bytes(wire))) as ctl:
        done = ctl("query", "--json", "a.example", kind)
        text = f"\\# {len(data)} {data.hex().upper()}".strip()
        assert done.returncode == 0 and json.loads(done.stdout)["answers"][0]["data"] == text


def test_exit_status_and_words(tmp_path):
    """0 such records, 1 none, 2 error; the reason of an error in words, of which none is a control character."""
    answers = []
    with straw(tmp_path, lambda _: answers[-1]) as ctl:
        message = reply("A", "192.0.2.1")
        answers.append(said(message.to_wire(), source="upstream", upstream="tls://1.1.1.1", protocol="tls"))
        done = ctl("query", "a.example", "A")
        assert (done.returncode, done.stdout) == (0, "a.example. 300 IN A 192.0.2.1\n"
                                                  "-- a.example. A: NOERROR, not authenticated, from the network: tls://1.1.1.1 by tls, in 1.2 ms\n")
        done = ctl("query", "a.example", "AAAA")  # an answer, but to something else
        assert done.returncode == 1 and "-- a.example. AAAA: NOERROR, no such records, not authenticated, " in done.stdout
        answers.append(said(message.to_wire(), milliseconds=0.006))
        assert '"milliseconds": 0.006\n' in ctl("query", "--json", "a.example", "A").stdout
        message.flags |= dns.flags.AD
        answers.append(said(message.to_wire()))
        assert "NOERROR, authenticated, from the cache" in ctl("query", "a.example", "A").stdout
        message = dns.message.make_response(dns.message.make_query("no.example", "A"))
        message.set_rcode(dns.rcode.NXDOMAIN)
        answers.append(said(message.to_wire()))
        done = ctl("query", "no.example")  # for what does not exist is asked once
        assert done.returncode == 1 and done.stdout == "-- no.example. A: NXDOMAIN, not authenticated, from the cache, in 1.2 ms\n"
        message.set_rcode(dns.rcode.SERVFAIL)
        message.use_edns(options=[dns.edns.EDEOption(22, "no \x1b[31m upstream")])
        answers.append(said(message.to_wire(), source="error"))
        done = ctl("query", "no.example")
        assert done.returncode == 2 and "-- No Reachable Authority: no ?[31m upstream\n" in done.stdout
        message.use_edns(options=[dns.edns.EDEOption(22), dns.edns.EDEOption(65535, "own")])
        answers.append(said(message.to_wire(), source="error"))
        assert ctl("query", "no.example").stdout.endswith("\n-- No Reachable Authority\n-- Extended DNS Error 65535: own\n")
        for bad in ("", "[]", '{"ok": true}', '{"ok": false, "error": "why"}', said(b"\0" * 11), said(b"\0" * 7 + b"\1" + b"\0" * 4)):
            answers.append(bad)
            done = ctl("query", "a.example", "A")
            assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("ctresolvectl: query: ")


@pytest.mark.parametrize("evil", ["\x1b]0;x\x07", "\x7f", "\u009b31m", "\n"])
@pytest.mark.parametrize("verb, answers", [
    ("statistics", [{"ok": True, "statistics": {"EVIL": 1}}]), ("statistics", [{"ok": False, "error": "EVIL"}]),
    ("query", [said(b"\0" * 12, source="upstream", upstream="EVIL")]),
    ("monitor", [{"ok": True}, {"time_ms": 1, "client": "EVIL", "transport": "udp", "question": "", "rcode": 0, "source": "x", "milliseconds": 1}])])
def test_a_daemon_that_is_not_itself(tmp_path, verb, answers, evil):
    """What runs with fewer rights than who looks at it writes nothing to a terminal that is no character."""
    lines = "\n".join(json.dumps(answer).replace("EVIL", json.dumps("x" + evil)[1:-1]) for answer in answers)
    with straw(tmp_path, lambda _: lines) as ctl:
        done = ctl(verb, *(["a.example", "A"] if verb == "query" else []))
        assert done.returncode == 2 and "x" + evil not in done.stdout + done.stderr and done.stderr.count("\n") == 1, done


def test_a_daemon_that_does_not_end(tmp_path):
    with straw(tmp_path, lambda _: '{"ok": true, "statistics": {"a": "' + "x" * 30_000_000 + '"}}') as ctl:
        assert ctl("statistics").returncode == 2


def test_names(tmp_path):
    """Escapes go both ways; an address is looked up backwards; what is no name is not asked for."""
    asked = []

    def answer(request):
        asked.append(bytes.fromhex(request["question"]))
        return said(dns.message.make_response(dns.message.make_query(OWNER, "A")).to_wire())

    with straw(tmp_path, answer) as ctl:
        for text, name in ((r"a\.b\032\\.example", rb"a\.b\032\\.example."), ("192.0.2.1", b"1.2.0.192.in-addr.arpa."), (".", b"."),
                           ("2001:db8::a", b"a." + 23 * b"0." + b"8.b.d.0.1.0.0.2.ip6.arpa."), ("x." * 126 + "x", b"x." * 127)):
            ctl("query", text)
            assert asked.pop()[:-4] == dns.name.from_text(name.decode()).to_wire(), text
            asked.clear()
        for text in ("fe80::1%lo", "fe80::1"):
            ctl("query", text)
            assert asked.pop()[:-4] == dns.name.from_text("1." + 28 * "0." + "8.e.f.ip6.arpa.").to_wire() and not asked, text
        for text in ("2001:db8::zz", "a:53", "192.0.2.1:53"):
            done = ctl("query", text)
            assert done.returncode == 2 and not asked and done.stderr == f"ctresolvectl: {text}: neither a domain name nor an address\n"
        done = ctl("query", "a.example", "\x1b[31m\x9b")
        assert done.returncode == 2 and done.stderr.startswith("ctresolvectl: ?[31m??: not a type"), done.stderr
        for text in ("", "..", ".a", "a..b", "a\\", "a\\25", "a\\256", "x" * 64, "x." * 127 + "x"):
            assert ctl("query", text).returncode == 2 and not asked, text


@pytest.mark.parametrize("words, questions", [
    (("a.example",), "a.example. A, a.example. AAAA"), (("192.0.2.1",), "1.2.0.192.in-addr.arpa. PTR"), (("box",), "box. A, box. AAAA"),
    (("a.example", "mx", "TYPE65280"), "a.example. MX, a.example. TYPE65280"), (("192.0.2.1", "SOA"), "1.2.0.192.in-addr.arpa. SOA"),
    (("a.example", "box.", "TXT"), "a.example. TXT, box. TXT"), (("a.example", "A", "b.example"), "a.example. A, b.example. A"),
    (("::1", "a.example"), "1." + 31 * "0." + "ip6.arpa. PTR, a.example. A, a.example. AAAA"), (("b\u00fccher.example", "A"), "xn--bcher-kva.example. A"),
    (("STRASSE\u3002example", "A"), "strasse.example. A")])
def test_words(tmp_path, words, questions):
    """Names, addresses and types; a name alone is asked for addresses of both families; what is no ASCII goes by IDNA."""
    asked = []

    def answer(request):
        wire = bytes.fromhex(request["question"])
        name, _ = dns.name.from_wire(wire, 0)
        asked.append(f"{name} {dns.rdatatype.to_text(int.from_bytes(wire[-4:-2], 'big'))}")
        return said(dns.message.make_response(dns.message.make_query(OWNER, "A")).to_wire())

    with straw(tmp_path, answer) as ctl:
        done = ctl("query", *words)
        assert done.returncode == 1 and [line.split(":")[0].removeprefix("-- ") for line in done.stdout.splitlines()] == asked, done.stderr
        assert ", ".join(asked) == questions


def test_exit_status_of_several(tmp_path):
    """An address of one family is enough; of several names each must have what is asked for; JSON is an object a question."""
    def answer(request):
        question = bytes.fromhex(request["question"])
        if question[-4:-2] == b"\0\1" and question[1:2] == b"a":
            return said(reply("A", "192.0.2.1").to_wire())
        message = dns.message.make_response(dns.message.make_query(OWNER, "A"))
        message.set_rcode(dns.rcode.SERVFAIL if question[1:2] == b"f" else dns.rcode.NOERROR)
        return said(message.to_wire())

    with straw(tmp_path, answer) as ctl:
        for status, *words in ((0, "a.example"), (1, "a.example", "A", "AAAA"), (1, "a.example", "b.example"), (2, "f.example", "b.example"),
                               (2, "a.example", "f.example", "A"), (0, "a.example", "a.example", "A")):
            assert ctl("query", *words).returncode == status, words
        done = ctl("query", "--json", "a.example")
        decoder, text, told = json.JSONDecoder(), done.stdout, []
        while text.strip():
            value, end = decoder.raw_decode(text)
            told.append((value["name"], value["type"], len(value["answers"])))
            text = text[end:].lstrip()
        assert told == [("a.example.", "A", 1), ("a.example.", "AAAA", 0)]
