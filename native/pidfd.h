/* Processes by descriptor, so that a recycled pid is never meant. */
#ifndef DAEMONITOR_PIDFD_H
#define DAEMONITOR_PIDFD_H

/* A pidfd (always close-on-exec), or -errno. */
int open_pidfd(int pid);
/* 0 or -errno: -ESRCH where the process has been reaped. */
int signal_pidfd(int pidfd, int signal);
/* A copy of a descriptor of the process (close-on-exec), or -errno: -EPERM where we may not trace it. */
int take_descriptor(int pidfd, int fd);
/* 1 and the wait status of a reaped process, 0 where the kernel can't tell (yet), or -errno. */
int exit_status_of_pidfd(int pidfd, int *status);

#endif
