#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int lock_descriptor(int fd, int operation)
{
	while (flock(fd, operation | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
	return 1;
}

int duplicate_descriptor(int fd, int least)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, least);

	return copy < 0 ? -errno : copy;
}

int duplicate_onto(int from, int to)
{
	if (from == to)
		return set_close_on_exec(from, false);
	while (dup2(from, to) < 0) {
		/* EBUSY: another thread is between getting the number and installing its file. */
		if (errno != EINTR && errno != EBUSY)
			return -errno;
	}
	return 0;
}

int set_close_on_exec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0)
		return -errno;
	flags = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
	return fcntl(fd, F_SETFD, flags) < 0 ? -errno : 0;
}

int create_memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int create_socket_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
}

int create_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC) < 0 ? -errno : 0;
}

int send_packet(int fd, const void *data, size_t size)
{
	while (send(fd, data, size, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static ssize_t receive_some(int fd, void *data, size_t size, int flags, bool wait)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t received;
	int status;

	for (;;) {
		received = recv(fd, data, size, flags | MSG_DONTWAIT);
		if (received >= 0)
			return received;
		/* A peer that died with our packets unread; the packets it had sent, or end of file, come next. */
		if (errno == EINTR || errno == ECONNRESET)
			continue;
		if (errno != EAGAIN || !wait)
			return -errno;
		status = poll_descriptors(&readable, 1, -1);
		if (status < 0)
			return status;
	}
}

ssize_t receive_packet(int fd, bool wait, void **data)
{
	ssize_t size = receive_some(fd, NULL, 0, MSG_PEEK | MSG_TRUNC, wait);
	void *buffer;

	if (size < 0)
		return size;
	buffer = malloc((size_t)size + 1);
	if (buffer == NULL)
		return -ENOMEM;
	size = receive_some(fd, buffer, (size_t)size, 0, wait);
	if (size < 0) {
		free(buffer);
		return size;
	}
	*data = buffer;
	return size;
}

static int64_t now_ms(void)
{
	struct timespec now;

	/* CLOCK_MONOTONIC can't fail on Linux; zero would only lengthen the wait. */
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int poll_descriptors(struct pollfd *fds, nfds_t count, int timeout)
{
	int64_t deadline = timeout < 0 ? 0 : now_ms() + timeout, left;
	int ready;

	while ((ready = poll(fds, count, timeout)) < 0) {
		if (errno != EINTR)
			return -errno;
		if (timeout >= 0) {
			left = deadline - now_ms();
			timeout = left > 0 ? (int)left : 0;
		}
	}
	for (nfds_t index = 0; index < count; index++) {
		if (fds[index].revents & POLLNVAL)
			return -EBADF;
	}
	return ready;
}
