/* The supervisor's process: started with all that outlives it, and started again when it dies. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"
#include "plan.h"

#define CONNECTION_VARIABLE "DAEMONITOR_INIT_FD="
#define HELD_VARIABLE "DAEMONITOR_HELD"
#define HELD_ENTRY (PROTOCOL_MAX_NAME + 13u) /* ":1073741815=NAME" and the NUL */
#define HELD_PART (96u * 1024u)              /* execve(2) takes 128 KiB of one variable */
#define HELD_PARTS (MOST_HELD * HELD_ENTRY / (HELD_PART - 2 * HELD_ENTRY) + 1)

#define STEPS 6

extern char **environ;

/* Composes a plan as plan.h describes it: the steps first, then their texts and lists. */
struct composer {
	unsigned char *bytes;
	uint32_t size, most, steps;
	bool full;
};

static struct plan_step *add_step(struct composer *composer, enum plan_op op, int64_t first, int64_t second)
{
	struct plan_step *step = (struct plan_step *)(void *)(composer->bytes + sizeof(struct plan_header)) + composer->steps++;

	*step = (struct plan_step){ .op = op, .number = { first, second } };
	return step;
}

static void *add_data(struct composer *composer, uint32_t size, uint32_t *offset)
{
	composer->size = (composer->size + 3) & ~3u;
	*offset = composer->size;
	if (composer->full || composer->most - composer->size <= size) {
		composer->full = true;
		return NULL;
	}
	composer->size += size;
	return composer->bytes + *offset;
}

static uint32_t add_text(struct composer *composer, const char *text)
{
	uint32_t offset, size = (uint32_t)strlen(text) + 1;
	char *copy = add_data(composer, size, &offset);

	if (copy != NULL)
		memcpy(copy, text, size);
	return offset;
}

/*
 * "FD=NAME:FD=NAME": under their own numbers, so that nothing has to be moved. As many from *next on as one variable can
 * take; the second part is DAEMONITOR_HELD_2.
 */
static uint32_t add_held_part(struct composer *composer, const struct init *init, uint32_t part, uint32_t *next)
{
	uint32_t offset, size = HELD_PART, length;
	char *text = add_data(composer, size, &offset);
	bool first = true;

	if (text == NULL)
		return offset;
	length = (uint32_t)snprintf(text, size, part == 1 ? "%s=" : "%s_%u=", HELD_VARIABLE, part);
	for (; *next < init->held_used && length + HELD_ENTRY < size; ++*next) {
		const struct held *held = &init->held[*next];

		if (held->fd < 0)
			continue;
		length += (uint32_t)snprintf(text + length, size - length, "%s%d=%.*s", first ? "" : ":", held->fd, held->name_size, held->name);
		first = false;
	}
	return offset;
}

static bool is_own_variable(const char *entry)
{
	size_t size = strlen(HELD_VARIABLE);

	if (strncmp(entry, CONNECTION_VARIABLE, strlen(CONNECTION_VARIABLE)) == 0)
		return true;
	return strncmp(entry, HELD_VARIABLE, size) == 0 && (entry[size] == '=' || entry[size] == '_');
}

static uint32_t add_environment(struct composer *composer, const struct init *init, int fd, uint32_t *count)
{
	char connection[40];
	uint32_t offset, *list, most = 1 + HELD_PARTS, part = 1, next = 0;

	for (char **entry = environ; *entry != NULL; entry++)
		most += !is_own_variable(*entry);
	*count = 0;
	list = add_data(composer, most * sizeof *list, &offset);
	if (list == NULL)
		return offset;
	for (char **entry = environ; *entry != NULL; entry++)
		if (!is_own_variable(*entry))
			list[(*count)++] = add_text(composer, *entry);
	(void)snprintf(connection, sizeof connection, "%s%d", CONNECTION_VARIABLE, fd);
	list[(*count)++] = add_text(composer, connection);
	do
		list[(*count)++] = add_held_part(composer, init, part++, &next);
	while (next < init->held_used && part <= HELD_PARTS && !composer->full);
	return offset;
}

static uint32_t add_arguments(struct composer *composer, char *const *argv, uint32_t *count)
{
	uint32_t offset, *list;

	for (*count = 0; argv[*count] != NULL;)
		++*count;
	list = add_data(composer, *count * sizeof *list, &offset);
	for (uint32_t i = 0; list != NULL && i < *count; i++)
		list[i] = add_text(composer, argv[i]);
	return offset;
}

static int ascending(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

static void add_kept(struct composer *composer, const struct init *init, int fd)
{
	struct plan_step *close_step = add_step(composer, PLAN_CLOSE_FDS_FROM, 3, 0);
	uint32_t count = init->held_count + 1, *list = add_data(composer, count * sizeof *list, &close_step->list);

	if (list == NULL)
		return;
	close_step->list_count = count;
	list[0] = (uint32_t)fd;
	for (uint32_t i = 0, at = 1; i < init->held_used; i++)
		if (init->held[i].fd >= 0)
			list[at++] = (uint32_t)init->held[i].fd;
	qsort(list, count, sizeof *list, ascending);
}

/* In ourselves, for the time of the plan: a step for each would be more than a plan can have. */
static void pass_on(const struct init *init, int fd, int flags)
{
	(void)fcntl(fd, F_SETFD, flags);
	for (uint32_t i = 0; i < init->held_used; i++)
		if (init->held[i].fd >= 0)
			(void)fcntl(init->held[i].fd, F_SETFD, flags);
}

/* In the buffer for requests: without a supervisor there are none. */
static int compose(struct init *init, int fd, uint32_t *size)
{
	struct composer composer = { .bytes = init->connection.in, .most = sizeof init->connection.in };
	struct plan_header *header = (void *)composer.bytes;
	struct plan_step *exec_step;

	composer.size = (uint32_t)(sizeof *header + STEPS * sizeof *exec_step);
	(void)add_step(&composer, PLAN_FORK, 0, 0);
	(void)add_step(&composer, PLAN_SETSID, 0, 0);
	(void)add_step(&composer, PLAN_DEFAULT_SIGNALS, 0, 0);
	(void)add_step(&composer, PLAN_SIGNAL_MASK, 0, 0);
	add_kept(&composer, init, fd);
	exec_step = add_step(&composer, PLAN_EXEC, 0, 0);
	exec_step->text = add_text(&composer, init->supervisor.argv[0]);
	exec_step->list = add_arguments(&composer, init->supervisor.argv, &exec_step->list_count);
	exec_step->list2 = add_environment(&composer, init, fd, &exec_step->list2_count);
	if (composer.full)
		return -E2BIG;
	composer.bytes[composer.size++] = '\0';
	*header = (struct plan_header){ .magic = PLAN_MAGIC, .size = composer.size, .count = composer.steps };
	*size = composer.size;
	return 0;
}

static int run(struct init *init, int fd)
{
	struct plan_outcome outcome;
	uint32_t size;
	ssize_t scratch;
	int error = compose(init, fd, &size);

	if (error < 0)
		return error;
	scratch = plan_check(init->connection.in, size);
	if (scratch < 0 || (size_t)scratch > sizeof init->scratch)
		return scratch < 0 ? (int)scratch : -E2BIG;
	pass_on(init, fd, 0);
	plan_run(init->connection.in, init->scratch, &init->files, &outcome);
	pass_on(init, fd, FD_CLOEXEC);
	if (outcome.pidfd >= 0)
		(void)!close(outcome.pidfd);
	if (outcome.step >= 0)
		return -outcome.error;
	init->supervisor.pid = outcome.pid;
	return 0;
}

static void plan_restart(struct init *init)
{
	struct supervisor *supervisor = &init->supervisor;

	supervisor->start_at = init->now + supervisor->delay;
	supervisor->delay = supervisor->delay * 2 < supervisor->most_delay ? supervisor->delay * 2 : supervisor->most_delay;
}

int supervisor_start(struct init *init)
{
	struct supervisor *supervisor = &init->supervisor;
	int pair[2], error;

	supervisor->kill_at = supervisor->start_at = INIT_NEVER;
	supervisor->started = init->now;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		error = -errno;
	else {
		error = run(init, pair[1]);
		(void)!close(pair[1]);
		if (error < 0)
			(void)!close(pair[0]);
	}
	if (error < 0) {
		(void)dprintf(2, "daemonitor-init: can't start %s: %s\n", supervisor->argv[0], strerror(-error));
		plan_restart(init);
		return error;
	}
	connection_open(init, pair[0]);
	return 0;
}

void supervisor_ended(struct init *init, int status)
{
	struct supervisor *supervisor = &init->supervisor;

	connection_close(init);
	supervisor->pid = 0;
	supervisor->status = status;
	supervisor->kill_at = INIT_NEVER;
	if (init->now - supervisor->started >= supervisor->stable)
		supervisor->delay = supervisor->first_delay;
	plan_restart(init);
}

void supervisor_kill(struct init *init, const char *why)
{
	init->supervisor.kill_at = INIT_NEVER;
	if (init->supervisor.pid <= 0)
		return;
	(void)dprintf(2, "daemonitor-init: ending the supervisor, process %d: %s\n", init->supervisor.pid, why);
	/* Not yet reaped, so the number is still its own. */
	(void)kill(init->supervisor.pid, SIGKILL);
}

void supervisor_check(struct init *init)
{
	struct supervisor *supervisor = &init->supervisor;

	if (supervisor->pid > 0 && supervisor->kill_at <= init->now)
		supervisor_kill(init, init->ending ? "it did not end after the shutdown it asked for" : "it closed its connection");
	if (supervisor->pid == 0 && !init->ending && supervisor->start_at <= init->now) {
		supervisor->restarts++;
		(void)supervisor_start(init);
	}
}
