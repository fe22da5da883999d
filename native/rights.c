#include "rights.h"

#include <errno.h>
#include <string.h>

void attach_rights(struct msghdr *message, union rights *room, const int *fds, size_t count)
{
	if (count == 0)
		return;
	memset(room, 0, sizeof *room);
	message->msg_control = room->bytes;
	message->msg_controllen = CMSG_SPACE(count * sizeof *fds);
	*CMSG_FIRSTHDR(message) =
		(struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof *fds) };
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(message)), fds, count * sizeof *fds);
}

ssize_t send_rights(int socket, const void *data, size_t size, const int *fds, size_t count)
{
	union rights room;
	struct iovec vector = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	ssize_t sent;

	if (count > RIGHTS_MOST || size == 0)
		return -EINVAL;
	attach_rights(&message, &room, fds, count);
	do
		sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? 0 : -errno;
	return sent;
}
