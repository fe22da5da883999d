#include "binding.h"
#include "descriptors.h"
#include "rights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool read_lock_operation(napi_env env, napi_value value, int *out)
{
	static const struct {
		const char *name;
		int operation;
	} operations[] = { { "exclusive", LOCK_EX }, { "shared", LOCK_SH }, { "unlock", LOCK_UN } };
	char *name;
	bool found = false;

	if (!read_text(env, value, "operation", &name))
		return false;
	for (size_t index = 0; index < sizeof operations / sizeof *operations && !found; index++) {
		found = strcmp(name, operations[index].name) == 0;
		if (found)
			*out = operations[index].operation;
	}
	free(name);
	if (!found)
		napi_throw_type_error(env, NULL, "operation must be exclusive, shared or unlock");
	return found;
}

static napi_value call_flock(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int fd, operation, status;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "fd", &fd) ||
	    !read_lock_operation(env, arguments[1], &operation))
		return NULL;
	status = lock_descriptor(fd, operation);
	return status < 0 ? throw_system(env, status, "flock") : create_boolean(env, status == 1);
}

static napi_value call_duplicate(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int fd, least, copy;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "fd", &fd) || !read_int(env, arguments[1], "least", &least))
		return NULL;
	copy = duplicate_descriptor(fd, least);
	return copy < 0 ? throw_system(env, copy, "fcntl") : create_number(env, copy);
}

static napi_value call_duplicate_to(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int from, to, status;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "from", &from) || !read_int(env, arguments[1], "to", &to))
		return NULL;
	status = duplicate_onto(from, to);
	return status < 0 ? throw_system(env, status, "dup2") : create_undefined(env);
}

static napi_value call_set_close_on_exec(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int fd, status;
	bool on;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "fd", &fd) || !read_bool(env, arguments[1], "on", &on))
		return NULL;
	status = set_close_on_exec(fd, on);
	return status < 0 ? throw_system(env, status, "fcntl") : create_undefined(env);
}

static napi_value call_memory_file(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char *name;
	int fd;

	if (!read_arguments(env, info, 1, &argument) || !read_text(env, argument, "name", &name))
		return NULL;
	fd = create_memory_file(name);
	free(name);
	return fd < 0 ? throw_system(env, fd, "memfd_create") : create_number(env, fd);
}

static napi_value create_pair(napi_env env, int (*create)(int fds[2]), const char *syscall)
{
	int fds[2], status = create(fds);

	if (status < 0)
		return throw_system(env, status, syscall);
	return create_numbers(env, (const double[]){ fds[0], fds[1] }, 2);
}

static napi_value call_socket_pair(napi_env env, napi_callback_info info)
{
	(void)info;
	return create_pair(env, create_socket_pair, "socketpair");
}

static napi_value call_pipe(napi_env env, napi_callback_info info)
{
	(void)info;
	return create_pair(env, create_pipe, "pipe2");
}

static napi_value call_send(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	const void *data;
	size_t size;
	int fd, status;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "fd", &fd) ||
	    !read_bytes(env, arguments[1], "data", &data, &size))
		return NULL;
	status = send_packet(fd, data, size);
	return status < 0 ? throw_system(env, status, "send") : create_undefined(env);
}

static napi_value call_receive(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	ssize_t size;
	void *data;
	bool wait;
	int fd;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "fd", &fd) || !read_bool(env, arguments[1], "wait", &wait))
		return NULL;
	size = receive_packet(fd, wait, &data);
	if (size == -EAGAIN)
		return create_null(env);
	if (size < 0)
		return throw_system(env, (int)size, "recv");
	result = create_bytes(env, data, (size_t)size);
	free(data);
	return result;
}

static napi_value call_send_rights(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result = NULL;
	const void *data;
	size_t size, count;
	int socket, *fds;
	ssize_t sent;

	if (!read_arguments(env, info, 3, arguments) || !read_int(env, arguments[0], "socket", &socket) ||
	    !read_ints(env, arguments[2], "fds", &fds, &count))
		return NULL;
	if (read_bytes(env, arguments[1], "data", &data, &size)) {
		sent = send_rights(socket, data, size, fds, count);
		result = sent < 0 ? throw_system(env, (int)sent, "sendmsg") : create_number(env, (double)sent);
	}
	free(fds);
	return result;
}

bool register_descriptors(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "flock", call_flock },
		{ "duplicate", call_duplicate },
		{ "duplicateTo", call_duplicate_to },
		{ "setCloseOnExec", call_set_close_on_exec },
		{ "memoryFile", call_memory_file },
		{ "socketPair", call_socket_pair },
		{ "pipe", call_pipe },
		{ "send", call_send },
		{ "receive", call_receive },
		{ "sendRights", call_send_rights },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
