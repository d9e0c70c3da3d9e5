/* SPDX-License-Identifier: MIT */
/*
 * hostile ADDRESS PORT COUNT: sends so many datagrams as fast as they are answered, good and
 * bad ones mixed, and tells in JSON what came back. hostile_load.py runs it.
 *
 * Of a hundred: 60 ask for one of a thousand names, 5 for one that nobody has asked for, the
 * rest is what no client should send: cut, changed, random, with many or broken options, of
 * other opcodes, classes and versions, replies, zone transfers, several questions.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 32,
	SIZE_MAX_SENT = 1400,
	HOT = 1000,
	UNANSWERED_MAX =
		1024, /* then it waits for replies, but not for long: some deserve none */
	WAIT_MS = 20,
};

struct message {
	uint8_t bytes[SIZE_MAX_SENT];
	size_t size;
};

static uint64_t seed = 0x9e3779b97f4a7c15;

/* xorshift64*: any mixture will do, but the same one each time. */
static uint32_t random32(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * 0x2545f4914f6cdd1d >> 32);
}

static uint32_t below(uint32_t n)
{
	return random32() % n;
}

static void add(struct message *m, const void *bytes, size_t size)
{
	if (size > sizeof m->bytes - m->size)
		size = sizeof m->bytes - m->size;
	memcpy(m->bytes + m->size, bytes, size);
	m->size += size;
}

static void add16(struct message *m, uint32_t value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	add(m, bytes, sizeof bytes);
}

static void begin(struct message *m, uint32_t flags, uint32_t questions, uint32_t additionals)
{
	m->size = 0;
	add16(m, random32());
	add16(m, flags);
	add16(m, questions);
	add16(m, 0);
	add16(m, 0);
	add16(m, additionals);
}

static void add_question(struct message *m, const char *label, uint32_t type, uint32_t class)
{
	uint8_t size = (uint8_t)strlen(label);

	add(m, &size, 1);
	add(m, label, size);
	add(m, "\7example", 9);
	add16(m, type);
	add16(m, class);
}

static void ask(struct message *m, bool hot)
{
	char label[32];

	if (hot)
		snprintf(label, sizeof label, "h%04u", below(HOT));
	else
		snprintf(label, sizeof label, "n%08" PRIx32 "%08" PRIx32, random32(),
			random32());
	if (below(4) == 0)
		label[0] = 'H' + (hot ? 0 : 'N' - 'H');
	begin(m, 0x0100 | (below(8) == 0 ? 0x10 : 0), 1, below(2));
	add_question(m, label, 1, 1);
	if (m->bytes[11] != 0)
		add(m, "\0\0\x29\4\xd0\0\0\0\0\0\0", 11);
}

/* An OPT record with options of any kind and any number. */
static void add_options(struct message *m, bool broken)
{
	size_t size_at, size;

	add(m, "\0\0\x29\x10\0\0\0\x80\0", 9);
	size_at = m->size;
	add16(m, 0);
	for (uint32_t n = below(300); n > 0 && m->size < 1200; n--) {
		uint32_t length = below(12);
		uint8_t value[12];

		for (size_t i = 0; i < sizeof value; i++)
			value[i] = (uint8_t)random32();
		add16(m, below(3) == 0 ? random32() : below(20));
		add16(m, broken && below(10) == 0 ? random32() : length);
		add(m, value, length);
	}
	size = m->size - size_at - 2;
	m->bytes[size_at] = (uint8_t)(size >> 8);
	m->bytes[size_at + 1] = (uint8_t)size;
}

static void make_bad(struct message *m)
{
	ask(m, true);
	switch (below(10)) {
	case 0: m->size = below((uint32_t)m->size); break;
	case 1:
		for (uint32_t n = 1 + below(8); n > 0; n--)
			m->bytes[below((uint32_t)m->size)] = (uint8_t)random32();
		break;
	case 2:
		m->size = below(600);
		for (size_t i = 0; i < m->size; i++)
			m->bytes[i] = (uint8_t)random32();
		break;
	case 3: m->bytes[2] = (uint8_t)(below(16) << 3); break; /* opcodes */
	case 4: m->bytes[2] |= 0x80; break;                     /* a reply */
	case 5:
	case 6:
		begin(m, 0x0100, 1, 1);
		add_question(m, "h0001", 1, 1);
		add_options(m, below(2) == 0);
		break;
	case 7:
		begin(m, 0x0100, 1, 0);
		add_question(m, "h0001", below(65536), below(3) == 0 ? below(65536) : 1);
		break;
	case 8:
		begin(m, 0x0100, 1, 1);
		add_question(m, "h0001", 1, 1);
		add(m, "\0\0\x29\4\xd0\0\x07\0\0\0\0", 11); /* EDNS version 7 */
		break;
	default:
		begin(m, 0x0100, 1 + below(30), 0);
		for (uint32_t n = below(30); n > 0; n--)
			add_question(m, "h0001", 252, 1);
		break;
	}
}

static void make(struct message *m)
{
	uint32_t kind = below(100);

	if (kind < 65)
		ask(m, kind < 60);
	else
		make_bad(m);
}

static struct {
	uint64_t sent, received, by_rcode[16];
} counts;

static void receive_all(int fd)
{
	static uint8_t replies[BATCH][4096];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
	int n;

	do {
		for (int i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){replies[i], sizeof replies[i]};
			messages[i] = (struct mmsghdr){
				.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
		}
		n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++) {
			counts.received++;
			if (messages[i].msg_len > 3)
				counts.by_rcode[replies[i][3] & 15]++;
		}
	} while (n == BATCH);
}

static void send_some(int fd, uint64_t most)
{
	static struct message made[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
	unsigned n = most < BATCH ? (unsigned)most : BATCH;
	int sent;

	for (unsigned i = 0; i < n; i++) {
		make(&made[i]);
		iov[i] = (struct iovec){made[i].bytes, made[i].size};
		messages[i] =
			(struct mmsghdr){.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
	}
	sent = sendmmsg(fd, messages, n, 0);
	if (sent > 0)
		counts.sent += (unsigned)sent;
	else if (errno != ECONNREFUSED && errno != EAGAIN && errno != EINTR)
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	uint64_t count, forgiven = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: hostile ADDRESS PORT COUNT\n");
		return 2;
	}
	address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	count = strtoull(argv[3], NULL, 10);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return EXIT_FAILURE;
	while (counts.sent < count) {
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};

		send_some(fd, count - counts.sent);
		receive_all(fd);
		if (counts.sent - counts.received - forgiven < UNANSWERED_MAX)
			continue;
		if (poll(&pollfd, 1, WAIT_MS) == 0)
			forgiven = counts.sent - counts.received;
		receive_all(fd);
	}
	sleep(1);
	receive_all(fd);
	printf("{\"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"rcodes\": {", counts.sent,
		counts.received);
	for (unsigned i = 0, n = 0; i < 16; i++)
		if (counts.by_rcode[i] > 0)
			printf("%s\"%u\": %" PRIu64, n++ > 0 ? ", " : "", i,
				counts.by_rcode[i]);
	printf("}}\n");
	close(fd);
	return EXIT_SUCCESS;
}
