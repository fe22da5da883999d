#include "notify.h"

#include "rights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SEND_SECONDS 5

static int name_address(int fd, char address[NOTIFY_ADDRESS_SIZE])
{
	struct sockaddr_un bound;
	socklen_t length = sizeof bound;
	size_t size;

	if (getsockname(fd, (struct sockaddr *)&bound, &length) < 0)
		return -errno;
	size = length - offsetof(struct sockaddr_un, sun_path);
	memcpy(address, bound.sun_path, size);
	address[0] = '@';
	address[size] = '\0';
	return 0;
}

static int parse_address(const char *text, struct sockaddr_un *address, socklen_t *length)
{
	size_t size = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || size < 2)
		return -EINVAL;
	if (size >= sizeof address->sun_path)
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, text, size);
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (text[0] == '@')
		address->sun_path[0] = '\0';
	else
		++*length;
	return 0;
}

/* An address of the family alone makes the kernel choose a free abstract name. */
static int wanted_address(const char *wanted, struct sockaddr_un *address, socklen_t *length)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*length = sizeof address->sun_family;
	if (wanted == NULL)
		return 0;
	return wanted[0] == '@' ? parse_address(wanted, address, length) : -EINVAL;
}

int open_notify_socket(const char *wanted, char address[NOTIFY_ADDRESS_SIZE])
{
	struct sockaddr_un own;
	socklen_t length;
	int fd, on = 1, error = wanted_address(wanted, &own, &length);

	if (error < 0)
		return error;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&own, length) < 0)
		error = -errno;
	else
		error = name_address(fd, address);
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}

static void close_all(const struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t index = 0; index < count; index++) {
		memcpy(&fd, CMSG_DATA(header) + index * sizeof fd, sizeof fd);
		close(fd);
	}
}

static void read_control(struct msghdr *header, struct notify_message *message)
{
	struct ucred credentials;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_RIGHTS)
			close_all(part);
		else if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len == CMSG_LEN(sizeof credentials)) {
			memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
			message->pid = credentials.pid;
			message->uid = credentials.uid;
		}
	}
}

int receive_notify(int fd, struct notify_message *message)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(RIGHTS_MOST * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec vector;
	struct msghdr header = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	ssize_t size;

	do
		size = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	*message = (struct notify_message){ .data = malloc((size_t)size + 1), .uid = (uid_t)-1 };
	if (message->data == NULL)
		return -ENOMEM;
	vector = (struct iovec){ .iov_base = message->data, .iov_len = (size_t)size };
	do
		size = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0) {
		int error = -errno;

		free(message->data);
		return error;
	}
	message->size = (size_t)size;
	read_control(&header, message);
	return 0;
}

static int send_once(int fd, struct msghdr *header)
{
	struct timeval limit = { .tv_sec = SEND_SECONDS };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
		return -errno;
	while (sendmsg(fd, header, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int send_datagram(const char *address, const void *data, size_t size, const int *fds, size_t count)
{
	union rights room;
	struct sockaddr_un target;
	struct iovec vector = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr header = { .msg_name = &target, .msg_iov = &vector, .msg_iovlen = 1 };
	int fd, status = parse_address(address, &target, &header.msg_namelen);

	if (status < 0)
		return status;
	if (count > RIGHTS_MOST)
		return -EINVAL;
	attach_rights(&header, &room, fds, count);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	status = send_once(fd, &header);
	close(fd);
	return status;
}
