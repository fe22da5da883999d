/* Memory that goes back to the kernel. */
#include "binding.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/mman.h>

static napi_value call_release_memory(napi_env env, napi_callback_info info)
{
	(void)env;
	(void)info;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
	return NULL;
}

static napi_value call_forget_pages(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	uintptr_t begin, end;

	if (!read_arguments(env, info, 2, arguments) || !read_address(env, arguments[0], "begin", &begin) ||
	    !read_address(env, arguments[1], "end", &end))
		return NULL;
	if (end < begin || madvise((void *)begin, end - begin, MADV_DONTNEED) < 0)
		return throw_system(env, end < begin ? EINVAL : errno, "madvise");
	return NULL;
}

bool register_memory(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "releaseMemory", call_release_memory },
		{ "forgetPages", call_forget_pages },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
