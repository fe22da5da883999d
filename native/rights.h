/* Descriptors that travel with bytes over a unix socket. */
#ifndef DAEMONITOR_RIGHTS_H
#define DAEMONITOR_RIGHTS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define RIGHTS_MOST 253 /* SCM_MAX_FD of the kernel */

/* Room for a message's descriptors; must live as long as the message. */
union rights {
	char bytes[CMSG_SPACE(RIGHTS_MOST * sizeof(int))];
	struct cmsghdr align;
};

/* Lets at most RIGHTS_MOST descriptors travel with a message; with none it stays as it is. */
void attach_rights(struct msghdr *message, union rights *room, const int *fds, size_t count);

/*
 * How many of the bytes went, with all of the descriptors or, when it is 0,
 * none; never waits, never raises SIGPIPE. Or -errno.
 */
ssize_t send_rights(int socket, const void *data, size_t size, const int *fds, size_t count);

#endif
