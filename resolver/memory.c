/* SPDX-License-Identifier: MIT */
#include "resolver/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

enum { SHARE = 8, PATH_SIZE = 4096 };

static void lower(uint64_t *allowed, uint64_t bytes)
{
	if (bytes > 0 && bytes < *allowed)
		*allowed = bytes;
}

/* "max", where there is no limit, is no number, and 0 here. */
static uint64_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long long number = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%20llu", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

/* Of the group and of all that it is in. What a container does not see of them does not exist.
 */
static void lower_by_group(uint64_t *allowed, const char *mount, char *group, const char *file)
{
	char path[PATH_SIZE + 64];

	for (;;) {
		char *slash = strrchr(group, '/');

		snprintf(path, sizeof path, "%s%s/%s", mount, group, file);
		lower(allowed, read_number(path));
		if (slash == NULL)
			return;
		*slash = '\0';
	}
}

/* A line of /proc/self/cgroup: NUMBER:CONTROLLERS:PATH, without controllers in version 2. */
static void lower_by_line(uint64_t *allowed, char *line)
{
	char *controllers = strchr(line, ':');
	char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

	if (group == NULL)
		return;
	group++;
	group[strcspn(group, "\n")] = '\0';
	if (strncmp(controllers, "::", 2) == 0)
		lower_by_group(allowed, "/sys/fs/cgroup", group, "memory.max");
	else if (strncmp(controllers, ":memory:", 8) == 0)
		lower_by_group(
			allowed, "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
}

uint64_t memory_allowed(void)
{
	uint64_t allowed = UINT64_MAX;
	struct rlimit limit;
	struct sysinfo info;
	char line[PATH_SIZE];
	FILE *groups;

	if (sysinfo(&info) == 0)
		lower(&allowed, (uint64_t)info.totalram * info.mem_unit / 2);
	if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		lower(&allowed, limit.rlim_cur);
	groups = fopen("/proc/self/cgroup", "re");
	if (groups == NULL)
		return allowed;
	while (fgets(line, sizeof line, groups) != NULL)
		lower_by_line(&allowed, line);
	fclose(groups);
	return allowed;
}

size_t memory_bound(uint64_t allowed, size_t most, size_t each)
{
	uint64_t n = allowed / SHARE / each;

	return n < most ? (size_t)n : most;
}
