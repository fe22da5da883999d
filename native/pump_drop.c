/*
 * Logs that drop what comes while their disk is full, rather than to let the
 * service wait. What is lost is counted, in bytes and in lines, and written down
 * in the log as soon as there is room again, in one line of our own:
 *
 * A line is either whole in the log or counted. Of the line that the disk was
 * full in, the log has the beginning; it is ended before ours, and counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "pump_move.h"

#define FIRST_RETRY UINT64_C(200000000)
#define LAST_RETRY UINT64_C(1000000000)
#define AT_ONCE (1u << 20)
#define ROOM 65536 /* that must be there, or it would be full again at once */
#define NOTE 256u
#define STAMP 32u

static struct pump_loss *loss_of(struct pump *pump, const struct pump_log *log)
{
	return &pump->losses[pump_handle(pump, log)];
}

static uint64_t wall_clock(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

void pump_set_cut(struct pump *pump, struct pump_pipe *pipe, bool cut)
{
	if (pipe->cut == cut)
		return;
	pipe->cut = cut;
	if (cut)
		pump->losses[pipe->log].midway++;
	else
		pump->losses[pipe->log].midway--;
}

void pump_begin_dropping(struct pump *pump, struct pump_pipe *pipe, bool cut, int error, uint64_t now)
{
	struct pump_log *log = &pump->logs[pipe->log];
	struct pump_loss *loss = loss_of(pump, log);

	loss->bytes = loss->lines = loss->unended = 0;
	loss->since = wall_clock();
	loss->roomy = false;
	loss->cut = cut;
	loss->next = pump->dropping;
	pump->dropping = pipe->log;
	log->dropping = true;
	log->error = error;
	log->retry_after = FIRST_RETRY;
	log->retry_at = now + FIRST_RETRY;
	pump_set_cut(pump, pipe, cut);
	pump_tell(pump, log, LOG_BLOCKED, error, 0);
	if (log->next_fd >= 0)
		(void)pump_try_switch(pump, log, now);
}

void pump_stop_dropping(struct pump *pump, struct pump_log *log)
{
	struct pump_loss *loss = loss_of(pump, log);
	uint32_t *link = &pump->dropping;

	while (&pump->logs[*link] != log)
		link = &pump->losses[*link].next;
	*link = loss->next;
	log->dropping = false;
	log->error = 0;
	pump_tell(pump, log, LOG_UNBLOCKED, 0, 0);
	loss->bytes = loss->lines = 0;
}

static void try_later(struct pump_log *log, uint64_t now)
{
	log->retry_at = now + log->retry_after;
	log->retry_after = log->retry_after * 2 > LAST_RETRY ? LAST_RETRY : log->retry_after * 2;
}

/* Not all file systems can say; then the note itself is the test. */
static bool has_room(struct pump *pump, struct pump_log *log, uint64_t now)
{
	struct pump_loss *loss = loss_of(pump, log);

	if (loss->roomy || log->retry_at > now)
		return loss->roomy;
	pump_find_end(pump, log);
	/* The note is part of what was granted. */
	loss->roomy = log->granted - log->written >= NOTE && log->granted > log->written &&
	              (fallocate(log->fd, FALLOC_FL_KEEP_SIZE, (off_t)log->offset, ROOM) == 0 || errno == EOPNOTSUPP || errno == ENOSYS);
	if (!loss->roomy)
		try_later(log, now);
	return loss->roomy;
}

/* As Date.toISOString() has it. gmtime(3) would read files. */
static void stamp(char *text, uint64_t time)
{
	uint64_t days = time / 86400000, rest = time % 86400000;
	/* Years that begin in March have their leap day at the end: days of 400 years, of the year, of the month. */
	uint64_t shifted = days + 719468, era = shifted / 146097, day = shifted % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t of_year = day - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

	(void)snprintf(text, STAMP, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)((year + era * 400 + (month >= 10)) % 10000),
	               (unsigned)((month + 2) % 12 + 1), (unsigned)((of_year - (153 * month + 2) / 5 + 1) % 32), (unsigned)(rest / 3600000 % 24),
	               (unsigned)(rest / 60000 % 60), (unsigned)(rest / 1000 % 60), (unsigned)(rest % 1000));
}

static size_t compose(const struct pump_loss *loss, char *note)
{
	char from[STAMP], to[STAMP];
	int size = loss->cut ? 1 : 0;

	note[0] = '\n';
	if (loss->bytes == 0)
		return (size_t)size;
	stamp(from, loss->since);
	stamp(to, wall_clock());
	size += snprintf(note + size, NOTE - 1, "[daemonitor] %llu line%s (%llu bytes) were dropped while the disk was full, from %s to %s\n",
	                 (unsigned long long)loss->lines, loss->lines == 1 ? "" : "s", (unsigned long long)loss->bytes, from, to);
	return (size_t)size;
}

static bool write_note(struct pump *pump, struct pump_log *log, uint64_t now)
{
	struct pump_loss *loss = loss_of(pump, log);
	char note[NOTE];
	size_t size = compose(loss, note);
	ssize_t written;

	pump_find_end(pump, log);
	written = size == 0 ? 0 : pwrite(log->fd, note, size, (off_t)log->offset);
	if (written != (ssize_t)size) {
		if (written > 0)
			(void)!ftruncate(log->fd, (off_t)log->offset);
		loss->roomy = false;
		try_later(log, now);
		return false;
	}
	log->offset += size;
	log->written += size;
	loss->cut = false;
	pump_stop_dropping(pump, log);
	return true;
}

bool pump_resume(struct pump *pump, struct pump_log *log, uint64_t now)
{
	const struct pump_loss *loss = loss_of(pump, log);

	/* The end of a line of which the beginning is lost is waited for, though not for ever. */
	if (!has_room(pump, log, now) || (loss->midway > 0 && loss->unended <= log->line_limit))
		return false;
	return write_note(pump, log, now);
}

uint64_t pump_resume_at(const struct pump *pump, uint32_t log)
{
	const struct pump_loss *loss = &pump->losses[log];

	return !loss->roomy ? pump->logs[log].retry_at : loss->midway > 0 && loss->unended <= pump->logs[log].line_limit ? PUMP_NEVER : 0;
}

static void count(struct pump *pump, struct pump_pipe *pipe, const char *bytes, size_t size)
{
	struct pump_loss *loss = &pump->losses[pipe->log];
	const char *at = bytes, *end = bytes + size;
	uint64_t lines = 0;

	/* All that is missing of the line in the log is its end, which we will write. */
	if (loss->cut && pipe->cut && loss->bytes == 0 && *at == '\n')
		at++;
	size = (size_t)(end - at);
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		lines++;
		at++;
	}
	loss->bytes += size;
	loss->lines += lines;
	loss->all_bytes += size;
	loss->all_lines += lines;
	pump->dropped_bytes += size;
	pump->dropped_lines += lines;
	loss->unended += loss->roomy ? (uint32_t)size : 0;
	pump_set_cut(pump, pipe, end[-1] != '\n');
}

static bool is_over(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLIN)) == POLLHUP;
}

/* The pipe may block, so no more is read than is there. */
static enum moved discard(struct pump *pump, struct pump_pipe *pipe, size_t most, uint64_t now)
{
	static char bytes[65536];
	size_t total = 0, want;
	ssize_t size;
	int waiting;

	while (total < most) {
		if (ioctl(pipe->fd, FIONREAD, &waiting) < 0 || waiting <= 0)
			break;
		want = most - total < (size_t)waiting ? most - total : (size_t)waiting;
		size = read(pipe->fd, bytes, want < sizeof bytes ? want : sizeof bytes);
		if (size <= 0)
			break;
		count(pump, pipe, bytes, (size_t)size);
		total += (size_t)size;
	}
	if (total == 0)
		return is_over(pipe->fd) ? MOVED_END : MOVED_ALL;
	pipe->last = now;
	return total >= pipe->size / 4 * 3 ? MOVED_FULL : MOVED_SOME;
}

enum moved pump_drop(struct pump *pump, struct pump_pipe *pipe, uint64_t now)
{
	struct pump_log *log = &pump->logs[pipe->log];
	enum moved moved;

	if (!has_room(pump, log, now))
		return discard(pump, pipe, AT_ONCE, now);
	while (pipe->cut && !pump_resume(pump, log, now)) {
		size_t rest = pump_rest_of_line(pump, pipe);

		moved = discard(pump, pipe, rest == 0 ? 1 : rest, now);
		if (moved == MOVED_ALL || moved == MOVED_END)
			return moved;
	}
	/* Another pipe may be in the middle of a line. */
	if (!log->dropping || pump_resume(pump, log, now))
		return MOVED_SOME;
	return discard(pump, pipe, AT_ONCE, now);
}
