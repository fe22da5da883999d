/* runPlan: hands a launch plan to the interpreter. */
#include "binding.h"
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16

static void *allocate_aligned(size_t size)
{
	return aligned_alloc(ALIGNMENT, (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
}

static napi_value create_outcome(napi_env env, const struct plan_outcome *outcome)
{
	napi_value result, blocked;

	if (napi_create_object(env, &result) != napi_ok || napi_create_bigint_uint64(env, outcome->blocked_ns, &blocked) != napi_ok)
		return throw_internal(env);
	if (!set_property(env, result, "pid", create_number(env, outcome->pid)) ||
	    !set_property(env, result, "pidfd", create_number(env, outcome->pidfd)) ||
	    !set_property(env, result, "step", create_number(env, outcome->step)) ||
	    !set_property(env, result, "errno", create_number(env, outcome->error)) || !set_property(env, result, "blocked", blocked))
		return NULL;
	return result;
}

static napi_value call_run_plan(napi_env env, napi_callback_info info)
{
	napi_value argument, result = NULL;
	struct plan_outcome outcome;
	void *scratch = NULL, *plan;
	const void *bytes;
	ssize_t needed;
	size_t size;

	if (!read_arguments(env, info, 1, &argument) || !read_bytes(env, argument, "plan", &bytes, &size))
		return NULL;
	/* The interpreter writes pids into the plan, and the caller's copy must not change. */
	plan = allocate_aligned(size);
	if (plan == NULL)
		return throw_system(env, ENOMEM, "aligned_alloc");
	if (size > 0)
		memcpy(plan, bytes, size);
	needed = plan_check(plan, size);
	if (needed < 0) {
		napi_throw_range_error(env, NULL, "malformed launch plan");
		goto out;
	}
	scratch = allocate_aligned((size_t)needed);
	if (scratch == NULL) {
		throw_system(env, ENOMEM, "aligned_alloc");
		goto out;
	}
	plan_run(plan, scratch, NULL, &outcome);
	result = create_outcome(env, &outcome);
out:
	free(scratch);
	free(plan);
	return result;
}

bool register_plan(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "runPlan", call_run_plan },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
