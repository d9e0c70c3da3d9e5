/* SPDX-License-Identifier: MIT */
#include "resolver/ctl_control.h"
#include "resolver/ctl_show.h"
#include "resolver/snapshot.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A query's whole budget is a minute at the most; a daemon that is well takes who connects at
 * once. */
enum { PATIENCE_S = 65, CONNECT_S = 5, LINE_SIZE = 512 * 1024 };

static FILE *connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE_S}, soon = {.tv_sec = CONNECT_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *file;

	if (fd < 0)
		return NULL;
	memcpy(address.sun_path, path, strlen(path) + 1); /* conf has seen that it fits */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon) == 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
		file = fdopen(fd, "r");
		if (file != NULL)
			return file;
	}
	close(fd);
	return NULL;
}

FILE *control_connect(const struct ctl *ctl, const char **ret_why)
{
	struct conf *conf = snapshot_conf(ctl->conf_path);
	FILE *daemon = NULL;

	*ret_why = NULL;
	if (conf == NULL)
		return NULL;
	if (conf->control_socket == NULL) {
		*ret_why = "the configuration says Socket=no";
	} else {
		daemon = connect_to(conf->control_socket);
		if (daemon == NULL)
			*ret_why = errno == ENOENT || errno == ECONNREFUSED
					   ? "the daemon is not running"
				   : errno == EAGAIN ? "the daemon does not answer"
						     : strerror(errno);
	}
	conf_free(conf);
	return daemon;
}

json_t *control_next(FILE *daemon)
{
	static char line[LINE_SIZE];
	json_t *answer;

	if (fgets(line, sizeof line, daemon) == NULL)
		return NULL;
	answer = json_loads(line, 0, NULL);
	if (answer == NULL || show_is_clean(answer))
		return answer;
	json_decref(answer);
	return NULL;
}

/* All of it. */
static bool send_line(FILE *daemon, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t n = send(fileno(daemon), text, size, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		text += n;
		size -= (size_t)n;
	}
	return send(fileno(daemon), "\n", 1, MSG_NOSIGNAL) == 1;
}

json_t *control_ask(FILE *daemon, json_t *request, char *why, size_t size)
{
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
	json_t *answer = NULL;
	const char *error;

	if (text != NULL && send_line(daemon, text))
		answer = control_next(daemon);
	free(text);
	json_decref(request);
	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	error = json_string_value(json_object_get(answer, "error"));
	snprintf(why, size, "%s", error != NULL ? error : "it does not answer");
	json_decref(answer);
	return NULL;
}

json_t *control_query_json(const struct question *question)
{
	char hex[2 * MESSAGE_QUESTION_MAX + 1] = "";

	for (size_t i = 0; i < question->size; i++)
		snprintf(hex + 2 * i, 3, "%02x", question->wire[i]);
	return json_pack("{s:s, s:s}", "verb", "query", "question", hex);
}

json_t *control_get(const struct ctl *ctl, const char *verb)
{
	const char *reason;
	FILE *daemon = control_connect(ctl, &reason);
	json_t *answer;
	char why[256];

	if (daemon == NULL) {
		if (reason != NULL)
			ctl_complain("control socket", reason);
		return NULL;
	}
	answer = control_ask(daemon, json_pack("{s:s}", "verb", verb), why, sizeof why);
	fclose(daemon);
	if (answer == NULL)
		ctl_complain(verb, why);
	return answer;
}
