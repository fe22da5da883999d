/* Runs the plans of services: pipes and descriptors are put where the plan looks for them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "init.h"
#include "plan.h"

struct request_spawn {
	struct text key;
	uid_t uid;
	gid_t gid;
	uint32_t slots; /* that are taken */
	uint32_t sent;  /* descriptors of the frame that are used */
	uint32_t pipe_count;
	uint32_t pipes[PROTOCOL_MAX_PIPES];
};

static int take_slot(uint32_t slot, int fd)
{
	return dup3(fd, (int)(FIRST_SLOT + slot), O_CLOEXEC) < 0 ? -errno : 0;
}

/* So that no other descriptor ever gets the number of a slot. */
int spawn_open(struct init *init)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		int error = take_slot(slot, init->epoll);

		if (error < 0)
			return error;
	}
	return 0;
}

static void free_slots(const struct init *init, uint32_t count)
{
	for (uint32_t slot = 0; slot < count; slot++)
		(void)take_slot(slot, init->epoll);
}

/*
 * Read-write, so that the service holds a read end itself: nobody's death can
 * raise SIGPIPE in it or cost a byte that is in the pipe.
 */
static int open_both_ways(int write_end)
{
	char path[] = "/proc/self/fd/0000000000";
	char *at = path + sizeof "/proc/self/fd/" - 1, digits[12];
	int count = 0, fd, rest = write_end;

	do
		digits[count++] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	while (count > 0)
		*at++ = digits[--count];
	*at = '\0';
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make_pipe(struct init *init, struct request_spawn *request, uint32_t slot, uint32_t log)
{
	int ends[2], both, error, pipe;

	if (request->pipe_count == PROTOCOL_MAX_PIPES)
		return -EINVAL;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	both = open_both_ways(ends[1]);
	error = both < 0 ? both : take_slot(slot, both);
	/* A service opens /dev/stdout by way of /proc: it must own what it finds there. */
	if (error == 0 && (request->uid != (uid_t)-1 || request->gid != (gid_t)-1) && fchown(ends[0], request->uid, request->gid) < 0)
		error = -errno;
	(void)!close(ends[1]);
	if (both >= 0)
		(void)!close(both);
	if (error < 0) {
		(void)!close(ends[0]);
		return error;
	}
	/* If the plan fails, the pipe loses its only writer, and the pump lets go of it by itself. */
	pipe = pump_add(&init->pump, ends[0], log, 0);
	if (pipe < 0)
		return pipe;
	request->pipes[request->pipe_count++] = (uint32_t)pipe;
	return 0;
}

static int fill_slot(struct init *init, struct request_spawn *request, struct reader *reader, const int *fds, uint32_t fd_count)
{
	uint32_t kind = read_u32(reader), log = read_u32(reader);
	const struct held *held;

	switch (kind) {
	case DESCRIPTOR_PIPE:
		return pump_has_log(&init->pump, log) ? make_pipe(init, request, request->slots, log) : -ENOENT;
	case DESCRIPTOR_HELD:
		held = held_of_name(init, read_text(reader, PROTOCOL_MAX_NAME));
		return held == NULL ? -ENOENT : take_slot(request->slots, held->fd);
	case DESCRIPTOR_SENT:
		return request->sent < fd_count ? take_slot(request->slots, fds[request->sent++]) : -EBADF;
	default:
		return -EINVAL;
	}
}

static int fill_slots(struct init *init, struct request_spawn *request, struct reader *reader, const int *fds, uint32_t fd_count)
{
	uint32_t count = read_u32(reader);
	int error;

	if (count > SLOTS)
		return -EINVAL;
	for (; request->slots < count; request->slots++) {
		error = fill_slot(init, request, reader, fds, fd_count);
		if (error < 0) {
			request->slots++;
			return error;
		}
	}
	return 0;
}

/* What comes before the first fork would happen to init itself. */
static ssize_t check_plan(const struct init *init, const unsigned char *plan, uint32_t size)
{
	const struct plan_step *first = (const void *)(plan + sizeof(struct plan_header));
	ssize_t scratch = plan_check(plan, size);

	if (scratch < 0)
		return scratch;
	if (first->op != PLAN_FORK)
		return -EINVAL;
	return (size_t)scratch > sizeof init->scratch ? -E2BIG : scratch;
}

/* The program gets the limit that we were started with. */
static void run_plan(struct init *init, unsigned char *plan, struct plan_outcome *outcome)
{
	plan_run(plan, init->scratch, &init->files, outcome);
	/* As its parent we are told of its end, and its number is its own until we have reaped it. */
	if (outcome->pidfd >= 0)
		(void)!close(outcome->pidfd);
}

static struct process *add_process(struct init *init, const struct request_spawn *request, pid_t pid)
{
	uint64_t start_time = 0;
	struct process *process;
	pid_t parent;
	char state;
	int status;

	(void)process_stat(pid, &start_time, &parent, &state, &status);
	process = process_new(init, request->key, pid, start_time);
	if (process == NULL)
		return NULL;
	process->pipe_count = (uint8_t)request->pipe_count;
	for (uint32_t i = 0; i < request->pipe_count; i++) {
		process->pipes[i] = request->pipes[i];
		pump_own(&init->pump, request->pipes[i], process->serial);
	}
	init->processes.spawned++;
	return process;
}

int spawn(struct init *init, const unsigned char *frame, struct reader *reader, const int *fds, uint32_t fd_count,
          struct process **spawned, uint32_t *step, uint64_t *blocked)
{
	struct request_spawn request = { .key = read_text(reader, PROTOCOL_MAX_NAME) };
	struct plan_outcome outcome = { .step = -1 };
	unsigned char *plan = NULL;
	ssize_t scratch;
	uint32_t size;
	int error;

	request.uid = read_u32(reader);
	request.gid = read_u32(reader);
	error = init->processes.count >= MOST_PROCESSES ? -ENFILE : fill_slots(init, &request, reader, fds, fd_count);
	if (error == 0) {
		size = read_u32(reader);
		plan = (unsigned char *)read_block(reader, frame, size);
		scratch = reader->failed || plan == NULL ? -EINVAL : check_plan(init, plan, size);
		error = scratch < 0 ? (int)scratch : 0;
	}
	if (error == 0) {
		run_plan(init, plan, &outcome);
		error = outcome.step >= 0 ? -outcome.error : outcome.pid <= 0 ? -EIO : 0;
	}
	free_slots(init, request.slots);
	*step = (uint32_t)outcome.step;
	*blocked = outcome.blocked_ns;
	if (error == 0)
		*spawned = add_process(init, &request, outcome.pid);
	return error;
}
