/*
 * poll and pollAsync. The life of an asynchronous wait: a thread polls, calls
 * the thread-safe function, lets go of it; the JavaScript thread settles the
 * promise. An environment that is torn down calls the wait off first.
 */
#include "binding.h"
#include "descriptors.h"
#include "waiter.h"

#include <errno.h>
#include <stdlib.h>

struct wait {
	struct waiter *waiter;
	napi_threadsafe_function deliver;
	napi_deferred deferred;
	/* Held by the thread-safe function and by `cancel`, both in the JavaScript thread. */
	int owners;
};

static napi_value create_ready(napi_env env, const struct pollfd *fds, size_t count)
{
	double *indexes = calloc(count + 1, sizeof *indexes);
	napi_value result;
	size_t ready = 0;

	if (indexes == NULL)
		return throw_system(env, ENOMEM, "calloc");
	for (size_t index = 0; index < count; index++) {
		if (fds[index].revents != 0)
			indexes[ready++] = (double)index;
	}
	result = create_numbers(env, indexes, ready);
	free(indexes);
	return result;
}

static napi_value call_poll(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result = NULL;
	struct pollfd *polled;
	int *fds, timeout, status;
	size_t count;

	if (!read_arguments(env, info, 2, arguments) || !read_timeout(env, arguments[1], &timeout) ||
	    !read_ints(env, arguments[0], "fds", &fds, &count))
		return NULL;
	polled = calloc(count + 1, sizeof *polled);
	if (polled == NULL) {
		free(fds);
		return throw_system(env, ENOMEM, "calloc");
	}
	for (size_t index = 0; index < count; index++)
		polled[index] = (struct pollfd){ .fd = fds[index], .events = POLLIN };
	status = poll_descriptors(polled, count, timeout);
	result = status < 0 ? throw_system(env, status, "poll") : create_ready(env, polled, count);
	free(polled);
	free(fds);
	return result;
}

static void disown(struct wait *wait)
{
	if (--wait->owners > 0)
		return;
	free(wait);
}

static void finish(struct wait *wait)
{
	if (wait->waiter == NULL)
		return;
	waiter_free(wait->waiter);
	wait->waiter = NULL;
}

static void call_off(void *context)
{
	struct wait *wait = context;

	if (wait->waiter == NULL)
		return;
	waiter_cancel(wait->waiter);
	finish(wait);
}

/* In the waiter's thread. */
static void report(void *context)
{
	struct wait *wait = context;

	/* napi_closing has let go of it already. */
	if (napi_call_threadsafe_function(wait->deliver, NULL, napi_tsfn_nonblocking) != napi_closing)
		napi_release_threadsafe_function(wait->deliver, napi_tsfn_release);
}

static void settle(napi_env env, napi_value callback, void *context, void *data)
{
	struct wait *wait = context;
	napi_value result;
	int status;

	(void)callback;
	(void)data;
	/* Without an environment the wait is being torn down, and `wait` may be gone. */
	if (env == NULL || wait->waiter == NULL)
		return;
	/* A failure would leave a hook on freed memory; there is nothing better to do with an argument we registered. */
	if (napi_remove_env_cleanup_hook(env, call_off, wait) != napi_ok)
		napi_fatal_error("pollAsync", NAPI_AUTO_LENGTH, "the clean-up hook can't be removed", NAPI_AUTO_LENGTH);
	waiter_join(wait->waiter);
	status = wait->waiter->status;
	if (status < 0) {
		result = create_system_error(env, status, "poll");
		if (result != NULL)
			napi_reject_deferred(env, wait->deferred, result);
	} else {
		result = create_ready(env, wait->waiter->fds, wait->waiter->count);
		if (result != NULL)
			napi_resolve_deferred(env, wait->deferred, result);
	}
	finish(wait);
}

static void finalize_deliver(napi_env env, void *data, void *hint)
{
	struct wait *wait = data;

	(void)env;
	(void)hint;
	call_off(wait);
	disown(wait);
}

static void finalize_cancel(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	disown(data);
}

static napi_value call_cancel(napi_env env, napi_callback_info info)
{
	void *data;
	struct wait *wait;

	if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) != napi_ok)
		return throw_internal(env);
	wait = data;
	if (wait->waiter != NULL)
		waiter_cancel(wait->waiter);
	return create_undefined(env);
}

static napi_value create_handle(napi_env env, struct wait *wait)
{
	napi_value result, done, cancel;

	if (napi_create_object(env, &result) != napi_ok || napi_create_function(env, "cancel", NAPI_AUTO_LENGTH, call_cancel, wait, &cancel) != napi_ok ||
	    napi_add_finalizer(env, cancel, wait, finalize_cancel, NULL, NULL) != napi_ok)
		return throw_internal(env);
	wait->owners++;
	if (napi_create_promise(env, &wait->deferred, &done) != napi_ok)
		return throw_internal(env);
	return set_property(env, result, "done", done) && set_property(env, result, "cancel", cancel) ? result : NULL;
}

static bool create_deliver(napi_env env, struct wait *wait)
{
	napi_value name = create_text(env, "pollAsync");

	if (name == NULL)
		return false;
	if (napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, wait, finalize_deliver, wait, settle, &wait->deliver) != napi_ok) {
		throw_internal(env);
		return false;
	}
	wait->owners++;
	return true;
}

static napi_value start_wait(napi_env env, struct wait *wait, const int *fds, size_t count, int timeout)
{
	napi_value result;
	int status;

	if (!create_deliver(env, wait))
		return NULL;
	result = create_handle(env, wait);
	if (result != NULL) {
		status = waiter_start(&wait->waiter, fds, count, timeout, report, wait);
		if (status < 0)
			result = throw_system(env, status, "poll");
	}
	if (result == NULL) {
		napi_release_threadsafe_function(wait->deliver, napi_tsfn_release);
		return NULL;
	}
	/* Registered after the thread-safe function's own hook, and so run before it. */
	if (napi_add_env_cleanup_hook(env, call_off, wait) != napi_ok) {
		call_off(wait);
		return throw_internal(env);
	}
	return result;
}

static napi_value call_poll_async(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	struct wait *wait;
	int *fds, timeout;
	size_t count;

	if (!read_arguments(env, info, 2, arguments) || !read_timeout(env, arguments[1], &timeout) ||
	    !read_ints(env, arguments[0], "fds", &fds, &count))
		return NULL;
	wait = calloc(1, sizeof *wait);
	if (wait == NULL) {
		free(fds);
		return throw_system(env, ENOMEM, "calloc");
	}
	wait->owners = 1;
	result = start_wait(env, wait, fds, count, timeout);
	disown(wait);
	free(fds);
	return result;
}

bool register_waiter(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "poll", call_poll },
		{ "pollAsync", call_poll_async },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
