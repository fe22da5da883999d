/*
 * What the binding files share: reading arguments and throwing errors. They
 * only marshal; every system call lives in a file that knows no JavaScript.
 *
 * A reader returns false with a TypeError pending when the value has the wrong
 * type. TypeScript has validated before, so this only keeps a mistake of ours
 * from becoming a crash.
 */
#ifndef DAEMONITOR_BINDING_H
#define DAEMONITOR_BINDING_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

struct binding {
	const char *name;
	napi_callback call;
};

/* Adds `count` functions to the addon's exports. */
bool export_functions(napi_env env, napi_value exports, const struct binding *functions, size_t count);

bool register_descriptors(napi_env env, napi_value exports);
bool register_memory(napi_env env, napi_value exports);
bool register_notify(napi_env env, napi_value exports);
bool register_pidfd(napi_env env, napi_value exports);
bool register_plan(napi_env env, napi_value exports);
bool register_process(napi_env env, napi_value exports);
bool register_sockets(napi_env env, napi_value exports);
bool register_users(napi_env env, napi_value exports);
bool register_waiter(napi_env env, napi_value exports);

/* Throws what strerror(3) says, with `errno` and `syscall`. `error` may have either sign. Returns NULL. */
napi_value throw_system(napi_env env, int error, const char *syscall);
napi_value create_system_error(napi_env env, int error, const char *syscall);
/* For a Node-API call that failed: leaves an error pending. Returns NULL. */
napi_value throw_internal(napi_env env);

/* Missing arguments read as undefined. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool read_int(napi_env env, napi_value value, const char *name, int *out);
bool read_uint32(napi_env env, napi_value value, const char *name, uint32_t *out);
/* Every address of user space is a number that a double holds. */
bool read_address(napi_env env, napi_value value, const char *name, uintptr_t *out);
bool read_bool(napi_env env, napi_value value, const char *name, bool *out);
/* Milliseconds, rounded up so that a wait never ends early; below zero is no limit. */
bool read_timeout(napi_env env, napi_value value, int *out);
/* A text without NUL. free() it. */
bool read_text(napi_env env, napi_value value, const char *name, char **out);
/* The bytes stay JavaScript's: use them before anything else runs. */
bool read_bytes(napi_env env, napi_value value, const char *name, const void **out, size_t *size);
/* An array of integers. free() it. */
bool read_ints(napi_env env, napi_value value, const char *name, int **out, size_t *count);

/* Each returns NULL with an error pending when it fails. */
napi_value create_number(napi_env env, double value);
napi_value create_boolean(napi_env env, bool value);
napi_value create_null(napi_env env);
napi_value create_undefined(napi_env env);
napi_value create_text(napi_env env, const char *text);
napi_value create_bytes(napi_env env, const void *data, size_t size);
/* An array of the numbers. */
napi_value create_numbers(napi_env env, const double *values, size_t count);
bool set_property(napi_env env, napi_value object, const char *name, napi_value value);

#endif
