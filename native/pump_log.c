/* The logs of the pump: opened, changed for others, closed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pump_move.h"

/* splice(2) refuses O_APPEND; anything but a file could hold us up; where a line ends is read from the file itself. */
static int check_file(int fd)
{
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || (flags & O_ACCMODE) != O_RDWR)
		return -EINVAL;
	if ((flags & O_APPEND) && fcntl(fd, F_SETFL, flags & ~O_APPEND) < 0)
		return -errno;
	return 0;
}

uint32_t pump_handle(const struct pump *pump, const struct pump_log *log)
{
	return (uint32_t)(log - pump->logs);
}

bool pump_has_log(const struct pump *pump, uint32_t handle)
{
	return handle < pump->used_logs && pump->logs[handle].fd >= 0;
}

static int new_log(struct pump *pump, const char *name, uint32_t name_size, int fd, const struct pump_log_settings *settings)
{
	uint32_t handle = pump->free_logs;
	struct pump_log *log;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (handle != PUMP_NONE)
		pump->free_logs = pump->logs[handle].next;
	else if (pump->used_logs < PUMP_MOST_LOGS)
		handle = pump->used_logs++;
	else
		return -ENFILE;
	log = &pump->logs[handle];
	*log = (struct pump_log){ .fd = fd, .next_fd = -1, .line_limit = settings->line_limit, .offset = (uint64_t)status.st_size,
	                          .tell_at = settings->tell_at, .granted = settings->granted, .drops = settings->drops, .name_size = (uint8_t)name_size, .next = PUMP_NONE };
	memcpy(log->name, name, name_size);
	if (pump->losses[handle].all_bytes > 0)
		pump->losses[handle] = (struct pump_loss){ 0 };
	pump->log_count++;
	return (int)handle;
}

/* Pipes that waited for it are looked at in the next turn. */
static void grant(struct pump_log *log, const struct pump_log_settings *settings)
{
	log->granted = settings->granted;
	log->drops = settings->drops;
	log->limited = log->limited && log->written >= log->granted;
}

int pump_limit_log(struct pump *pump, uint32_t handle, const struct pump_log_settings *settings)
{
	struct pump_log *log;

	if (!pump_has_log(pump, handle))
		return -ENOENT;
	log = &pump->logs[handle];
	if (log->next_fd >= 0)
		log->next_tell_at = settings->tell_at;
	else
		log->tell_at = settings->tell_at;
	log->reached = log->reached && log->next_fd >= 0;
	grant(log, settings);
	return 0;
}

static void change_log(struct pump *pump, uint32_t handle, int fd, const struct pump_log_settings *settings, uint64_t now)
{
	struct pump_log *log = &pump->logs[handle];

	if (log->next_fd >= 0) {
		/* Asked for twice: nothing has been written to the one in between. */
		(void)!close(log->next_fd);
	} else {
		log->next = pump->switching;
		pump->switching = handle;
		log->unswitched = 0;
		log->switch_by = now + settings->switch_within;
	}
	log->next_fd = fd;
	log->line_limit = settings->line_limit;
	log->next_tell_at = settings->tell_at;
	grant(log, settings);
	if (!pump_try_switch(pump, log, now))
		/* The line may be ended, whatever was granted. */
		log->limited = false;
}

int pump_set_log(struct pump *pump, uint32_t handle, const char *name, uint32_t name_size, int fd,
                 const struct pump_log_settings *settings, uint64_t now)
{
	int result = check_file(fd);

	if (result == 0 && handle == PUMP_NONE) {
		result = name_size > PROTOCOL_MAX_NAME ? -EINVAL : new_log(pump, name, name_size, fd, settings);
	} else if (result == 0 && !pump_has_log(pump, handle)) {
		result = -ENOENT;
	} else if (result == 0) {
		change_log(pump, handle, fd, settings, now);
		return (int)handle;
	}
	if (result < 0)
		(void)!close(fd);
	return result;
}

static void free_log(struct pump *pump, uint32_t handle)
{
	struct pump_log *log = &pump->logs[handle];
	uint32_t *link = &pump->switching;

	if (log->dropping)
		pump_stop_dropping(pump, log);
	if (log->next_fd >= 0) {
		while (*link != handle)
			link = &pump->logs[*link].next;
		*link = log->next;
		(void)!close(log->next_fd);
	}
	(void)!close(log->fd);
	*log = (struct pump_log){ .fd = -1, .next_fd = -1, .next = pump->free_logs };
	pump->free_logs = handle;
	pump->log_count--;
}

int pump_close_log(struct pump *pump, uint32_t handle)
{
	if (!pump_has_log(pump, handle))
		return -ENOENT;
	pump->logs[handle].closing = true;
	if (pump->logs[handle].pipes == 0)
		free_log(pump, handle);
	return 0;
}

void pump_leave_log(struct pump *pump, uint32_t handle)
{
	if (--pump->logs[handle].pipes == 0 && pump->logs[handle].closing)
		free_log(pump, handle);
}
