/*
 * On a disk that is full now and then, a log that drops has every line whole or
 * counted, in notes that stand on lines of their own; one that doesn't drop loses
 * nothing; and no log ever gets more bytes than it was granted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pumping.h"

static off_t capacity;
static bool can_tell;

/* A file system of `capacity` bytes, for each file. */
static ssize_t full_splice(int from, off_t *no_offset, int to, off_t *offset, size_t size, unsigned flags)
{
	if (*offset >= capacity) {
		struct stat status;

		/* As the kernel: what can't be had is looked for first. */
		CHECK(fstat(from, &status) == 0);
		if (tee(from, to, 1, SPLICE_F_NONBLOCK) < 0 && errno == EAGAIN)
			return -1;
		errno = ENOSPC;
		return -1;
	}
	if (*offset + (off_t)size > capacity)
		size = (size_t)(capacity - *offset);
	return splice(from, no_offset, to, offset, size, flags);
}

static int full_fallocate(int fd, int mode, off_t offset, off_t size)
{
	(void)fd;
	CHECK(mode == FALLOC_FL_KEEP_SIZE);
	errno = can_tell ? ENOSPC : EOPNOTSUPP;
	return can_tell && offset + size <= capacity ? 0 : -1;
}

static ssize_t full_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	if (offset >= capacity) {
		errno = ENOSPC;
		return -1;
	}
	if (offset + (off_t)size > capacity)
		size = (size_t)(capacity - offset);
	return pwrite(fd, bytes, size, offset);
}

#define splice full_splice
#define fallocate full_fallocate
#define pwrite full_pwrite
#include "../../native/pump_move.c"
#undef FIRST_RETRY
#undef LAST_RETRY
#include "../../native/pump_drop.c"
#undef splice
#undef fallocate
#undef pwrite

#define ROUNDS 120
#define LINES 4000
#define MOST_LINE 600

static char lines[LINES][MOST_LINE + 2], expected[LINES * (MOST_LINE + 2)], found[sizeof expected + LINES * NOTE];
static uint64_t told_lines, told_bytes;

static void note_event(void *context, const struct pump_event *event)
{
	note(context, event);
	if (event->kind == LOG_UNBLOCKED) {
		told_lines += event->dropped_lines;
		told_bytes += event->dropped_bytes;
	}
}

/* Now and then long enough for another try on a full disk. */
static void go_on(void)
{
	turn(next(4) == 0 ? 300000000 : 1000000);
}

static size_t make_lines(void)
{
	size_t size = 0;

	for (unsigned i = 0; i < LINES; i++) {
		int length = snprintf(lines[i], sizeof lines[i], "%u:%.*s", i, (int)next(next(5) == 0 ? MOST_LINE - 20 : 40),
		                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

		memcpy(expected + size, lines[i], (size_t)length);
		size += (size_t)length;
		expected[size++] = '\n';
	}
	return size;
}

/* All that was written, with the disk full and not full meanwhile; then to its end. */
static void feed(int fd, size_t size, bool limits, int log)
{
	const uint64_t most = limits ? 1 : 0;

	for (size_t at = 0; at < size;) {
		size_t length = 1 + next(next(4) == 0 ? 60000 : 300);
		ssize_t written = write(fd, expected + at, length > size - at ? size - at : length);

		CHECK(written > 0 || errno == EAGAIN);
		at += written > 0 ? (size_t)written : 0;
		if (next(8) == 0)
			capacity = next(3) == 0 ? (off_t)1 << 40 : (off_t)pump.logs[log].offset + (off_t)next(next(2) ? 200 : 100000);
		if (most > 0 && next(4) == 0) {
			const struct pump_log_settings settings = { .granted = pump.logs[log].written + next(5000), .drops = pump.logs[log].drops };

			CHECK(pump.logs[log].written <= pump.logs[log].granted);
			CHECK(pump_limit_log(&pump, (uint32_t)log, &settings) == 0);
		}
		if (next(3) != 0)
			go_on();
	}
	capacity = (off_t)1 << 40;
	CHECK(pump_limit_log(&pump, (uint32_t)log, &(struct pump_log_settings){ .granted = PUMP_NEVER, .drops = pump.logs[log].drops }) == 0);
	CHECK(close(fd) == 0);
	for (int turns = 0; pump.pipe_count > 0 || pump.dropping != PUMP_NONE; turns++) {
		CHECK(turns < 10000);
		go_on();
	}
}

static bool is_note(const char *line, uint64_t *count, uint64_t *bytes)
{
	return sscanf(line, "[daemonitor] %" SCNu64 " line%*[s] (%" SCNu64 " bytes) were dropped", count, bytes) == 2 ||
	       sscanf(line, "[daemonitor] %" SCNu64 " line (%" SCNu64 " bytes) were dropped", count, bytes) == 2;
}

/* Every line is whole, or in the count of the note that stands there. */
static void check_account(char *text)
{
	uint64_t at = 0, count, bytes;
	char *line = text, *end;
	size_t half = 0;

	told_lines = told_bytes = 0;
	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		CHECK(end != NULL);
		*end = '\0';
		if (is_note(line, &count, &bytes)) {
			uint64_t lost = 0;

			for (uint64_t i = 0; i < count; i++)
				lost += strlen(lines[at + i]) + 1;
			CHECK(lost - half == bytes);
			at += count;
			half = 0;
			told_lines += count;
			told_bytes += bytes;
		} else if (at < LINES && strcmp(line, lines[at]) == 0) {
			CHECK(half == 0);
			at++;
		} else {
			half = strlen(line);
			CHECK(at < LINES && half < strlen(lines[at]) && strncmp(line, lines[at], half) == 0);
		}
	}
	CHECK(at == LINES && half == 0);
}

static void what_is_dropped_is_counted(bool limits)
{
	const struct pump_log_settings settings = { .switch_within = 1, .line_limit = 1u << 20, .granted = PUMP_NEVER, .drops = true };
	int ends[2], first = file(), log;
	uint64_t lines_before = pump.dropped_lines, bytes_before = pump.dropped_bytes, by_events[2];
	size_t size = make_lines();
	off_t got;

	can_tell = next(2);
	told_lines = told_bytes = 0;
	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(first), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
	feed(ends[1], size, limits, log);
	got = lseek(first, 0, SEEK_END);
	CHECK(got > 0 && (size_t)got < sizeof found && pread(first, found, (size_t)got, 0) == got);
	found[got] = '\0';
	by_events[0] = told_lines;
	by_events[1] = told_bytes;
	check_account(found);
	CHECK(told_lines == by_events[0] && told_bytes == by_events[1]);
	CHECK(pump.dropped_lines - lines_before == told_lines && pump.dropped_bytes - bytes_before == told_bytes);
	CHECK(pump_close_log(&pump, (uint32_t)log) == 0 && close(first) == 0);
}

static void who_waits_loses_nothing(bool limits)
{
	const struct pump_log_settings settings = { .switch_within = 1, .line_limit = 1u << 20, .granted = PUMP_NEVER };
	int ends[2], first = file(), log;
	size_t size = make_lines();

	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(first), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
	feed(ends[1], size, limits, log);
	CHECK(lseek(first, 0, SEEK_END) == (off_t)size && pread(first, found, size, 0) == (ssize_t)size);
	CHECK(memcmp(found, expected, size) == 0);
	CHECK(pump_close_log(&pump, (uint32_t)log) == 0 && close(first) == 0);
}

/* The log is changed while it drops: the two files, one behind the other, have the same account. */
static void a_log_that_drops_can_be_changed(void)
{
	const struct pump_log_settings settings = { .switch_within = UINT64_C(3600000000000), .line_limit = 1u << 20, .granted = PUMP_NEVER,
	                                            .drops = true };
	int ends[2], first = file(), second = file(), log;
	size_t size = make_lines(), half = size / 2;
	off_t one, two;

	can_tell = true;
	capacity = 5003;
	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(first), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
	for (size_t at = 0; at < half;) {
		ssize_t written = write(ends[1], expected + at, half - at);

		at += written > 0 ? (size_t)written : 0;
		go_on();
	}
	CHECK(pump.logs[log].dropping);
	CHECK(pump_set_log(&pump, (uint32_t)log, "log", 3, keep(second), &settings, now) == log && pump.logs[log].next_fd < 0);
	memmove(expected, expected + half, size - half);
	feed(ends[1], size - half, false, log);
	one = lseek(first, 0, SEEK_END);
	two = lseek(second, 0, SEEK_END);
	CHECK(one == 5003 && two > 0 && pread(first, found, (size_t)one, 0) == one && pread(second, found + one, (size_t)two, 0) == two);
	found[one + two] = '\0';
	check_account(found);
	CHECK(pump_close_log(&pump, (uint32_t)log) == 0 && close(first) == 0 && close(second) == 0);
}

/* All that was granted is written, in the middle of a line: what comes next is the end of the line, and then the next file. */
static void a_line_is_ended_whatever_was_granted(void)
{
	const struct pump_log_settings few = { .switch_within = UINT64_C(3600000000000), .line_limit = 1u << 20, .granted = 5 };
	int ends[2], first = file(), second = file(), log;

	capacity = (off_t)1 << 40;
	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(first), &few, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
	CHECK(write(ends[1], "one line\nand another\n", 21) == 21);
	for (int turns = 0; turns < 20; turns++)
		go_on();
	CHECK(pump.logs[log].limited && lseek(first, 0, SEEK_END) == 5);
	CHECK(pump_set_log(&pump, (uint32_t)log, "log", 3, keep(second), &few, now) == log);
	for (int turns = 0; turns < 20; turns++)
		go_on();
	CHECK(pump.logs[log].next_fd < 0 && pump.logs[log].limited);
	CHECK(lseek(first, 0, SEEK_END) == 9 && lseek(second, 0, SEEK_END) == 0);
	CHECK(pump_limit_log(&pump, (uint32_t)log, &(struct pump_log_settings){ .granted = 100 }) == 0);
	for (int turns = 0; turns < 20; turns++)
		go_on();
	CHECK(lseek(second, 0, SEEK_END) == 12);
	CHECK(close(ends[1]) == 0 && pump_close_log(&pump, (uint32_t)log) == 0);
	for (int turns = 0; pump.pipe_count > 0 && turns < 100; turns++)
		go_on();
	CHECK(pump.log_count == 0 && close(first) == 0 && close(second) == 0);
}

/* Of one write a part: who waits for the rest is known at once, and has it as soon as that is possible, though nobody writes any more. */
static void what_did_not_fit_is_not_forgotten(void)
{
	const struct pump_log_settings all = { .line_limit = 1u << 20, .granted = PUMP_NEVER };

	for (int is_granted = 0; is_granted < 2; is_granted++) {
		const struct pump_log_settings few = { .line_limit = 1u << 20, .granted = is_granted ? 7 : PUMP_NEVER };
		unsigned limited = seen[LOG_LIMITED], blocked = seen[LOG_BLOCKED];
		int target = file(), ends[2], log;

		capacity = is_granted ? 1000 : 7;
		CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
		log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(target), &few, now);
		CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
		for (int turns = 0; turns < 5; turns++)
			turn(1000000);
		now += UINT64_C(1000000000);
		CHECK(write(ends[1], "line 1\nline 2\n", 14) == 14);
		turn(1000000);
		CHECK(lseek(target, 0, SEEK_END) == 7);
		CHECK(seen[LOG_LIMITED] == limited + (is_granted ? 1 : 0) && seen[LOG_BLOCKED] == blocked + (is_granted ? 0 : 1));
		capacity = 1000;
		CHECK(pump_limit_log(&pump, (uint32_t)log, &all) == 0);
		now += UINT64_C(1000000000);
		turn(1000000);
		turn(1000000);
		CHECK(lseek(target, 0, SEEK_END) == 14);
		CHECK(close(ends[1]) == 0 && pump_close_log(&pump, (uint32_t)log) == 0);
		for (int turns = 0; pump.pipe_count > 0 && turns < 100; turns++)
			turn(1000000);
		CHECK(pump.pipe_count == 0 && close(target) == 0);
	}
}

static void times_are_as_everybody_writes_them(void)
{
	char text[STAMP];

	stamp(text, 0);
	CHECK(strcmp(text, "1970-01-01T00:00:00.000Z") == 0);
	stamp(text, UINT64_C(951827696789));
	CHECK(strcmp(text, "2000-02-29T12:34:56.789Z") == 0);
	stamp(text, UINT64_C(1795356000001));
	CHECK(strcmp(text, "2026-11-22T14:00:00.001Z") == 0);
	stamp(text, UINT64_C(4102444799999));
	CHECK(strcmp(text, "2099-12-31T23:59:59.999Z") == 0);
	for (uint64_t day = 0; day < 60000; day++) {
		time_t seconds = (time_t)(day * 86400);
		struct tm parts;
		char wanted[STAMP];

		CHECK(gmtime_r(&seconds, &parts) != NULL && strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.000Z", &parts) > 0);
		stamp(text, day * 86400000);
		CHECK(strcmp(text, wanted) == 0);
	}
}

int main(void)
{
	open_pump(note_event);
	times_are_as_everybody_writes_them();
	for (int round = 0; round < ROUNDS; round++) {
		what_is_dropped_is_counted(round % 2 == 0);
		who_waits_loses_nothing(round % 2 == 0);
	}
	CHECK(seen[LOG_BLOCKED] > ROUNDS && seen[LOG_LIMITED] > ROUNDS);
	a_log_that_drops_can_be_changed();
	a_line_is_ended_whatever_was_granted();
	what_did_not_fit_is_not_forgotten();
	CHECK(pump.log_count == 0 && pump.pipe_count == 0 && pump.dropping == PUMP_NONE && pump.waiting == PUMP_NONE);
	return 0;
}
