/*
 * Frames of the protocol between init and the supervisor: a header, then a
 * payload, both in whole units of eight bytes. Numbers are little-endian; a
 * text is its length and its bytes, padded to four.
 */
#ifndef DAEMONITOR_FRAMES_H
#define DAEMONITOR_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_UNIT 8u

struct frame_header {
	uint32_t size; /* of the whole frame */
	uint16_t type;
	uint16_t fds;  /* how many descriptors came with it */
	uint32_t id;   /* of a request and its answer; 0 for an event */
	uint32_t reserved;
};

struct text {
	const char *bytes; /* no NUL at the end, none inside */
	uint32_t size;
};

/* Reads past the end give zeros and set `failed`; one look at the end is enough. */
struct reader {
	const unsigned char *at, *end;
	bool failed;
};

uint32_t read_u32(struct reader *reader);
uint64_t read_u64(struct reader *reader);
/* A text of 1 to `most` bytes that are no control characters. */
struct text read_text(struct reader *reader, uint32_t most);
/* `size` bytes at the next multiple of eight from `base`, or NULL. */
const unsigned char *read_block(struct reader *reader, const unsigned char *base, uint32_t size);

/* Writes past the end are left out and set `failed`. */
struct writer {
	unsigned char *start, *at, *end;
	bool failed;
};

void write_u32(struct writer *writer, uint32_t value);
void write_u64(struct writer *writer, uint64_t value);
void write_text(struct writer *writer, struct text text);
void write_bytes(struct writer *writer, const void *bytes, uint32_t size);

/* Leaves room for the header, which frame_end() fills in. */
struct writer frame_begin(void *buffer, size_t size);
/* The size of the whole frame, or 0 if it didn't fit. */
uint32_t frame_end(struct writer *writer, uint16_t type, uint32_t id);

enum frame_check { FRAME_HALF, FRAME_WHOLE, FRAME_GARBAGE };

/* Whether `size` bytes begin with a frame of at most `most` bytes. */
enum frame_check frame_check(const void *bytes, size_t size, uint32_t most, struct frame_header *header);

#endif
