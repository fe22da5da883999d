/* The pipes of the pump: added, in lists by what they wait for, ended. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "pump_move.h"

static uint32_t *list_of(struct pump *pump, enum pipe_state state)
{
	return state == PIPE_BUSY ? &pump->busy : state == PIPE_WAITING ? &pump->waiting : NULL;
}

void pump_put(struct pump *pump, struct pump_pipe *pipe, enum pipe_state state)
{
	uint32_t *from = list_of(pump, (enum pipe_state)pipe->state), *to = list_of(pump, state);

	if (pipe->state == state)
		return;
	if (from != NULL) {
		if (pipe->previous != PUMP_NONE)
			pump->pipes[pipe->previous].next = pipe->next;
		else
			*from = pipe->next;
		if (pipe->next != PUMP_NONE)
			pump->pipes[pipe->next].previous = pipe->previous;
	}
	pipe->state = state;
	if (state != PIPE_IDLE)
		pump_unwatch(pipe);
	if (to == NULL)
		return;
	pipe->previous = PUMP_NONE;
	pipe->next = *to;
	if (*to != PUMP_NONE)
		pump->pipes[*to].previous = pump_index(pump, pipe);
	*to = pump_index(pump, pipe);
}

static void free_pipe(struct pump *pump, struct pump_pipe *pipe)
{
	pump_put(pump, pipe, PIPE_FREE);
	pump_strike_off(pump, pipe);
	(void)!close(pipe->fd);
	if (pipe->size > USUAL_SIZE)
		pump->grown--;
	pipe->fd = -1;
	pipe->next = pump->free_pipes;
	pump->free_pipes = pump_index(pump, pipe);
	pump->pipe_count--;
}

int pump_add(struct pump *pump, int fd, uint32_t log, uint64_t owner)
{
	uint32_t index = pump->free_pipes;
	int size = fcntl(fd, F_GETPIPE_SZ), error = size < 0 ? -EINVAL : pump_has_log(pump, log) ? 0 : -ENOENT;
	struct pump_pipe *pipe;

	if (error == 0 && index == PUMP_NONE && pump->used_pipes == PUMP_MOST_PIPES)
		error = -ENFILE;
	if (error < 0) {
		(void)!close(fd);
		return error;
	}
	if (index != PUMP_NONE)
		pump->free_pipes = pump->pipes[index].next;
	else
		index = pump->used_pipes++;
	pipe = &pump->pipes[index];
	*pipe = (struct pump_pipe){ .fd = fd, .log = log, .owner = owner, .size = (uint32_t)size, .state = PIPE_IDLE };
	pump->pipe_count++;
	if (pipe->size > USUAL_SIZE && pump->grown++ == 0)
		pump->shrink_at = 0;
	error = pump_enlist(pump, pipe);
	if (error < 0) {
		free_pipe(pump, pipe);
		return error;
	}
	pump->logs[log].pipes++;
	/* Looked at in the next tick: it may have something, or have ended. */
	pump_put(pump, pipe, PIPE_BUSY);
	pump->tick_at = 0;
	return (int)index;
}

void pump_own(struct pump *pump, uint32_t index, uint64_t owner)
{
	pump->pipes[index].owner = owner;
}

void pump_end_pipe(struct pump *pump, struct pump_pipe *pipe)
{
	uint32_t log = pipe->log;

	pump_set_cut(pump, pipe, false);
	if (pipe->owner != 0)
		pump_tell(pump, &pump->logs[log], LOG_ENDED, 0, pipe->owner);
	free_pipe(pump, pipe);
	pump_leave_log(pump, log);
}
