/* One move: from a pipe to the end of its log, and from one file to the next. */
#include "pump_move.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_AT_ONCE (1u << 20)
#define PEEK 4096u
#define FIRST_RETRY UINT64_C(50000000)
#define LAST_RETRY UINT64_C(1000000000)

void pump_tell(struct pump *pump, struct pump_log *log, enum log_event kind, int error, uint64_t owner)
{
	struct pump_event event = {
		.kind = kind, .log = pump_handle(pump, log), .error = error, .offset = log->offset, .written = log->written, .owner = owner,
		.dropped_bytes = pump->losses[pump_handle(pump, log)].bytes, .dropped_lines = pump->losses[pump_handle(pump, log)].lines };

	pump->report(pump->context, &event);
}

void pump_find_end(struct pump *pump, struct pump_log *log)
{
	struct stat status;

	if (fstat(log->fd, &status) < 0)
		return;
	if ((uint64_t)status.st_size < log->offset) {
		log->offset = (uint64_t)status.st_size;
		log->reached = false;
		pump_tell(pump, log, LOG_TRUNCATED, 0, 0);
	}
	log->offset = (uint64_t)status.st_size;
	if (status.st_nlink == 0 && !log->removed) {
		log->removed = true;
		pump_tell(pump, log, LOG_REMOVED, 0, 0);
	}
}

static bool at_line_end(const struct pump_log *log)
{
	char last;

	return log->offset == 0 || (pread(log->fd, &last, 1, (off_t)log->offset - 1) == 1 && last == '\n');
}

static void switch_log(struct pump *pump, struct pump_log *log)
{
	uint32_t *link = &pump->switching;
	struct stat status = { 0 };

	/* Who hears of it later knows by the number of the new file which change it was. */
	(void)!fstat(log->next_fd, &status);
	pump_tell(pump, log, LOG_SWITCHED, 0, (uint64_t)status.st_ino);
	while (&pump->logs[*link] != log)
		link = &pump->logs[*link].next;
	*link = log->next;
	(void)!close(log->fd);
	log->fd = log->next_fd;
	log->next_fd = -1;
	log->offset = 0;
	log->tell_at = log->next_tell_at;
	log->removed = log->reached = false;
	log->retry_at = 0;
	if (log->dropping)
		pump->losses[pump_handle(pump, log)].roomy = false;
	pump_find_end(pump, log);
}

bool pump_try_switch(struct pump *pump, struct pump_log *log, uint64_t now)
{
	pump_find_end(pump, log);
	/* A line that can't be written now is not overdue. What is dropped ends in half a line anyway. */
	if (!log->dropping && !at_line_end(log) && (now < log->switch_by || log->error != 0) && log->unswitched < log->line_limit)
		return false;
	switch_log(pump, log);
	return true;
}

size_t pump_rest_of_line(struct pump *pump, const struct pump_pipe *pipe)
{
	char seen[PEEK];
	ssize_t size = tee(pipe->fd, pump->scratch[1], sizeof seen, SPLICE_F_NONBLOCK), got;
	char *end;

	if (size <= 0)
		return 0;
	got = read(pump->scratch[0], seen, (size_t)size);
	if (got != size)
		return (size_t)size;
	end = memchr(seen, '\n', (size_t)size);
	return end == NULL ? (size_t)size : (size_t)(end - seen) + 1;
}

static enum moved hold_back(struct pump *pump, struct pump_log *log, int error, uint64_t now)
{
	bool first = log->error == 0;

	log->error = error;
	log->retry_after = first ? FIRST_RETRY : log->retry_after * 2 > LAST_RETRY ? LAST_RETRY : log->retry_after * 2;
	log->retry_at = now + log->retry_after;
	if (first)
		pump_tell(pump, log, LOG_BLOCKED, error, 0);
	return MOVED_NOTHING;
}

uint64_t pump_wake_at(const struct pump_log *log)
{
	return log->limited ? PUMP_NEVER : log->error == 0 ? 0 : log->retry_at;
}

static enum moved wait_for_grant(struct pump *pump, struct pump_log *log)
{
	if (!log->limited) {
		log->limited = true;
		pump_tell(pump, log, LOG_LIMITED, 0, 0);
	}
	return MOVED_NOTHING;
}

static enum moved refused(struct pump *pump, struct pump_log *log, struct pump_pipe *pipe, int error, uint64_t now)
{
	if (!log->drops || (error != ENOSPC && error != EDQUOT))
		return hold_back(pump, log, error, now);
	pump_begin_dropping(pump, pipe, !at_line_end(log), error, now);
	return pump_drop(pump, pipe, now);
}

static void account(struct pump *pump, struct pump_log *log, struct pump_pipe *pipe, uint64_t size, uint64_t now)
{
	log->offset += size;
	log->written += size;
	pump->pumped += size;
	pipe->last = now;
	if (log->error != 0) {
		log->error = 0;
		pump_tell(pump, log, LOG_UNBLOCKED, 0, 0);
	}
	if (log->tell_at > 0 && log->offset >= log->tell_at && !log->reached) {
		log->reached = true;
		pump_tell(pump, log, LOG_REACHED, 0, 0);
	}
}

static ssize_t splice_once(struct pump_pipe *pipe, struct pump_log *log, size_t most)
{
	off_t offset = (off_t)log->offset;
	ssize_t moved;

	do
		moved = splice(pipe->fd, NULL, log->fd, &offset, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (moved < 0 && errno == EINTR);
	return moved;
}

enum moved pump_move(struct pump *pump, struct pump_pipe *pipe, uint64_t now)
{
	struct pump_log *log = &pump->logs[pipe->log];
	size_t most;
	ssize_t moved;

	while (log->dropping) {
		enum moved dropped = pump_drop(pump, pipe, now);

		if (log->dropping || dropped == MOVED_END)
			return dropped;
	}
	for (;;) {
		most = MOST_AT_ONCE;
		pump_find_end(pump, log);
		if (log->next_fd >= 0 && !pump_try_switch(pump, log, now)) {
			most = pump_rest_of_line(pump, pipe);
			if (most == 0)
				most = PEEK;
		} else if (log->granted <= log->written) {
			return wait_for_grant(pump, log);
		} else if (log->granted - log->written < most) {
			most = log->granted - log->written;
		}
		moved = splice_once(pipe, log, most);
		if (moved <= 0 || log->next_fd < 0)
			break;
		log->unswitched += (uint32_t)moved;
		account(pump, log, pipe, (uint64_t)moved, now);
	}
	if (moved == 0)
		return MOVED_END;
	if (moved < 0)
		return errno == EAGAIN ? MOVED_ALL : refused(pump, log, pipe, errno, now);
	account(pump, log, pipe, (uint64_t)moved, now);
	return (size_t)moved >= pipe->size / 4 * 3 ? MOVED_FULL : MOVED_SOME;
}
