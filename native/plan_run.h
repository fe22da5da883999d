/* Shared by the files of the plan interpreter; nobody else includes it. */
#ifndef DAEMONITOR_PLAN_RUN_H
#define DAEMONITOR_PLAN_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "plan.h"

#define PLAN_NO_STEP UINT32_MAX
#define PLAN_ALL_NEEDED UINT_MAX
#define PLAN_STACK (64 * 1024) /* for each fork; a multiple of 16 */

/* Seen by every process of a plan: the children share the caller's memory. */
struct plan_run {
	char *base;
	const struct plan_step *steps;
	uint32_t count;
	uint32_t forks;
	char *stacks;
	char **argv, **envp;
	uint64_t mask; /* of signals, in force at exec */
	uint64_t caller_mask;
	volatile uint32_t at; /* the step that is being run */
	uint32_t joined; /* the step that the clone has done already, or PLAN_NO_STEP */
	unsigned unneeded; /* what the last process is born without: this descriptor and all above; or PLAN_ALL_NEEDED */
	volatile bool refused; /* it could not be, and has ended having done nothing */
	int handover; /* where the middle process sends the daemon's pidfd, or -1 */
	const struct rlimit *files; /* limit of descriptors that children begin with, or NULL */
	struct plan_outcome *outcome;
};

struct plan_child {
	struct plan_run *run;
	uint32_t first; /* step */
	unsigned level; /* 1 after the first fork */
	int (*main)(void *child);
	char *stack; /* lower end of PLAN_STACK bytes */
};

/* Pointers that an exec step needs in scratch memory: argv, envp and their ends. */
static inline size_t plan_pointers(const struct plan_step *last)
{
	return last->op == PLAN_EXEC ? (size_t)last->list_count + last->list2_count + 2 : 0;
}

/* Runs any step but fork: 0, or -errno. Only async-signal-safe work. */
int plan_step(struct plan_run *run, const struct plan_step *step);

/* clone(2) of the process that executes, the first fork's or the second's. The pid, or -1 with errno. */
pid_t plan_clone_last(struct plan_child *child, int *pidfd);
void plan_reap(pid_t pid);

/* plan_open.c: as plan_step(). */
int plan_open_at(const struct plan_run *run, const struct plan_step *step);
int plan_duplicate(int from, int to);

/* close_range(2) and what stands in for it where the kernel has none. `list` is ascending. */
int plan_close_fds(unsigned lowest, int on_exec, const uint32_t *list, uint32_t count);

/* The lowest of those that such a step closes without exception, or PLAN_ALL_NEEDED. */
unsigned plan_closes_from(const struct plan_run *run, const struct plan_step *step);

/* A table of descriptors of its own, of those below `lowest`, for a process that shares its caller's: 0, or -errno. */
int plan_unshare_files(unsigned lowest);

#endif
