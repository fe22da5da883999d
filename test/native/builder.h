/* Composes plans for the tests, as launch/encode.ts does. */
#ifndef BUILDER_H
#define BUILDER_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define MOST_BYTES 65536

struct builder {
	_Alignas(16) char bytes[MOST_BYTES];
	size_t steps, end;
	struct plan_step list[64];
	char data[MOST_BYTES / 2];
	size_t data_size;
};

static inline size_t builder_data_offset(const struct builder *b, size_t steps)
{
	(void)b;
	return sizeof(struct plan_header) + steps * sizeof(struct plan_step);
}

/* Data is collected first; the offsets are moved behind the steps at the end. */
static inline uint32_t add_text(struct builder *b, const char *text)
{
	uint32_t at = (uint32_t)b->data_size;
	size_t size = strlen(text) + 1;

	assert(b->data_size + size < sizeof b->data);
	memcpy(b->data + at, text, size);
	b->data_size += size;
	return at;
}

static inline uint32_t add_list(struct builder *b, const uint32_t *list, size_t count)
{
	uint32_t at;

	b->data_size = (b->data_size + 3) & ~(size_t)3;
	at = (uint32_t)b->data_size;
	if (count > 0)
		memcpy(b->data + at, list, count * sizeof *list);
	b->data_size += count * sizeof *list;
	return at;
}

static inline struct plan_step *add(struct builder *b, enum plan_op op, int64_t a, int64_t c, int64_t d, const char *text)
{
	struct plan_step *step = &b->list[b->steps++];

	*step = (struct plan_step){ .op = op, .number = { a, c, d, 0 } };
	step->text = text == NULL ? UINT32_MAX : add_text(b, text);
	return step;
}

static inline void add_exec(struct builder *b, const char *file, const char *const *argv, const char *const *envp)
{
	struct plan_step *step = add(b, PLAN_EXEC, 0, 0, 0, file);
	uint32_t texts[64];
	uint32_t count = 0;

	for (; argv[count] != NULL; count++)
		texts[count] = add_text(b, argv[count]);
	step->list = add_list(b, texts, count);
	step->list_count = count;
	for (count = 0; envp != NULL && envp[count] != NULL; count++)
		texts[count] = add_text(b, envp[count]);
	step->list2 = add_list(b, texts, count);
	step->list2_count = count;
}

/* Moves offsets behind the steps; lists of texts hold offsets too. */
static inline size_t build(struct builder *b)
{
	uint32_t base = (uint32_t)builder_data_offset(b, b->steps);
	struct plan_header header = { PLAN_MAGIC, 0, (uint32_t)b->steps, 0 };

	for (size_t i = 0; i < b->steps; i++) {
		struct plan_step *step = &b->list[i];

		if (step->op == PLAN_EXEC) {
			for (uint32_t j = 0; j < step->list_count; j++)
				((uint32_t *)(void *)(b->data + step->list))[j] += base;
			for (uint32_t j = 0; j < step->list2_count; j++)
				((uint32_t *)(void *)(b->data + step->list2))[j] += base;
		}
		step->text = step->text == UINT32_MAX ? 0 : step->text + base;
		step->list += base;
		step->list2 += base;
	}
	b->data[b->data_size++] = '\0';
	header.size = (uint32_t)(base + b->data_size);
	memcpy(b->bytes, &header, sizeof header);
	memcpy(b->bytes + sizeof header, b->list, b->steps * sizeof *b->list);
	memcpy(b->bytes + base, b->data, b->data_size);
	return header.size;
}

static inline struct plan_outcome run(struct builder *b)
{
	size_t size = build(b);
	ssize_t need = plan_check(b->bytes, size);
	struct plan_outcome outcome;
	void *scratch;

	if (need < 0) {
		fprintf(stderr, "the plan was refused\n");
		abort();
	}
	scratch = aligned_alloc(16, ((size_t)need + 16) & ~(size_t)15);
	assert(scratch != NULL);
	plan_run(b->bytes, scratch, NULL, &outcome);
	free(scratch);
	return outcome;
}

#endif
