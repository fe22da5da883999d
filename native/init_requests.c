/* What the supervisor may ask for. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "init.h"
#include "init_call.h"
#include "pidfd.h"

static int ask_hello(struct call *call)
{
	uint32_t version = read_u32(&call->reader);

	if (call->reader.failed || version == 0)
		return -EINVAL;
	call->init->connection.greeted = true;
	return 0;
}

static void write_started(struct call *call, const struct process *process, uint64_t blocked)
{
	write_u64(call->answer, process->serial);
	write_u64(call->answer, process->start_time);
	write_u64(call->answer, process->spawned);
	write_u64(call->answer, blocked);
	write_u32(call->answer, (uint32_t)process->pid);
	write_u32(call->answer, 0);
}

static int ask_spawn(struct call *call)
{
	struct process *process = NULL;
	uint64_t blocked;
	int error = spawn(call->init, call->frame, &call->reader, call->fds, call->fd_count, &process, &call->step, &blocked);

	if (error == 0)
		write_started(call, process, blocked);
	return error;
}

static int ask_adopt(struct call *call)
{
	struct process *process = NULL;
	int error = adopt(call->init, &call->reader, call->fds, call->fd_count, &process);

	if (error == 0)
		write_started(call, process, 0);
	return error;
}

static int ask_signal(struct call *call)
{
	const struct process *process = process_of_serial(call->init, read_u64(&call->reader));
	int signal = (int)read_u32(&call->reader);
	uint32_t group = read_u32(&call->reader);

	if (call->reader.failed || signal < 0 || signal > 64)
		return -EINVAL;
	if (process == NULL || process->state != PROCESS_RUNS)
		return -ESRCH;
	if (process->pidfd >= 0 && group == 0)
		return signal_pidfd(process->pidfd, signal);
	/* Only we could free its number, by reaping it: no pidfd is needed to be sure whom it means. */
	if (process->pidfd >= 0 && signal_pidfd(process->pidfd, 0) < 0)
		return -ESRCH;
	return kill(group != 0 ? -process->pid : process->pid, signal) < 0 ? -errno : 0;
}

static int ask_acknowledge_exit(struct call *call)
{
	struct process *process = process_of_serial(call->init, read_u64(&call->reader));

	if (process == NULL)
		return -ENOENT;
	if (process->state != PROCESS_EXITED)
		return -EBUSY;
	process_free(call->init, process);
	return 0;
}

static int ask_acknowledge_events(struct call *call)
{
	uint64_t sequence = read_u64(&call->reader);

	if (call->reader.failed)
		return -EINVAL;
	acknowledge_events(call->init, sequence);
	return 0;
}

static int ask_hold(struct call *call)
{
	struct text name = read_text(&call->reader, PROTOCOL_MAX_NAME);
	uint32_t flags = read_u32(&call->reader);
	int error;

	if (call->reader.failed || call->fd_count != 1)
		return -EINVAL;
	error = hold(call->init, name, flags, call->fds[0]);
	if (error == 0)
		call->fds[0] = -1;
	return error;
}

static int ask_release(struct call *call)
{
	return release(call->init, read_text(&call->reader, PROTOCOL_MAX_NAME));
}

static int ask_rename(struct call *call)
{
	struct text from = read_text(&call->reader, PROTOCOL_MAX_NAME), to = read_text(&call->reader, PROTOCOL_MAX_NAME);

	return call->reader.failed ? -EINVAL : rename_held(call->init, from, to);
}

static int ask_set_log(struct call *call)
{
	struct pump *pump = &call->init->pump;
	struct text name = read_text(&call->reader, PROTOCOL_MAX_NAME);
	uint32_t handle = read_u32(&call->reader);
	struct pump_log_settings settings = { .line_limit = read_u32(&call->reader) };
	int fd, result;

	settings.switch_within = read_u32(&call->reader) * INIT_MS;
	settings.drops = (read_u32(&call->reader) & LOG_DROPS) != 0;
	settings.tell_at = read_u64(&call->reader);
	/* A supervisor of before budgets grants anything. */
	settings.granted = call->reader.end - call->reader.at >= (ptrdiff_t)sizeof settings.granted ? read_u64(&call->reader) : PUMP_NEVER;
	if (call->reader.failed || call->fd_count != 1)
		return -EINVAL;
	fd = call->fds[0];
	call->fds[0] = -1;
	result = pump_set_log(pump, handle, name.bytes, name.size, fd, &settings, call->init->now);
	if (result < 0)
		return result;
	write_u32(call->answer, (uint32_t)result);
	write_u32(call->answer, pump->logs[result].next_fd >= 0);
	return 0;
}

static int ask_limit_log(struct call *call)
{
	uint32_t handle = read_u32(&call->reader);
	struct pump_log_settings settings = { .drops = (read_u32(&call->reader) & LOG_DROPS) != 0 };

	settings.tell_at = read_u64(&call->reader);
	settings.granted = read_u64(&call->reader);
	return call->reader.failed ? -EINVAL : pump_limit_log(&call->init->pump, handle, &settings);
}

static int ask_close_log(struct call *call)
{
	return pump_close_log(&call->init->pump, read_u32(&call->reader));
}

static int ask_forward(struct call *call)
{
	uint64_t mask = read_u64(&call->reader);

	if (call->reader.failed)
		return -EINVAL;
	call->init->forwarded = mask;
	return 0;
}

static int ask_shutdown(struct call *call)
{
	uint32_t code = read_u32(&call->reader);

	if (call->reader.failed || code > 255)
		return -EINVAL;
	call->init->ending = true;
	call->init->exit_code = (int)code;
	call->init->supervisor.kill_at = call->init->now + 5000 * INIT_MS;
	return 0;
}

static int (*const requests[])(struct call *call) = {
	[REQUEST_HELLO] = ask_hello,
	[REQUEST_SPAWN] = ask_spawn,
	[REQUEST_SIGNAL] = ask_signal,
	[REQUEST_LIST] = ask_list,
	[REQUEST_ACKNOWLEDGE_EXIT] = ask_acknowledge_exit,
	[REQUEST_ACKNOWLEDGE_EVENTS] = ask_acknowledge_events,
	[REQUEST_HOLD] = ask_hold,
	[REQUEST_RELEASE] = ask_release,
	[REQUEST_RENAME] = ask_rename,
	[REQUEST_SET_LOG] = ask_set_log,
	[REQUEST_CLOSE_LOG] = ask_close_log,
	[REQUEST_ADOPT] = ask_adopt,
	[REQUEST_LIST_LOGS] = ask_list_logs,
	[REQUEST_LIST_HELD] = ask_list_held,
	[REQUEST_STATISTICS] = ask_statistics,
	[REQUEST_FORWARD] = ask_forward,
	[REQUEST_SHUTDOWN] = ask_shutdown,
	[REQUEST_LIMIT_LOG] = ask_limit_log,
	[REQUEST_DESCRIBE_LOGS] = ask_describe_logs,
};

void handle_request(struct init *init, unsigned char *frame, const struct frame_header *header, int *fds)
{
	static _Alignas(8) unsigned char buffer[ANSWER_BYTES];
	struct writer answer = frame_begin(buffer, sizeof buffer);
	struct call call = {
		.init = init,
		.frame = frame,
		.reader = { .at = frame + sizeof *header, .end = frame + header->size },
		.answer = &answer,
		.fds = fds,
		.fd_count = header->fds,
		.step = UINT32_MAX,
	};
	bool known = header->type < sizeof requests / sizeof *requests && requests[header->type] != NULL;
	unsigned char *result = answer.at;
	uint32_t error, size;

	write_u64(&answer, 0);
	error = (uint32_t)-(known ? requests[header->type](&call) : -EOPNOTSUPP);
	if (error != 0)
		answer.at = result + 2 * sizeof error;
	memcpy(result, &error, sizeof error);
	memcpy(result + sizeof error, &call.step, sizeof call.step);
	size = frame_end(&answer, (uint16_t)(header->type | PROTOCOL_ANSWER), header->id);
	connection_send(init, buffer, size);
	if (size > KEPT_BYTES)
		give_back(buffer, sizeof buffer, KEPT_BYTES);
}
