/* How large the buffers of pipes are: usual, but for those that are flooded. */
#include <fcntl.h>

#include "pump_move.h"

/* Unprivileged users may not, past a limit of their own: then it stays as it is. */
void pump_grow(struct pump *pump, struct pump_pipe *pipe, uint64_t now)
{
	if (pipe->size >= FLOOD_SIZE || fcntl(pipe->fd, F_SETPIPE_SZ, FLOOD_SIZE) < 0)
		return;
	if (pipe->size <= USUAL_SIZE && pump->grown++ == 0)
		pump->shrink_at = now + CALM_AFTER;
	pipe->size = FLOOD_SIZE;
}

void pump_shrink(struct pump *pump, uint64_t now)
{
	pump->shrink_at = now + CALM_AFTER;
	for (uint32_t i = 0; i < pump->used_pipes && pump->grown > 0; i++) {
		struct pump_pipe *pipe = &pump->pipes[i];

		if (pipe->state != PIPE_IDLE || pipe->size <= USUAL_SIZE || now - pipe->last < CALM_AFTER)
			continue;
		/* EBUSY: more than that has come meanwhile. */
		if (fcntl(pipe->fd, F_SETPIPE_SZ, USUAL_SIZE) < 0)
			continue;
		pipe->size = USUAL_SIZE;
		pump->grown--;
	}
	if (pump->grown == 0)
		pump->shrink_at = PUMP_NEVER;
}
