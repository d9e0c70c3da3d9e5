/* SPDX-License-Identifier: MIT */
/* ctresolvectl verify: the daemon's verdict on certificates in a file. */
#include "conf/value.h"
#include "ctpolicy/calendar.h"
#include "ctpolicy/pem.h"
#include "resolver/ctl.h"
#include "resolver/ctl_show.h"
#include "resolver/evidence.h"
#include "resolver/snapshot.h"
#include "resolver/timekeeper.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1024 * 1024 };

static const char HELP[] =
	"Usage: ctresolvectl verify [OPTION]… CHAIN.pem\n"
	"\n"
	"Would the daemon accept these certificates, the server's first? Each check is told "
	"apart.\n"
	"\n"
	"      --ip ADDRESS          the address that was dialled\n"
	"      --name NAME           the authentication name; --ip, --name, or both\n"
	"      --time TIME           judge as of TIME: 2026-08-20T13:34:57Z, or seconds since "
	"1970\n"
	"      --trust-anchors FILE  instead of those of the configuration\n"
	"      --log-list LIST       instead of that of the configuration\n"
	"      --policy POLICY       two-logs, chrome or apple, instead of that of the "
	"configuration\n"
	"      --tls-scts FILE       the body of a TLS extension signed_certificate_timestamp\n"
	"      --ocsp FILE           a stapled OCSP response in DER\n"
	"  -j, --json                print JSON\n"
	"\n"
	"Exit status: 0 accept, 1 refuse, 2 error.\n";

struct arguments {
	struct subject subject;
	struct ct_clock clock;
	bool time_given, json;
	const char *trust_anchors, *log_list, *policy, *tls_scts, *ocsp, *chain;
};

/* The whole file, to be freed; NULL: it was said why not. */
static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes = file != NULL ? malloc(FILE_SIZE_MAX) : NULL;
	size_t n = bytes != NULL ? fread(bytes, 1, FILE_SIZE_MAX, file) : 0;

	if (bytes == NULL || ferror(file) || n == FILE_SIZE_MAX) {
		ctl_complain(path, n == FILE_SIZE_MAX ? "too large" : strerror(errno));
		free(bytes);
		bytes = NULL;
	}
	if (file != NULL)
		fclose(file);
	*ret_size = n;
	return bytes;
}

static bool parse_policy(const char *text, enum conf_policy *ret)
{
	enum ct_policy policy;

	if (!ct_policy_from_name(text, &policy))
		return false;
	*ret = policy == CT_POLICY_TWO_LOGS ? CONF_POLICY_TWO_LOGS
	       : policy == CT_POLICY_APPLE  ? CONF_POLICY_APPLE
					    : CONF_POLICY_CHROME;
	return true;
}

/* As in a configuration: IPv4-mapped IPv6 is IPv4. */
static bool parse_ip(const char *text, struct subject *subject)
{
	struct conf_address address;

	if (!value_ip(text, strlen(text), &address))
		return false;
	memcpy(subject->address, address.bytes, address.size);
	subject->address_size = address.size;
	return true;
}

/* In place; without a final dot. */
static const char *lower_case(char *name)
{
	size_t size = strlen(name);

	if (size > 1 && name[size - 1] == '.')
		name[size - 1] = '\0';
	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return name;
}

/* The configuration, but for what the arguments say. */
static struct snapshot *make_snapshot(const struct ctl *ctl, const struct arguments *arguments,
	struct accepted_before *accepted_before)
{
	struct conf *conf = snapshot_conf(ctl->conf_path);

	if (conf == NULL)
		return NULL;
	if (arguments->trust_anchors != NULL)
		conf->trust_anchors = strcmp(arguments->trust_anchors, "system") == 0
					      ? NULL
					      : arguments->trust_anchors;
	if (arguments->log_list != NULL) {
		conf->log_list = arguments->log_list;
		conf->log_list_signature = conf->log_list_key = NULL;
	}
	if (arguments->policy != NULL && !parse_policy(arguments->policy, &conf->policy)) {
		ctl_complain(arguments->policy, "not a policy");
		conf_free(conf);
		return NULL;
	}
	return snapshot_of(conf, accepted_before);
}

static int show(const struct verdict *verdict, bool json)
{
	bool good = true;

	if (json)
		good = show_json(show_verdict_json(verdict));
	else
		show_verdict(verdict);
	if (fflush(stdout) != 0 || !good)
		return ctl_complain("standard output", "the verdict cannot be written");
	return verdict->accepted ? CTL_OK : CTL_NO;
}

/* With the keys that are pinned for the address. */
static int judge(
	const struct snapshot *snapshot, const struct arguments *arguments, struct peer *peer)
{
	const struct conf *conf = snapshot->conf;
	struct subject subject = arguments->subject;
	struct verdict verdict;

	for (size_t i = 0; i < conf->n_upstreams; i++) {
		const struct conf_upstream *known = &conf->upstreams[i];

		if (known->address.size != subject.address_size ||
			memcmp(known->address.bytes, subject.address, known->address.size) != 0)
			continue;
		subject.pins = snapshot->pins + known->first_pin;
		subject.n_pins = known->n_pins;
	}
	verify_peer(snapshot->trust, &subject, peer, arguments->clock, &verdict);
	return show(&verdict, arguments->json);
}

static int judge_files(const struct snapshot *snapshot, const struct arguments *arguments)
{
	struct wire der[PEM_CERTIFICATES_MAX];
	struct peer peer = {.der = der};
	struct pem_chain chain = {0};
	uint8_t *text = read_file(arguments->chain, &peer.n);
	uint8_t *scts = NULL, *ocsp = NULL;
	int status = CTL_ERROR;

	if (text != NULL && !pem_read((struct ct_bytes){text, peer.n}, &chain))
		ctl_complain(
			arguments->chain, "no certificates in PEM, broken ones or too many");
	for (peer.n = 0; peer.n < chain.n; peer.n++)
		der[peer.n] = (struct wire){chain.der[peer.n].data, chain.der[peer.n].size};
	if (arguments->tls_scts != NULL)
		peer.tls_scts.data = scts = read_file(arguments->tls_scts, &peer.tls_scts.size);
	if (arguments->ocsp != NULL)
		peer.staple.data = ocsp = read_file(arguments->ocsp, &peer.staple.size);
	if (chain.n > 0 && (arguments->tls_scts == NULL || scts != NULL) &&
		(arguments->ocsp == NULL || ocsp != NULL))
		status = judge(snapshot, arguments, &peer);
	pem_free(&chain);
	free(text);
	free(scts);
	free(ocsp);
	return status;
}

/* What the daemon remembers counts, unless another time or list is asked for than its own. */
static int verify(const struct ctl *ctl, struct arguments *arguments)
{
	struct timekeeper *keeper = timekeeper_new(NULL, NULL);
	bool present = !arguments->time_given && arguments->log_list == NULL;
	struct evidence *evidence = present ? evidence_new(NULL) : NULL;
	struct snapshot *snapshot = make_snapshot(
		ctl, arguments, evidence != NULL ? evidence_accepted_before(evidence) : NULL);
	int status = CTL_ERROR;

	if (keeper != NULL && snapshot != NULL)
		timekeeper_use(keeper, trust_log_list(snapshot->trust));
	if (keeper != NULL && !arguments->time_given)
		arguments->clock = clock_now(timekeeper_clock(keeper));
	if (keeper != NULL && snapshot != NULL)
		status = judge_files(snapshot, arguments);
	snapshot_unref(snapshot);
	evidence_free(evidence);
	timekeeper_free(keeper);
	return status;
}

enum {
	OPTION_IP = 256,
	OPTION_NAME,
	OPTION_TIME,
	OPTION_ANCHORS,
	OPTION_LIST,
	OPTION_POLICY,
	OPTION_SCTS,
	OPTION_OCSP
};

static const struct option OPTIONS[] = {
	{"ip", required_argument, NULL, OPTION_IP},
	{"name", required_argument, NULL, OPTION_NAME},
	{"time", required_argument, NULL, OPTION_TIME},
	{"trust-anchors", required_argument, NULL, OPTION_ANCHORS},
	{"log-list", required_argument, NULL, OPTION_LIST},
	{"policy", required_argument, NULL, OPTION_POLICY},
	{"tls-scts", required_argument, NULL, OPTION_SCTS},
	{"ocsp", required_argument, NULL, OPTION_OCSP},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* An exit status to end with, or -1 to go on. */
static int parse(int argc, char **argv, struct arguments *ret)
{
	int option;

	while ((option = getopt_long(argc, argv, "jh", OPTIONS, NULL)) != -1) {
		switch (option) {
		case OPTION_IP:
			if (!parse_ip(optarg, &ret->subject))
				return ctl_complain(optarg, "not an IP address");
			break;
		case OPTION_NAME: ret->subject.name = lower_case(optarg); break;
		case OPTION_TIME:
			if (!ctp_calendar_parse_any(optarg, &ret->clock.now_ms))
				return ctl_complain(
					optarg, "not a time such as 2026-08-20T13:34:57Z");
			ret->time_given = true;
			break;
		case OPTION_ANCHORS: ret->trust_anchors = optarg; break;
		case OPTION_LIST: ret->log_list = optarg; break;
		case OPTION_POLICY: ret->policy = optarg; break;
		case OPTION_SCTS: ret->tls_scts = optarg; break;
		case OPTION_OCSP: ret->ocsp = optarg; break;
		case 'j': ret->json = true; break;
		case 'h': fputs(HELP, stdout); return CTL_OK;
		default: return ctl_complain("verify", "see 'ctresolvectl verify --help'");
		}
	}
	if (argc - optind != 1)
		return ctl_complain("verify", "wanted: one CHAIN.pem");
	if (ret->subject.address_size == 0 && ret->subject.name == NULL)
		return ctl_complain("verify", "wanted: --ip ADDRESS, --name NAME, or both");
	ret->chain = argv[optind];
	return -1;
}

int ctl_verify(const struct ctl *ctl, int argc, char **argv)
{
	struct arguments arguments = {.json = ctl->json};
	int status = parse(argc, argv, &arguments);

	return status < 0 ? verify(ctl, &arguments) : status;
}
