/* SPDX-License-Identifier: MIT */
/* ctresolvectl statistics, flush-caches, monitor: what only a running daemon can do. */
#include "resolver/control_request.h"
#include "resolver/ctl.h"
#include "resolver/ctl_control.h"
#include "resolver/ctl_show.h"
#include "resolver/presentation.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

static const char STATISTICS_HELP[] =
	"Usage: ctresolvectl statistics [--json]\n"
	"\n"
	"Shows what the daemon has counted since it was started.\n"
	"\n"
	"  -j, --json  print JSON\n";

static const char FLUSH_HELP[] = "Usage: ctresolvectl flush-caches\n"
				 "\n"
				 "Makes the daemon forget all answers. Root may do it.\n"
				 "\n"
				 "  -j, --json  print JSON\n";

static const char MONITOR_HELP[] = "Usage: ctresolvectl monitor [--json]\n"
				   "\n"
				   "Shows each reply to a client from now on: who asked, what, "
				   "and how it ended. Root may see "
				   "it.\n"
				   "\n"
				   "  -j, --json  print JSON, an object a line\n";

int ctl_statistics(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	int status = ctl_options(&options, argc, argv, STATISTICS_HELP, 0);
	json_t *answer, *statistics, *value;
	const char *name;
	bool good = true;

	if (status >= 0)
		return status;
	answer = control_get(&options, "statistics");
	if (answer == NULL)
		return CTL_ERROR;
	statistics = json_object_get(answer, "statistics");
	if (options.json) {
		good = show_json(json_incref(statistics));
	} else {
		json_object_foreach(statistics, name, value)
			printf("%-24s %lld\n", name, (long long)json_integer_value(value));
	}
	json_decref(answer);
	return good && fflush(stdout) == 0 ? CTL_OK : CTL_ERROR;
}

int ctl_flush_caches(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	int status = ctl_options(&options, argc, argv, FLUSH_HELP, 0);
	json_t *answer;

	if (status >= 0)
		return status;
	answer = control_get(&options, "flush-caches");
	if (answer == NULL)
		return CTL_ERROR;
	if (options.json)
		return show_json(answer) ? CTL_OK : CTL_ERROR;
	json_decref(answer);
	return CTL_OK;
}

/* "name" and "type" in place of the question's bytes, "rcode" in words. */
static void decode(json_t *event)
{
	uint8_t wire[MESSAGE_QUESTION_MAX];
	size_t size = 0, at = 0;
	char name[4 * PRESENTATION_NAME_MAX + 2] = "", type[16] = "", rcode[16] = "";
	FILE *out = fmemopen(name, sizeof name, "w");

	if (control_from_hex(show_text_of(event, "question"), sizeof wire, wire, &size) &&
		presentation_skip_name((struct wire){wire, size}, &at) && size - at == 4) {
		presentation_name(out, (struct wire){wire, size}, 0);
		fclose(out);
		out = fmemopen(type, sizeof type, "w");
		presentation_type(out, (uint16_t)(wire[at] << 8 | wire[at + 1]));
	}
	fclose(out);
	out = fmemopen(rcode, sizeof rcode, "w");
	presentation_rcode(out, (unsigned)json_integer_value(json_object_get(event, "rcode")));
	fclose(out);
	json_object_del(event, "question");
	json_object_set_new(event, "name", json_string(name));
	json_object_set_new(event, "type", json_string(type));
	json_object_set_new(event, "rcode", json_string(rcode));
}

static void print_event(const json_t *event)
{
	time_t seconds = (time_t)(json_integer_value(json_object_get(event, "time_ms")) / 1000);
	char when[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(when, sizeof when, "%H:%M:%S", &tm);
	printf("%s %s %s  %s %s  %s %s %.1f ms\n", when, show_text_of(event, "transport"),
		show_text_of(event, "client"), show_text_of(event, "name"),
		show_text_of(event, "type"), show_text_of(event, "rcode"),
		show_text_of(event, "source"),
		json_number_value(json_object_get(event, "milliseconds")));
}

static bool show_event(json_t *event, bool json)
{
	decode(event);
	if (!json) {
		print_event(event);
	} else {
		if (json_dumpf(event, stdout, SHOW_JSON | JSON_COMPACT) < 0)
			return false;
		putchar('\n');
	}
	return fflush(stdout) == 0;
}

static int watch(FILE *daemon, bool json)
{
	static const struct timeval for_ever = {0};
	json_t *event;
	bool good = true;

	setsockopt(fileno(daemon), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
	while (good && (event = control_next(daemon)) != NULL) {
		good = show_event(event, json);
		json_decref(event);
	}
	return good ? ctl_complain("monitor", "the daemon has closed the connection")
		    : CTL_ERROR;
}

int ctl_monitor(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	int status = ctl_options(&options, argc, argv, MONITOR_HELP, 0);
	const char *reason;
	json_t *answer;
	FILE *daemon;
	char why[256];

	if (status >= 0)
		return status;
	daemon = control_connect(&options, &reason);
	if (daemon == NULL)
		return reason != NULL ? ctl_complain("control socket", reason) : CTL_ERROR;
	answer = control_ask(daemon, json_pack("{s:s}", "verb", "monitor"), why, sizeof why);
	status = answer != NULL ? watch(daemon, options.json) : ctl_complain("monitor", why);
	json_decref(answer);
	fclose(daemon);
	return status;
}
