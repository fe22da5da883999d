/* What there is, a page at a time: an answer of any length would need memory of any size. */
#include <string.h>
#include <sys/stat.h>

#include "init_call.h"

/* Pages: u32 next, u32 count, then the entries; the two are known when these are written. */
static void end_page(unsigned char *head, uint32_t next, uint32_t count)
{
	memcpy(head, &next, sizeof next);
	memcpy(head + sizeof next, &count, sizeof count);
}

static unsigned char *begin_page(struct call *call)
{
	unsigned char *head = call->answer->at;

	write_u64(call->answer, 0);
	return head;
}

static bool page_is_full(const struct call *call)
{
	return call->answer->at - call->answer->start > (ptrdiff_t)(ANSWER_BYTES - 1024u);
}

int ask_list(struct call *call)
{
	const struct processes *processes = &call->init->processes;
	uint32_t i = read_u32(&call->reader), count = 0;
	unsigned char *head = begin_page(call);

	for (; i < processes->used && !page_is_full(call); i++) {
		if (processes->list[i].state == PROCESS_FREE)
			continue;
		write_record(call->answer, &processes->list[i]);
		count++;
	}
	end_page(head, i < processes->used ? i : 0, count);
	return 0;
}

static int list_logs(struct call *call, void (*write)(struct writer *, const struct pump *, uint32_t))
{
	const struct pump *pump = &call->init->pump;
	uint32_t i = read_u32(&call->reader), count = 0;
	unsigned char *head = begin_page(call);

	for (; i < pump->used_logs && !page_is_full(call); i++) {
		if (pump->logs[i].fd < 0)
			continue;
		write(call->answer, pump, i);
		count++;
	}
	end_page(head, i < pump->used_logs ? i : 0, count);
	return 0;
}

static void write_log(struct writer *writer, const struct pump *pump, uint32_t handle)
{
	const struct pump_log *log = &pump->logs[handle];

	write_u32(writer, handle);
	write_u32(writer, log->pipes);
	write_u32(writer, (uint32_t)log->error);
	write_u32(writer, log->next_fd >= 0);
	write_u64(writer, log->offset);
	write_u64(writer, log->written);
	write_text(writer, (struct text){ log->name, log->name_size });
}

static void write_file_of(struct writer *writer, const struct pump_log *log)
{
	struct stat file = { 0 }, next = { 0 };

	(void)!fstat(log->fd, &file);
	if (log->next_fd >= 0)
		(void)!fstat(log->next_fd, &next);
	write_u64(writer, (uint64_t)file.st_dev);
	write_u64(writer, (uint64_t)file.st_ino);
	write_u64(writer, (uint64_t)next.st_ino);
}

static void write_description(struct writer *writer, const struct pump *pump, uint32_t handle)
{
	const struct pump_log *log = &pump->logs[handle];

	write_u32(writer, handle);
	write_u32(writer, log->pipes);
	write_u32(writer, (uint32_t)log->error);
	write_u32(writer, (log->next_fd >= 0 ? LOG_IS_SWITCHING : 0) | (log->dropping ? LOG_IS_DROPPING : 0) |
	                          (log->limited ? LOG_IS_LIMITED : 0));
	write_u64(writer, log->offset);
	write_u64(writer, log->written);
	write_file_of(writer, log);
	write_u64(writer, pump->losses[handle].all_bytes);
	write_u64(writer, pump->losses[handle].all_lines);
	write_text(writer, (struct text){ log->name, log->name_size });
}

int ask_list_logs(struct call *call)
{
	return list_logs(call, write_log);
}

int ask_describe_logs(struct call *call)
{
	return list_logs(call, write_description);
}

int ask_list_held(struct call *call)
{
	const struct init *init = call->init;
	uint32_t i = read_u32(&call->reader), count = 0;
	unsigned char *head = begin_page(call);

	for (; i < init->held_used && !page_is_full(call); i++) {
		const struct held *held = &init->held[i];

		if (held->fd < 0)
			continue;
		write_u32(call->answer, held->flags);
		write_u32(call->answer, (uint32_t)held->fd);
		write_text(call->answer, (struct text){ held->name, held->name_size });
		count++;
	}
	end_page(head, i < init->held_used ? i : 0, count);
	return 0;
}

int ask_statistics(struct call *call)
{
	const struct init *init = call->init;
	const uint64_t values[STATISTICS] = {
		[STATISTIC_PROCESSES] = init->processes.count,
		[STATISTIC_SPAWNED] = init->processes.spawned,
		[STATISTIC_EXITED] = init->processes.exited,
		[STATISTIC_ORPHANS] = init->processes.orphans,
		[STATISTIC_LOGS] = init->pump.log_count,
		[STATISTIC_PIPES] = init->pump.pipe_count,
		[STATISTIC_HELD] = init->held_count,
		[STATISTIC_PUMPED] = init->pump.pumped,
		[STATISTIC_RESTARTS] = init->supervisor.restarts,
		[STATISTIC_EVENTS_DROPPED] = init->events.dropped,
		[STATISTIC_NOTIFY_DROPPED] = init->events.notify_dropped,
		[STATISTIC_LOG_BYTES_DROPPED] = init->pump.dropped_bytes,
		[STATISTIC_LOG_LINES_DROPPED] = init->pump.dropped_lines,
	};

	write_u32(call->answer, STATISTICS);
	write_u32(call->answer, 0);
	for (uint32_t i = 0; i < STATISTICS; i++)
		write_u64(call->answer, values[i]);
	return 0;
}
