/* Sockets that services inherit, and who is at the other end of one. All are close-on-exec here. */
#ifndef DAEMONITOR_SOCKETS_H
#define DAEMONITOR_SOCKETS_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Each returns a descriptor or -errno. It blocks, as those of systemd do: a
 * program that wants it otherwise says so itself, one that doesn't expect it
 * would fail on its first accept(2).
 *
 * `host` is a numeric address; one of IPv6 may have a scope ("fe80::1%eth0").
 */
int listen_tcp(const char *host, uint16_t port, int backlog);
int bind_udp(const char *host, uint16_t port);
/* Nothing may be at `path`. The file has `mode` less the umask from its first moment. */
int listen_unix(const char *path, mode_t mode, int backlog);
/* A connection that doesn't block: -ECONNREFUSED where a file is nobody's any more, -EAGAIN where its listener is busy. */
int connect_unix(const char *path);
/* Of a connected or listening unix socket: 0 or -errno. A peer that listens is who called listen(2). */
int peer_credentials(int fd, struct ucred *credentials);

#endif
