#include "binding.h"
#include "pidfd.h"

#include <errno.h>

static napi_value call_open_pidfd(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int pid, pidfd;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "pid", &pid))
		return NULL;
	pidfd = open_pidfd(pid);
	return pidfd < 0 ? throw_system(env, pidfd, "pidfd_open") : create_number(env, pidfd);
}

static napi_value call_signal_pidfd(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int pidfd, signal, status;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "pidfd", &pidfd) ||
	    !read_int(env, arguments[1], "signal", &signal))
		return NULL;
	status = signal_pidfd(pidfd, signal);
	if (status < 0 && status != -ESRCH)
		return throw_system(env, status, "pidfd_send_signal");
	return create_boolean(env, status == 0);
}

static napi_value call_take_descriptor(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int pidfd, fd, taken;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "pidfd", &pidfd) ||
	    !read_int(env, arguments[1], "fd", &fd))
		return NULL;
	taken = take_descriptor(pidfd, fd);
	return taken < 0 ? throw_system(env, taken, "pidfd_getfd") : create_number(env, taken);
}

static napi_value call_exit_status_of(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int pidfd, known, status;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "pidfd", &pidfd))
		return NULL;
	known = exit_status_of_pidfd(pidfd, &status);
	if (known < 0)
		return throw_system(env, known, "ioctl");
	return known == 0 ? create_null(env) : create_number(env, status);
}

bool register_pidfd(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "openPidfd", call_open_pidfd },
		{ "signalPidfd", call_signal_pidfd },
		{ "takeDescriptor", call_take_descriptor },
		{ "exitStatusOf", call_exit_status_of },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
