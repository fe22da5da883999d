/* Datagrams over unix sockets: both ends of sd_notify(3), and the sending end of syslog(3). */
#ifndef DAEMONITOR_NOTIFY_H
#define DAEMONITOR_NOTIFY_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/* "@" and a name. */
#define NOTIFY_ADDRESS_SIZE (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)

struct notify_message {
	void *data; /* malloc'ed */
	size_t size;
	pid_t pid; /* the kernel vouches for pid and uid; pid 0 is one that this pid namespace can't see */
	uid_t uid;
};

/* A bound socket, close-on-exec and non-blocking, or -errno. `wanted` is "@name", or NULL for a name of the kernel's choice. */
int open_notify_socket(const char *wanted, char address[NOTIFY_ADDRESS_SIZE]);
/* 0, or -EAGAIN when none waits, or another -errno. */
int receive_notify(int fd, struct notify_message *message);
/* To a path, or to "@name" for an abstract address. Gives up with -EAGAIN after 5 s of a full queue. */
int send_datagram(const char *address, const void *data, size_t size, const int *fds, size_t count);

#endif
