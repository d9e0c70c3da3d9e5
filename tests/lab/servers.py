# SPDX-License-Identifier: MIT
"""The lab's real servers: unbound answers, haproxy terminates TLS for each personality on a port of its own."""
import ipaddress
import json
import pathlib
import shutil
import socket
import subprocess
import time

from ctlog import log_list
from personalities import World, table
from pki import ADDRESSES, pem

FIRST_PORT = 8500
PORT_DNS, PORT_RECORDER, PORT_DOH, PORT_H2 = 5353, 5354, 8053, 8054
NAMES = 2000
# What haproxy finds beside a certificate by itself.
HAPROXY_ENDS = {"tls-scts": "sctl", "ocsp": "ocsp"}

UNBOUND = """server:
  directory: "{dir}"
  chroot: ""
  username: ""
  pidfile: ""
  interface: 127.0.0.1@{port}
  interface: 127.0.0.1@{doh}
  https-port: {doh}
  http-notls-downstream: yes
  http-endpoint: "/dns-query"
  http-max-streams: 1000
  http-query-buffer-size: 16m
  http-response-buffer-size: 16m
  interface: 1.1.1.1@8853
  tls-port: 8853
  tls-service-key: "{dir}/good.key"
  tls-service-pem: "{dir}/good.pem"
  edns-tcp-keepalive: yes
  edns-tcp-keepalive-timeout: 2000
  access-control: 10.53.0.0/24 allow
  do-daemonize: no
  use-syslog: no
  logfile: ""
  incoming-num-tcp: 200
  stream-wait-size: 16m
  outgoing-range: 64
  msg-cache-size: 4m
  rrset-cache-size: 4m
  module-config: "iterator"
  local-zone: "example." static
  local-data: "example. 300 IN SOA ns.example. host.example. 1 2 3 4 5"
  local-data: "www.example. 300 IN A 192.0.2.1"
  local-zone: "one.one.one.one." static
  local-data: "one.one.one.one. 300 IN A 1.1.1.1"
  local-data: "one.one.one.one. 300 IN AAAA 2606:4700:4700::1111"
  local-zone: "example.com." static
  local-data: "example.com. 300 IN A 192.0.2.2"
  local-data: "www.example. 300 IN AAAA 2001:db8::1"
  local-data: "alias.example. 300 IN CNAME www.example."
  local-data: "here.example. 300 IN A 127.0.0.1"
  local-data-ptr: "1.1.1.1 one.one.one.one"
  local-data: "_http._tcp.example. 300 IN SRV 10 20 80 www.example."
  local-data: "_ipp._tcp.example. 300 IN PTR Printer._ipp._tcp.example."
  local-data: "Printer._ipp._tcp.example. 300 IN SRV 1 2 631 www.example."
  local-data: 'Printer._ipp._tcp.example. 300 IN TXT "paper=A4" "colour=yes"'
  local-data: "odd.example. 300 IN TYPE65400 \\# 3 010203"
{names}
{large}
"""

HAPROXY = """global
  log stdout format raw local0
  stats socket {dir}/haproxy.sock mode 600 level admin
  maxconn 2000
  ssl-default-bind-options ssl-min-ver TLSv1.0
  ssl-default-bind-ciphers DEFAULT@SECLEVEL=0
  ssl-default-server-options no-sslv3
  tune.ssl.default-dh-param 2048
defaults
  log global
  mode tcp
  option tcplog
  option dontlog-normal
  timeout connect 5s
  timeout client 60s
  timeout server 60s
backend unbound
  server unbound 127.0.0.1:{dns}
backend recorder
  server recorder 127.0.0.1:{recorder}
backend unbound-doh
  mode http
  server unbound 127.0.0.1:{doh} proto h2
backend h2
  server h2 127.0.0.1:{h2}
backend h2-few
  server h2 127.0.0.1:{few}
backend h2-window
  server h2 127.0.0.1:{window}
"""


# A server may show what no client should take: short keys, TLS 1.1.
OPENSSL = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
CipherString = DEFAULT@SECLEVEL=0
MinProtocol = TLSv1
"""


def text(name, strings):
    """A record of 250 bytes a string."""
    texts = " ".join(chr(ord("a") + i % 26) * 250 for i in range(strings))
    return f"  local-data: '{name}. 300 IN TXT {texts}'"


def large_answers():
    """Some datagrams hold the first one; none holds the second, and one TCP message does."""
    return text("medium.example", 3) + "\n" + text("large.example", 100)


def name_of(i):
    return f"h{i:04d}.example"


def address_of(i):
    return str(ipaddress.IPv4Address("10.0.0.0") + i)


def bind_lines(certificate, port, dialled, words=""):
    host = f"[{dialled}]" if ":" in dialled else dialled
    return f"  bind {host}:{port} ssl crt {certificate} {words}\n"


def frontend(name, backend, *lines):
    return f"frontend {name}\n{''.join(lines)}  default_backend {backend}\n"


def doh_frontend(name, certificate, port, *dialled, alpn="h2,http/1.1", words="", more=""):
    """HTTP ends at haproxy, too; unbound gets new connections from it."""
    return frontend(name, "unbound-doh", "  mode http\n", more,
                    *(bind_lines(certificate, port, a, f"alpn {alpn} {words}") for a in dialled))


def write_files(folder):
    """Certificates, lists and configurations of one lab; returns its description (also lab.json)."""
    folder = pathlib.Path(folder)
    world = World()
    rows = table(world)
    (folder / "anchors.pem").write_bytes(b"".join(pem(a.certificate) for a in world.anchors))
    (folder / "log_list.json").write_text(json.dumps(log_list(world.logs), indent=1))
    frontends, described = [], []
    for i, row in enumerate(rows):
        file, port = folder / f"{row.name}.pem", FIRST_PORT + i
        for end, content in row.files().items():
            (folder / f"{row.name}.{end}").write_bytes(content)
            if row.software == "haproxy" and end in HAPROXY_ENDS:
                (folder / f"{row.name}.pem.{HAPROXY_ENDS[end]}").write_bytes(content)
        if row.software == "haproxy":
            frontends.append(frontend(row.name, "unbound", bind_lines(file, port, row.dialled, row.bind)))
        host = f"[{row.dialled}]" if ":" in row.dialled else row.dialled
        described.append({
            "name": row.name, "refused": row.refused, "software": row.software, "version": row.version,
            "listen": [row.dialled, port],
            **{policy: row.expected(policy) for policy in ("two-logs", "apple")},
            "uri": f"tls://{host}:{port}" + (f"#{row.auth_name}" if row.auth_name else "")})
    good = folder / "good.pem"
    frontends.append(frontend("main", "unbound", bind_lines(good, 853, ADDRESSES[0])))
    frontends.append(frontend("others", "unbound", *(bind_lines(good, 853, a) for a in ADDRESSES[1:])))
    frontends.append(frontend("impatient", "unbound", bind_lines(good, 8700, ADDRESSES[0], "tfo"), "  timeout client 500ms\n",
                              "  no option dontlog-normal\n  log-format resumed=%[ssl_fc_is_resumed]\n"))
    # A file of its own, for what it shows is exchanged while it runs.
    (folder / "swapped.pem").write_text(good.read_text())
    frontends.append(frontend("swapped", "unbound", bind_lines(folder / "swapped.pem", 8708, ADDRESSES[0], "no-tls-tickets"),
                              "  timeout client 500ms\n"))
    frontends.append(frontend("recorded", "recorder", bind_lines(good, 8701, ADDRESSES[0])))
    # Unbound wants the key in a file of its own.
    text_of_good = good.read_text()
    (folder / "good.key").write_text(text_of_good[text_of_good.index("-----BEGIN PRIVATE KEY"):])
    frontends.append(doh_frontend("doh", good, 443, ADDRESSES[0]))
    frontends.append(doh_frontend("doh-others", good, 443, *ADDRESSES[1:]))
    frontends.append(doh_frontend("doh-http1", good, 8702, ADDRESSES[0], alpn="http/1.1"))
    frontends.append(doh_frontend("doh-impatient", good, 8703, ADDRESSES[0], words="tfo", more="  timeout client 500ms\n"
                                  "  timeout http-keep-alive 500ms\n"))
    frontends.append(doh_frontend("doh-no-sct", folder / "no-sct.pem", 8704, ADDRESSES[0]))
    for port, backend in ((8705, "h2"), (8706, "h2-few"), (8707, "h2-window")):
        frontends.append(frontend(backend, backend, *(bind_lines(good, port, a, "alpn h2") for a in ADDRESSES)))
    (folder / "openssl.cnf").write_text(OPENSSL)
    (folder / "haproxy.cfg").write_text(
        HAPROXY.format(dir=folder, dns=PORT_DNS, recorder=PORT_RECORDER, doh=PORT_DOH, h2=PORT_H2, few=PORT_H2 + 1,
                       window=PORT_H2 + 2) + "".join(frontends))
    names = "\n".join(f'  local-data: "{name_of(i)}. 300 IN A {address_of(i)}"' for i in range(NAMES))
    (folder / "unbound.conf").write_text(
        UNBOUND.format(dir=folder, port=PORT_DNS, doh=PORT_DOH, names=names, large=large_answers()))
    description = {"folder": str(folder), "personalities": described}
    (folder / "lab.json").write_text(json.dumps(description, indent=1))
    return description


def haproxy_command(folder):
    return ["env", f"OPENSSL_CONF={folder}/openssl.cnf", shutil.which("haproxy", path="/usr/sbin:/usr/bin"),
            "-f", f"{folder}/haproxy.cfg"]


def unbound_command(folder):
    return [shutil.which("unbound", path="/usr/sbin:/usr/bin"), "-c", f"{folder}/unbound.conf"]


def recorder_command(folder):
    return ["/usr/bin/python3", str(pathlib.Path(__file__).with_name("recorder.py")), str(PORT_RECORDER),
            str(PORT_DNS), f"{folder}/recorded"]


def h2server_command(folder):
    return ["/usr/bin/python3", str(pathlib.Path(__file__).with_name("h2server.py")), str(PORT_H2), str(PORT_DNS),
            f"{folder}/requests"]


def sserver_command(folder):
    return ["/usr/bin/python3", str(pathlib.Path(__file__).with_name("sserver.py")), str(folder), str(PORT_DNS)]


def start(name, command, folder, namespace):
    """Starts a server in a namespace, on its own; it ends with the namespace."""
    with open(f"{folder}/{name}.log", "ab") as log:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["ip", "netns", "exec", namespace, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
    pathlib.Path(folder, f"{name}.pid").write_text(str(process.pid))
    return process


def wait_for_haproxy(folder, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            statistics(folder)
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"haproxy did not start; see {folder}/haproxy.log")


def wait_for_sservers(folder, namespace, seconds=20):
    rows = json.loads(pathlib.Path(folder, "lab.json").read_text())["personalities"]
    wanted = {row["listen"][1] for row in rows if row["software"] == "s_server"}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        listed = subprocess.run(["ip", "netns", "exec", namespace, "ss", "-Hltn"], capture_output=True, text=True,
                                check=True).stdout
        if wanted <= {int(line.split()[3].rsplit(":", 1)[1]) for line in listed.splitlines()}:
            return
        time.sleep(0.05)
    raise RuntimeError(f"not every s_server has started; see {folder}/openssl.log")


def statistics(folder):
    """haproxy's counters: {frontend: {"connections": …, "open": …, "bytes_in": …}}. Bytes are those inside TLS."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(5)
        control.connect(f"{folder}/haproxy.sock")
        control.sendall(b"show stat\n")
        text = b"".join(iter(lambda: control.recv(65536), b"")).decode()
    header, *lines = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
    rows = [dict(zip(header, line)) for line in lines]
    of_sservers = {file.stem: json.loads(file.read_text()) for file in pathlib.Path(folder).glob("*.stats")}
    return of_sservers | {row["pxname"]: {"connections": int(row["conn_tot"] or 0), "open": int(row["scur"] or 0),
                            "bytes_in": int(row["bin"] or 0), "requests": int(row["req_tot"] or 0)}
            for row in rows if row["svname"] == "FRONTEND"}
