/* clone3(2) into a control group, on a stack of its own. */
#ifndef DAEMONITOR_PLAN_CLONE_H
#define DAEMONITOR_PLAN_CLONE_H

#include <sys/types.h>

struct plan_child;

/*
 * As clone(child->main, child->stack + PLAN_STACK, CLONE_VM | CLONE_VFORK |
 * CLONE_PIDFD | flags, child, pidfd) with exit signal 0, but the child begins
 * its life in the cgroup (version 2) of the directory `cgroup`. The pid, or
 * -errno: ENOSYS where the architecture, the kernel (before 5.7) or a sandbox
 * has none of it.
 */
pid_t plan_clone_into(struct plan_child *child, int flags, int cgroup, int *pidfd);

#endif
