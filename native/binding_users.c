#include "binding.h"
#include "users.h"

#include <errno.h>
#include <stdlib.h>

static bool is_text(napi_env env, napi_value value)
{
	napi_valuetype type;

	return napi_typeof(env, value, &type) == napi_ok && type == napi_string;
}

static napi_value create_user(napi_env env, const struct passwd *entry)
{
	napi_value result;

	if (napi_create_object(env, &result) != napi_ok)
		return throw_internal(env);
	if (!set_property(env, result, "name", create_text(env, entry->pw_name)) ||
	    !set_property(env, result, "uid", create_number(env, entry->pw_uid)) ||
	    !set_property(env, result, "gid", create_number(env, entry->pw_gid)) ||
	    !set_property(env, result, "home", create_text(env, entry->pw_dir)) ||
	    !set_property(env, result, "shell", create_text(env, entry->pw_shell)))
		return NULL;
	return result;
}

static napi_value call_user(napi_env env, napi_callback_info info)
{
	struct user_record user;
	napi_value argument, result;
	const char *syscall;
	uint32_t uid;
	char *name;
	int found;

	if (!read_arguments(env, info, 1, &argument))
		return NULL;
	if (is_text(env, argument)) {
		if (!read_text(env, argument, "user", &name))
			return NULL;
		syscall = "getpwnam";
		found = find_user(name, &user);
		free(name);
	} else {
		if (!read_uint32(env, argument, "user", &uid))
			return NULL;
		syscall = "getpwuid";
		found = find_user_by_id(uid, &user);
	}
	if (found < 0)
		return throw_system(env, found, syscall);
	if (found == 0)
		return create_null(env);
	result = create_user(env, &user.entry);
	free(user.buffer);
	return result;
}

static napi_value call_group(napi_env env, napi_callback_info info)
{
	napi_value argument;
	char *name;
	gid_t gid;
	int found;

	if (!read_arguments(env, info, 1, &argument) || !read_text(env, argument, "group", &name))
		return NULL;
	found = find_group(name, &gid);
	free(name);
	if (found < 0)
		return throw_system(env, found, "getgrnam");
	return found == 0 ? create_null(env) : create_number(env, gid);
}

static napi_value call_groups_of(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result = NULL;
	gid_t *groups;
	double *numbers;
	uint32_t gid;
	char *name;
	int count;

	if (!read_arguments(env, info, 2, arguments) || !read_uint32(env, arguments[1], "gid", &gid) ||
	    !read_text(env, arguments[0], "user", &name))
		return NULL;
	count = find_groups_of(name, gid, &groups);
	free(name);
	if (count < 0)
		return throw_system(env, count, "getgrouplist");
	numbers = calloc((size_t)count + 1, sizeof *numbers);
	if (numbers == NULL) {
		free(groups);
		return throw_system(env, ENOMEM, "calloc");
	}
	for (int index = 0; index < count; index++)
		numbers[index] = groups[index];
	result = create_numbers(env, numbers, (size_t)count);
	free(numbers);
	free(groups);
	return result;
}

bool register_users(napi_env env, napi_value exports)
{
	static const struct binding functions[] = {
		{ "user", call_user },
		{ "group", call_group },
		{ "groupsOf", call_groups_of },
	};

	return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
