/* Descriptors: locks, copies, pipes, packets. Each returns -errno when it fails. */
#ifndef DAEMONITOR_DESCRIPTORS_H
#define DAEMONITOR_DESCRIPTORS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* flock(2) with LOCK_NB. 1 when it is ours, 0 when somebody else's. */
int lock_descriptor(int fd, int operation);
int duplicate_descriptor(int fd, int least);
/* dup2(2); for from == to it clears close-on-exec, which dup2 leaves alone. */
int duplicate_onto(int from, int to);
int set_close_on_exec(int fd, bool on);
int create_memory_file(const char *name);
int create_socket_pair(int fds[2]);
int create_pipe(int fds[2]);
int send_packet(int fd, const void *data, size_t size);
/* One packet, malloc'ed: its size, 0 at end of file, -EAGAIN where `wait` is false and none is there. */
ssize_t receive_packet(int fd, bool wait, void **data);
/* poll(2) that a signal doesn't end. `timeout` in ms, -1 for none. -EBADF where a descriptor isn't open. */
int poll_descriptors(struct pollfd *fds, nfds_t count, int timeout);

#endif
