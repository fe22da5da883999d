/* Descriptors that outlive the supervisor, by name; and the datagrams that come in on some of them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"

#define MOST_DATAGRAM 4096
#define AT_ONCE 64

struct held *held_of_name(struct init *init, struct text name)
{
	for (uint32_t i = 0; i < init->held_used; i++) {
		struct held *held = &init->held[i];

		if (held->fd >= 0 && held->name_size == name.size && memcmp(held->name, name.bytes, name.size) == 0)
			return held;
	}
	return NULL;
}

static int watch(struct init *init, const struct held *held)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)TAG_NOTIFY << 32 | (uint32_t)(held - init->held) };
	int on = 1, type;
	socklen_t size = sizeof type;

	if (getsockopt(held->fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return -errno;
	if (type != SOCK_DGRAM)
		return -EINVAL;
	if (setsockopt(held->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
		return -errno;
	return epoll_ctl(init->epoll, EPOLL_CTL_ADD, held->fd, &event) < 0 ? -errno : 0;
}

static void let_go(struct init *init, struct held *held)
{
	/* The supervisor may have it too, and then closing alone would not end the watch. */
	if (held->flags & HOLD_NOTIFY)
		(void)epoll_ctl(init->epoll, EPOLL_CTL_DEL, held->fd, NULL);
	(void)!close(held->fd);
	held->fd = -1;
	init->held_count--;
}

static struct held *free_place(struct init *init)
{
	for (uint32_t i = 0; i < init->held_used; i++)
		if (init->held[i].fd < 0)
			return &init->held[i];
	return init->held_used < MOST_HELD ? &init->held[init->held_used++] : NULL;
}

static bool is_name(struct text name)
{
	return name.size > 0 && memchr(name.bytes, ':', name.size) == NULL;
}

/* Takes `fd`, but not when it fails. One of the same name is replaced. */
int hold(struct init *init, struct text name, uint32_t flags, int fd)
{
	struct held *before = held_of_name(init, name), *held;
	int error = 0;

	if (!is_name(name) || (flags & ~HOLD_NOTIFY) != 0)
		return -EINVAL;
	held = free_place(init);
	if (held == NULL)
		return -ENFILE;
	*held = (struct held){ .fd = fd, .flags = flags, .name_size = (uint8_t)name.size };
	memcpy(held->name, name.bytes, name.size);
	if (flags & HOLD_NOTIFY)
		error = watch(init, held);
	if (error < 0) {
		held->fd = -1;
		return error;
	}
	init->held_count++;
	if (before != NULL)
		let_go(init, before);
	return 0;
}

int release(struct init *init, struct text name)
{
	struct held *held = held_of_name(init, name);

	if (held == NULL)
		return -ENOENT;
	let_go(init, held);
	return 0;
}

int rename_held(struct init *init, struct text from, struct text to)
{
	struct held *held = held_of_name(init, from), *before = held_of_name(init, to);

	if (held == NULL)
		return -ENOENT;
	if (!is_name(to))
		return -EINVAL;
	if (before != NULL && before != held)
		let_go(init, before);
	held->name_size = (uint8_t)to.size;
	memcpy(held->name, to.bytes, to.size);
	return 0;
}

static void close_rights(const struct cmsghdr *part)
{
	size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
		(void)!close(fd);
	}
}

/* Closing what came along is also the answer that sd_notify_barrier(3) waits for. */
static struct ucred read_control(struct msghdr *message)
{
	struct ucred sender = { .uid = (uid_t)-1, .gid = (gid_t)-1 };

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_RIGHTS)
			close_rights(part);
		else if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len == CMSG_LEN(sizeof sender))
			memcpy(&sender, CMSG_DATA(part), sizeof sender);
	}
	return sender;
}

static void tell_notify(struct init *init, const struct held *held, const struct ucred *sender, const char *data, uint32_t size)
{
	_Alignas(8) unsigned char buffer[MOST_DATAGRAM + 256];
	struct writer writer = event_begin(init, buffer, sizeof buffer);
	pid_t session = sender->pid > 0 ? getsid(sender->pid) : 0;

	write_u32(&writer, (uint32_t)sender->pid);
	write_u32(&writer, sender->uid);
	/* Asked now: the sender may be gone when the supervisor reads this. */
	write_u32(&writer, session > 0 ? (uint32_t)session : 0);
	write_u32(&writer, sender->gid);
	write_text(&writer, (struct text){ held->name, held->name_size });
	write_u32(&writer, size);
	write_bytes(&writer, data, size);
	event_end(init, &writer, EVENT_NOTIFY);
}

/* False when there was none. */
static bool receive_one(struct init *init, const struct held *held)
{
	char data[MOST_DATAGRAM];
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec vector = { .iov_base = data, .iov_len = sizeof data };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	ssize_t size = recvmsg(held->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct ucred sender;

	if (size < 0)
		return errno == EINTR;
	sender = read_control(&message);
	if (message.msg_flags & MSG_TRUNC) {
		init->events.dropped++;
		init->events.notify_dropped++;
		return true;
	}
	tell_notify(init, held, &sender, data, (uint32_t)size);
	return true;
}

void notify_ready(struct init *init, uint32_t index)
{
	const struct held *held = &init->held[index];

	if (index >= init->held_used || held->fd < 0 || !(held->flags & HOLD_NOTIFY))
		return;
	for (int i = 0; i < AT_ONCE && receive_one(init, held); i++)
		;
}
