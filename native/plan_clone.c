/*
 * A child that begins its life in a cgroup. To write a pid to cgroup.procs
 * waits until no thread of the machine is being forked (an RCU grace period,
 * 10 to 20 ms), clone3(CLONE_INTO_CGROUP) doesn't.
 *
 * libc has no wrapper for clone3, and syscall(2) can't be one: it would return
 * twice on one stack, of which the child, whose memory is ours, overwrites what
 * we return by. Without CLONE_VM it could, but then page tables are copied, and
 * a failed step would need another way back than plain assignment. So the call
 * is written here for each architecture that we are built for.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan_clone.h"
#include "plan_run.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#define INTO_CGROUP UINT64_C(0x200000000) /* CLONE_INTO_CGROUP */

/* clone_args of clone(2), which older headers lack, or lack the end of. */
struct arguments {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

#if defined(__x86_64__) || defined(__aarch64__)
/* There is nothing to return to: the stack begins here. As clone(2) has it, no exit handler runs. */
__attribute__((noreturn, used)) static void live(struct plan_child *child)
{
	int status = child->main(child);

	for (;;)
		(void)syscall(SYS_exit, status);
}
#endif

/* The pid, or -errno, in the parent alone. */
static long call(const struct arguments *arguments, struct plan_child *child)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%ebp, %%ebp\n\t"
	                 "mov %[child], %%rdi\n\t"
	                 "call *%[live]\n"
	                 "1:"
	                 : "=a"(result)
	                 : "0"((long)SYS_clone3), "D"(arguments), "S"(sizeof *arguments), [child] "r"(child), [live] "r"(live)
	                 : "rcx", "r11", "cc", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)arguments;
	register long x1 __asm__("x1") = sizeof *arguments;

	__asm__ volatile("svc #0\n\t"
	                 "cbnz x0, 1f\n\t"
	                 "mov x29, xzr\n\t"
	                 "mov x30, xzr\n\t"
	                 "mov x0, %[child]\n\t"
	                 "blr %[live]\n"
	                 "1:"
	                 : "+r"(x0)
	                 : "r"(x8), "r"(x1), [child] "r"(child), [live] "r"(live)
	                 : "cc", "memory");
	return x0;
#else
	(void)arguments;
	(void)child;
	return -ENOSYS;
#endif
}

pid_t plan_clone_into(struct plan_child *child, int flags, int cgroup, int *pidfd)
{
	const struct arguments arguments = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | INTO_CGROUP | (uint64_t)flags,
		.pidfd = (uintptr_t)pidfd,
		.stack = (uintptr_t)child->stack,
		.stack_size = PLAN_STACK,
		.cgroup = (uint64_t)cgroup,
	};

	return (pid_t)call(&arguments, child);
}
