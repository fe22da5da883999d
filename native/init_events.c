/*
 * Events that are in no table: kept in a ring, sent, and sent again to the next
 * supervisor, until they are acknowledged. When the ring is full, new ones are
 * dropped and counted.
 */
#include <string.h>

#include "init.h"

/* Orphans may come in floods; they leave room for what can't be learned otherwise. */
#define KEPT_FOR_OTHERS (EVENT_BYTES / 4)

static uint32_t room(const struct events *events, uint32_t size)
{
	if (events->wrap != 0)
		return events->head - events->tail;
	if (EVENT_BYTES - events->tail >= size)
		return EVENT_BYTES - events->tail;
	return events->head;
}

static bool append(struct events *events, const unsigned char *frame, uint32_t size, uint32_t spare)
{
	if (events->head == events->tail && events->wrap == 0) {
		if (events->tail > KEPT_BYTES)
			give_back(events->bytes, sizeof events->bytes, KEPT_BYTES);
		events->head = events->sent = events->tail = 0;
	}
	/* One byte less than all: a full ring must not look like an empty one. */
	if (room(events, size + spare) <= size + spare)
		return false;
	if (events->wrap == 0 && EVENT_BYTES - events->tail < size) {
		events->wrap = events->tail;
		if (events->sent == events->tail)
			events->sent = 0;
		events->tail = 0;
	}
	memcpy(events->bytes + events->tail, frame, size);
	events->tail += size;
	return true;
}

struct writer event_begin(struct init *init, void *buffer, size_t size)
{
	struct writer writer = frame_begin(buffer, size);

	write_u64(&writer, init->events.sequence + 1);
	write_u64(&writer, clock_time());
	return writer;
}

void event_end(struct init *init, struct writer *writer, enum event type)
{
	struct events *events = &init->events;
	uint32_t size = frame_end(writer, (uint16_t)type, 0);

	if (size == 0 || !append(events, writer->start, size, type == EVENT_ORPHAN ? KEPT_FOR_OTHERS : 0)) {
		events->dropped++;
		events->notify_dropped += type == EVENT_NOTIFY;
		return;
	}
	events->sequence++;
}

void events_rewind(struct init *init)
{
	struct processes *processes = &init->processes;

	init->events.sent = init->events.head;
	processes->unsaid = processes->last_unsaid = INIT_NONE;
	for (uint32_t i = 0; i < processes->used; i++) {
		if (processes->list[i].state != PROCESS_EXITED)
			continue;
		processes->list[i].unsaid = INIT_NONE;
		if (processes->last_unsaid == INIT_NONE)
			processes->unsaid = i;
		else
			processes->list[processes->last_unsaid].unsaid = i;
		processes->last_unsaid = i;
	}
}

static uint32_t after(const struct events *events, uint32_t at)
{
	struct frame_header header;

	memcpy(&header, events->bytes + at, sizeof header);
	at += header.size;
	return events->wrap != 0 && at == events->wrap ? 0 : at;
}

void acknowledge_events(struct init *init, uint64_t sequence)
{
	struct events *events = &init->events;
	uint64_t first;

	/* Only what was sent can have been seen. */
	while (events->head != events->sent) {
		uint32_t next = after(events, events->head);

		memcpy(&first, events->bytes + events->head + sizeof(struct frame_header), sizeof first);
		if (first > sequence)
			return;
		if (next < events->head)
			events->wrap = 0;
		events->head = next;
	}
}

const unsigned char *event_next(struct init *init, uint32_t *size)
{
	const struct events *events = &init->events;
	struct frame_header header;

	if (events->sent == events->tail)
		return NULL;
	memcpy(&header, events->bytes + events->sent, sizeof header);
	*size = header.size;
	return events->bytes + events->sent;
}

void event_sent(struct init *init)
{
	init->events.sent = after(&init->events, init->events.sent);
}

void report_log(void *context, const struct pump_event *event)
{
	struct init *init = context;
	const struct pump_log *log = &init->pump.logs[event->log];
	_Alignas(8) unsigned char buffer[320];
	struct writer writer = event_begin(init, buffer, sizeof buffer);

	write_u32(&writer, event->kind);
	write_u32(&writer, event->log);
	write_u32(&writer, (uint32_t)event->error);
	write_u32(&writer, 0);
	write_u64(&writer, event->offset);
	write_u64(&writer, event->written);
	write_u64(&writer, event->owner);
	write_text(&writer, (struct text){ log->name, log->name_size });
	write_u64(&writer, event->dropped_bytes);
	write_u64(&writer, event->dropped_lines);
	event_end(init, &writer, EVENT_LOG);
}
