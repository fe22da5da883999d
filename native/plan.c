/*
 * Runs launch plans under clone(CLONE_VM | CLONE_VFORK), nested once for the
 * second fork. A child borrows the caller's memory until it executes or exits,
 * so no page table is copied and a failed step comes back by plain assignment.
 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"
#include "plan_run.h"
#include "plan_signals.h"

static void run_steps(struct plan_run *run, uint32_t first, unsigned level);

static uint64_t now_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(struct plan_run *run, uint32_t step, int error)
{
	run->outcome->step = (int32_t)step;
	run->outcome->error = error;
}

static bool failed(const struct plan_run *run)
{
	return run->outcome->step >= 0;
}

static int child_main(void *argument)
{
	struct plan_child *child = argument;
	struct plan_run *run = child->run;

	if (child->level == 1) {
		plan_drop_handlers();
		/* Here and not before the fork: whoever has more open than this could not even be given a pidfd. */
		if (run->files != NULL)
			(void)setrlimit(RLIMIT_NOFILE, run->files);
	}
	if (child->level == run->forks) {
		if (run->unneeded != PLAN_ALL_NEEDED && plan_unshare_files(run->unneeded) < 0) {
			run->refused = true;
			return 0;
		}
		run->outcome->pid = getpid();
	}
	run_steps(run, child->first, child->level);
	/* clone(2) makes it _exit(0): no exit handler, nothing flushed. */
	return 0;
}

/* The pidfd must be taken while we are the daemon's parent: afterwards its number may be anybody's. */
static void hand_over(int socket, int pidfd)
{
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };

	memcpy(CMSG_DATA(&control.header), &pidfd, sizeof pidfd);
	/* A failure leaves the launcher without a pidfd, and it says so: nothing else to do here. */
	(void)!sendmsg(socket, &message, MSG_NOSIGNAL);
}

static int take_over(int socket)
{
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int pidfd = -1;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&pidfd, CMSG_DATA(&control.header), sizeof pidfd);
	return pidfd;
}

void plan_reap(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/*
 * Returns when the child has executed or is gone. Exit signal 0: the first
 * child's end is no business of the caller's SIGCHLD handler; exec gives the
 * one that lives on SIGCHLD again.
 */
static void fork_step(struct plan_run *run, uint32_t index, unsigned level)
{
	struct plan_child child = {
		.run = run,
		.first = index + 1,
		.level = level + 1,
		.main = child_main,
		.stack = run->stacks + (size_t)level * PLAN_STACK,
	};
	bool last = child.level == run->forks;
	int pidfd = -1;
	pid_t pid = last ? plan_clone_last(&child, &pidfd) : clone(child_main, child.stack + PLAN_STACK, CLONE_VM | CLONE_VFORK, &child);

	if (pid < 0) {
		fail(run, index, errno);
		return;
	}
	/* Gone without having said why: a signal ended it in the middle of a step. */
	if (!failed(run) && run->at != run->count - 1)
		fail(run, run->at, EINTR);
	if (!last) {
		plan_reap(pid);
	} else if (failed(run)) {
		(void)!close(pidfd);
		plan_reap(pid);
	} else if (level > 0) {
		hand_over(run->handover, pidfd);
	} else {
		run->outcome->pidfd = pidfd;
	}
}

static void run_steps(struct plan_run *run, uint32_t first, unsigned level)
{
	for (uint32_t i = first; i < run->count; i++) {
		int error;

		run->at = i;
		if (run->steps[i].op == PLAN_FORK) {
			fork_step(run, i, level);
			return;
		}
		error = i == run->joined ? 0 : plan_step(run, &run->steps[i]);
		if (error < 0) {
			fail(run, i, -error);
			return;
		}
	}
}

static void list_texts(const struct plan_run *run, uint32_t offset, uint32_t count, char **texts)
{
	const uint32_t *list = (const void *)(run->base + offset);

	for (uint32_t i = 0; i < count; i++)
		texts[i] = run->base + list[i];
	texts[count] = NULL;
}

static uint32_t count_forks(const struct plan_step *steps, uint32_t count)
{
	uint32_t forks = 0;

	for (uint32_t i = 0; i < count; i++)
		forks += steps[i].op == PLAN_FORK;
	return forks;
}

static void run_forked(struct plan_run *run)
{
	int dumpable = prctl(PR_GET_DUMPABLE);
	int pair[2] = { -1, -1 };

	if (run->forks > 1 && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0) {
		/* Without it the daemon would be launched, but nobody could hold it. */
		fail(run, 0, errno);
		return;
	}
	run->handover = pair[1];
	plan_block_signals();
	run_steps(run, 0, 0);
	plan_restore_signals(run->caller_mask);
	/* The kernel clears the flag in the shared memory when a child changes its user. */
	if (dumpable == 1 && prctl(PR_GET_DUMPABLE) != 1)
		(void)prctl(PR_SET_DUMPABLE, 1);
	if (pair[0] >= 0) {
		run->outcome->pidfd = take_over(pair[0]);
		(void)!close(pair[0]);
		(void)!close(pair[1]);
	}
	if (failed(run))
		run->outcome->pid = 0;
}

void plan_run(void *plan, void *scratch, const struct rlimit *files, struct plan_outcome *outcome)
{
	const struct plan_header *header = plan;
	const struct plan_step *steps = (const void *)(header + 1);
	const struct plan_step *last = &steps[header->count - 1];
	uint64_t start = now_ns();
	struct plan_run run = {
		.base = plan,
		.steps = steps,
		.count = header->count,
		.forks = count_forks(steps, header->count),
		.stacks = scratch,
		.mask = plan_signal_mask(),
		.joined = PLAN_NO_STEP,
		.unneeded = PLAN_ALL_NEEDED,
		.handover = -1,
		.files = files,
		.outcome = outcome,
	};

	run.caller_mask = run.mask;
	*outcome = (struct plan_outcome){ .pidfd = -1, .step = -1 };
	if (last->op == PLAN_EXEC) {
		run.argv = (char **)((char *)scratch + (size_t)run.forks * PLAN_STACK);
		run.envp = run.argv + last->list_count + 1;
		list_texts(&run, last->list, last->list_count, run.argv);
		list_texts(&run, last->list2, last->list2_count, run.envp);
	}
	if (run.forks > 0)
		run_forked(&run);
	else
		run_steps(&run, 0, 0);
	outcome->blocked_ns = now_ns() - start;
}
