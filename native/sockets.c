#include "sockets.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int lookup_error(int status)
{
	switch (status) {
	case EAI_SYSTEM:
		return -errno;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_AGAIN:
		return -EAGAIN;
	case EAI_FAMILY:
		return -EAFNOSUPPORT;
	default:
		return -EINVAL;
	}
}

static int parse_address(const char *host, uint16_t port, int type, struct addrinfo **result)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	char service[8];
	int status;

	snprintf(service, sizeof service, "%u", (unsigned)port);
	status = getaddrinfo(host, service, &hints, result);
	return status == 0 ? 0 : lookup_error(status);
}

static int bind_inet(int fd, const struct addrinfo *address)
{
	int on = 1, off = 0;

	/*
	 * TCP: connections of the last process in TIME_WAIT don't count. Not for UDP, where Linux
	 * would let two programs of one user bind the same port, and the last one gets the datagrams.
	 */
	if (address->ai_socktype == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return -errno;
	/* "::" is every address, IPv4 among them, whatever net.ipv6.bindv6only says. */
	if (address->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0)
		return -errno;
	return bind(fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
}

static int open_inet(const char *host, uint16_t port, int type, int backlog)
{
	struct addrinfo *address;
	int fd, status = parse_address(host, port, type, &address);

	if (status < 0)
		return status;
	fd = socket(address->ai_family, type | SOCK_CLOEXEC, 0);
	status = fd < 0 ? -errno : bind_inet(fd, address);
	freeaddrinfo(address);
	if (status == 0 && type == SOCK_STREAM && listen(fd, backlog) < 0)
		status = -errno;
	if (status < 0 && fd >= 0)
		close(fd);
	return status < 0 ? status : fd;
}

int listen_tcp(const char *host, uint16_t port, int backlog)
{
	return open_inet(host, port, SOCK_STREAM, backlog);
}

int bind_udp(const char *host, uint16_t port)
{
	return open_inet(host, port, SOCK_DGRAM, 0);
}

static int name_path(const char *path, struct sockaddr_un *address)
{
	size_t size = strlen(path);

	if (size == 0)
		return -EINVAL;
	if (size >= sizeof address->sun_path)
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, size);
	return 0;
}

int listen_unix(const char *path, mode_t mode, int backlog)
{
	struct sockaddr_un address;
	int fd, status = name_path(path, &address);

	if (status < 0)
		return status;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* bind(2) gives the mode of the socket to the file: a chmod(2) after it would leave a moment for others. */
	if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		status = -errno;
	} else if (listen(fd, backlog) < 0) {
		status = -errno;
		/* It is ours: bind(2) has made it. Left behind it would only be stale. */
		(void)!unlink(path);
	}
	if (status < 0)
		close(fd);
	return status < 0 ? status : fd;
}

int connect_unix(const char *path)
{
	struct sockaddr_un address;
	int fd, status = name_path(path, &address);

	if (status < 0)
		return status;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		status = -errno;
		close(fd);
		return status;
	}
	return fd;
}

int peer_credentials(int fd, struct ucred *credentials)
{
	socklen_t size = sizeof *credentials;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, &size) < 0 ? -errno : 0;
}
