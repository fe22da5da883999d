/* What init says without being asked. */
#include <unistd.h>

#include "init.h"

void say_hello(struct init *init)
{
	_Alignas(8) unsigned char buffer[128];
	struct writer writer = frame_begin(buffer, sizeof buffer);
	const struct supervisor *supervisor = &init->supervisor;

	write_u32(&writer, PROTOCOL_VERSION);
	write_u32(&writer, PROTOCOL_MAX_FRAME);
	write_u64(&writer, PROTOCOL_CAPABILITIES);
	write_u64(&writer, init->start_time);
	write_u32(&writer, (uint32_t)getpid());
	write_u32(&writer, FIRST_SLOT);
	write_u32(&writer, SLOTS);
	write_u32(&writer, supervisor->restarts);
	write_u32(&writer, (uint32_t)supervisor->status);
	write_u32(&writer, 0);
	write_u64(&writer, init->files.rlim_cur);
	write_u64(&writer, init->files.rlim_max);
	connection_send(init, buffer, frame_end(&writer, EVENT_HELLO, 0));
}

void tell_news(struct init *init)
{
	struct processes *processes = &init->processes;
	_Alignas(8) unsigned char buffer[512];
	const unsigned char *frame;
	uint32_t size;

	/* Room for an answer is left, or requests would wait for events to be read. */
	while (processes->unsaid != INIT_NONE && connection_room(init) >= ANSWER_BYTES + sizeof buffer) {
		struct process *process = &processes->list[processes->unsaid];
		struct writer writer = frame_begin(buffer, sizeof buffer);

		write_record(&writer, process);
		connection_send(init, buffer, frame_end(&writer, EVENT_EXITED, 0));
		processes->unsaid = process->unsaid;
		if (processes->unsaid == INIT_NONE)
			processes->last_unsaid = INIT_NONE;
	}
	while ((frame = event_next(init, &size)) != NULL && connection_room(init) >= ANSWER_BYTES + size) {
		connection_send(init, frame, size);
		event_sent(init);
	}
}
