/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"
#include "conf/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct conf *good(const char *text)
{
	struct conf_errors errors;
	struct conf *conf = conf_parse("f", text, strlen(text), &errors);

	if (conf == NULL)
		fail_msg("%s: %s", text, errors.count > 0 ? errors.lines[0] : "no memory");
	assert_int_equal(errors.count, 0);
	return conf;
}

static void test_defaults([[maybe_unused]] void **state)
{
	struct conf *conf = good("");

	assert_int_equal(conf->n_upstreams, 4);
	assert_string_equal(conf->upstreams[0].text, "1.1.1.1#cloudflare-dns.com");
	assert_memory_equal(conf->upstreams[0].address.bytes, "\1\1\1\1", 4);
	assert_string_equal(conf->upstreams[3].name, "cloudflare-dns.com");
	assert_int_equal(conf->upstreams[3].address.size, 16);
	assert_true(conf->stub_listener_udp && conf->stub_listener_tcp);
	assert_int_equal(conf->n_extra_listeners, 0);
	assert_int_equal(conf->query_timeout_ms, 5000);
	assert_int_equal(conf->policy, CONF_POLICY_CHROME);
	assert_null(conf->trust_anchors);
	conf_free(conf);
}

static void test_values([[maybe_unused]] void **state)
{
	struct conf *conf = good(
		"# a comment\n\n  [Resolve]  \n; another\n"
		"DNS = 9.9.9.9 tls://[2620:fe::fe]:8853#DNS.Quad9.net. \\\n# between\n  "
		"::ffff:1.0.0.1\n"
		"DNS=1.1.1.1:443#one.one.one.one\n"
		"DNSStubListener=tcp\nDNSStubListenerExtra=udp:127.0.0.1:5300\n"
		"DNSStubListenerExtra=::1\nDNSOverTLS=yes\nDNSSEC=no\n"
		"NegativeTrustAnchors=Corp.example. b.example\nTrustAnchorFile=/k\n"
		"[Transport]\nProtocols=tls\nWorkers=1\nQueryTimeoutSec=1s 500ms\n"
		"[CertificateTransparency]\nPolicy=two-logs\nLogList=/a/b\nTrustAnchors=/c");

	assert_int_equal(conf->n_negative_anchors, 2);
	assert_string_equal(conf->negative_anchors[0], "corp.example");
	assert_string_equal(conf->trust_anchor_file, "/k");
	assert_false(conf->dnssec);
	assert_int_equal(conf->n_upstreams, 4);
	assert_false(conf->upstreams[0].protocol_given);
	assert_null(conf->upstreams[0].name);
	assert_true(conf->upstreams[1].protocol_given);
	assert_int_equal(conf->upstreams[1].address.port, 8853);
	assert_string_equal(conf->upstreams[1].name, "dns.quad9.net");
	assert_int_equal(conf->upstreams[2].address.size, 4);
	assert_int_equal(conf->upstreams[3].address.port, 443);
	assert_true(!conf->stub_listener_udp && conf->stub_listener_tcp);
	assert_int_equal(conf->n_extra_listeners, 2);
	assert_true(conf->extra_listeners[0].udp && !conf->extra_listeners[0].tcp);
	assert_int_equal(conf->extra_listeners[1].address.port, 53);
	assert_int_equal(conf->query_timeout_ms, 1500);
	assert_int_equal(conf->policy, CONF_POLICY_TWO_LOGS);
	assert_string_equal(conf->log_list, "/a/b");
	assert_string_equal(conf->trust_anchors, "/c");
	conf_free(conf);
}

static void test_cache_and_protection([[maybe_unused]] void **state)
{
	struct conf *conf = good("");

	assert_true(conf->cache && conf->cache_negative && !conf->cache_from_localhost);
	assert_int_equal(conf->cache_size, 8 << 20);
	assert_int_equal(conf->cache_entries, 0);
	assert_int_equal(conf->stale_s, 0);
	assert_int_equal(conf->n_allowed, 0);
	assert_int_equal(conf->rate_limit, 1000);
	assert_false(conf->rebind_protection);
	conf_free(conf);

	conf = good("[Resolve]\nCache=no-negative\nCacheSize=512K\nDNSCacheSize=100\n"
		    "StaleRetentionSec=1day\nDNSStubListenerExtra=192.168.0.1\n"
		    "[Protection]\nAllowClients=192.168.0.0/24 fe80::/10\n"
		    "AllowClients=10.0.0.1\nRateLimit=0\nRebindProtection=yes\n"
		    "RebindAllow=Example.com. plex.direct");
	assert_true(conf->cache && !conf->cache_negative);
	assert_int_equal(conf->cache_size, 512 << 10);
	assert_int_equal(conf->cache_entries, 100);
	assert_int_equal(conf->stale_s, 86400);
	assert_int_equal(conf->n_allowed, 3);
	assert_int_equal(conf->allowed[0].bits, 24);
	assert_int_equal(conf->allowed[1].address.size, 16);
	assert_int_equal(conf->allowed[2].bits, 32);
	assert_int_equal(conf->rate_limit, 0);
	assert_true(conf->rebind_protection);
	assert_string_equal(conf->rebind_allow[0], "example.com");
	conf_free(conf);

	conf = good("[Resolve]\nCache=no\n[Protection]\nAllowClients=::/0\nAllowClients=");
	assert_false(conf->cache);
	assert_int_equal(conf->n_allowed, 0);
	conf_free(conf);
}

static void expect_https(const char *uri, uint8_t address_size, uint16_t port, const char *name,
	const char *path, bool get)
{
	char text[512];
	struct conf *conf;
	const struct conf_upstream *upstream;

	snprintf(text, sizeof text, "[Resolve]\nDNS=%s", uri);
	conf = good(text);
	upstream = &conf->upstreams[0];
	assert_int_equal(conf->n_upstreams, 1);
	assert_true(upstream->protocol_given && upstream->protocol == CONF_PROTOCOL_HTTPS);
	assert_int_equal(upstream->address.size, address_size);
	assert_int_equal(upstream->address.port, port);
	if (name == NULL)
		assert_null(upstream->name);
	else
		assert_string_equal(upstream->name, name);
	assert_string_equal(upstream->path, path);
	assert_int_equal(upstream->get, get);
	assert_string_equal(upstream->text, uri);
	conf_free(conf);
}

static void test_https([[maybe_unused]] void **state)
{
	expect_https("https://1.1.1.1", 4, 0, NULL, "/dns-query", false);
	expect_https("https://1.1.1.1/", 4, 0, NULL, "/", false);
	expect_https(
		"https://1.1.1.1:8443/x/y#A.example.", 4, 8443, "a.example", "/x/y", false);
	expect_https("https://1.1.1.1/dns-query{?dns}", 4, 0, NULL, "/dns-query", true);
	expect_https("https://1.1.1.1{?dns}#a.example", 4, 0, "a.example", "/dns-query", true);
	expect_https("https://2606:4700::1111/q", 16, 0, NULL, "/q", false);
	expect_https("https://[2606:4700::1111]:444/q", 16, 444, NULL, "/q", false);
	expect_https("https://Dns.Example", 0, 0, "dns.example", "/dns-query", false);
	expect_https("https://dns.example:444/q{?dns}#dns.example", 0, 444, "dns.example", "/q",
		true);
}

static void test_transport([[maybe_unused]] void **state)
{
	struct conf *conf = good("");

	assert_int_equal(conf->n_protocols, 2);
	assert_int_equal(conf->protocols[0], CONF_PROTOCOL_TLS);
	assert_int_equal(conf->protocols[1], CONF_PROTOCOL_HTTPS);
	assert_int_equal(conf->post_quantum, CONF_POST_QUANTUM_PREFER);
	conf_free(conf);
	conf = good("[Transport]\nProtocols=https\nPostQuantum=require");
	assert_int_equal(conf->n_protocols, 1);
	assert_int_equal(conf->protocols[0], CONF_PROTOCOL_HTTPS);
	assert_int_equal(conf->post_quantum, CONF_POST_QUANTUM_REQUIRE);
	conf_free(conf);
}

static void test_routes([[maybe_unused]] void **state)
{
	struct conf *conf = good("[Route]\nDomains=~Corp.Example. _tcp.other.example\n"
				 "DNS=tls://10.0.0.53 10.0.0.54#a.example\n"
				 "[Resolve]\nDNS=9.9.9.9\n"
				 "[Route]\nDNS=plain://[fd00::1]:54\nDNS=plain://10.0.0.55\n"
				 "Domains=~168.192.in-addr.arpa");
	const struct conf_route *route = conf->routes;

	assert_int_equal(conf->n_routes, 2);
	assert_int_equal(conf->n_upstreams, 1);
	assert_int_equal(route->n_domains, 2);
	assert_string_equal(route->domains[0].name, "corp.example");
	assert_true(route->domains[0].route_only);
	assert_string_equal(route->domains[1].name, "_tcp.other.example");
	assert_false(route->domains[1].route_only);
	assert_int_equal(route->n_upstreams, 2);
	assert_int_equal(route->upstreams[0].protocol, CONF_PROTOCOL_TLS);
	assert_false(route->upstreams[1].protocol_given);
	route++;
	assert_int_equal(route->n_upstreams, 2);
	assert_int_equal(route->upstreams[0].address.port, 54);
	assert_int_equal(route->upstreams[1].protocol, CONF_PROTOCOL_PLAIN);
	assert_int_equal(route->line, 6);
	conf_free(conf);
}

static void test_answers([[maybe_unused]] void **state)
{
	struct conf *conf = good("");

	assert_true(conf->read_etc_hosts);
	assert_false(conf->resolve_single_label);
	assert_true(conf->refuse_canary);
	assert_int_equal(conf->n_refused_types, 0);
	conf_free(conf);
	conf = good("[Resolve]\nDomains=~. Lan.Example. ~corp.example\nDomains=corp.example\n"
		    "FallbackDNS=9.9.9.9\nReadEtcHosts=off\nResolveUnicastSingleLabel=TRUE\n"
		    "RefuseRecordTypes=MX type65 HTTPS\nCanaryDomain=pass\n"
		    "[CertificateTransparency]\nPinPublicKey=9.9.9.9 sha256:"
		    "0000000000000000000000000000000000000000000000000000000000000000\n");
	assert_int_equal(conf->n_upstreams, 1);
	assert_string_equal(conf->upstreams[0].text, "9.9.9.9");
	assert_int_equal(conf->n_domains, 3);
	assert_string_equal(conf->domains[0].name, "");
	assert_true(conf->domains[0].route_only);
	assert_string_equal(conf->domains[1].name, "lan.example");
	assert_false(conf->domains[1].route_only);
	assert_false(conf->domains[2].route_only);
	assert_false(conf->read_etc_hosts);
	assert_true(conf->resolve_single_label);
	assert_false(conf->refuse_canary);
	assert_int_equal(conf->n_refused_types, 2);
	assert_int_equal(conf->refused_types[0], 15);
	assert_int_equal(conf->refused_types[1], 65);
	conf_free(conf);
	conf = good("[Resolve]\nDNS=8.8.8.8\nFallbackDNS=9.9.9.9\n");
	assert_string_equal(conf->upstreams[0].text, "8.8.8.8");
	assert_int_equal(conf->n_fallback, 1);
	conf_free(conf);
}

static void test_empty_values_reset([[maybe_unused]] void **state)
{
	struct conf *conf =
		good("[Resolve]\nDNS=9.9.9.9\nDNS=\nDNS=8.8.8.8\nDNSStubListenerExtra=::1\n"
		     "DNSStubListenerExtra=\nFallbackDNS=\nDomains=\n[Transport]"
		     "\nQueryTimeoutSec=\n");

	assert_int_equal(conf->n_upstreams, 1);
	assert_string_equal(conf->upstreams[0].text, "8.8.8.8");
	assert_int_equal(conf->n_extra_listeners, 0);
	assert_int_equal(conf->query_timeout_ms, 5000);
	conf_free(conf);
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define R "[Resolve]\n"
#define T "[Transport]\n"
#define W "[Route]\nDNS=plain://10.0.0.53\n"
#define C "[CertificateTransparency]\n"

static void test_distrust([[maybe_unused]] void **state)
{
	struct conf *conf = good("[CertificateTransparency]\nDistrustIssuer=keyid:AB:cd\n"
				 "DistrustIssuer=sha256:" HASH "\nBlockCertificate=sha256:" HASH
				 "\nBlockCertificate=sha256:" HASH "/00:00:01:fe\n");

	assert_int_equal(conf->n_distrusted, 4);
	assert_int_equal(conf->distrusted[0].kind, CONF_DISTRUST_KEY_ID);
	assert_int_equal(conf->distrusted[0].id.size, 2);
	assert_memory_equal(conf->distrusted[0].id.bytes, "\xab\xcd", 2);
	assert_string_equal(conf->distrusted[0].text, "DistrustIssuer=keyid:AB:cd");
	assert_int_equal(conf->distrusted[1].kind, CONF_DISTRUST_SPKI);
	assert_int_equal(conf->distrusted[2].kind, CONF_DISTRUST_CERTIFICATE);
	assert_int_equal(conf->distrusted[3].kind, CONF_DISTRUST_SERIAL);
	assert_int_equal(conf->distrusted[3].serial.size, 2);
	assert_memory_equal(conf->distrusted[3].serial.bytes, "\1\xfe", 2);
	conf_free(conf);
	conf = good("[CertificateTransparency]\nDistrustIssuer=keyid:ab\nBlockCertificate="
		    "sha256:" HASH "\nDistrustIssuer=\n");
	assert_int_equal(conf->n_distrusted, 1);
	assert_int_equal(conf->distrusted[0].kind, CONF_DISTRUST_CERTIFICATE);
	conf_free(conf);
}

#define OTHER "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

/* Is a key whose hash begins with this byte among those of the upstream? */
static bool has_pin(const struct conf *conf, size_t upstream, uint8_t first)
{
	const struct conf_upstream *it = &conf->upstreams[upstream];

	assert_true(it->first_pin + it->n_pins <= conf->n_pins);
	for (size_t i = it->first_pin; i < it->first_pin + it->n_pins; i++) {
		assert_int_equal(conf->pins[i].sha256.size, 32);
		assert_int_equal(conf->pins[i].address.size, it->address.size);
		assert_memory_equal(conf->pins[i].address.bytes, it->address.bytes, 16);
		if (conf->pins[i].sha256.bytes[0] == first)
			return true;
	}
	return false;
}

static void test_pin([[maybe_unused]] void **state)
{
	struct conf *conf =
		good(R "DNS=9.9.9.9 8.8.8.8\n" C "PinPublicKey=9.9.9.9 sha256:" HASH "\n");

	assert_int_equal(conf->n_pins, 1);
	assert_memory_equal(conf->pins[0].sha256.bytes,
		"\0\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
		"\0\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
		32);
	assert_int_equal(conf->pins[0].address.port, 0);
	assert_int_equal(conf->upstreams[0].n_pins, 1);
	assert_true(has_pin(conf, 0, 0x00));
	assert_int_equal(conf->upstreams[1].n_pins, 0);
	conf_free(conf);

	/* The upstreams that are there when nobody names others have addresses too. */
	conf = good(C "PinPublicKey=2606:4700:4700:0::1111 \t sha256:" HASH "\n");
	assert_int_equal(conf->n_upstreams, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(conf->upstreams[i].n_pins,
			conf->upstreams[i].address.size == 16 &&
				conf->upstreams[i].address.bytes[15] == 0x11);
	conf_free(conf);

	/* An IPv4 address may be written as IPv6. */
	conf = good(R "DNS=9.9.9.9\n" C "PinPublicKey=::ffff:9.9.9.9 sha256:" HASH "\n");
	assert_true(has_pin(conf, 0, 0x00));
	conf_free(conf);
}

/* Whatever order they are written in, each upstream has its own keys and no other's. */
static void test_pins_of_several([[maybe_unused]] void **state)
{
	struct conf *conf = good(C
		"PinPublicKey=8.8.8.8 sha256:" HASH "\nPinPublicKey=9.9.9.9 sha256:" OTHER
		"\nPinPublicKey=2620:fe::fe sha256:" HASH "\nPinPublicKey=8.8.8.8 sha256:" OTHER
		"\n" R "DNS=9.9.9.9 8.8.8.8 2620:fe::fe 1.1.1.1\n");

	assert_int_equal(conf->n_pins, 4);
	assert_int_equal(conf->upstreams[0].n_pins, 1);
	assert_true(!has_pin(conf, 0, 0x00) && has_pin(conf, 0, 0xff));
	assert_int_equal(conf->upstreams[1].n_pins, 2);
	assert_true(has_pin(conf, 1, 0x00) && has_pin(conf, 1, 0xff));
	assert_int_equal(conf->upstreams[2].n_pins, 1);
	assert_true(has_pin(conf, 2, 0x00) && !has_pin(conf, 2, 0xff));
	assert_int_equal(conf->upstreams[3].n_pins, 0);
	conf_free(conf);
}

/* A key is that of a host: whichever port it is asked at. */
static void test_pins_of_two_ports([[maybe_unused]] void **state)
{
	struct conf *conf = good(R "DNS=9.9.9.9:853#dns.quad9.net 9.9.9.9:8853 8.8.8.8\n" C
				   "PinPublicKey=9.9.9.9 sha256:" HASH
				   "\nPinPublicKey=9.9.9.9 sha256:" OTHER "\n");

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(conf->upstreams[i].n_pins, 2);
		assert_true(has_pin(conf, i, 0x00) && has_pin(conf, i, 0xff));
	}
	assert_int_equal(conf->upstreams[2].n_pins, 0);
	conf_free(conf);
}

/* What is emptied is forgotten, also an address that no upstream has. */
static void test_pins_emptied([[maybe_unused]] void **state)
{
	struct conf *conf = good(R "DNS=9.9.9.9\n" C "PinPublicKey=4.4.4.4 sha256:" HASH
				   "\nPinPublicKey=9.9.9.9 sha256:" HASH
				   "\nPinPublicKey=\nPinPublicKey=9.9.9.9 sha256:" OTHER "\n");

	assert_int_equal(conf->n_pins, 1);
	assert_int_equal(conf->upstreams[0].n_pins, 1);
	assert_true(has_pin(conf, 0, 0xff));
	conf_free(conf);
	conf = good(
		R "DNS=9.9.9.9\n" C "PinPublicKey=9.9.9.9 sha256:" HASH "\nPinPublicKey=\n");
	assert_int_equal(conf->n_pins, 0);
	assert_int_equal(conf->upstreams[0].n_pins, 0);
	conf_free(conf);
}

/* 128 keys and no more. */
static void test_many_pins([[maybe_unused]] void **state)
{
	static const char line[] = "PinPublicKey=1.1.1.1 sha256:" HASH "\n";
	char text[16384] = C;
	struct conf_errors errors;
	struct conf *conf;

	for (size_t i = 0; i < 128; i++)
		strcat(text, line);
	conf = good(text);
	assert_int_equal(conf->n_pins, 128);
	assert_int_equal(conf->upstreams[0].n_pins, 128);
	conf_free(conf);
	strcat(text, line);
	assert_null(conf_parse("f", text, strlen(text), &errors));
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], "f:130: PinPublicKey: more than 128 keys");
	conf_errors_clear(&errors);
}

static void test_log_list_signature([[maybe_unused]] void **state)
{
	struct conf *conf = good("");

	assert_null(conf->log_list_signature);
	assert_null(conf->log_list_key);
	conf_free(conf);
	conf = good(C "LogListKey=/k.pem\nLogListSignature=/a/list.sig\n");
	assert_string_equal(conf->log_list_signature, "/a/list.sig");
	assert_string_equal(conf->log_list_key, "/k.pem");
	conf_free(conf);
	conf = good(C "LogListSignature=\nLogListKey=\n");
	assert_null(conf->log_list_signature);
	assert_null(conf->log_list_key);
	conf_free(conf);
}

static const struct {
	const char *text, *line;
} mistakes[] = {
	{"DNS=1.1.1.1", "f:1: DNS: it stands before any section"},
	{"[Resolve", "f:1: [Resolve: a section is written [Section]"},
	{"[Resolv]", "f:1: [Resolv]: there is no such section; did you mean [Resolve]?"},
	{"[Nonsense]\nx=1", "f:1: [Nonsense]: there is no such section"},
	{R "DSN=1.1.1.1", "f:2: DSN: there is no such key in [Resolve]; did you mean DNS?"},
	{R "hello", "f:2: hello: neither Key=Value"},
	{R "DNSSEC=allow-downgrade", "f:2: DNSSEC: allow-downgrade would let whoever answers"},
	{R "DNSSEC=maybe", "f:2: DNSSEC: maybe: not one of yes no"},
	{R "TrustAnchorFile=root.key", "f:2: TrustAnchorFile: root.key: not an absolute path"},
	{R "NegativeTrustAnchors=a.example b..c",
		"f:2: NegativeTrustAnchors: b..c: not a domain"},
	{R "DNSSEC=no\nDNSSEC=no", "f:3: DNSSEC: it is set twice"},
	{R "DNSOverTLS=no", "f:2: DNSOverTLS: no would let queries leave in plain text"},
	{R "DNSOverTLS=opportunistic", "f:2: DNSOverTLS: opportunistic would let"},
	{R "DNSOverTLS=maybe", "f:2: DNSOverTLS: maybe: only yes is possible"},
	{R "DNS=plain://1.1.1.1",
		"f:2: DNS: plain://1.1.1.1: upstreams are never asked in plain text"},
	{R "DNS=https://1.1.1.1/a b", "f:2: DNS: b: not ADDRESS"},
	{R "DNS=https://1.1.1.1/{dns}", "f:2: DNS: https://1.1.1.1/{dns}: its path is not one"},
	{R "DNS=https://1.1.1.1/?x", "f:2: DNS: https://1.1.1.1/?x: its path is not one"},
	{R "DNS=https://1.1.1.1/{?dns}x", "f:2: DNS: https://1.1.1.1/{?dns}x: its path"},
	{R "DNS=https://", "f:2: DNS: https://: not https://ADDRESS|NAME"},
	{R "DNS=https:///dns-query", "f:2: DNS: https:///dns-query: not https://ADDRESS|NAME"},
	{R "DNS=https://1.1.1/dns-query", "f:2: DNS: https://1.1.1/dns-query: not https://"},
	{R "DNS=https://1.1.1.256", "f:2: DNS: https://1.1.1.256: not https://ADDRESS|NAME"},
	{R "DNS=https://-x.example", "f:2: DNS: https://-x.example: not https://ADDRESS|NAME"},
	{R "DNS=https://x.example:0", "f:2: DNS: https://x.example:0: not https://ADDRESS"},
	{R "DNS=https://[::1]:x/", "f:2: DNS: https://[::1]:x/: not https://ADDRESS|NAME"},
	{R "DNS=https://0.0.0.0/", "f:2: DNS: https://0.0.0.0/: not the address of a server"},
	{R "DNS=https://a.example#b.example",
		"f:2: DNS: https://a.example#b.example: the name behind # must be the one"},
	{R "DNS=quic://1.1.1.1", "f:2: DNS: quic://1.1.1.1: not a protocol"},
	{R "DNS=1.1.1.1#1.1.1.1", "f:2: DNS: 1.1.1.1: an authentication name is a host name"},
	{R "DNS=1.1.1.1#", "f:2: DNS: : not a host name"},
	{R "DNS=1.1.1.1#-a.example", "f:2: DNS: -a.example: not a host name"},
	{R "DNS=1.1.1.1%eth0", "f:2: DNS: 1.1.1.1%eth0: an interface is not supported yet"},
	{R "DNS=one.one.one.one", "f:2: DNS: one.one.one.one: not ADDRESS"},
	{R "DNS=1.1.1", "f:2: DNS: 1.1.1: not ADDRESS"},
	{R "DNS=1.1.1.1:0", "f:2: DNS: 1.1.1.1:0: not ADDRESS"},
	{R "DNS=1.1.1.1:+53", "f:2: DNS: 1.1.1.1:+53: not ADDRESS"},
	{R "DNS=1.1.1.1:65536", "f:2: DNS: 1.1.1.1:65536: not ADDRESS"},
	{R "DNS=[1.1.1.1]:853", "f:2: DNS: [1.1.1.1]:853: not ADDRESS"},
	{R "DNS=0.0.0.0", "f:2: DNS: 0.0.0.0: not the address of a server"},
	{R "DNS=::", "f:2: DNS: ::: not the address of a server"},
	{R "DNS=224.0.0.1", "f:2: DNS: 224.0.0.1: not the address of a server"},
	{R "DNS=255.255.255.255", "f:2: DNS: 255.255.255.255: not the address of a server"},
	{R "DNS=ff02::1", "f:2: DNS: ff02::1: not the address of a server"},
	{R "DNS=1.1.1.1 #comment", "f:2: DNS: #comment: not ADDRESS"},
	{R "Cache=perhaps", "f:2: Cache: perhaps: not one of yes no no-negative"},
	{R "CacheFromLocalhost=2", "f:2: CacheFromLocalhost: 2: neither yes nor no"},
	{R "CacheSize=8MB", "f:2: CacheSize: 8MB: not a size such as 512K or 8M"},
	{R "CacheSize=63K", "f:2: CacheSize: 63K: not between 64K and 4095M"},
	{R "CacheSize=4G", "f:2: CacheSize: 4G: not between 64K and 4095M"},
	{R "DNSCacheSize=many", "f:2: DNSCacheSize: many: not a number of answers"},
	{R "StaleRetentionSec=8d", "f:2: StaleRetentionSec: 8d: more than 7 days"},
	{R "StaleRetentionSec=x", "f:2: StaleRetentionSec: x: not a span of time"},
	{R "DNSStubListenerExtra=192.0.2.1",
		"f: DNSStubListenerExtra: it listens to other machines"},
	{R "DNSStubListenerExtra=[::]:53",
		"f: DNSStubListenerExtra: it listens to other machines"},
	{"[Protection]\nAllowClients=192.168.0.0/33",
		"f:2: AllowClients: 192.168.0.0/33: not ADDRESS or ADDRESS/BITS"},
	{"[Protection]\nAllowClients=192.168.0.1/24",
		"f:2: AllowClients: 192.168.0.1/24: not ADDRESS or ADDRESS/BITS"},
	{"[Protection]\nAllowClients=fd00::/8 lan", "f:2: AllowClients: lan: not ADDRESS"},
	{"[Protection]\nRateLimit=fast", "f:2: RateLimit: fast: not a number of queries"},
	{"[Protection]\nRebindProtection=maybe",
		"f:2: RebindProtection: maybe: neither yes nor no"},
	{"[Protection]\nRebindAllow=a..b", "f:2: RebindAllow: a..b: not a domain"},
	{R "ReadEtcHosts=maybe", "f:2: ReadEtcHosts: maybe: neither yes nor no"},
	{R "Domains=.", "f:2: Domains: .: the root is not a search domain"},
	{R "Domains=a..b", "f:2: Domains: a..b: not a domain"},
	{R "RefuseRecordTypes=A TYPO", "f:2: RefuseRecordTypes: TYPO: not a record type"},
	{R "RefuseRecordTypes=TYPE65536", "f:2: RefuseRecordTypes: TYPE65536: not a record"},
	{R "CanaryDomain=yes", "f:2: CanaryDomain: yes: not one of refuse pass"},
	{R "FallbackDNS=plain://1.1.1.1",
		"f:2: FallbackDNS: plain://1.1.1.1: upstreams are never"},
	{R "Domains=x\n[Route]\nDomains=~x\nDNS=10.0.0.53",
		"f: Domains: x: it is in [Resolve], and in"},
	{R "DNSStubListener=no", "f: there is nothing to listen on"},
	{R "DNSStubListener=maybe", "f:2: DNSStubListener: maybe: not one of yes no udp tcp"},
	{R "DNSStubListenerExtra=::1\nDNSStubListenerExtra=tcp:[::1]:53",
		"f:3: DNSStubListenerExtra: tcp:[::1]:53: listens there already"},
	{R "DNSStubListenerExtra=127.0.0.53",
		"f: DNSStubListenerExtra=127.0.0.53: DNSStubListener= listens there already"},
	{R "DNSStubListener=udp\nDNSStubListenerExtra=udp:127.0.0.54:53",
		"f: DNSStubListenerExtra=127.0.0.54:"},
	{R "DNSStubListenerExtra=sctp:::1",
		"f:2: DNSStubListenerExtra: sctp:::1: not [udp:|tcp:]"},
	{T "Protocols=tls quic", "f:2: Protocols: quic: not one of tls https"},
	{T "Protocols=tls plain", "f:2: Protocols: plain: not one of tls https"},
	{T "Protocols=tls tls", "f:2: Protocols: tls: it is there already"},
	{T "Workers=0", "f:2: Workers: 0: not a number between 1 and 64"},
	{T "Workers=65", "f:2: Workers: 65: not a number between 1 and 64"},
	{T "Workers=two", "f:2: Workers: two: not a number between 1 and 64"},
	{T "Workers=1 2", "f:2: Workers: 1 2: not a number between 1 and 64"},
	{T "QueryTimeoutSec=0", "f:2: QueryTimeoutSec: 0: not between 100ms and 60s"},
	{T "QueryTimeoutSec=5 parsecs", "f:2: QueryTimeoutSec: 5 parsecs: not a span of time"},
	{T "QueryTimeoutSec=-5", "f:2: QueryTimeoutSec: -5: not a span of time"},
	{T "PostQuantum=yes", "f:2: PostQuantum: yes: not one of no prefer require"},
	{C "Policy=none", "f:2: Policy: none: not one of two-logs chrome apple"},
	{C "LogList=list.json", "f:2: LogList: list.json: not an absolute path"},
	{C "TrustAnchors=anchors.pem", "f:2: TrustAnchors: anchors.pem: neither"},
	{C "DistrustIssuer=x", "f:2: DistrustIssuer: x: neither keyid:HEX nor sha256:HEX"},
	{C "DistrustIssuer=keyid:", "f:2: DistrustIssuer: keyid:: neither"},
	{C "DistrustIssuer=keyid:abc", "f:2: DistrustIssuer: keyid:abc: neither"},
	{C "DistrustIssuer=keyid:ab:", "f:2: DistrustIssuer: keyid:ab:: neither"},
	{C "DistrustIssuer=sha256:abcd", "f:2: DistrustIssuer: sha256:abcd: neither"},
	{C "BlockCertificate=abcd", "f:2: BlockCertificate: abcd: not sha256:HEX"},
	{C "BlockCertificate=sha256:abcd",
		"f:2: BlockCertificate: sha256:abcd: a SHA-256 has 64"},
	{C "BlockCertificate=sha256:" HASH "/", "f:2: BlockCertificate: : not a serial number"},
	{C "BlockCertificate=sha256:" HASH "/" HASH, "f:2: BlockCertificate: 11"},
	{C "LogListSignature=list.sig\nLogListKey=/k",
		"f:2: LogListSignature: list.sig: not an absolute path"},
	{C "LogListSignature=/s\nLogListKey=k.pem",
		"f:3: LogListKey: k.pem: not an absolute path"},
	{C "LogListSignature=/s", "f: LogListSignature: LogListKey= is needed to verify it"},
	{C "LogListSignature=/s\nLogListKey=",
		"f: LogListSignature: LogListKey= is needed to verify it"},
	{C "LogListKey=/k", "f: LogListKey: there is no LogListSignature= to verify"},
	{C "LogListKey=/k\nLogListSignature=/s\nLogListKey=/k",
		"f:4: LogListKey: it is set twice"},
	{C "PinPublicKey=9.9.9.9 sha256:" HASH,
		"f: PinPublicKey: 9.9.9.9 sha256:" HASH ": no upstream has this address"},
	/* The same bytes in an address of the other kind are another address. */
	{R "DNS=101:101::\n" C "PinPublicKey=1.1.1.1 sha256:" HASH,
		"f: PinPublicKey: 1.1.1.1 sha256:" HASH ": no upstream has this address"},
	{C "PinPublicKey=1.1.1.1", "f:2: PinPublicKey: 1.1.1.1: not ADDRESS sha256:HEX"},
	{C "PinPublicKey=1.1.1.1 " HASH, "f:2: PinPublicKey: 1.1.1.1 0011"},
	{C "PinPublicKey=1.1.1.1 sha256:", "f:2: PinPublicKey: 1.1.1.1 sha256:: not ADDRESS"},
	{C "PinPublicKey=1.1.1.1 sha256:abcd",
		"f:2: PinPublicKey: 1.1.1.1 sha256:abcd: not ADDRESS"},
	{C "PinPublicKey=1.1.1.1 sha256:" HASH "00", "f:2: PinPublicKey: 1.1.1.1 sha256:0011"},
	{C "PinPublicKey=1.1.1.1 sha256:" HASH " x", "f:2: PinPublicKey: 1.1.1.1 sha256:0011"},
	{C "PinPublicKey=1.1.1.1 sha256:g" HASH, "f:2: PinPublicKey: 1.1.1.1 sha256:g001"},
	{C "PinPublicKey=1.1.1.1 sha1:" HASH, "f:2: PinPublicKey: 1.1.1.1 sha1:0011"},
	{C "PinPublicKey=1.1.1 sha256:" HASH, "f:2: PinPublicKey: 1.1.1 sha256:0011"},
	{C "PinPublicKey=1.1.1.1:853 sha256:" HASH, "f:2: PinPublicKey: 1.1.1.1:853 sha256:"},
	{C "PinPublicKey=one.one.one.one sha256:" HASH,
		"f:2: PinPublicKey: one.one.one.one sha256:"},
	{C "PinPublicKey=sha256:" HASH, "f:2: PinPublicKey: sha256:0011"},
	{"[Route]\nDNS=plain://10.0.0.53", "f:1: [Route] has no Domains="},
	{"[Route]\nDomains=~example", "f:1: [Route] has no DNS="},
	{W "Domains=~a.example\nDomains=", "f:1: [Route] has no Domains="},
	{W "Domains=~.", "f:3: Domains: ~.: a route is for some domains; for all others"},
	{W "Domains=~", "f:3: Domains: ~: not a domain"},
	{W "Domains=.", "f:3: Domains: .: a route is for some domains"},
	{W "Domains=~a..example", "f:3: Domains: ~a..example: not a domain"},
	{W "Domains=~~a", "f:3: Domains: ~~a: not a domain"},
	{W "Domains=a.example ~A.Example.",
		"f:3: Domains: ~A.Example.: it is in the route of f:1 already"},
	{W "Domains=a.example\n" W "Domains=~a.example",
		"f:6: Domains: ~a.example: it is in the route of f:1 already"},
	{W "DNS=plain://10.0.0.1#a.example", "f:3: DNS: plain://10.0.0.1#a.example: in plain"},
	{W "DNS=plain://a.example", "f:3: DNS: plain://a.example: not ADDRESS"},
	{W "Domains=x\nDNS=10.0.0.54", "f:1: [Route] DNS: plain:// beside encrypted upstreams"},
	{W "DNS=https://a.example", "f:3: DNS: https://a.example: in a [Route] its address"},
	{W "Domains=x\n[Resolve]\nDNS=plain://1.1.1.1",
		"f:5: DNS: plain://1.1.1.1: upstreams are never asked in plain text"},
	{"[Route]\nSocket=x", "f:2: Socket: there is no such key in [Route]"},
	{"[Control]\nSocket=run/x", "f:2: Socket: run/x: not an absolute path"},
	{"[Control]\nMetricsListen=127.0.0.1",
		"f:2: MetricsListen: 127.0.0.1: not ADDRESS:PORT (IPv6: [ADDRESS]:PORT)"},
	{"[Control]\nMetricsListen=10.0.0.1:9",
		"f: MetricsListen: not an address of this host alone, such as 127.0.0.1; if "
		"others may read it: MetricsAllowRemote=yes"},
	{"[Control]\nMetricsListen=[2001:db8::1]:9",
		"f: MetricsListen: not an address of this host alone, such as 127.0.0.1; if "
		"others may read it: MetricsAllowRemote=yes"},
	{"[Control]\nMetricsAllowRemote=1", "f:2: MetricsAllowRemote: 1: not one of no yes"},
	{"[Control]\nDnstapSocket=x", "f:2: DnstapSocket: x: not an absolute path"},
	{R "DNS=1.1.1.1\r\n", "f:2: a control character"},
	{R "D\x01S=1.1.1.1", "f:2: a control character"},
	{"[Control]\nSocket=/tmp/\xff", "f:2: the line is not UTF-8"},
	{"[Control]\nSocket=/tmp/\xc3", "f:2: the line is not UTF-8"},
	{"[Control]\nSocket=/tmp/\xc0\xaf", "f:2: the line is not UTF-8"},
	{"[Control]\nSocket=/tmp/\xc2\x9b[31m", "f:2: the line is not UTF-8"},
	{"[Control]\nSocket=/tmp/\xed\xa0\x80", "f:2: the line is not UTF-8"},
	{"[Control]\nSocket=/tmp/\xf4\x90\x80\x80", "f:2: the line is not UTF-8"},
	{"# \xff\n[Control]\nSocket=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"f:3: Socket: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80: not an absolute path"},
};

static void test_mistakes([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct conf_errors errors;
		struct conf *conf =
			conf_parse("f", mistakes[i].text, strlen(mistakes[i].text), &errors);

		assert_null(conf);
		if (errors.count != 1 || strncmp(errors.lines[0], mistakes[i].line,
						 strlen(mistakes[i].line)) != 0)
			fail_msg("%s: %zu, %s", mistakes[i].text, errors.count,
				errors.count > 0 ? errors.lines[0] : "");
		conf_errors_clear(&errors);
	}
}

static void test_all_mistakes_are_told([[maybe_unused]] void **state)
{
	static const char text[] = "[Resolve]\nDNS=1.1.1.1 nonsense "
				   "more\nCach=yes\n\nDNSSEC=\\\nmaybe\nLLMNR=yes\n";
	struct conf_errors errors;

	assert_null(conf_parse("f", text, sizeof text - 1, &errors));
	assert_int_equal(errors.count, 5);
	assert_memory_equal(errors.lines[0], "f:2: ", 5);
	assert_memory_equal(errors.lines[1], "f:2: ", 5);
	assert_memory_equal(errors.lines[2], "f:3: ", 5);
	assert_memory_equal(errors.lines[3], "f:5: ", 5); /* where a continued line begins */
	assert_memory_equal(errors.lines[4], "f:7: ", 5);
	conf_errors_clear(&errors);
}

static void test_long_line([[maybe_unused]] void **state)
{
	char text[6000] = R "DNS=";
	struct conf_errors errors;

	memset(text + strlen(text), '1', 5000);
	assert_null(conf_parse("f", text, strlen(text), &errors));
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0], "f:2: the line is too long");
	conf_errors_clear(&errors);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_drop_ins([[maybe_unused]] void **state)
{
	char folder[] = "/tmp/ctresolved-test-XXXXXX", path[64], drop_in[96], other[96],
	     dir[80];
	struct conf_errors errors;
	struct conf *conf;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/c.conf", folder);
	snprintf(dir, sizeof dir, "%s.d", path);
	snprintf(drop_in, sizeof drop_in, "%s/50-x.conf", dir);
	snprintf(other, sizeof other, "%s/README", dir);
	assert_null(conf_load(path, &errors));
	assert_int_equal(errors.count, 1); /* it is missing */
	conf_errors_clear(&errors);

	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(path, R "DNS=9.9.9.9\n" C "Policy=apple\n");
	write_file(drop_in, R "DNS=8.8.8.8\n" C "Policy=two-logs\n");
	write_file(other, "not a configuration");
	conf = conf_load(path, &errors);
	assert_non_null(conf);
	assert_int_equal(conf->n_upstreams, 2);
	assert_int_equal(conf->policy, CONF_POLICY_TWO_LOGS);
	conf_free(conf);

	write_file(drop_in, "nonsense\n");
	assert_null(conf_load(path, &errors));
	assert_non_null(strstr(errors.lines[0], "50-x.conf:1: nonsense: "));
	conf_errors_clear(&errors);
	unlink(drop_in);
	unlink(other);
	rmdir(dir);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_cache_and_protection),
		cmocka_unit_test(test_https),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_empty_values_reset),
		cmocka_unit_test(test_distrust),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pins_of_several),
		cmocka_unit_test(test_pins_of_two_ports),
		cmocka_unit_test(test_pins_emptied),
		cmocka_unit_test(test_many_pins),
		cmocka_unit_test(test_log_list_signature),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_all_mistakes_are_told),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_drop_ins),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
