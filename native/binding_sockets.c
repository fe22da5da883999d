#include "binding.h"
#include "sockets.h"

#include <stdlib.h>

static bool read_port(napi_env env, napi_value value, uint16_t *out)
{
	uint32_t port;

	if (!read_uint32(env, value, "port", &port))
		return false;
	if (port <= UINT16_MAX) {
		*out = (uint16_t)port;
		return true;
	}
	napi_throw_type_error(env, NULL, "port must be below 65536");
	return false;
}

static napi_value call_listen_tcp(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	uint16_t port;
	char *host;
	int backlog, fd;

	if (!read_arguments(env, info, 3, arguments) || !read_port(env, arguments[1], &port) ||
	    !read_int(env, arguments[2], "backlog", &backlog) || !read_text(env, arguments[0], "host", &host))
		return NULL;
	fd = listen_tcp(host, port, backlog);
	free(host);
	return fd < 0 ? throw_system(env, fd, "listen") : create_number(env, fd);
}

static napi_value call_bind_udp(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	uint16_t port;
	char *host;
	int fd;

	if (!read_arguments(env, info, 2, arguments) || !read_port(env, arguments[1], &port) ||
	    !read_text(env, arguments[0], "host", &host))
		return NULL;
	fd = bind_udp(host, port);
	free(host);
	return fd < 0 ? throw_system(env, fd, "bind") : create_number(env, fd);
}

static napi_value call_listen_unix(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	uint32_t mode;
	int backlog, fd;
	char *path;

	if (!read_arguments(env, info, 3, arguments) || !read_uint32(env, arguments[1], "mode", &mode) ||
	    !read_int(env, arguments[2], "backlog", &backlog) || !read_text(env, arguments[0], "path", &path))
		return NULL;
	fd = listen_unix(path, (mode_t)mode, backlog);
	free(path);
	return fd < 0 ? throw_system(env, fd, "listen") : create_number(env, fd);
}

static napi_value call_connect_unix(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char *path;
	int fd;

	if (!read_arguments(env, info, 1, &argument) || !read_text(env, argument, "path", &path))
		return NULL;
	fd = connect_unix(path);
	free(path);
	return fd < 0 ? throw_system(env, fd, "connect") : create_number(env, fd);
}

static napi_value call_peer_credentials(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct ucred credentials;
	int fd, status;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "fd", &fd))
		return NULL;
	status = peer_credentials(fd, &credentials);
	if (status < 0)
		return throw_system(env, status, "getsockopt");
	if (napi_create_object(env, &result) != napi_ok)
		return throw_internal(env);
	if (!set_property(env, result, "pid", create_number(env, credentials.pid)) ||
	    !set_property(env, result, "uid", create_number(env, credentials.uid)) ||
	    !set_property(env, result, "gid", create_number(env, credentials.gid)))
		return NULL;
	return result;
}

bool register_sockets(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "listenTcp", call_listen_tcp },
		{ "bindUdp", call_bind_udp },
		{ "listenUnix", call_listen_unix },
		{ "connectUnix", call_connect_unix },
		{ "peerCredentials", call_peer_credentials },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
