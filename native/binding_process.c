/* What a process knows of itself. */
#include "binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

static napi_value call_environment(napi_env env, napi_callback_info info)
{
	napi_value result, entry;
	uint32_t index = 0;

	(void)info;
	if (napi_create_array(env, &result) != napi_ok)
		return throw_internal(env);
	for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
		entry = create_bytes(env, *variable, strlen(*variable));
		if (entry == NULL)
			return NULL;
		if (napi_set_element(env, result, index++, entry) != napi_ok)
			return throw_internal(env);
	}
	return result;
}

static double limit_number(rlim_t value)
{
	return value == RLIM_INFINITY ? -1 : (double)value;
}

static napi_value call_limit(napi_env env, napi_callback_info info)
{
	struct rlimit limit;
	napi_value arguments[2];
	int resource, pid;

	if (!read_arguments(env, info, 2, arguments) || !read_int(env, arguments[0], "resource", &resource) ||
	    !read_int(env, arguments[1], "pid", &pid))
		return NULL;
	if (prlimit(pid, (__rlimit_resource_t)resource, NULL, &limit) < 0)
		return throw_system(env, errno, "prlimit");
	return create_numbers(env, (const double[]){ limit_number(limit.rlim_cur), limit_number(limit.rlim_max) }, 2);
}

static napi_value call_strerror(napi_env env, napi_callback_info info)
{
	char buffer[128];
	napi_value argument;
	int error;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "errno", &error))
		return NULL;
	return create_text(env, strerror_r(abs(error), buffer, sizeof buffer));
}

static napi_value call_exit_now(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int code;

	if (!read_arguments(env, info, 1, &argument) || !read_int(env, argument, "code", &code))
		return NULL;
	_exit(code);
}

bool register_process(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "environment", call_environment },
		{ "limit", call_limit },
		{ "strerror", call_strerror },
		{ "exitNow", call_exit_now },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
