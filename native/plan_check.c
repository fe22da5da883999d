/* Whether a buffer is a plan that plan_run() can trust. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>

#include "plan.h"
#include "plan_run.h"
#include "plan_signals.h"

#define MAX_STEPS 4096

static bool text_fits(const struct plan_header *plan, uint32_t offset)
{
	return offset >= sizeof *plan && offset < plan->size;
}

static bool list_fits(const struct plan_header *plan, uint32_t offset, uint32_t count)
{
	if (count == 0)
		return true;
	return offset >= sizeof *plan && offset % sizeof(uint32_t) == 0 && offset < plan->size &&
	       count <= (plan->size - offset) / sizeof(uint32_t);
}

static bool texts_fit(const struct plan_header *plan, uint32_t offset, uint32_t count)
{
	const uint32_t *list = (const void *)((const char *)plan + offset);

	if (!list_fits(plan, offset, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!text_fits(plan, list[i]))
			return false;
	return true;
}

static bool operands_fit(const struct plan_header *plan, const struct plan_step *step)
{
	switch ((enum plan_op)step->op) {
	case PLAN_IGNORE_SIGNAL:
		return step->number[0] >= 1 && step->number[0] <= PLAN_SIGNALS;
	case PLAN_CHDIR:
	case PLAN_CHROOT:
	case PLAN_JOIN_CGROUP:
		return text_fits(plan, step->text);
	case PLAN_OPEN_AT:
		return text_fits(plan, step->text) && list_fits(plan, step->list, step->list_count);
	case PLAN_PID_VARIABLE:
		return text_fits(plan, step->text) && plan->size - step->text > PLAN_PID_SLOT;
	case PLAN_SET_GROUPS:
	case PLAN_CLOSE_FDS_FROM:
		return list_fits(plan, step->list, step->list_count);
	case PLAN_EXEC:
		return text_fits(plan, step->text) && step->list_count > 0 &&
		       texts_fit(plan, step->list, step->list_count) &&
		       texts_fit(plan, step->list2, step->list2_count);
	default:
		return step->op >= PLAN_FORK && step->op < PLAN_OPS;
	}
}

/*
 * A child that shares our memory must end in exec, and must not change what
 * belongs to that memory (dumpable) rather than to the process.
 */
static bool order_fits(const struct plan_step *steps, uint32_t count, uint32_t *forks)
{
	bool executes = steps[count - 1].op == PLAN_EXEC;

	*forks = 0;
	for (uint32_t i = 0; i < count; i++) {
		switch (steps[i].op) {
		case PLAN_FORK:
			if (!executes || ++*forks > PLAN_MAX_FORKS)
				return false;
			break;
		case PLAN_EXEC:
			if (i != count - 1)
				return false;
			break;
		case PLAN_SIGNAL_MASK:
			if (!executes)
				return false;
			break;
		case PLAN_DUMPABLE:
			if (executes)
				return false;
			break;
		}
	}
	return true;
}

ssize_t plan_check(const void *bytes, size_t size)
{
	const struct plan_header *plan = bytes;
	const struct plan_step *steps = (const void *)(plan + 1);
	uint32_t forks;

	if ((uintptr_t)bytes % _Alignof(struct plan_step) != 0 || size <= sizeof *plan || size > INT32_MAX)
		return -EINVAL;
	if (plan->magic != PLAN_MAGIC || plan->size != size || plan->count == 0 || plan->count > MAX_STEPS)
		return -EINVAL;
	if ((size - sizeof *plan) / sizeof *steps < plan->count || ((const char *)bytes)[size - 1] != '\0')
		return -EINVAL;
	for (uint32_t i = 0; i < plan->count; i++)
		if (!operands_fit(plan, &steps[i]))
			return -EINVAL;
	if (!order_fits(steps, plan->count, &forks))
		return -EINVAL;
	return (ssize_t)(forks * PLAN_STACK + plan_pointers(&steps[plan->count - 1]) * sizeof(char *));
}
