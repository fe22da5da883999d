/* Clocks, and what /proc says about a process. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_time(void)
{
	return read_clock(CLOCK_REALTIME);
}

static void append_number(char *path, size_t *length, uint32_t number)
{
	char digits[12];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		path[(*length)++] = digits[--count];
}

static ssize_t read_stat(pid_t pid, char *buffer, size_t size)
{
	char path[32] = "/proc/";
	size_t length = strlen(path);
	ssize_t got;
	int fd;

	append_number(path, &length, (uint32_t)pid);
	memcpy(path + length, "/stat", sizeof "/stat");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = read(fd, buffer, size - 1);
	(void)!close(fd);
	buffer[got < 0 ? 0 : got] = '\0';
	return got;
}

bool process_stat(pid_t pid, uint64_t *start_time, pid_t *parent, char *state, int *status)
{
	char buffer[1024];
	char *at;

	/* The name may hold blanks and parentheses, so the last one counts. */
	if (read_stat(pid, buffer, sizeof buffer) <= 0 || (at = strrchr(buffer, ')')) == NULL || strlen(at) < 4)
		return false;
	at += 2;
	*state = *at;
	*parent = 0;
	*start_time = 0;
	*status = 0;
	for (int field = 3; *at != '\0' && field <= 52; field++) {
		if (field == 4)
			*parent = (pid_t)strtol(at, NULL, 10);
		else if (field == 22)
			*start_time = strtoull(at, NULL, 10);
		else if (field == 52)
			*status = (int)strtol(at, NULL, 10);
		at = strchr(at, ' ');
		if (at == NULL)
			break;
		at++;
	}
	return true;
}
