/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over every file of a corpus folder: a main() for builds without libFuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

/* Copies to an allocation of just the right size, so that a sanitizer sees a read past the end.
 */
static int run_file(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;
	uint8_t *big = NULL, *exact = NULL;
	size_t n = 0;
	int r = -1;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return -1;
	big = malloc(INPUT_MAX);
	if (big != NULL) {
		n = fread(big, 1, INPUT_MAX, f);
		exact = malloc(n > 0 ? n : 1);
	}
	if (exact != NULL) {
		memcpy(exact, big, n);
		LLVMFuzzerTestOneInput(exact, n);
		r = 0;
	}
	fclose(f);
	free(big);
	free(exact);
	return r;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	unsigned runs = 0;
	DIR *dir;

	if (argc != 2 || (dir = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (run_file(argv[1], entry->d_name) < 0) {
			fprintf(stderr, "%s/%s: cannot be read\n", argv[1], entry->d_name);
			return 1;
		}
		runs++;
	}
	closedir(dir);
	printf("%u inputs\n", runs);
	return runs > 0 ? 0 : 1;
}
