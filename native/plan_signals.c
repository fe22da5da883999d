/*
 * Signals by raw system call: libc hides two of them (32 and 33) behind
 * EINVAL, and a daemon's mask and dispositions must be exact for all 64.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan_signals.h"

/* As the kernel has it on x86-64 and arm64; libc's struct sigaction differs. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static long action_of(int signal, struct kernel_action *action)
{
	return syscall(SYS_rt_sigaction, signal, NULL, action, sizeof action->mask);
}

static long set_action(int signal, void (*handler)(int))
{
	struct kernel_action action = { .handler = handler };

	return syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
}

uint64_t plan_signal_mask(void)
{
	uint64_t mask = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
	return mask;
}

void plan_restore_signals(uint64_t mask)
{
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

void plan_block_signals(void)
{
	plan_restore_signals(~(uint64_t)0);
}

void plan_drop_handlers(void)
{
	struct kernel_action action;

	for (int signal = 1; signal <= PLAN_SIGNALS; signal++)
		if (action_of(signal, &action) == 0 && action.handler != SIG_DFL && action.handler != SIG_IGN)
			(void)set_action(signal, SIG_DFL);
}

/* SIGKILL and SIGSTOP refuse with EINVAL, and under some emulators the two reserved ones do. */
void plan_default_signals(void)
{
	for (int signal = 1; signal <= PLAN_SIGNALS; signal++)
		(void)set_action(signal, SIG_DFL);
}

long plan_ignore_signal(int signal)
{
	return set_action(signal, SIG_IGN);
}
