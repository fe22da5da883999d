/* The addon's entry. No state of its own, so that every worker thread may load it. */
#include "binding.h"

bool export_functions(napi_env env, napi_value exports, const struct binding *functions, size_t count)
{
	napi_value function;

	for (size_t index = 0; index < count; index++) {
		if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].call, NULL, &function) != napi_ok) {
			throw_internal(env);
			return false;
		}
		if (!set_property(env, exports, functions[index].name, function))
			return false;
	}
	return true;
}

NAPI_MODULE_INIT()
{
	bool registered = register_descriptors(env, exports) && register_memory(env, exports) && register_notify(env, exports) &&
	                  register_pidfd(env, exports) && register_plan(env, exports) && register_process(env, exports) &&
	                  register_sockets(env, exports) && register_users(env, exports) && register_waiter(env, exports);

	return registered ? exports : NULL;
}
