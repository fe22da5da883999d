#include "frames.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian");

static bool take(struct reader *reader, void *value, size_t size)
{
	if (reader->failed || (size_t)(reader->end - reader->at) < size) {
		reader->failed = true;
		return false;
	}
	memcpy(value, reader->at, size);
	reader->at += size;
	return true;
}

uint32_t read_u32(struct reader *reader)
{
	uint32_t value = 0;

	return take(reader, &value, sizeof value) ? value : 0;
}

uint64_t read_u64(struct reader *reader)
{
	uint64_t value = 0;

	return take(reader, &value, sizeof value) ? value : 0;
}

struct text read_text(struct reader *reader, uint32_t most)
{
	struct text text = { .size = read_u32(reader) };
	uint32_t padded = (text.size + 3) & ~3u;

	if (reader->failed || text.size == 0 || text.size > most || (size_t)(reader->end - reader->at) < padded)
		goto refuse;
	text.bytes = (const char *)reader->at;
	for (uint32_t i = 0; i < text.size; i++)
		if ((unsigned char)text.bytes[i] < ' ' || text.bytes[i] == 0x7f)
			goto refuse;
	reader->at += padded;
	return text;
refuse:
	reader->failed = true;
	return (struct text){ .bytes = "", .size = 0 };
}

const unsigned char *read_block(struct reader *reader, const unsigned char *base, uint32_t size)
{
	size_t offset = (size_t)(reader->at - base);
	size_t padding = (FRAME_UNIT - offset % FRAME_UNIT) % FRAME_UNIT;
	const unsigned char *block;

	if (reader->failed || (size_t)(reader->end - reader->at) < padding || (size_t)(reader->end - reader->at) - padding < size) {
		reader->failed = true;
		return NULL;
	}
	block = reader->at + padding;
	reader->at = block + size;
	return block;
}

void write_bytes(struct writer *writer, const void *bytes, uint32_t size)
{
	if (writer->failed || (size_t)(writer->end - writer->at) < size) {
		writer->failed = true;
		return;
	}
	if (size > 0)
		memcpy(writer->at, bytes, size);
	writer->at += size;
}

void write_u32(struct writer *writer, uint32_t value)
{
	write_bytes(writer, &value, sizeof value);
}

void write_u64(struct writer *writer, uint64_t value)
{
	write_bytes(writer, &value, sizeof value);
}

void write_text(struct writer *writer, struct text text)
{
	static const char zeros[3];

	write_u32(writer, text.size);
	write_bytes(writer, text.bytes, text.size);
	write_bytes(writer, zeros, (4 - text.size % 4) % 4);
}

struct writer frame_begin(void *buffer, size_t size)
{
	struct writer writer = { .start = buffer, .at = buffer, .end = (unsigned char *)buffer + size };
	static const struct frame_header none;

	write_bytes(&writer, &none, sizeof none);
	return writer;
}

uint32_t frame_end(struct writer *writer, uint16_t type, uint32_t id)
{
	static const char zeros[FRAME_UNIT];
	struct frame_header header = { .type = type, .id = id };
	uint32_t odd = (uint32_t)(writer->at - writer->start) % FRAME_UNIT;

	write_bytes(writer, zeros, odd == 0 ? 0 : FRAME_UNIT - odd);
	if (writer->failed)
		return 0;
	header.size = (uint32_t)(writer->at - writer->start);
	memcpy(writer->start, &header, sizeof header);
	return header.size;
}

enum frame_check frame_check(const void *bytes, size_t size, uint32_t most, struct frame_header *header)
{
	if (size < sizeof *header)
		return FRAME_HALF;
	memcpy(header, bytes, sizeof *header);
	if (header->size < sizeof *header || header->size > most || header->size % FRAME_UNIT != 0 || header->reserved != 0)
		return FRAME_GARBAGE;
	return size < header->size ? FRAME_HALF : FRAME_WHOLE;
}
