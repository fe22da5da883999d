/* However a stream of lines is cut into writes, and whenever its log is changed, every byte arrives, and every file but the last ends with a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pumping.h"

#define MILLISECOND 1000000
#define ROUNDS 60
#define MOST_FILES 200
#define BYTES (300 * 1000)

static char expected[BYTES], found[BYTES + 1];

static void make_lines(void)
{
	size_t at = 0;

	while (at < BYTES) {
		size_t length = next(20) == 0 ? next(9000) : next(120);

		for (; length > 0 && at < BYTES - 1; length--)
			expected[at++] = (char)('a' + next(26));
		expected[at++] = '\n';
	}
	expected[BYTES - 1] = '\n';
}

static void write_some(int fd, size_t *at)
{
	size_t length = 1 + next(next(4) == 0 ? 70000 : 300);
	ssize_t written;

	if (length > BYTES - *at)
		length = BYTES - *at;
	written = write(fd, expected + *at, length);
	CHECK(written > 0 || errno == EAGAIN);
	*at += written > 0 ? (size_t)written : 0;
}

static size_t read_back(const int *files, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		off_t size = lseek(files[i], 0, SEEK_END);

		CHECK(size >= 0 && total + (size_t)size <= BYTES);
		CHECK(pread(files[i], found + total, (size_t)size, 0) == size);
		total += (size_t)size;
		CHECK(i == count - 1 || size == 0 || found[total - 1] == '\n');
		CHECK(close(files[i]) == 0);
	}
	return total;
}

static void every_byte_arrives_and_no_line_is_cut(void)
{
	const struct pump_log_settings settings = { .switch_within = 3600u * UINT64_C(1000000000), .line_limit = 1u << 20, .granted = PUMP_NEVER };
	int files[MOST_FILES], ends[2], log;
	size_t count = 0, at = 0;

	make_lines();
	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	files[count++] = file();
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(files[0]), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 7) >= 0);
	while (at < BYTES) {
		write_some(ends[1], &at);
		if (next(20) == 0 && count < MOST_FILES && pump.logs[log].next_fd < 0) {
			files[count++] = file();
			CHECK(pump_set_log(&pump, (uint32_t)log, "log", 3, keep(files[count - 1]), &settings, now) == log);
		}
		if (next(3) != 0)
			turn(MILLISECOND);
	}
	CHECK(close(ends[1]) == 0);
	CHECK(pump_close_log(&pump, (uint32_t)log) == 0);
	for (int turns = 0; pump.pipe_count > 0; turns++) {
		CHECK(turns < 10000);
		turn(MILLISECOND);
	}
	CHECK(read_back(files, count) == BYTES);
	CHECK(memcmp(found, expected, BYTES) == 0);
	CHECK(pump.log_count == 0 && pump.busy == PUMP_NONE && pump.waiting == PUMP_NONE);
}

static void what_is_no_file_is_refused(void)
{
	const struct pump_log_settings settings = { .line_limit = 1, .granted = PUMP_NEVER };
	int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), log;

	CHECK(null >= 0 && pipe2(ends, O_CLOEXEC) == 0);
	CHECK(pump_set_log(&pump, PUMP_NONE, "log", 3, null, &settings, now) == -EINVAL);
	CHECK(pump_set_log(&pump, PUMP_NONE, "log", 3, ends[1], &settings, now) == -EINVAL);
	CHECK(pump_set_log(&pump, 12345, "log", 3, file(), &settings, now) == -ENOENT);
	CHECK(pump_add(&pump, ends[0], 12345, 1) == -ENOENT);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, file(), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, file(), (uint32_t)log, 1) == -EINVAL);
	CHECK(pump_close_log(&pump, (uint32_t)log) == 0 && pump_close_log(&pump, (uint32_t)log) == -ENOENT);
	CHECK(fcntl(null, F_GETFD) == -1 && fcntl(ends[0], F_GETFD) == -1 && fcntl(ends[1], F_GETFD) == -1);
}

static void a_line_past_the_limit_is_cut(void)
{
	const struct pump_log_settings settings = { .switch_within = 3600u * UINT64_C(1000000000), .line_limit = 20000, .granted = PUMP_NEVER };
	int first = file(), second = file(), ends[2], log;

	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(first), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 9) >= 0);
	CHECK(write(ends[1], expected, 1) == 1);
	turn(MILLISECOND);
	CHECK(pump_set_log(&pump, (uint32_t)log, "log", 3, keep(second), &settings, now) == log && pump.logs[log].next_fd >= 0);
	memset(found, 'x', 60000);
	CHECK(write(ends[1], found, 60000) == 60000);
	for (int turns = 0; turns < 100; turns++)
		turn(MILLISECOND);
	CHECK(pump.logs[log].next_fd < 0);
	CHECK(lseek(first, 0, SEEK_END) >= 20001 && lseek(first, 0, SEEK_END) <= 20001 + 4096);
	CHECK(lseek(first, 0, SEEK_END) + lseek(second, 0, SEEK_END) == 60001);
	CHECK(close(ends[1]) == 0 && pump_close_log(&pump, (uint32_t)log) == 0);
	for (int turns = 0; pump.pipe_count > 0 && turns < 100; turns++)
		turn(MILLISECOND);
	CHECK(pump.pipe_count == 0 && pump.log_count == 0);
	CHECK(close(first) == 0 && close(second) == 0);
}

/* A write to it raises a signal, and costs its writer that. */
static bool is_watched(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ASYNC) != 0;
}

/* Both ends of a pipe that is pumped into `target`, and has been looked at. */
static int pumped(int target, int ends[2])
{
	const struct pump_log_settings settings = { .line_limit = 1u << 20, .granted = PUMP_NEVER };
	int log;

	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(target), &settings, now);
	CHECK(log >= 0 && pump_add(&pump, ends[0], (uint32_t)log, 9) >= 0);
	turn(MILLISECOND);
	return log;
}

static void end(int log, int target, int writer)
{
	uint32_t others = pump.pipe_count - 1;

	CHECK(close(writer) == 0 && pump_close_log(&pump, (uint32_t)log) == 0);
	for (int turns = 0; pump.pipe_count > others && turns < 100; turns++)
		turn(MILLISECOND);
	CHECK(pump.pipe_count == others && close(target) == 0);
}

static void a_flood_is_watched_by_nobody_until_it_is_over(void)
{
	int target = file(), ends[2], log = pumped(target, ends);

	CHECK(is_watched(ends[0]));
	for (int round = 1; round <= 2; round++) {
		CHECK(write(ends[1], found, 60000) == 60000);
		turn(MILLISECOND);
		CHECK(!is_watched(ends[0]));
		for (int turns = 0; turns < 10; turns++)
			turn(MILLISECOND);
		CHECK(is_watched(ends[0]));
		now += UINT64_C(1000000000);
		CHECK(write(ends[1], found, 1) == 1);
		turn(MILLISECOND);
		CHECK(is_watched(ends[0]) && lseek(target, 0, SEEK_END) == round * 60001);
		now += UINT64_C(1000000000);
		turn(MILLISECOND);
	}
	end(log, target, ends[1]);
}

static void where_no_signal_can_be_queued_nothing_is_left(void)
{
	struct rlimit limit, none;
	int targets[2] = { file(), file() }, ends[2][2], logs[2];

	for (int i = 0; i < 2; i++)
		logs[i] = pumped(targets[i], ends[i]);
	CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0);
	none = limit;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_SIGPENDING, &none) == 0);
	for (int round = 1; round <= 3; round++)
		for (int i = 0; i < 2; i++) {
			now += UINT64_C(1000000000);
			CHECK(write(ends[i][1], "line\n", 5) == 5);
			turn(MILLISECOND);
			CHECK(lseek(targets[i], 0, SEEK_END) == 5 * round);
		}
	CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
	for (int i = 0; i < 2; i++)
		end(logs[i], targets[i], ends[i][1]);
}

/* As after the death of an init, whose descriptors the supervisor holds. */
static void a_pipe_that_called_another_calls_us(void)
{
	int target = file(), first[2], other = file(), second[2], log = pumped(target, first), end_of_second, next_log;
	const int on = 1;

	CHECK(pipe2(second, O_CLOEXEC | O_NONBLOCK) == 0);
	end_of_second = keep(second[0]);
	/* By a number that is no more, and another signal, which does nothing. */
	CHECK(fcntl(second[0], F_SETOWN, getpid()) == 0 && fcntl(second[0], F_SETSIG, SIGWINCH) == 0 && ioctl(second[0], FIOASYNC, &on) == 0);
	CHECK(write(second[1], "before\n", 7) == 7 && close(second[0]) == 0);
	next_log = pump_set_log(&pump, PUMP_NONE, "log", 3, keep(other), &(struct pump_log_settings){ .granted = PUMP_NEVER }, now);
	CHECK(next_log >= 0 && pump_add(&pump, end_of_second, (uint32_t)next_log, 9) >= 0);
	for (int turns = 0; turns < 3; turns++)
		turn(MILLISECOND);
	CHECK(lseek(other, 0, SEEK_END) == 7);
	now += UINT64_C(1000000000);
	CHECK(write(second[1], "later\n", 6) == 6);
	turn(MILLISECOND);
	CHECK(lseek(other, 0, SEEK_END) == 13 && lseek(target, 0, SEEK_END) == 0);
	end(log, target, first[1]);
	end(next_log, other, second[1]);
}

static int meanwhile = -1;
static bool ends_meanwhile;

/* The pump's own, through which a line, or the end, comes just before its pipe is watched. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	int *value, line = meanwhile;

	va_start(arguments, request);
	value = va_arg(arguments, int *);
	va_end(arguments);
	if (request == FIOASYNC && *value != 0 && line >= 0) {
		meanwhile = -1;
		CHECK(ends_meanwhile ? close(line) == 0 : write(line, "line\n", 5) == 5);
	}
	return (int)syscall(SYS_ioctl, fd, request, value);
}

static void what_comes_before_it_is_watched_is_not_forgotten(void)
{
	int target = file(), ends[2], log = pumped(target, ends);

	for (int ending = 0; ending < 2; ending++) {
		CHECK(write(ends[1], found, 60000) == 60000);
		turn(MILLISECOND);
		CHECK(!is_watched(ends[0]));
		meanwhile = ends[1];
		ends_meanwhile = ending == 1;
		for (int turns = 0; turns < 10; turns++)
			turn(MILLISECOND);
		CHECK(meanwhile < 0);
		CHECK(lseek(target, 0, SEEK_END) == 60005 + 60000 * ending);
		/* It shrinks again. */
		now += UINT64_C(2000000000);
		turn(MILLISECOND);
	}
	CHECK(pump.pipe_count == 0 && pump_close_log(&pump, (uint32_t)log) == 0 && close(target) == 0);
}

/* An end is known at once, also where the last writer goes between two looks. */
static void an_end_is_called_for(void)
{
	int target = file(), ends[2], log = pumped(target, ends);

	CHECK(is_watched(ends[0]) && pump_close_log(&pump, (uint32_t)log) == 0);
	now += UINT64_C(1000000000);
	CHECK(close(ends[1]) == 0);
	turn(MILLISECOND);
	CHECK(pump.pipe_count == 0 && close(target) == 0);
}

/* Once polled, a pipe costs its writer more for ever. */
static void no_pipe_is_polled(void)
{
	int target = file(), ends[2], log = pumped(target, ends), info;
	char path[64], text[4096];
	ssize_t size;

	(void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pump.epoll);
	info = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(info >= 0);
	size = read(info, text, sizeof text - 1);
	CHECK(size > 0 && close(info) == 0);
	text[size] = '\0';
	CHECK(strstr(text, "tfd:") == NULL);
	end(log, target, ends[1]);
}

int main(void)
{
	open_pump(note);
	what_is_no_file_is_refused();
	for (int round = 0; round < ROUNDS; round++)
		every_byte_arrives_and_no_line_is_cut();
	CHECK(seen[LOG_ENDED] == ROUNDS && seen[LOG_SWITCHED] > ROUNDS && seen[LOG_TRUNCATED] == 0 && seen[LOG_BLOCKED] == 0);
	a_line_past_the_limit_is_cut();
	a_flood_is_watched_by_nobody_until_it_is_over();
	where_no_signal_can_be_queued_nothing_is_left();
	a_pipe_that_called_another_calls_us();
	what_comes_before_it_is_watched_is_not_forgotten();
	an_end_is_called_for();
	no_pipe_is_polled();
	return 0;
}
