#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Dependencies point one way, and each foreign library has its doors: reads every #include and says what is wrong."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = {
    "conf": {"conf"},
    "ctpolicy": {"ctpolicy"},
    "transport": {"transport", "ctpolicy"},
    "resolver": {"resolver", "transport", "ctpolicy", "conf"},
}
DOORS = {
    "gnutls/": {"transport/tls.c", "transport/cafile.c", "transport/cafile.h", "transport/verify.c", "transport/chain.c", "transport/chain.h",
                "transport/staple.c", "transport/staple.h", "transport/describe.c", "transport/gnutls_free.h", "transport/idna.c", "ctpolicy/crypto.c",
                "ctpolicy/pem.c"},
    "uv.h": {"transport/loop.c"},
    "jansson.h": {"ctpolicy/loglist_json.c", "ctpolicy/report_json.c", "ctpolicy/report_json.h", "resolver/evidence.c",
                  "resolver/control_answer.c", "resolver/control_request.c",
                  "resolver/ctl_control.c", "resolver/ctl_control.h", "resolver/ctl_live.c", "resolver/ctl_query.c", "resolver/ctl_evidence.c", "resolver/ctl_log_list.c", "resolver/ctl_portal.c", "resolver/ctl_probe.c", "resolver/ctl_show.c", "resolver/ctl_show.h",
                  "resolver/varlink_call.h", "resolver/ctl_status.c"},
    "systemd/": {"resolver/bus_inside.h", "resolver/bus_settings.h"},
    "nghttp2/": {"transport/doh.c"},
    "ares.h": {"transport/plain.c"},
    "libpsl.h": {"resolver/public_suffix.c"},
    "ldns/": {"resolver/dnssec_ldns.h"},
}
# The library is pure: it opens nothing, reads no clock, prints nothing. Its tool does.
PURE = ("stdio.h", "time.h", "unistd.h", "sys/socket.h")
PURE_BUT = {"ctpolicy/ctcheck.c", "ctpolicy/report_json.c"}
FORBIDDEN_CALLS = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|gets|strtok|system|popen)\s*\(")


def complaints():
    for layer, allowed in LAYERS.items():
        for file in sorted((ROOT / layer).rglob("*.[ch]")):
            if "examples" in file.parts:  # programs of others, as it were
                continue
            name = file.relative_to(ROOT).as_posix()
            text = file.read_text()
            for line in re.findall(r'^#include "([^"]+)"', text, re.M):
                if line.split("/")[0] not in allowed:
                    yield f"{name} includes {line}: {layer} may not"
                if "/" not in line:
                    yield f"{name} includes {line}: not by its full path"
            for line in re.findall(r"^\s*#include <([^>]+)>", text, re.M):
                for library, doors in DOORS.items():
                    if line.startswith(library) and name not in doors:
                        yield f"{name} includes <{line}>: not one of its doors"
                if layer == "ctpolicy" and line in PURE[1:] and name not in PURE_BUT:
                    yield f"{name} includes <{line}>: the library is pure"
            if FORBIDDEN_CALLS.search(text):
                yield f"{name} calls {FORBIDDEN_CALLS.search(text)[1]}()"
            if file.suffix == ".h" and "#pragma once" not in text:
                yield f"{name}: no #pragma once"
            if not text.startswith("/* SPDX-License-Identifier: MIT */\n"):
                yield f"{name}: no licence in its first line"
            own = file.with_suffix(".h")
            first = re.search(r"^#include (.*)", text, re.M)
            if file.suffix == ".c" and own.exists() and first and first[1] != f'"{own.relative_to(ROOT).as_posix()}"':
                yield f"{name}: its own header is not included first"


found = list(complaints())
print("\n".join(found) or "every include goes the right way")
sys.exit(bool(found))
