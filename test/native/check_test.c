/* No buffer, however damaged, may pass plan_check and then lead plan_run outside it. */
#include <errno.h>
#include <stdbool.h>

#include "builder.h"

#define ROUNDS 200000

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t valid(struct builder *b)
{
	const char *argv[] = { "true", "one", NULL }, *envp[] = { "A=1", NULL };
	const uint32_t keep[] = { 3, 7 };
	struct plan_step *step;

	memset(b, 0, sizeof *b);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SETSID, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_CHDIR, 0, 0, 0, "/");
	step = add(b, PLAN_CLOSE_FDS_FROM, 3, 0, 0, NULL);
	step->list = add_list(b, keep, 2);
	step->list_count = 2;
	add(b, PLAN_OPEN_AT, 0, 0, 0, "/dev/null");
	add_exec(b, "/bin/true", argv, envp);
	return build(b);
}

/* Reads all that plan_run would read. */
static void walk(const struct builder *b, const char *copy, size_t size)
{
	const struct plan_header *header = (const void *)copy;
	const struct plan_step *steps = (const void *)(header + 1);
	size_t total = 0;

	(void)b;
	for (uint32_t i = 0; i < header->count; i++) {
		const struct plan_step *step = &steps[i];
		const uint32_t *list = (const void *)(copy + step->list), *list2 = (const void *)(copy + step->list2);
		bool is_text = step->op == PLAN_CHDIR || step->op == PLAN_CHROOT || step->op == PLAN_JOIN_CGROUP ||
			       step->op == PLAN_OPEN_AT || step->op == PLAN_EXEC;

		if (is_text)
			total += strlen(copy + step->text);
		if (step->op == PLAN_SET_GROUPS || step->op == PLAN_CLOSE_FDS_FROM)
			for (uint32_t j = 0; j < step->list_count; j++)
				total += list[j];
		if (step->op == PLAN_PID_VARIABLE)
			assert(step->text + PLAN_PID_SLOT < size);
		if (step->op == PLAN_EXEC) {
			for (uint32_t j = 0; j < step->list_count; j++)
				total += strlen(copy + list[j]);
			for (uint32_t j = 0; j < step->list2_count; j++)
				total += strlen(copy + list2[j]);
		}
	}
	if (total == SIZE_MAX)
		printf("# never\n");
}

static void refuse(enum plan_op first, enum plan_op second, enum plan_op third)
{
	const char *argv[] = { "true", NULL };
	enum plan_op ops[] = { first, second, third };
	static struct builder b;

	memset(&b, 0, sizeof b);
	for (size_t i = 0; i < 3; i++)
		if (ops[i] == PLAN_EXEC)
			add_exec(&b, "/bin/true", argv, NULL);
		else
			add(&b, ops[i], 1, 0, 0, "/");
	if (plan_check(b.bytes, build(&b)) != -EINVAL) {
		fprintf(stderr, "%d %d %d was not refused\n", first, second, third);
		abort();
	}
}

int main(void)
{
	static struct builder b;
	size_t size = valid(&b), accepted = 0;
	char *copy = aligned_alloc(16, 4096);

	assert(copy != NULL && size < 4096 && plan_check(b.bytes, size) > 0);
	refuse(PLAN_FORK, PLAN_SETSID, PLAN_CHDIR);    /* the child would go on in our memory */
	refuse(PLAN_FORK, PLAN_EXEC, PLAN_CHDIR);      /* exec is last */
	refuse(PLAN_FORK, PLAN_DUMPABLE, PLAN_EXEC);   /* would change the launcher */
	refuse(PLAN_CHDIR, PLAN_SIGNAL_MASK, PLAN_CHDIR); /* in force at exec */
	for (int round = 0; round < ROUNDS; round++) {
		/* An allocation of just this size, so that a sanitizer sees a read past its end. */
		size_t cut = next() % 8 == 0 ? next() % size : size;
		char *damaged = aligned_alloc(16, (cut + 15) / 16 * 16 + 16);

		assert(damaged != NULL);
		memcpy(damaged, b.bytes, cut);
		for (uint64_t changes = next() % 4 + 1; changes > 0 && cut > 0; changes--) {
			size_t at = next() % cut;
			damaged[at] = next() % 3 == 0 ? (char)0xff : (char)next();
		}
		if (plan_check(damaged, cut) >= 0) {
			walk(&b, damaged, cut);
			accepted++;
		}
		free(damaged);
	}
	printf("# %zu of %d damaged plans were harmless\n", accepted, ROUNDS);
	free(copy);
	return 0;
}
