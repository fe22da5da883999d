/*
 * Processes that an earlier init started. They have another parent by now, so
 * their end is seen through a pidfd, and how they ended is asked of the kernel.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"
#include "pidfd.h"

#define LOOK_AGAIN (20 * INIT_MS)
#define MOST_TRIES 100

static int watch(struct init *init, struct process *process)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)TAG_PIDFD << 32 | process_index(init, process) };

	return epoll_ctl(init->epoll, EPOLL_CTL_ADD, process->pidfd, &event) < 0 ? -errno : 0;
}

static int add_pipes(struct init *init, struct process *process, struct reader *logs, int *fds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int pipe = pump_add(&init->pump, fds[i], read_u32(logs), process->serial);

		fds[i] = -1;
		if (pipe < 0)
			return pipe;
		process->pipes[process->pipe_count++] = (uint32_t)pipe;
	}
	return 0;
}

/* The identity is looked at after the pidfd was opened: then both mean the same process. */
static int open_identity(pid_t pid, uint64_t start_time)
{
	int pidfd = open_pidfd(pid), status;
	uint64_t found;
	pid_t parent;
	char state;

	if (pidfd < 0)
		return pidfd == -EINVAL ? -ESRCH : pidfd;
	if (process_stat(pid, &found, &parent, &state, &status) && found == start_time)
		return pidfd;
	(void)!close(pidfd);
	return -ESRCH;
}

int adopt(struct init *init, struct reader *reader, int *fds, uint32_t fd_count, struct process **adopted)
{
	struct text key = read_text(reader, PROTOCOL_MAX_NAME);
	uint64_t start_time = read_u64(reader);
	pid_t pid = (pid_t)read_u32(reader);
	uint32_t count = read_u32(reader);
	struct process *process;
	int pidfd, error;

	if (reader->failed || pid <= 1 || pid == getpid() || pid == init->supervisor.pid || count > PROTOCOL_MAX_PIPES || count != fd_count)
		return -EINVAL;
	if (process_of_pid(init, pid) != NULL)
		return -EEXIST;
	pidfd = open_identity(pid, start_time);
	if (pidfd < 0)
		return pidfd;
	process = process_new(init, key, pid, start_time);
	if (process == NULL) {
		(void)!close(pidfd);
		return -ENFILE;
	}
	process->flags = RECORD_ADOPTED;
	process->pidfd = pidfd;
	error = watch(init, process);
	if (error == 0)
		error = add_pipes(init, process, reader, fds, count);
	if (error < 0) {
		(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, pidfd, NULL);
		(void)!close(pidfd);
		process_free(init, process);
		return error;
	}
	*adopted = process;
	return 0;
}

/* The kernel shows the status of 0 to those who may not know; this link asks for the same permission. */
static bool may_know(pid_t pid)
{
	char link[64], path[48] = "/proc/";
	char *at = path + 6, digits[12];
	int count = 0;

	for (uint32_t rest = (uint32_t)pid; rest > 0; rest /= 10)
		digits[count++] = (char)('0' + rest % 10);
	while (count > 0)
		*at++ = digits[--count];
	for (const char *end = "/ns/user"; *end != '\0'; end++)
		*at++ = *end;
	*at = '\0';
	return readlink(path, link, sizeof link) > 0;
}

static bool learn_status(const struct process *process, int *status)
{
	uint64_t start_time;
	pid_t parent;
	char state;

	if (exit_status_of_pidfd(process->pidfd, status) == 1)
		return true;
	return may_know(process->pid) && process_stat(process->pid, &start_time, &parent, &state, status) && state == 'Z' &&
	       start_time == process->start_time;
}

/* Whether it is settled how it ended. */
static bool settle(struct init *init, struct process *process)
{
	struct rusage usage;
	int status;

	/* By now it may be ours: orphans of our descendants come to us. */
	if (wait4(process->pid, &status, WNOHANG | __WALL, &usage) == process->pid) {
		process_ended(init, process, status, &usage);
		return true;
	}
	if (learn_status(process, &status)) {
		process_ended(init, process, status, NULL);
		return true;
	}
	/* Between the end and its being reaped there may be a moment in which nothing can be read. */
	if (process->tries++ < MOST_TRIES)
		return false;
	process->flags |= RECORD_UNKNOWN;
	process_ended(init, process, 0, NULL);
	return true;
}

void pidfd_ready(struct init *init, uint32_t index)
{
	struct process *process = &init->processes.list[index];

	if (index >= init->processes.used || process->state != PROCESS_RUNS || process->pidfd < 0)
		return;
	if (settle(init, process))
		return;
	(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, process->pidfd, NULL);
	init->processes.ending++;
	init->processes.look_at = init->now + LOOK_AGAIN;
}

void look_at_ending(struct init *init)
{
	struct processes *processes = &init->processes;

	processes->ending = 0;
	for (uint32_t i = 0; i < processes->used; i++) {
		struct process *process = &processes->list[i];

		if (process->state == PROCESS_RUNS && process->tries > 0 && !settle(init, process))
			processes->ending++;
	}
	processes->look_at = processes->ending > 0 ? init->now + LOOK_AGAIN : INIT_NEVER;
}
