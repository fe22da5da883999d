/*
 * daemonitor-init: the parent of everything, which decides nothing.
 *
 *   daemonitor-init [--hold NAME=FD]... [--delay FIRST:MOST:STABLE] -- FILE [ARGUMENT]...
 *
 * Runs FILE, the supervisor, with a connection to itself, and does what that
 * asks for (init_protocol.h). Starts it again when it dies: after FIRST
 * milliseconds (100), doubled up to MOST (5000), until one was up for STABLE
 * (10000). Ends when it is told to, with the exit code that it is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "init.h"

#define EXIT_USAGE 64
#define EXIT_OS_ERROR 71
#define MOST_EVENTS 128

static struct init init;

static int usage(const char *problem, const char *subject)
{
	(void)dprintf(2, "daemonitor-init: %s%s; usage: daemonitor-init [--hold NAME=FD]... [--delay FIRST:MOST:STABLE] -- FILE [ARGUMENT]...\n",
		      problem, subject);
	return EXIT_USAGE;
}

/*
 * Digits up to `end`, which `text` is moved behind. Not sscanf: with what that
 * brings along the program would be a tenth larger.
 */
static bool parse_number(const char **text, char end, uint64_t *number)
{
	const char *at = *text;

	for (*number = 0; *at >= '0' && *at <= '9' && *number <= INT32_MAX; at++)
		*number = *number * 10 + (uint64_t)(*at - '0');
	if (at == *text || *at != end)
		return false;
	*text = at + 1;
	return true;
}

static bool parse_delay(const char *text, struct supervisor *supervisor)
{
	uint64_t first, most, stable;

	if (!parse_number(&text, ':', &first) || !parse_number(&text, ':', &most) || !parse_number(&text, '\0', &stable))
		return false;
	if (first > most || most > 3600000 || stable > 3600000)
		return false;
	supervisor->first_delay = first * INIT_MS;
	supervisor->most_delay = most * INIT_MS;
	supervisor->stable = stable * INIT_MS;
	return true;
}

static bool parse_hold(const char *text)
{
	const char *equals = strrchr(text, '='), *number = equals == NULL ? "" : equals + 1;
	struct text name = { .bytes = text, .size = equals == NULL ? 0 : (uint32_t)(equals - text) };
	uint64_t fd;
	int copy;

	if (name.size == 0 || name.size > PROTOCOL_MAX_NAME || !parse_number(&number, '\0', &fd) || fd <= 2 || fd > INT32_MAX)
		return false;
	copy = fcntl((int)fd, F_DUPFD_CLOEXEC, FIRST_SLOT + SLOTS);
	if (copy < 0)
		return false;
	if (hold(&init, name, 0, copy) < 0) {
		(void)!close(copy);
		return false;
	}
	(void)!close((int)fd);
	return true;
}

/* 0, or the exit code. */
static int parse(int argc, char **argv)
{
	int i;

	init.supervisor.first_delay = 100 * INIT_MS;
	init.supervisor.most_delay = 5000 * INIT_MS;
	init.supervisor.stable = 10000 * INIT_MS;
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i += 2) {
		if (i + 1 == argc)
			return usage("a value is missing for ", argv[i]);
		if (strcmp(argv[i], "--delay") == 0) {
			if (!parse_delay(argv[i + 1], &init.supervisor))
				return usage("three numbers of milliseconds are needed, not ", argv[i + 1]);
		} else if (strcmp(argv[i], "--hold") == 0) {
			if (!parse_hold(argv[i + 1]))
				return usage("a name and an open descriptor above 2 are needed, not ", argv[i + 1]);
		} else {
			return usage("unknown option ", argv[i]);
		}
	}
	if (i + 1 >= argc)
		return usage("the supervisor's command is missing", "");
	init.supervisor.argv = argv + i + 1;
	init.supervisor.delay = init.supervisor.first_delay;
	return 0;
}

static int raise_limit(void)
{
	struct rlimit raised;

	if (getrlimit(RLIMIT_NOFILE, &init.files) < 0)
		return -errno;
	raised = init.files;
	raised.rlim_cur = raised.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &raised) < 0 ? -errno : 0;
}

static int set_up(void)
{
	pid_t parent;
	char state;
	int status, error;

	init.now = clock_now();
	init.connection.fd = -1;
	init.supervisor.kill_at = init.supervisor.start_at = INIT_NEVER;
	processes_open(&init);
	(void)process_stat(getpid(), &init.start_time, &parent, &state, &status);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
		return -errno;
	error = spawn_open(&init);
	if (error == 0)
		error = signals_open(&init);
	return error < 0 ? error : pump_open(&init.pump, init.epoll, report_log, &init);
}

static void dispatch(const struct epoll_event *event)
{
	uint32_t index = (uint32_t)event->data.u64;

	switch ((enum tag)(event->data.u64 >> 32)) {
	case TAG_SIGNALS:
		signals_ready(&init);
		break;
	case TAG_CONNECTION:
		connection_ready(&init, event->events);
		break;
	case TAG_NOTIFY:
		notify_ready(&init, index);
		break;
	case TAG_PIDFD:
		pidfd_ready(&init, index);
		break;
	}
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Milliseconds until something is due, -1 for never. */
static int time_left(void)
{
	uint64_t due = earlier(pump_deadline(&init.pump), init.processes.look_at), now;

	due = earlier(due, earlier(init.supervisor.start_at, init.supervisor.kill_at));
	if (init.connection.half_since != INIT_NEVER && init.connection.fd >= 0)
		due = earlier(due, init.connection.half_since + 10001 * INIT_MS);
	if (due == INIT_NEVER)
		return -1;
	now = clock_now();
	return due <= now ? 0 : (int)earlier((due - now + INIT_MS - 1) / INIT_MS, 3600000);
}

static void turn(void)
{
	struct epoll_event events[MOST_EVENTS];
	int count = epoll_wait(init.epoll, events, MOST_EVENTS, time_left());

	init.now = clock_now();
	for (int i = 0; i < count; i++)
		dispatch(&events[i]);
	pump_tick(&init.pump, init.now);
	if (init.processes.look_at <= init.now)
		look_at_ending(&init);
	connection_push(&init);
	connection_check(&init);
	supervisor_check(&init);
}

int main(int argc, char **argv)
{
	int error, code;

	init.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (init.epoll < 0)
		return EXIT_OS_ERROR;
	/* First, so that there is room for what we are to hold. */
	error = raise_limit();
	code = error < 0 ? 0 : parse(argc, argv);
	if (code != 0)
		return code;
	if (error == 0)
		error = set_up();
	if (error < 0) {
		(void)dprintf(2, "daemonitor-init: can't start: %s\n", strerror(-error));
		return EXIT_OS_ERROR;
	}
	error = supervisor_start(&init);
	if (error < 0)
		return error == -ENOENT || error == -ENOTDIR ? 127 : 126;
	while (!init.ending || init.supervisor.pid > 0)
		turn();
	pump_drain_all(&init.pump, clock_now());
	return init.exit_code;
}
