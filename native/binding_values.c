/* Values from JavaScript, and back. */
#include "binding.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reject(napi_env env, const char *name, const char *wanted)
{
	char message[128];

	snprintf(message, sizeof message, "%s must be %s", name, wanted);
	napi_throw_type_error(env, NULL, message);
	return false;
}

static bool read_number(napi_env env, napi_value value, double *out)
{
	napi_valuetype type;

	return napi_typeof(env, value, &type) == napi_ok && type == napi_number && napi_get_value_double(env, value, out) == napi_ok;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
	if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok)
		return true;
	throw_internal(env);
	return false;
}

static bool read_whole(napi_env env, napi_value value, double least, double most, double *out)
{
	return read_number(env, value, out) && *out == floor(*out) && *out >= least && *out <= most;
}

bool read_int(napi_env env, napi_value value, const char *name, int *out)
{
	double number;

	if (!read_whole(env, value, INT_MIN, INT_MAX, &number))
		return reject(env, name, "an integer of 32 bits");
	*out = (int)number;
	return true;
}

bool read_uint32(napi_env env, napi_value value, const char *name, uint32_t *out)
{
	double number;

	if (!read_whole(env, value, 0, UINT32_MAX, &number))
		return reject(env, name, "an unsigned integer of 32 bits");
	*out = (uint32_t)number;
	return true;
}

bool read_address(napi_env env, napi_value value, const char *name, uintptr_t *out)
{
	double number;

	if (!read_whole(env, value, 0, 9007199254740991.0, &number))
		return reject(env, name, "an address");
	*out = (uintptr_t)number;
	return true;
}

bool read_bool(napi_env env, napi_value value, const char *name, bool *out)
{
	if (napi_get_value_bool(env, value, out) == napi_ok)
		return true;
	return reject(env, name, "a boolean");
}

bool read_timeout(napi_env env, napi_value value, int *out)
{
	double number;

	if (!read_number(env, value, &number) || isnan(number))
		return reject(env, "timeout", "a number of milliseconds");
	if (number < 0)
		*out = -1;
	else
		*out = number >= INT_MAX ? INT_MAX : (int)ceil(number);
	return true;
}

bool read_text(napi_env env, napi_value value, const char *name, char **out)
{
	size_t length;
	char *text;

	if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok)
		return reject(env, name, "a string");
	text = malloc(length + 1);
	if (text == NULL) {
		throw_system(env, ENOMEM, "malloc");
		return false;
	}
	if (napi_get_value_string_utf8(env, value, text, length + 1, &length) != napi_ok) {
		free(text);
		throw_internal(env);
		return false;
	}
	if (strlen(text) != length) {
		free(text);
		return reject(env, name, "a string without NUL");
	}
	*out = text;
	return true;
}

bool read_bytes(napi_env env, napi_value value, const char *name, const void **out, size_t *size)
{
	napi_typedarray_type type;
	void *data;
	bool typed;

	if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed ||
	    napi_get_typedarray_info(env, value, &type, size, &data, NULL, NULL) != napi_ok || type != napi_uint8_array)
		return reject(env, name, "a Uint8Array");
	*out = data;
	return true;
}

bool read_ints(napi_env env, napi_value value, const char *name, int **out, size_t *count)
{
	uint32_t length;
	napi_value element;
	bool array;
	int *numbers;

	if (napi_is_array(env, value, &array) != napi_ok || !array || napi_get_array_length(env, value, &length) != napi_ok)
		return reject(env, name, "an array of integers");
	numbers = calloc(length + 1u, sizeof *numbers);
	if (numbers == NULL) {
		throw_system(env, ENOMEM, "calloc");
		return false;
	}
	for (uint32_t index = 0; index < length; index++) {
		if (napi_get_element(env, value, index, &element) != napi_ok) {
			free(numbers);
			throw_internal(env);
			return false;
		}
		if (!read_int(env, element, name, &numbers[index])) {
			free(numbers);
			return false;
		}
	}
	*out = numbers;
	*count = length;
	return true;
}

napi_value create_number(napi_env env, double value)
{
	napi_value result;

	return napi_create_double(env, value, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_boolean(napi_env env, bool value)
{
	napi_value result;

	return napi_get_boolean(env, value, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_null(napi_env env)
{
	napi_value result;

	return napi_get_null(env, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_undefined(napi_env env)
{
	napi_value result;

	return napi_get_undefined(env, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_text(napi_env env, const char *text)
{
	napi_value result;

	return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_bytes(napi_env env, const void *data, size_t size)
{
	napi_value buffer, result;
	void *copy;

	if (napi_create_arraybuffer(env, size, &copy, &buffer) != napi_ok)
		return throw_internal(env);
	if (size > 0)
		memcpy(copy, data, size);
	return napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &result) == napi_ok ? result : throw_internal(env);
}

napi_value create_numbers(napi_env env, const double *values, size_t count)
{
	napi_value result, element;

	if (napi_create_array_with_length(env, count, &result) != napi_ok)
		return throw_internal(env);
	for (size_t index = 0; index < count; index++) {
		element = create_number(env, values[index]);
		if (element == NULL)
			return NULL;
		if (napi_set_element(env, result, (uint32_t)index, element) != napi_ok)
			return throw_internal(env);
	}
	return result;
}

bool set_property(napi_env env, napi_value object, const char *name, napi_value value)
{
	if (value == NULL)
		return false;
	if (napi_set_named_property(env, object, name, value) == napi_ok)
		return true;
	throw_internal(env);
	return false;
}
