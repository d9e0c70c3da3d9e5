/* SPDX-License-Identifier: MIT */
#pragma once
/* Those who are connected over varlink, and what they are told. */
#include "resolver/channel.h"
#include "resolver/standin.h"
#include "resolver/varlink_call.h"

/* What all of them share. */
struct varlink_service {
	const struct front *front;
	struct channels channels;
	struct list subscribers; /* who is told of each configuration */
};

struct varlink_client {
	struct channel channel;
	struct varlink_service *service;
	bool monitor; /* it came by the socket of io.systemd.Resolve.Monitor */
	/* Of the call under way. */
	bool oneway;
	void (*forget)(struct varlink_client *);
	/* Of those who need one. */
	struct resolving *resolving;
	enum resolve_kind kind;
	struct tap tap;
	struct list node; /* among the subscribers */
};

/* front: borrowed. */
void varlink_service_init(struct varlink_service *service, const struct front *front);
/* Takes a connection, which is closed if there are too many of them. fd: moved. */
void varlink_client_accept(struct varlink_service *service, int fd, bool monitor);

/* A method. Its call must end, at once or later, in one of those below. */
struct varlink_method {
	const char *name;
	bool monitor;    /* of which socket */
	bool more;       /* it has no meaning without */
	bool privileged; /* for root, and the daemon's own user */
	void (*run)(struct varlink_client *client, const struct varlink_call *call);
};

/* The call goes on when run() has returned. forget: the connection ends meanwhile. */
void varlink_begin(struct varlink_client *client, void (*forget)(struct varlink_client *));
/* It goes on until the connection ends. */
void varlink_subscribe(struct varlink_client *client, void (*forget)(struct varlink_client *));

/* What is said. parameters: moved; NULL: there was no memory for them. */

/* The call has ended well. */
void varlink_reply(struct varlink_client *client, json_t *parameters);
/* There is more to come. Who does not read is closed. */
void varlink_reply_more(struct varlink_client *client, json_t *parameters);
/* The call has failed. error: with its interface in front. */
void varlink_fail(struct varlink_client *client, const char *error, json_t *parameters);
/* So too: this parameter is to blame. */
void varlink_fail_parameter(struct varlink_client *client, const char *parameter);
