/* Errors as JavaScript sees them. */
#include "binding.h"

#include <stdlib.h>
#include <string.h>

napi_value create_system_error(napi_env env, int error, const char *syscall)
{
	char buffer[128];
	napi_value message, result;

	error = abs(error);
	message = create_text(env, strerror_r(error, buffer, sizeof buffer));
	if (message == NULL)
		return NULL;
	if (napi_create_error(env, NULL, message, &result) != napi_ok)
		return throw_internal(env);
	if (!set_property(env, result, "errno", create_number(env, error)) || !set_property(env, result, "syscall", create_text(env, syscall)))
		return NULL;
	return result;
}

napi_value throw_system(napi_env env, int error, const char *syscall)
{
	napi_value result = create_system_error(env, error, syscall);

	if (result != NULL && napi_throw(env, result) != napi_ok)
		return throw_internal(env);
	return NULL;
}

napi_value throw_internal(napi_env env)
{
	const napi_extended_error_info *info = NULL;
	const char *message = "a Node-API call failed";
	bool pending = false;

	if (napi_get_last_error_info(env, &info) == napi_ok && info != NULL && info->error_message != NULL)
		message = info->error_message;
	/* An exception of JavaScript's own, or of an earlier failure, says more than ours. */
	if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
		napi_throw_error(env, NULL, message);
	return NULL;
}
