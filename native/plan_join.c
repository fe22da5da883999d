/* Where a plan's last process is born: in the cgroup that it is to join, wherever that can be. */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"
#include "plan_clone.h"
#include "plan_run.h"

/*
 * The step that joins a cgroup, if the process can as well begin its life there:
 * nothing before it changes what the path means, or who may do it.
 */
static uint32_t find_join(const struct plan_run *run, uint32_t first)
{
	for (uint32_t i = first; i < run->count; i++) {
		switch (run->steps[i].op) {
		case PLAN_JOIN_CGROUP:
			return i;
		case PLAN_CHDIR:
		case PLAN_CHROOT:
		case PLAN_SET_GROUPS:
		case PLAN_SET_GID:
		case PLAN_SET_UID:
			return PLAN_NO_STEP;
		}
	}
	return PLAN_NO_STEP;
}

/* The directory of the step's cgroup.procs: for that long, its path ends at the last slash. */
static int open_cgroup(const struct plan_run *run, uint32_t join)
{
	char *path = run->base + run->steps[join].text;
	char *slash = strrchr(path, '/');
	int directory;

	if (slash == NULL)
		return -1;
	*slash = '\0';
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	return directory;
}

/*
 * Whatever stands in the way of being born in the cgroup (no clone3 here,
 * version 1, a sandbox), a child that joins it by itself is tried next, and
 * tells what can't be done.
 */
pid_t plan_clone_last(struct plan_run *run, uint32_t first, int (*child_main)(void *), char *stack, void *argument, int *pidfd)
{
	uint32_t join = find_join(run, first);
	int directory = join == PLAN_NO_STEP ? -1 : open_cgroup(run, join);
	pid_t pid = -1;

	if (directory >= 0) {
		run->joined = join;
		pid = plan_clone_into(child_main, stack, PLAN_STACK, directory, argument, pidfd);
		(void)!close(directory);
	}
	if (pid < 0) {
		run->joined = PLAN_NO_STEP;
		pid = clone(child_main, stack + PLAN_STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, argument, pidfd);
	}
	return pid;
}
