/* The steps that point a descriptor somewhere: at a file, or at what another one has open. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "plan.h"
#include "plan_run.h"

static int result(long returned)
{
	return returned < 0 ? -errno : 0;
}

static int expect_null_device(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3) ? 0 : -ENODEV;
}

int plan_duplicate(int from, int to)
{
	/* dup3 refuses from == to, where only the flag is to go. */
	return result(from == to ? fcntl(from, F_SETFD, 0) : dup3(from, to, 0));
}

/* Who can put a file at a log's path must get neither at what is written there, nor at another file through it. */
static int expect_log(int fd, const uint32_t *owners, uint32_t count, int truncate)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return 0;
	if (status.st_nlink > 1)
		return -EMLINK;
	for (uint32_t i = 0; i < count; i++)
		if (owners[i] == status.st_uid)
			return truncate ? result(ftruncate(fd, 0)) : 0;
	return -EPERM;
}

static int expect_file(int fd, const struct plan_run *run, const struct plan_step *step)
{
	switch (step->number[3]) {
	case PLAN_NULL_DEVICE:
		return expect_null_device(fd);
	case PLAN_LOG_FILE:
		return expect_log(fd, (const void *)(run->base + step->list), step->list_count,
				  (int)step->number[1] & O_TRUNC);
	default:
		return 0;
	}
}

/* O_NONBLOCK while opening, so that a FIFO without a peer can't hold us up. */
static int open_file(const struct plan_run *run, const struct plan_step *step)
{
	int flags = (int)step->number[1], error, status, fd;

	/* Not emptied before it is known to be the log. */
	if (step->number[3] == PLAN_LOG_FILE)
		flags = (flags & ~O_TRUNC) | O_NOFOLLOW;
	fd = open(run->base + step->text, flags | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, (mode_t)step->number[2]);
	if (fd < 0)
		return -errno;
	error = expect_file(fd, run, step);
	if (error == 0 && !(flags & O_NONBLOCK)) {
		status = fcntl(fd, F_GETFL);
		error = result(status < 0 ? status : fcntl(fd, F_SETFL, status & ~O_NONBLOCK));
	}
	if (error < 0)
		(void)!close(fd);
	return error < 0 ? error : fd;
}

int plan_open_at(const struct plan_run *run, const struct plan_step *step)
{
	int target = (int)step->number[0], error;
	int fd = open_file(run, step);

	if (fd < 0)
		return fd;
	error = plan_duplicate(fd, target);
	if (fd != target)
		(void)!close(fd);
	return error;
}
