/* SPDX-License-Identifier: MIT */
/* ctresolvectl portal: opens the daemon's window (portal.h), and finds the captive portal as a
 * browser would. */
#include "conf/value.h"
#include "resolver/control_request.h"
#include "resolver/ctl.h"
#include "resolver/ctl_control.h"
#include "resolver/ctl_question.h"
#include "resolver/ctl_show.h"
#include "resolver/portal.h"
#include "resolver/portal_http.h"
#include "resolver/reader.h"
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char HELP[] =
	"Usage: ctresolvectl portal [--for SPAN] [--link NAME | --server ADDRESS] [--close] "
	"[--json]\n"
	"\n"
	"Lets you through a captive portal: for a while the names that such are found by "
	"(PortalHosts=), and the\n"
	"one that the portal has, are asked of the network's own server in plain text; no "
	"others are. It is only\n"
	"possible while no upstream can be reached and trusted, and over as soon as one can. "
	"Root may do it.\n"
	"\n"
	"      --for SPAN        for how long: 5min, unless another span of time is given, up "
	"to 1h\n"
	"      --link NAME       ask the servers that were given to this network link\n"
	"      --server ADDRESS  ask this server, where none is known of a link\n"
	"      --close           close the window\n"
	"  -j, --json            print JSON\n"
	"\n"
	"Exit status: 0 it is open, or was closed; 1 it is not needed, or not possible; 2 "
	"error.\n";

enum { NAMES_MAX = 3, PATIENCE_MS = 3000, RESPONSE_MAX = 8192, PORT_HTTP = 80 };

struct portal_options {
	struct ctl ctl;
	const char *link, *server;
	uint32_t seconds;
	bool close;
};

/* What was found. */
struct found {
	bool something; /* there is a portal */
	char url[PORTAL_URL_MAX], host[PORTAL_HOST_MAX];
};

static bool read_span(const char *text, uint32_t *ret)
{
	uint64_t ms;

	if (!value_timespan_ms(text, &ms) || ms < 1000 ||
		ms > (uint64_t)PORTAL_SECONDS_MAX * 1000)
		return false;
	*ret = (uint32_t)(ms / 1000);
	return true;
}

/* Returns an exit status to end with, or -1 to go on. */
static int read_options(struct portal_options *options, int argc, char **argv)
{
	enum { FOR = 256, LINK, SERVER, CLOSE };
	static const struct option known[] = {{"for", required_argument, NULL, FOR},
		{"link", required_argument, NULL, LINK},
		{"server", required_argument, NULL, SERVER},
		{"close", no_argument, NULL, CLOSE}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "jh", known, NULL)) != -1) {
		switch (option) {
		case FOR:
			if (!read_span(optarg, &options->seconds))
				return ctl_complain(optarg, "not a span of time from 1s to 1h");
			break;
		case LINK: options->link = optarg; break;
		case SERVER: options->server = optarg; break;
		case CLOSE: options->close = true; break;
		case 'j': options->ctl.json = true; break;
		case 'h': fputs(HELP, stdout); return CTL_OK;
		default: fprintf(stderr, "Try '%s --help'.\n", argv[0]); return CTL_ERROR;
		}
	}
	if (optind < argc)
		return ctl_complain(argv[optind], "not expected");
	return -1;
}

/* The first IPv4 address of the answer to this question. */
static bool read_address(
	const struct question *question, struct wire message, struct in_addr *ret)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);

	take(&r, question->size);
	for (unsigned i = 0; i < header.answers && !r.bad; i++) {
		struct record record = take_record(&r);

		if (r.bad || record.type != TYPE_A || record.data_size != sizeof *ret)
			continue;
		memcpy(ret, message.data + record.data_at, sizeof *ret);
		return true;
	}
	return false;
}

/* Of the daemon, which asks the network's own server. */
static bool look_up(FILE *daemon, const char *name, struct in_addr *ret)
{
	static uint8_t bytes[MESSAGE_SIZE_MAX];
	char why[256];
	struct wire message = {bytes, 0};
	struct question question;
	json_t *answer;
	bool address, good;

	if (!question_of(name, &question, &address) || address)
		return false;
	question_set_type(&question, TYPE_A);
	answer = control_ask(daemon, control_query_json(&question), why, sizeof why);
	good = answer != NULL &&
	       control_from_hex(
		       show_text_of(answer, "message"), sizeof bytes, bytes, &message.size) &&
	       read_address(&question, message, ret);
	json_decref(answer);
	return good;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int64_t left = until_ms - now_ms();

	return left > 0 && poll(&poll_fd, 1, (int)left) == 1;
}

/* Asks as a browser does, and reads the beginning of what comes. */
static size_t fetch(struct in_addr address, const char *name, uint8_t response[RESPONSE_MAX])
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT_HTTP), .sin_addr = address};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char request[512];
	int size = snprintf(request, sizeof request,
		"GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: ctresolvectl/" VERSION
		"\r\nConnection: close\r\n\r\n",
		name);
	/* Of all of it, for who sends a byte now and then. */
	const int64_t until_ms = now_ms() + PATIENCE_MS;
	size_t n = 0;

	if (fd < 0)
		return 0;
	if ((connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ||
		    errno == EINPROGRESS) &&
		wait_for(fd, POLLOUT, until_ms) &&
		send(fd, request, (size_t)size, MSG_NOSIGNAL) == size) {
		while (n < RESPONSE_MAX && wait_for(fd, POLLIN, until_ms)) {
			ssize_t more = recv(fd, response + n, RESPONSE_MAX - n, 0);

			if (more <= 0)
				break;
			n += (size_t)more;
			if (memmem(response, n, "\r\n\r\n", 4) != NULL)
				break;
		}
	}
	close(fd);
	return n;
}

/* The first name that says something decides. */
static void find_portal(FILE *daemon, const json_t *names, struct found *ret)
{
	static uint8_t response[RESPONSE_MAX];
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		struct in_addr address;
		enum portal_http said;
		size_t size;

		if (i == NAMES_MAX)
			return;
		if (!json_is_string(name) ||
			!look_up(daemon, json_string_value(name), &address))
			continue;
		size = fetch(address, json_string_value(name), response);
		said = portal_http_read((struct wire){response, size}, ret->url, ret->host);
		ret->something = said == PORTAL_HTTP_REDIRECT;
		if (said != PORTAL_HTTP_BAD)
			return;
	}
}

static bool is_among(const json_t *names, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(
		names, i, one) if (strcmp(json_string_value(one), name) == 0) return true;
	return false;
}

static void print_window(const json_t *window, const struct found *found)
{
	const json_t *servers = json_object_get(window, "servers");
	const char *link = json_string_value(json_object_get(window, "link"));

	printf("For %lld s, %zu names are asked of %s%s%s%s in plain text, no others.\n",
		(long long)json_integer_value(json_object_get(window, "seconds_left")),
		json_array_size(json_object_get(window, "names")),
		json_string_value(json_array_get(servers, 0)), link != NULL ? " (" : "",
		link != NULL ? link : "", link != NULL ? ")" : "");
	if (found->something)
		printf("The portal is at %s\nOpen that in a browser.\n", found->url);
	else
		printf("No web server has sent us to a portal. Open http://%s/ in a browser.\n",
			json_string_value(json_array_get(json_object_get(window, "names"), 0)));
}

/* Whether the daemon took it; the answer's "portal", or why not. */
static json_t *ask(FILE *daemon, json_t *request, char *why, size_t size)
{
	json_t *answer = control_ask(daemon, request, why, size);
	json_t *window = json_incref(json_object_get(answer, "portal"));

	json_decref(answer);
	return window;
}

static int open_window(FILE *daemon, const struct portal_options *options)
{
	char why[256];
	struct found found = {0};
	json_t *more, *window = ask(daemon,
			      json_pack("{s:s, s:i, s:s*, s:s*}", "verb", "portal", "open",
				      (int)options->seconds, "link", options->link, "server",
				      options->server),
			      why, sizeof why);
	bool good = true;

	if (window == NULL) {
		ctl_complain("portal", why);
		return CTL_NO;
	}
	find_portal(daemon, json_object_get(window, "names"), &found);
	if (found.something && !is_among(json_object_get(window, "names"), found.host)) {
		more = ask(daemon,
			json_pack("{s:s, s:s}", "verb", "portal", "allow", found.host), why,
			sizeof why);
		if (more == NULL)
			ctl_complain(found.host, why);
		else
			json_decref(window), window = more;
	}
	if (!json_is_object(window)) {
		puts("An upstream can be reached and is trusted: nothing is in the way.");
	} else if (options->ctl.json) {
		if (found.something)
			json_object_set_new(window, "url", json_string(found.url));
		good = show_json(json_incref(window));
	} else {
		print_window(window, &found);
	}
	json_decref(window);
	return good && fflush(stdout) == 0 ? CTL_OK : CTL_ERROR;
}

static int close_window(FILE *daemon)
{
	char why[256];
	json_t *window = ask(daemon, json_pack("{s:s, s:b}", "verb", "portal", "close", true),
		why, sizeof why);

	if (window == NULL)
		return ctl_complain("portal", why);
	json_decref(window);
	return CTL_OK;
}

int ctl_portal(const struct ctl *ctl, int argc, char **argv)
{
	struct portal_options options = {.ctl = *ctl, .seconds = PORTAL_SECONDS};
	int status = read_options(&options, argc, argv);
	const char *reason;
	FILE *daemon;

	if (status >= 0)
		return status;
	daemon = control_connect(&options.ctl, &reason);
	if (daemon == NULL)
		return reason != NULL ? ctl_complain("control socket", reason) : CTL_ERROR;
	status = options.close ? close_window(daemon) : open_window(daemon, &options);
	fclose(daemon);
	return status;
}
