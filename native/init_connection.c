/*
 * The stream to the supervisor. What comes in is trusted with decisions, not
 * with being well-formed: whoever sends garbage is ended and started again.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"

#define MOST_AT_ONCE (256u * 1024u)
#define HALF_FRAME_TIMEOUT (10000 * INIT_MS)

uint32_t connection_room(const struct init *init)
{
	return OUT_BYTES - (init->connection.out_end - init->connection.out_start);
}

static void watch(struct init *init, int operation, uint32_t interest)
{
	struct epoll_event event = { .events = interest, .data.u64 = (uint64_t)TAG_CONNECTION << 32 };

	if (operation == EPOLL_CTL_MOD && interest == init->connection.interest)
		return;
	init->connection.interest = interest;
	if (epoll_ctl(init->epoll, operation, init->connection.fd, &event) < 0)
		init->connection.garbage = true;
}

void connection_open(struct init *init, int fd)
{
	struct connection *connection = &init->connection;

	connection->fd = fd;
	connection->greeted = connection->garbage = false;
	connection->in_size = connection->out_start = connection->out_end = connection->fd_count = 0;
	connection->half_since = INIT_NEVER;
	events_rewind(init);
	watch(init, EPOLL_CTL_ADD, EPOLLIN);
	say_hello(init);
	connection_push(init);
}

static void close_fds(struct connection *connection)
{
	for (uint32_t i = 0; i < connection->fd_count; i++)
		(void)!close(connection->fds[i]);
	connection->fd_count = 0;
}

/* The descriptors of one message, behind those that wait for their frame. */
static void take_fds(struct connection *connection, struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
			if (connection->fd_count < sizeof connection->fds / sizeof *connection->fds) {
				connection->fds[connection->fd_count++] = fd;
			} else {
				(void)!close(fd);
				connection->garbage = true;
			}
		}
	}
	if (message->msg_flags & MSG_CTRUNC)
		connection->garbage = true;
}

/* Bytes that came, 0 when there are none now, -1 at the end. */
static ssize_t receive(struct connection *connection)
{
	union {
		char bytes[CMSG_SPACE(PROTOCOL_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	uint32_t space = sizeof connection->in - connection->in_size;
	struct iovec vector = { .iov_base = connection->in + connection->in_size, .iov_len = space < MOST_AT_ONCE ? space : MOST_AT_ONCE };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	ssize_t size;

	if (space == 0)
		return 0;
	size = recvmsg(connection->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (size == 0)
		return -1;
	take_fds(connection, &message);
	connection->in_size += (uint32_t)size;
	return size;
}

static void handle_frame(struct init *init, unsigned char *frame, const struct frame_header *header)
{
	struct connection *connection = &init->connection;
	int fds[PROTOCOL_MAX_FDS];

	if (header->fds > connection->fd_count || header->fds > PROTOCOL_MAX_FDS) {
		connection->garbage = true;
		return;
	}
	for (uint32_t i = 0; i < header->fds; i++)
		fds[i] = connection->fds[i];
	connection->fd_count -= header->fds;
	memmove(connection->fds, connection->fds + header->fds, connection->fd_count * sizeof *fds);
	handle_request(init, frame, header, fds);
	for (uint32_t i = 0; i < header->fds; i++)
		if (fds[i] >= 0)
			(void)!close(fds[i]);
}

/* Whether there was one. Frames are multiples of eight bytes, so each begins aligned, as a plan in it must be. */
static bool handle_frames(struct init *init)
{
	struct connection *connection = &init->connection;
	struct frame_header header;
	uint32_t at = 0;

	while (!connection->garbage && connection_room(init) >= ANSWER_BYTES) {
		enum frame_check check = frame_check(connection->in + at, connection->in_size - at, PROTOCOL_MAX_FRAME, &header);

		if (check == FRAME_GARBAGE)
			connection->garbage = true;
		if (check != FRAME_WHOLE)
			break;
		handle_frame(init, connection->in + at, &header);
		at += header.size;
	}
	if (at == 0)
		return false;
	connection->in_size -= at;
	memmove(connection->in, connection->in + at, connection->in_size);
	if (at > KEPT_BYTES && connection->in_size <= KEPT_BYTES)
		give_back(connection->in, sizeof connection->in, KEPT_BYTES);
	return true;
}

void connection_send(struct init *init, const void *frame, uint32_t size)
{
	struct connection *connection = &init->connection;

	if (connection->fd < 0 || size > connection_room(init))
		return;
	if (size > OUT_BYTES - connection->out_end) {
		connection->out_end -= connection->out_start;
		memmove(connection->out, connection->out + connection->out_start, connection->out_end);
		connection->out_start = 0;
	}
	memcpy(connection->out + connection->out_end, frame, size);
	connection->out_end += size;
}

/* False when the other side is gone. */
static bool flush(struct init *init)
{
	struct connection *connection = &init->connection;
	ssize_t sent;

	while (connection->out_start < connection->out_end) {
		sent = send(connection->fd, connection->out + connection->out_start, connection->out_end - connection->out_start,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		connection->out_start += (uint32_t)sent;
	}
	if (connection->out_end > KEPT_BYTES)
		give_back(connection->out, sizeof connection->out, KEPT_BYTES);
	connection->out_start = connection->out_end = 0;
	return true;
}

void connection_push(struct init *init)
{
	struct connection *connection = &init->connection;
	uint32_t interest;
	bool handled;

	if (connection->fd < 0)
		return;
	do {
		handled = handle_frames(init);
		if (connection->greeted)
			tell_news(init);
	} while (flush(init) && handled);
	interest = connection_room(init) >= ANSWER_BYTES && connection->in_size < sizeof connection->in ? EPOLLIN : 0;
	if (connection->out_start < connection->out_end)
		interest |= EPOLLOUT;
	watch(init, EPOLL_CTL_MOD, interest);
	if (connection->in_size == 0 || connection_room(init) < ANSWER_BYTES)
		connection->half_since = INIT_NEVER;
	else if (connection->half_since == INIT_NEVER)
		connection->half_since = init->now;
}

/* What it asked for before it went is still done: only the answers have nowhere to go. */
static void forget_peer(struct init *init)
{
	struct connection *connection = &init->connection;

	do
		connection->out_start = connection->out_end = 0;
	while (handle_frames(init));
	(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	(void)!close(connection->fd);
	connection->fd = -1;
	close_fds(connection);
}

void connection_ready(struct init *init, uint32_t events)
{
	struct connection *connection = &init->connection;

	if (connection->fd < 0)
		return;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && connection->in_size < sizeof connection->in && receive(connection) < 0) {
		forget_peer(init);
		/* It may be about to exit; if it isn't, it can't reach us any more. */
		init->supervisor.kill_at = init->now + 1000 * INIT_MS;
		return;
	}
	connection_push(init);
}

void connection_check(struct init *init)
{
	struct connection *connection = &init->connection;

	if (connection->fd < 0)
		return;
	if (connection->half_since != INIT_NEVER && init->now - connection->half_since > HALF_FRAME_TIMEOUT)
		connection->garbage = true;
	if (!connection->garbage)
		return;
	forget_peer(init);
	supervisor_kill(init, "it sent what is no frame");
}

void connection_close(struct init *init)
{
	struct connection *connection = &init->connection;

	if (connection->fd < 0)
		return;
	connection->out_start = connection->out_end = 0;
	while (!connection->garbage && receive(connection) > 0)
		handle_frames(init);
	forget_peer(init);
}
