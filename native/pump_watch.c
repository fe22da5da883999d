/*
 * Which pipes call when something comes. By a signal and not by epoll: once a
 * pipe has been polled, Linux wakes its pollers at each write for as long as it
 * lives, also when there are none any more (poll_usage in fs/pipe.c), and that
 * is a sixth of what a line costs its writer at full speed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pump_move.h"

static int set_async(const struct pump_pipe *pipe, int on)
{
	return ioctl(pipe->fd, FIOASYNC, &on) < 0 ? -errno : 0;
}

int pump_enlist(struct pump *pump, const struct pump_pipe *pipe)
{
	if ((uint32_t)pipe->fd >= PUMP_MOST_FDS)
		return -EMFILE;
	/* It may have called an init that is no more, by another number. */
	if (set_async(pipe, 0) < 0 || fcntl(pipe->fd, F_SETOWN, getpid()) < 0 || fcntl(pipe->fd, F_SETSIG, PUMP_SIGNAL) < 0)
		return -errno;
	pump->of_fd[pipe->fd] = pump_index(pump, pipe) + 1;
	return 0;
}

void pump_strike_off(struct pump *pump, const struct pump_pipe *pipe)
{
	if (pipe->fd >= 0 && (uint32_t)pipe->fd < PUMP_MOST_FDS)
		pump->of_fd[pipe->fd] = 0;
}

int pump_watch(struct pump_pipe *pipe)
{
	int error = set_async(pipe, 1);

	pipe->watched = error == 0;
	return error;
}

void pump_unwatch(struct pump_pipe *pipe)
{
	if (pipe->watched)
		(void)set_async(pipe, 0);
	pipe->watched = false;
}
