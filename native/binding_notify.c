#include "binding.h"
#include "notify.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static napi_value call_notify_socket(napi_env env, napi_callback_info info)
{
	char address[NOTIFY_ADDRESS_SIZE], *wanted = NULL;
	napi_value argument, result;
	napi_valuetype type;
	int fd;

	if (!read_arguments(env, info, 1, &argument))
		return NULL;
	if (napi_create_object(env, &result) != napi_ok || napi_typeof(env, argument, &type) != napi_ok)
		return throw_internal(env);
	if (type != napi_undefined && !read_text(env, argument, "address", &wanted))
		return NULL;
	fd = open_notify_socket(wanted, address);
	free(wanted);
	if (fd < 0)
		return throw_system(env, fd, "bind");
	if (!set_property(env, result, "fd", create_number(env, fd)) || !set_property(env, result, "address", create_text(env, address))) {
		close(fd);
		return NULL;
	}
	return result;
}

static napi_value call_receive_notify(napi_env env, napi_callback_info info)
{
	struct notify_message message;
	napi_value argument, result;
	int fd, status;
	bool complete;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "fd", &fd))
		return NULL;
	if (napi_create_object(env, &result) != napi_ok)
		return throw_internal(env);
	status = receive_notify(fd, &message);
	if (status == -EAGAIN)
		return create_null(env);
	if (status < 0)
		return throw_system(env, status, "recvmsg");
	complete = set_property(env, result, "data", create_bytes(env, message.data, message.size)) &&
	           set_property(env, result, "pid", create_number(env, message.pid)) &&
	           set_property(env, result, "uid", create_number(env, message.uid));
	free(message.data);
	return complete ? result : NULL;
}

static napi_value call_send_datagram(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result = NULL;
	const void *data;
	size_t size, count;
	char *address;
	int *fds, status;

	if (!read_arguments(env, info, 3, arguments) || !read_text(env, arguments[0], "address", &address))
		return NULL;
	if (!read_ints(env, arguments[2], "fds", &fds, &count))
		goto free_address;
	if (!read_bytes(env, arguments[1], "data", &data, &size))
		goto free_fds;
	status = send_datagram(address, data, size, fds, count);
	result = status < 0 ? throw_system(env, status, "sendmsg") : create_undefined(env);
free_fds:
	free(fds);
free_address:
	free(address);
	return result;
}

bool register_notify(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "notifySocket", call_notify_socket },
		{ "receiveNotify", call_receive_notify },
		{ "sendDatagram", call_send_datagram },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
