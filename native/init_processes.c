/* The table of processes: what runs, and how what ran has ended. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

#define INDEX_BITS 16

_Static_assert(MOST_PROCESSES <= 1u << INDEX_BITS, "a serial holds the index");

void processes_open(struct init *init)
{
	struct processes *processes = &init->processes;

	processes->free = processes->unsaid = processes->last_unsaid = INIT_NONE;
	processes->look_at = INIT_NEVER;
}

uint32_t process_index(const struct init *init, const struct process *process)
{
	return (uint32_t)(process - init->processes.list);
}

static uint32_t *bucket_of(struct init *init, pid_t pid)
{
	return &init->processes.buckets[(uint32_t)pid % MOST_PROCESSES];
}

struct process *process_of_pid(struct init *init, pid_t pid)
{
	for (uint32_t i = *bucket_of(init, pid); i != 0; i = init->processes.list[i - 1].next)
		if (init->processes.list[i - 1].pid == pid)
			return &init->processes.list[i - 1];
	return NULL;
}

struct process *process_of_serial(struct init *init, uint64_t serial)
{
	uint64_t index = serial & ((1u << INDEX_BITS) - 1);
	struct process *process;

	if (index >= init->processes.used)
		return NULL;
	process = &init->processes.list[index];
	return process->state != PROCESS_FREE && process->serial == serial ? process : NULL;
}

struct process *process_new(struct init *init, struct text key, pid_t pid, uint64_t start_time)
{
	struct processes *processes = &init->processes;
	uint32_t index = processes->free, *bucket = bucket_of(init, pid);
	struct process *process;

	if (index != INIT_NONE)
		processes->free = processes->list[index].next;
	else if (processes->used < MOST_PROCESSES)
		index = processes->used++;
	else
		return NULL;
	process = &processes->list[index];
	*process = (struct process){
		.serial = ++processes->serials << INDEX_BITS | index,
		.start_time = start_time,
		.spawned = clock_time(),
		.pid = pid,
		.pidfd = -1,
		.next = *bucket,
		.unsaid = INIT_NONE,
		.state = PROCESS_RUNS,
		.key_size = (uint8_t)key.size,
	};
	memcpy(process->key, key.bytes, key.size);
	*bucket = index + 1;
	processes->count++;
	return process;
}

/* Once it has been reaped, its number may come again for another one. */
static void leave_bucket(struct init *init, struct process *process)
{
	uint32_t *link = bucket_of(init, process->pid);

	while (*link != 0 && *link != process_index(init, process) + 1)
		link = &init->processes.list[*link - 1].next;
	if (*link != 0)
		*link = process->next;
}

static void leave_unsaid(struct processes *processes, uint32_t index)
{
	uint32_t before = INIT_NONE;

	for (uint32_t i = processes->unsaid; i != INIT_NONE; before = i, i = processes->list[i].unsaid) {
		if (i != index)
			continue;
		if (before == INIT_NONE)
			processes->unsaid = processes->list[i].unsaid;
		else
			processes->list[before].unsaid = processes->list[i].unsaid;
		if (processes->last_unsaid == i)
			processes->last_unsaid = before;
		return;
	}
}

void process_free(struct init *init, struct process *process)
{
	struct processes *processes = &init->processes;
	uint32_t index = process_index(init, process);

	if (process->state == PROCESS_RUNS)
		leave_bucket(init, process);
	else
		leave_unsaid(processes, index);
	process->state = PROCESS_FREE;
	process->next = processes->free;
	processes->free = index;
	processes->count--;
}

static void keep_usage(struct process *process, const struct rusage *usage)
{
	const uint64_t kept[] = {
		(uint64_t)usage->ru_utime.tv_sec * 1000000u + (uint64_t)usage->ru_utime.tv_usec,
		(uint64_t)usage->ru_stime.tv_sec * 1000000u + (uint64_t)usage->ru_stime.tv_usec,
		(uint64_t)usage->ru_maxrss, (uint64_t)usage->ru_minflt, (uint64_t)usage->ru_majflt, (uint64_t)usage->ru_inblock,
		(uint64_t)usage->ru_oublock, (uint64_t)usage->ru_nvcsw, (uint64_t)usage->ru_nivcsw,
	};

	memcpy(process->usage, kept, sizeof kept);
}

void process_ended(struct init *init, struct process *process, int status, const struct rusage *usage)
{
	struct processes *processes = &init->processes;
	uint32_t index = process_index(init, process);

	/* First its output, then its end: who reads the record finds the last words in the log. */
	for (uint32_t i = 0; i < process->pipe_count; i++)
		pump_drain(&init->pump, process->pipes[i], process->serial, init->now);
	leave_bucket(init, process);
	if (process->pidfd >= 0) {
		(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, process->pidfd, NULL);
		(void)!close(process->pidfd);
		process->pidfd = -1;
	}
	process->state = PROCESS_EXITED;
	process->exited = clock_time();
	process->status = status;
	process->flags |= RECORD_EXITED | (usage == NULL ? RECORD_NO_USAGE : 0);
	if (usage != NULL)
		keep_usage(process, usage);
	process->unsaid = INIT_NONE;
	if (processes->last_unsaid == INIT_NONE)
		processes->unsaid = index;
	else
		processes->list[processes->last_unsaid].unsaid = index;
	processes->last_unsaid = index;
	processes->exited++;
}

void write_record(struct writer *writer, const struct process *process)
{
	write_u64(writer, process->serial);
	write_u64(writer, process->start_time);
	write_u64(writer, process->spawned);
	write_u64(writer, process->exited);
	write_u32(writer, (uint32_t)process->pid);
	write_u32(writer, process->flags);
	write_u32(writer, (uint32_t)process->status);
	write_u32(writer, 0);
	for (uint32_t i = 0; i < sizeof process->usage / sizeof *process->usage; i++)
		write_u64(writer, process->usage[i]);
	write_text(writer, (struct text){ process->key, process->key_size });
}

static void tell_orphan(struct init *init, pid_t pid, int status)
{
	_Alignas(8) unsigned char buffer[64];
	struct writer writer = event_begin(init, buffer, sizeof buffer);

	write_u32(&writer, (uint32_t)pid);
	write_u32(&writer, (uint32_t)status);
	init->processes.orphans++;
	event_end(init, &writer, EVENT_ORPHAN);
}

void reap(struct init *init)
{
	struct rusage usage;
	struct process *process;
	int status;
	pid_t pid;

	for (;;) {
		pid = wait4(-1, &status, WNOHANG | __WALL, &usage);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return;
		process = process_of_pid(init, pid);
		if (pid == init->supervisor.pid)
			supervisor_ended(init, status);
		else if (process != NULL)
			process_ended(init, process, status, &usage);
		else
			tell_orphan(init, pid, status);
	}
}
