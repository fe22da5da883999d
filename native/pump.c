/*
 * When to move. A pipe that is quiet calls, and is emptied at once;
 * one that is busy is emptied once in a millisecond, which costs far fewer
 * wake-ups and moves more at a time; sooner where its writer fills the largest
 * buffer in that time. A pipe whose log takes nothing waits.
 */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "pump_move.h"

#define TICK UINT64_C(1000000)
#define BUSY_WITHIN (2 * TICK)
/* Shorter than epoll_wait(2) can wait. */
#define BREATH 100000L
/* In a breath: less than that can wait for a tick. */
#define FLOOD_IN_BREATH (FLOOD_SIZE / 8)

int pump_open(struct pump *pump, int epoll, void (*report)(void *, const struct pump_event *), void *context)
{
	pump->epoll = epoll;
	pump->report = report;
	pump->context = context;
	pump->busy = pump->waiting = pump->switching = pump->dropping = pump->free_logs = pump->free_pipes = PUMP_NONE;
	pump->tick_at = pump->shrink_at = PUMP_NEVER;
	return pipe2(pump->scratch, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

static void settle(struct pump *pump, struct pump_pipe *pipe, enum moved moved, uint64_t now)
{
	switch (moved) {
	case MOVED_FULL:
		pump_grow(pump, pipe, now);
		pump_put(pump, pipe, PIPE_BUSY);
		break;
	case MOVED_SOME:
		break;
	case MOVED_ALL:
		pump_put(pump, pipe, PIPE_IDLE);
		break;
	case MOVED_NOTHING:
		pump_put(pump, pipe, PIPE_WAITING);
		break;
	case MOVED_END:
		pump_end_pipe(pump, pipe);
		break;
	}
}

/*
 * Idle is who was found empty while it was watched: nobody calls for what came
 * before, nor for what the log did not take of what came.
 */
static enum moved empty(struct pump *pump, struct pump_pipe *pipe, uint64_t now)
{
	bool was_watched = pipe->watched;
	enum moved first = pump_move(pump, pipe, now), second;

	settle(pump, pipe, first, now);
	if (pipe->state != PIPE_IDLE || (first == MOVED_ALL && was_watched))
		return first;
	if (!was_watched && pump_watch(pipe) < 0) {
		pump_put(pump, pipe, PIPE_BUSY);
		return first;
	}
	second = pump_move(pump, pipe, now);
	settle(pump, pipe, second, now);
	if (second == MOVED_SOME)
		pump_put(pump, pipe, PIPE_BUSY);
	return first;
}

static void answer(struct pump *pump, struct pump_pipe *pipe, uint64_t now)
{
	if (pipe->state != PIPE_IDLE)
		return;
	if (now - pipe->last < BUSY_WITHIN)
		pump_put(pump, pipe, PIPE_BUSY);
	else
		(void)empty(pump, pipe, now);
	if (pump->busy != PUMP_NONE && pump->tick_at == PUMP_NEVER)
		pump->tick_at = now + TICK;
}

void pump_called(struct pump *pump, int fd, uint64_t now)
{
	/* A call may be late: then nobody, or somebody who didn't call. */
	if (fd >= 0 && (uint32_t)fd < PUMP_MOST_FDS && pump->of_fd[fd] > 0)
		answer(pump, &pump->pipes[pump->of_fd[fd] - 1], now);
}

void pump_called_by_some(struct pump *pump, uint64_t now)
{
	for (uint32_t i = 0; i < pump->used_pipes; i++)
		answer(pump, &pump->pipes[i], now);
}

void pump_drain(struct pump *pump, uint32_t index, uint64_t owner, uint64_t now)
{
	struct pump_pipe *pipe = &pump->pipes[index];
	enum moved moved;

	if (index >= pump->used_pipes || pipe->state == PIPE_FREE || pipe->owner != owner)
		return;
	/* Others may hold the pipe and go on writing: a full buffer, twice, is all that the one that ended can have left. */
	for (int rounds = 0; rounds < 2; rounds++) {
		moved = pump_move(pump, pipe, now);
		if (moved == MOVED_END)
			pump_end_pipe(pump, pipe);
		if (moved != MOVED_SOME && moved != MOVED_FULL)
			return;
	}
}

void pump_drain_all(struct pump *pump, uint64_t now)
{
	/* Nobody is left who would grant more. */
	for (uint32_t i = 0; i < pump->used_logs; i++)
		pump->logs[i].granted = PUMP_NEVER;
	for (uint32_t i = 0; i < pump->used_pipes; i++)
		pump_drain(pump, i, pump->pipes[i].owner, now);
}

static bool is_flooded(const struct pump_pipe *pipe, enum moved moved, uint64_t size)
{
	return pipe->state == PIPE_BUSY && ((moved == MOVED_FULL && pipe->size >= FLOOD_SIZE) || (pipe->flooded && size >= FLOOD_IN_BREATH));
}

/* Until something else happens, or a breath is over. */
static void take_breath(const struct pump *pump)
{
	struct pollfd events = { .fd = pump->epoll, .events = POLLIN };
	const struct timespec breath = { .tv_nsec = BREATH };

	(void)!ppoll(&events, 1, &breath, NULL);
}

static void tick_busy(struct pump *pump, uint64_t now)
{
	bool again = false, flooded = false;

	pump->tick_at = PUMP_NEVER;
	for (uint32_t i = pump->busy, next; i != PUMP_NONE; i = next) {
		struct pump_pipe *pipe = &pump->pipes[i];
		uint32_t size = pipe->size;
		uint64_t before = pump->pumped;
		enum moved moved;

		next = pipe->next;
		moved = empty(pump, pipe, now);
		/* One that could not grow would hold up its writer until the next tick. */
		again = again || (moved == MOVED_FULL && size < FLOOD_SIZE);
		pipe->flooded = is_flooded(pipe, moved, pump->pumped - before);
		flooded = flooded || pipe->flooded;
	}
	if (pump->busy != PUMP_NONE)
		pump->tick_at = again || flooded ? now : now + TICK;
	if (flooded && !again)
		take_breath(pump);
}

static void retry_waiting(struct pump *pump, uint64_t now)
{
	for (uint32_t i = pump->waiting, next; i != PUMP_NONE; i = next) {
		struct pump_pipe *pipe = &pump->pipes[i];

		next = pipe->next;
		if (pump_wake_at(&pump->logs[pipe->log]) > now)
			continue;
		pump_put(pump, pipe, PIPE_BUSY);
		if (pump->tick_at == PUMP_NEVER || pump->tick_at > now)
			pump->tick_at = now;
	}
}

static void drop_no_more(struct pump *pump, uint64_t now)
{
	for (uint32_t i = pump->dropping, next; i != PUMP_NONE; i = next) {
		next = pump->losses[i].next;
		(void)pump_resume(pump, &pump->logs[i], now);
	}
}

static void switch_overdue(struct pump *pump, uint64_t now)
{
	for (uint32_t i = pump->switching, next; i != PUMP_NONE; i = next) {
		next = pump->logs[i].next;
		if (pump->logs[i].switch_by <= now && !pump_try_switch(pump, &pump->logs[i], now))
			pump->logs[i].switch_by = now + CALM_AFTER;
	}
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t pump_deadline(const struct pump *pump)
{
	uint64_t deadline = earlier(pump->tick_at, pump->shrink_at);

	for (uint32_t i = pump->waiting; i != PUMP_NONE; i = pump->pipes[i].next)
		deadline = earlier(deadline, pump_wake_at(&pump->logs[pump->pipes[i].log]));
	for (uint32_t i = pump->switching; i != PUMP_NONE; i = pump->logs[i].next)
		deadline = earlier(deadline, pump->logs[i].switch_by);
	for (uint32_t i = pump->dropping; i != PUMP_NONE; i = pump->losses[i].next)
		deadline = earlier(deadline, pump_resume_at(pump, i));
	return deadline;
}

void pump_tick(struct pump *pump, uint64_t now)
{
	if (pump->waiting != PUMP_NONE)
		retry_waiting(pump, now);
	if (pump->switching != PUMP_NONE)
		switch_overdue(pump, now);
	if (pump->dropping != PUMP_NONE)
		drop_no_more(pump, now);
	if (pump->tick_at <= now)
		tick_busy(pump, now);
	if (pump->shrink_at <= now)
		pump_shrink(pump, now);
}
