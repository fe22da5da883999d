/* Shared by the files of the plan interpreter; nobody else includes it. */
#ifndef DAEMONITOR_PLAN_RUN_H
#define DAEMONITOR_PLAN_RUN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "plan.h"

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
	int handover; /* where the middle process sends the daemon's pidfd, or -1 */
	const struct rlimit *files; /* limit of descriptors that children begin with, or NULL */
	struct plan_outcome *outcome;
};

/* Pointers that an exec step needs in scratch memory: argv, envp and their ends. */
static inline size_t plan_pointers(const struct plan_step *last)
{
	return last->op == PLAN_EXEC ? (size_t)last->list_count + last->list2_count + 2 : 0;
}

/* Runs any step but fork: 0, or -errno. Only async-signal-safe work. */
int plan_step(struct plan_run *run, const struct plan_step *step);

/* close_range(2) and what stands in for it where the kernel has none. `list` is ascending. */
int plan_close_fds(unsigned lowest, int on_exec, const uint32_t *list, uint32_t count);

#endif
