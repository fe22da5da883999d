/*
 * Closing descriptors: close_range(2), else those that /proc/self/fd lists,
 * else 0 to SC_OPEN_MAX, else 0 to 255 where that is indeterminate.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan_run.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define RANGE_UNSHARE 2u /* CLOSE_RANGE_UNSHARE */
#define RANGE_ON_EXEC 4u /* CLOSE_RANGE_CLOEXEC */
#define INDETERMINATE_MAX 255

/* As getdents64(2) describes it; libc's readdir allocates. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static void dispose(int fd, int on_exec)
{
	if (on_exec)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	else
		(void)!close(fd);
}

static long number_of(const char *name)
{
	long number = 0;

	if (*name < '0' || *name > '9')
		return -1;
	for (; *name >= '0' && *name <= '9'; name++)
		number = number * 10 + (*name - '0');
	return number;
}

static int close_listed(unsigned first, unsigned last, int on_exec)
{
	_Alignas(struct entry) char buffer[4096];
	int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;

	if (directory < 0)
		return -errno;
	while ((size = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
		for (long at = 0; at < size;) {
			const struct entry *entry = (const void *)(buffer + at);
			long fd = number_of(entry->name);

			if (fd >= (long)first && fd <= (long)last && fd != directory)
				dispose((int)fd, on_exec);
			at += entry->length;
		}
	}
	(void)!close(directory);
	return size < 0 ? -errno : 0;
}

static void close_each(unsigned first, unsigned last, int on_exec)
{
	long open_max = sysconf(_SC_OPEN_MAX);
	unsigned highest = open_max > 0 && open_max < INT_MAX ? (unsigned)open_max : INDETERMINATE_MAX;

	for (unsigned fd = first; fd <= last && fd <= highest; fd++)
		dispose((int)fd, on_exec);
}

static void close_gap(unsigned first, unsigned last, int on_exec)
{
	if (syscall(SYS_close_range, first, last, on_exec ? RANGE_ON_EXEC : 0u) == 0)
		return;
	/* ENOSYS before Linux 5.9, EINVAL for the flag before 5.11, EPERM from some sandboxes. */
	if (close_listed(first, last, on_exec) < 0)
		close_each(first, last, on_exec);
}

int plan_close_fds(unsigned lowest, int on_exec, const uint32_t *list, uint32_t count)
{
	unsigned next = lowest;

	for (uint32_t i = 0; i < count; i++) {
		if (list[i] < next)
			continue;
		if (list[i] > next)
			close_gap(next, list[i] - 1, on_exec);
		next = list[i] + 1;
	}
	close_gap(next, UINT_MAX, on_exec);
	return 0;
}

unsigned plan_closes_from(const struct plan_run *run, const struct plan_step *step)
{
	const uint32_t *kept = (const void *)(run->base + step->list);
	unsigned lowest = (unsigned)step->number[0];

	if (step->number[1] == 1)
		return PLAN_ALL_NEEDED;
	return step->list_count > 0 && kept[step->list_count - 1] >= lowest ? kept[step->list_count - 1] + 1 : lowest;
}

int plan_unshare_files(unsigned lowest)
{
	return syscall(SYS_close_range, lowest, UINT_MAX, RANGE_UNSHARE) < 0 ? -errno : 0;
}
