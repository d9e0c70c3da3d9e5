/* SPDX-License-Identifier: MIT */
/* ctresolvectl probe: connects to a server as the daemon would, and shows what it is. */
#include "resolver/ctl.h"
#include "resolver/ctl_show.h"
#include "resolver/evidence.h"
#include "resolver/snapshot.h"
#include "resolver/timekeeper.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
	"Usage: ctresolvectl probe [--json] ADDRESS|URI [#NAME]\n"
	"\n"
	"Connects to a server as the daemon would, with its configuration, and shows its "
	"certificates and\n"
	"the verdict on them. No query is sent.\n"
	"\n"
	"  ADDRESS|URI  as in DNS=: 1.1.1.1, 1.1.1.1#cloudflare-dns.com, "
	"tls://[2606:4700::1111]:853\n"
	"  #NAME        the authentication name; without one, that of the configured upstream "
	"with "
	"this\n"
	"               address\n"
	"  -j, --json   print JSON\n"
	"\n"
	"Exit status: 0 accept, 1 refuse, 2 error.\n";

struct probe {
	const char *text; /* as it was asked for */
	bool json;
	struct loop *loop;
	struct trace trace;
	uint64_t begun_ms;
	int status;
};

static json_t *tls_json(const struct tls_facts *tls)
{
	return json_pack("{s:s*, s:s*, s:s*, s:b}", "version", tls->version, "group",
		tls->group, "cipher", tls->cipher, "post_quantum", tls->post_quantum);
}

static bool print_json(const struct probe *probe, const struct trace_event *event, uint64_t ms)
{
	json_t *object = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "server", probe->text,
		"verdict", event->verdict->accepted ? "accept" : "refuse", "milliseconds",
		(json_int_t)ms, "tls", tls_json(&event->tls), "chain",
		show_chain_json(event->der, event->n_der), "certificate",
		show_verdict_json(event->verdict));

	return show_json(object);
}

static void print_text(const struct probe *probe, const struct trace_event *event, uint64_t ms)
{
	const struct tls_facts *tls = &event->tls;

	printf("%s: %s, key exchange %s (post-quantum: %s)%s%s, after %" PRIu64 " ms\n",
		probe->text, tls->version != NULL ? tls->version : "TLS",
		tls->group != NULL ? tls->group : "unknown", tls->post_quantum ? "yes" : "no",
		tls->cipher != NULL ? ", " : "", tls->cipher != NULL ? tls->cipher : "", ms);
	show_chain(event->der, event->n_der);
	show_verdict(event->verdict);
}

static void on_event(struct trace *trace, const struct trace_event *event)
{
	struct probe *probe = container_of(trace, struct probe, trace);
	uint64_t ms = loop_now_ms(probe->loop) - probe->begun_ms;
	bool good = true;

	loop_stop(probe->loop);
	if (event->verdict == NULL) {
		if (probe->json)
			(void)show_json(json_pack(
				"{s:s, s:s}", "server", probe->text, "error", event->why));
		probe->status = ctl_complain(probe->text, event->why);
		return;
	}
	if (probe->json)
		good = print_json(probe, event, ms);
	else
		print_text(probe, event, ms);
	if (fflush(stdout) != 0 || !good)
		probe->status =
			ctl_complain("standard output", "the verdict cannot be written");
	else
		probe->status = event->verdict->accepted ? CTL_OK : CTL_NO;
}

/* One server, written as in a configuration, as its only upstream. NULL: it was said why not.
 */
static struct conf *parse_server(const char *text)
{
	char line[512];
	struct conf_errors errors;
	struct conf *conf;
	int n = snprintf(line, sizeof line, "[Resolve]\nDNS=%s\n", text);

	if (n < 0 || (size_t)n >= sizeof line || strpbrk(text, " \t\n\\") != NULL) {
		ctl_complain(text, "not the address of a server");
		return NULL;
	}
	conf = conf_parse("server", line, (size_t)n, &errors);
	if (conf == NULL && errors.count > 0) {
		const char *why = strstr(errors.lines[0], "DNS: ");

		fprintf(stderr, "ctresolvectl: %s\n", why != NULL ? why + 5 : errors.lines[0]);
	}
	conf_errors_clear(&errors);
	if (conf == NULL || conf->upstreams[0].address.size != 0)
		return conf;
	ctl_complain(text, "an address is needed: https://ADDRESS/PATH#NAME");
	conf_free(conf);
	return NULL;
}

/* As the daemon knows it: with the keys that are pinned for its address, and its name if none
 * was given. */
static struct conf_upstream like_configured(
	const struct conf *conf, const struct conf_upstream *asked)
{
	struct conf_upstream upstream = *asked;

	for (size_t i = 0; i < conf->n_upstreams; i++) {
		const struct conf_upstream *known = &conf->upstreams[i];

		if (known->address.size != asked->address.size ||
			memcmp(known->address.bytes, asked->address.bytes,
				known->address.size) != 0)
			continue;
		upstream.first_pin = known->first_pin;
		upstream.n_pins = known->n_pins;
		if (upstream.name == NULL)
			upstream.name = known->name;
		break;
	}
	return upstream;
}

static void run(struct probe *probe, const struct snapshot *snapshot,
	const struct conf_upstream *asked, const struct clock *clock)
{
	struct conf_upstream upstream = like_configured(snapshot->conf, asked);
	struct surroundings around = {
		.loop = probe->loop, .clock = clock, .trace = &probe->trace};
	struct set_params params = snapshot_set_params(snapshot, &around);
	struct endpoints endpoints;
	struct upstream_set *set = NULL;

	/* A bare address: by the protocol that is preferred. */
	if (endpoints_make(snapshot->conf, snapshot->pins, &upstream, 1, &endpoints))
		set = set_new(probe->loop, endpoints.list, 1, &params);
	if (set == NULL) {
		probe->status = ctl_complain(probe->text, "out of memory");
	} else {
		probe->begun_ms = loop_now_ms(probe->loop);
		set_dial(set);
		loop_run(probe->loop);
		set_free(set);
	}
	endpoints_forget(&endpoints);
}

static int probe_server(const struct ctl *ctl, struct probe *probe, const struct conf *server)
{
	struct timekeeper *keeper = timekeeper_new(NULL, NULL);
	struct evidence *evidence = evidence_new(NULL);
	struct snapshot *snapshot = NULL;

	probe->loop = loop_new();
	probe->status = CTL_ERROR;
	if (probe->loop != NULL && keeper != NULL && evidence != NULL)
		snapshot = snapshot_of(
			snapshot_conf(ctl->conf_path), evidence_accepted_before(evidence));
	if (snapshot != NULL)
		timekeeper_use(keeper, trust_log_list(snapshot->trust));
	if (snapshot != NULL)
		run(probe, snapshot, &server->upstreams[0], timekeeper_clock(keeper));
	snapshot_unref(snapshot);
	evidence_free(evidence);
	timekeeper_free(keeper);
	loop_free(probe->loop);
	return probe->status;
}

int ctl_probe(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	struct probe probe = {.trace.tell = on_event};
	int status = ctl_options(&options, argc, argv, HELP, 2);
	struct conf *server;
	char text[512];

	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc < 1 || (argc == 2 && argv[1][0] != '#'))
		return ctl_complain("probe", "wanted: ADDRESS or URI, and perhaps #NAME");
	snprintf(text, sizeof text, "%s%s", argv[0], argc == 2 ? argv[1] : "");
	probe.text = text;
	probe.json = options.json;
	status = CTL_ERROR;
	server = parse_server(text);
	if (server != NULL)
		status = probe_server(&options, &probe, server);
	conf_free(server);
	return status;
}
