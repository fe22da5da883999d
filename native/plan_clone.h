/* clone3(2) into a control group, on a stack of its own. */
#ifndef DAEMONITOR_PLAN_CLONE_H
#define DAEMONITOR_PLAN_CLONE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * As clone(child_main, stack + size, CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
 * argument, pidfd) with exit signal 0, but the child begins its life in the
 * cgroup (version 2) of the directory `cgroup`. The pid, or -errno: ENOSYS
 * where the architecture, the kernel (before 5.7) or a sandbox has none of it.
 */
pid_t plan_clone_into(int (*child_main)(void *), void *stack, size_t size, int cgroup, void *argument, int *pidfd);

#endif
