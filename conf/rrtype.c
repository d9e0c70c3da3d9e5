/* SPDX-License-Identifier: MIT */
#include "conf/rrtype.h"
#include "conf/value.h"
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	uint16_t type;
} known[] = {
	{"A", 1},
	{"NS", 2},
	{"MD", 3},
	{"MF", 4},
	{"CNAME", 5},
	{"SOA", 6},
	{"MB", 7},
	{"MG", 8},
	{"MR", 9},
	{"NULL", 10},
	{"WKS", 11},
	{"PTR", 12},
	{"HINFO", 13},
	{"MINFO", 14},
	{"MX", 15},
	{"TXT", 16},
	{"RP", 17},
	{"AFSDB", 18},
	{"X25", 19},
	{"ISDN", 20},
	{"RT", 21},
	{"NSAP", 22},
	{"NSAP-PTR", 23},
	{"SIG", 24},
	{"KEY", 25},
	{"PX", 26},
	{"GPOS", 27},
	{"AAAA", 28},
	{"LOC", 29},
	{"NXT", 30},
	{"EID", 31},
	{"NIMLOC", 32},
	{"SRV", 33},
	{"ATMA", 34},
	{"NAPTR", 35},
	{"KX", 36},
	{"CERT", 37},
	{"A6", 38},
	{"DNAME", 39},
	{"SINK", 40},
	{"OPT", 41},
	{"APL", 42},
	{"DS", 43},
	{"SSHFP", 44},
	{"IPSECKEY", 45},
	{"RRSIG", 46},
	{"NSEC", 47},
	{"DNSKEY", 48},
	{"DHCID", 49},
	{"NSEC3", 50},
	{"NSEC3PARAM", 51},
	{"TLSA", 52},
	{"SMIMEA", 53},
	{"HIP", 55},
	{"NINFO", 56},
	{"RKEY", 57},
	{"TALINK", 58},
	{"CDS", 59},
	{"CDNSKEY", 60},
	{"OPENPGPKEY", 61},
	{"CSYNC", 62},
	{"ZONEMD", 63},
	{"SVCB", 64},
	{"HTTPS", 65},
	{"DSYNC", 66},
	{"SPF", 99},
	{"NID", 104},
	{"L32", 105},
	{"L64", 106},
	{"LP", 107},
	{"EUI48", 108},
	{"EUI64", 109},
	{"NXNAME", 128},
	{"TKEY", 249},
	{"TSIG", 250},
	{"IXFR", 251},
	{"AXFR", 252},
	{"MAILB", 253},
	{"MAILA", 254},
	{"ANY", 255},
	{"URI", 256},
	{"CAA", 257},
	{"AVC", 258},
	{"DOA", 259},
	{"AMTRELAY", 260},
	{"RESINFO", 261},
	{"WALLET", 262},
	{"TA", 32768},
	{"DLV", 32769},
};

const char *rrtype_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].type == type)
			return known[i].name;
	return NULL;
}

bool rrtype_parse(const char *text, size_t size, uint16_t *ret)
{
	unsigned long number;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strlen(known[i].name) == size &&
			strncasecmp(known[i].name, text, size) == 0) {
			*ret = known[i].type;
			return true;
		}
	}
	if (size <= 4 || strncasecmp(text, "TYPE", 4) != 0 ||
		!value_number(text + 4, size - 4, 0, UINT16_MAX, &number))
		return false;
	*ret = (uint16_t)number;
	return true;
}
