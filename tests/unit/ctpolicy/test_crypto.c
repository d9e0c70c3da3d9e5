/* SPDX-License-Identifier: MIT */
#include "ctpolicy/crypto.h"
#include <gnutls/abstract.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ECDSA = 3, RSA = 1, DSA = 2, SHA1 = 2, SHA256 = 4, SHA384 = 5 };

static const struct {
	const char *name, *spki;
	uint8_t algorithm; /* 0: no log may have such a key */
} keys[] = {
	{"EC P-256",
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2FxhT6xq0iCATopC9gStS9SxHHmOKTLeaVNZ66148"
		"8Aq8tARXQV+6+jB0983v5FkRm4OJxPqu29GJ1iG70Ahow==",
		ECDSA},
	{"EC P-384",
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEbMN3fUiAptKHtYgNHtGKSNVqZBplUp5i7D2zQyoouExHJ"
		"oMwUIznHiwBKmZrGcHn4v04vCGLHShA7lWpVdb3m2KoXjJ4g1v/STBkQFnMfgAlqp77kB1r4plipG"
		"FVqvZE",
		0},
	{"EC secp256k1",
		"MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEyaSdL/IsAbC9ytlfRYUVaFpxxLPjZ/GgH5BLTAmW+z74t"
		"ZvXVb5CLTH5/SU9nJn4e2kclchD8K3joEqqxWOngg==",
		0},
	{"Ed25519", "MCowBQYDK2VwAyEABI6O15lNHkPTqaozOEKdETIv5p5kIGAc28LJ78dOPLQ=", 0},
	{"RSA of 1024 bits",
		"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBQjXNJabzzZKQ52UznNeT8wWsL8Z2i2DUjRGJq"
		"CFYHlH8QEr8lliKepHcVyzgc1xHk9c0y/hi21ARcchllDL1VG8XGZNWe39JaM8Z0F7FDYlacFktKF"
		"WPOVRMTD6Uy90pREtej7fzHxtfEdUNnYioi71Up8Hr3sD8OnH5t590GQIDAQAB",
		0},
	{"RSA of 2047 bits",
		"MIIBITANBgkqhkiG9w0BAQEFAAOCAQ4AMIIBCQKCAQBvRCXFScWBKgUPgb6g7WoqpjM8v+0mORLie"
		"HHRh8m73D4c5mgaDIFeJiav3srJKluue/Z4sCxC2fs74XNjvcZFQPYbWBtXhKvm19nHi/VtM//3Z8"
		"RP/N3cW8aop43V3+uCs5/ECMoA8CUhkNXoQhE068jHj8DFLaUP9zkVIXFo+dN3IR5Z8VIa9kSKDKL"
		"Hgaa74W/93517QoD9MKZNzJd5jrG6M393LGquOqvVwGvfQZR4pIwLB+hD+QL8QsctUCBs0lmgkIIu"
		"kE+MtoMW9aZVm8T+yVnCBI0T9zHnNrw40X6RAFAqxr0K/lQWxPUCgMfuNApdU5vrHKbdTErNNyADA"
		"gMBAAE=",
		0},
	{"RSA of 2048 bits",
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyU0rxoHW+MISOWEI3XDAkXzAbYBZu4BTl"
		"1N+LylPOfjfsNI6lVKVp4UTWqCHT7qjwZV2bq/da3xfEKJ8DqaXagQhdUOjl89y2oWC+RPp1+9Vsg"
		"I9TR7BSHGVQ99brvk505tJJ9pz2ZPItHad4tooi9d28ko3sX7Yb6EB1bEcx9qXxCokHC8oXyCQCkE"
		"INIJyXaxeuMCvXeYlEzb9iEii3C3nvF8zf4vB/CjO/0nYBE7Awz4YbVTRBTVxdvNJs+xBJrJvgG9E"
		"8bB//HiLTCx/dc1qKmETRLwHTAUYpZYgUG8TkFucxBMuO8kCZt3as1WOtHxONTFChLaBSljcqzMts"
		"QIDAQAB",
		RSA},
	{"no key at all", "MAA=", 0},
};

static void test_keys([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct log_key *key = NULL;
		uint8_t spki[512];
		size_t size;
		enum ct_err err;

		assert_int_equal(
			ctp_base64_decode(keys[i].spki, spki, sizeof spki, &size), CT_OK);
		err = ctp_log_key_new((struct ct_bytes){spki, size}, &key);
		if (err != (keys[i].algorithm != 0 ? CT_OK : CT_E_MALFORMED))
			fail_msg("%s", keys[i].name);
		for (uint8_t algorithm = 0; key != NULL && algorithm < 9; algorithm++) {
			assert_false(ctp_log_key_signs_with(key, SHA1, algorithm));
			assert_false(ctp_log_key_signs_with(key, SHA384, algorithm));
			assert_int_equal(ctp_log_key_signs_with(key, SHA256, algorithm),
				algorithm == keys[i].algorithm);
		}
		ctp_log_key_free(key);
	}
	ctp_log_key_free(NULL);
}

static void test_base64([[maybe_unused]] void **state)
{
	uint8_t out[4] = "abc";
	size_t size = 99;

	assert_int_equal(ctp_base64_decode("AQID", out, 3, &size), CT_OK);
	assert_int_equal(size, 3);
	assert_memory_equal(out, "\1\2\3", 4); /* and not a byte more */
	assert_int_equal(ctp_base64_decode("BAUGBw==", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("!!!!", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("AQ", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(size, 3);
	assert_memory_equal(out, "\1\2\3", 4);
}

/* FIPS 180-4's "abc". */
static void test_sha256([[maybe_unused]] void **state)
{
	static const uint8_t wanted[SHA256_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
		0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3,
		0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	uint8_t hash[SHA256_SIZE];

	assert_int_equal(ctp_sha256((struct ct_bytes){(const uint8_t *)"abc", 3}, hash), CT_OK);
	assert_memory_equal(hash, wanted, sizeof hash);
}

/* GnuTLS counts bytes in an unsigned: what has 2^32 more must not be taken for what was signed.
 */
static void test_signature_over_all_of_it([[maybe_unused]] void **state)
{
	static const uint8_t text[] = "the list and more";
	gnutls_datum_t data = {(unsigned char *)(uintptr_t)text, 8}, made = {0}, pem = {0};
	struct ct_bytes list = {text, 8}, more = {text, (size_t)(8 + (UINT64_C(1) << 32))};
	gnutls_privkey_t private_key;
	gnutls_pubkey_t public_key;
	struct ct_bytes key, signature;

	assert_int_equal(gnutls_privkey_init(&private_key), 0);
	assert_int_equal(gnutls_pubkey_init(&public_key), 0);
	assert_int_equal(gnutls_privkey_generate(private_key, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_pubkey_import_privkey(public_key, private_key, 0, 0), 0);
	assert_int_equal(gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(gnutls_privkey_sign_data2(
				 private_key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &made),
		0);
	key = (struct ct_bytes){pem.data, pem.size};
	signature = (struct ct_bytes){made.data, made.size};
	assert_int_equal(ct_signature_verify(list, signature, key, NULL), CT_OK);
	list.size++;
	assert_int_equal(ct_signature_verify(list, signature, key, NULL), CT_E_MALFORMED);
	if (sizeof more.size > sizeof(uint32_t))
		assert_int_equal(
			ct_signature_verify(more, signature, key, NULL), CT_E_MALFORMED);
	gnutls_free(made.data);
	gnutls_free(pem.data);
	gnutls_pubkey_deinit(public_key);
	gnutls_privkey_deinit(private_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_signature_over_all_of_it),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
