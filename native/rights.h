/* Descriptors that travel with bytes over a stream socket. */
#ifndef DAEMONITOR_RIGHTS_H
#define DAEMONITOR_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * How many of the bytes went, with all of the descriptors or, when it is 0,
 * none; never waits, never raises SIGPIPE. Or -errno.
 */
ssize_t send_rights(int socket, const void *data, size_t size, const int *fds, size_t count);

#endif
