/* Ends a test program that finds what must not be, and says where. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s: %s (errno %d)\n", __FILE__, __LINE__, __func__, #condition, errno); \
			abort(); \
		} \
	} while (0)

#endif
