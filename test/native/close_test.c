/* Closing descriptors without close_range(2), as on kernels before 5.9, and without /proc. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include "check.h"
#include <unistd.h>

static int no_close_range;
static int no_proc;

static long fake_syscall(long number, long a, long b, long c)
{
	if (number == 436 && no_close_range) {
		errno = ENOSYS;
		return -1;
	}
	return syscall(number, a, b, c);
}

static int fake_open(const char *path, int flags)
{
	if (no_proc) {
		errno = ENOENT;
		return -1;
	}
	return open(path, flags);
}

static int open_max_is_indeterminate;

static long fake_sysconf(int name)
{
	return open_max_is_indeterminate ? -1 : sysconf(name);
}

#define sysconf fake_sysconf
#define syscall(number, a, b, c) fake_syscall(number, (long)(a), (long)(b), (long)(c))
#define open fake_open
#include "../../native/plan_close.c"
#undef open
#undef syscall
#undef sysconf

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool closes_on_exec(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static void open_some(void)
{
	static const int fds[] = { 3, 4, 37, 38, 39, 200, 251 };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		CHECK(dup2(2, fds[i]) == fds[i]);
}

static void closes_all_but_the_exceptions(void)
{
	const uint32_t keep[] = { 4, 38, 39, 251, 900 };

	open_some();
	CHECK(plan_close_fds(3, 0, keep, 5) == 0);
	CHECK(!is_open(3) && is_open(4) && !is_open(37) && is_open(38) && is_open(39) && !is_open(200) && is_open(251));
	CHECK(is_open(2));
	CHECK(plan_close_fds(3, 0, NULL, 0) == 0);
	CHECK(!is_open(4) && !is_open(38) && !is_open(251));
}

static void marks_close_on_exec_instead(void)
{
	const uint32_t keep[] = { 37 };

	open_some();
	CHECK(plan_close_fds(3, 1, keep, 1) == 0);
	CHECK(closes_on_exec(3) && closes_on_exec(251) && is_open(37) && !closes_on_exec(37));
	CHECK(plan_close_fds(3, 0, NULL, 0) == 0);
}

/* sysconf(3) says -1 where there is no limit. */
static void closes_to_255_where_the_maximum_is_indeterminate(void)
{
	open_max_is_indeterminate = 1;
	open_some();
	CHECK(dup2(2, 300) == 300);
	CHECK(plan_close_fds(3, 0, NULL, 0) == 0);
	CHECK(!is_open(251) && is_open(300));
	CHECK(close(300) == 0);
}

int main(void)
{
	for (int way = 0; way < 3; way++) {
		no_close_range = way >= 1;
		no_proc = way >= 2;
		closes_all_but_the_exceptions();
		marks_close_on_exec_instead();
	}
	closes_to_255_where_the_maximum_is_indeterminate();
	return 0;
}
