/* Which pipes epoll tells of. */
#include <errno.h>
#include <sys/epoll.h>

#include "pump_move.h"

/* One-shot: a hang-up is reported even to those who asked for nothing. */
int pump_watch(struct pump *pump, struct pump_pipe *pipe)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = (uint64_t)PUMP_TAG << 32 | pump_index(pump, pipe) };

	if (epoll_ctl(pump->epoll, pipe->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, pipe->fd, &event) < 0)
		return -errno;
	pipe->watched = true;
	return 0;
}

/*
 * Each write to a pipe that is in an epoll set calls epoll, also where nothing
 * is asked for: a sixth of what a line costs a writer at full speed.
 */
void pump_unwatch(struct pump *pump, struct pump_pipe *pipe)
{
	if (pipe->watched)
		(void)epoll_ctl(pump->epoll, EPOLL_CTL_DEL, pipe->fd, NULL);
	pipe->watched = false;
}
