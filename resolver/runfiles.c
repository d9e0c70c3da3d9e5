/* SPDX-License-Identifier: MIT */
#include "resolver/runfiles.h"
#include "conf/value.h"
#include "resolver/link_routes.h"
#include "resolver/log.h"
#include "resolver/smallfile.h"
#include "resolver/snapshot.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCH_DOMAINS_MAX = 256, PORT_DNS = 53 };

struct runfiles {
	const struct front *front;
	struct links_observer observer;
	const char *folder;
	bool failing; /* as it was told last */
};

struct search {
	const char *domains[SEARCH_DOMAINS_MAX];
	size_t n;
};

/* Programs look for these words, "systemd-resolved", to know who looks after the file. */
static const char HEAD[] =
	"# %s/%s is managed by man:systemd-resolved(8), whose place\n"
	"# ctresolved(8) has taken. It is written anew whenever links or settings change;\n"
	"# what is changed here is lost.\n"
	"#\n";

static const char ABOUT_STUB[] =
	"# Programs ask ctresolved at this address; it asks upstreams over TLS, and only\n"
	"# those whose certificates are publicly logged. \"resolvectl status\" shows which.\n"
	"\n";

static const char ABOUT_UPLINK[] =
	"# Upstream servers are not listed: whoever read them here would ask them in\n"
	"# plain text. Containers and virtual machines are served at the addresses of\n"
	"# DNSStubListenerExtra= (ctresolved.conf(5)), if there are any: those that are\n"
	"# not loopback addresses, and have port 53. If there are none, this machine's\n"
	"# own stands here, of which nobody else has any use.\n"
	"\n";

static bool is_unspecified(const struct conf_address *address)
{
	static const uint8_t zero[16];

	return memcmp(address->bytes, zero, address->size) == 0;
}

/* How many there were. */
static size_t write_extra_listeners(FILE *file, const struct conf *conf, bool also_loopback)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;

	for (size_t i = 0; i < conf->n_extra_listeners; i++) {
		const struct conf_listener *listener = &conf->extra_listeners[i];
		const struct conf_address *address = &listener->address;

		/* resolv.conf(5) has no ports, and is read for UDP. */
		if (!listener->udp || address->port != PORT_DNS || is_unspecified(address) ||
			(!also_loopback && value_is_loopback(address)))
			continue;
		inet_ntop(address->size == 4 ? AF_INET : AF_INET6, address->bytes, text,
			sizeof text);
		fprintf(file, "nameserver %s\n", text);
		n++;
	}
	return n;
}

/* Each once, in the order in which they come; "": the root is not searched. */
static void add_search(struct search *search, const char *domain)
{
	for (size_t i = 0; i < search->n; i++)
		if (strcmp(search->domains[i], domain) == 0)
			return;
	if (search->n < SEARCH_DOMAINS_MAX && *domain != '\0')
		search->domains[search->n++] = domain;
}

static void add_search_of(struct search *search, const struct link *link)
{
	for (size_t i = 0; i < link->settings.n_domains; i++)
		if (link_domain_is_searched(&link->settings.domains[i]))
			add_search(search, link->settings.domains[i].name);
}

static void collect_search(const struct front *front, struct search *search)
{
	const struct conf *conf = front->facts->snapshot->conf;
	const struct link *link;

	search->n = 0;
	for (size_t i = 0; i < conf->n_domains; i++)
		if (!conf->domains[i].route_only)
			add_search(search, conf->domains[i].name);
	for (size_t i = 0; (link = links_at(front->links, i)) != NULL; i++)
		add_search_of(search, link);
}

static void write_search(FILE *file, const struct search *search)
{
	/* Without that, the machine's own domain would be searched (resolv.conf(5)). */
	fputs(search->n == 0 ? "search ." : "search", file);
	for (size_t i = 0; i < search->n; i++)
		fprintf(file, " %s", search->domains[i]);
	fputc('\n', file);
}

static void write_own(FILE *file, const struct conf *conf)
{
	if (conf->stub_listener_udp || conf->stub_listener_tcp)
		fputs("nameserver 127.0.0.53\n", file);
	else if (write_extra_listeners(file, conf, true) == 0)
		fputs("# No DNS servers known: there is no listener at port 53.\n", file);
}

static void write_stub(FILE *file, const struct conf *conf)
{
	fputs(ABOUT_STUB, file);
	write_own(file, conf);
	fputs("options edns0 trust-ad\n", file);
}

/* Where no other one is to be had, this machine still has its own: its resolv.conf may point
 * here. */
static void write_uplink(FILE *file, const struct conf *conf)
{
	fputs(ABOUT_UPLINK, file);
	if (write_extra_listeners(file, conf, false) == 0)
		write_own(file, conf);
}

static bool write_file(struct runfiles *runfiles, const char *name, const struct search *search,
	void (*write)(FILE *, const struct conf *))
{
	char path[PATH_MAX], *text = NULL;
	FILE *file;
	size_t size;
	bool good;
	int n;

	n = snprintf(path, sizeof path, "%s/%s", runfiles->folder, name);
	file = n > 0 && (size_t)n < sizeof path ? open_memstream(&text, &size) : NULL;
	if (file == NULL)
		return false;
	fprintf(file, HEAD, runfiles->folder, name);
	write(file, runfiles->front->facts->snapshot->conf);
	write_search(file, search);
	good = fclose(file) == 0 && smallfile_write(path, text);
	free(text);
	return good;
}

void runfiles_write(struct runfiles *runfiles)
{
	struct search search;
	bool good;

	collect_search(runfiles->front, &search);
	good = write_file(runfiles, "stub-resolv.conf", &search, write_stub) &&
	       write_file(runfiles, "resolv.conf", &search, write_uplink);
	if (!good && !runfiles->failing)
		log_line(LOG_WARNING, "event=resolv-conf why=\"%s: %s\"", runfiles->folder,
			strerror(errno));
	runfiles->failing = !good;
}

static void on_changed(struct links_observer *observer)
{
	runfiles_write(container_of(observer, struct runfiles, observer));
}

struct runfiles *runfiles_new(const struct front *front, const char *folder)
{
	struct runfiles *runfiles = calloc(1, sizeof *runfiles);

	if (runfiles == NULL)
		return NULL;
	runfiles->front = front;
	runfiles->folder = folder;
	runfiles->observer.changed = on_changed;
	links_observe(front->links, &runfiles->observer);
	runfiles_write(runfiles);
	return runfiles;
}

void runfiles_free(struct runfiles *runfiles)
{
	if (runfiles == NULL)
		return;
	links_unobserve(&runfiles->observer);
	free(runfiles);
}
