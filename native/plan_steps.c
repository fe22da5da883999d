/* The steps of launch plans, one function each. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan.h"
#include "plan_run.h"
#include "plan_signals.h"

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_SHIFT 13

static int result(long returned)
{
	return returned < 0 ? -errno : 0;
}

static int set_limit(const struct plan_step *step)
{
	/* RLIM_INFINITY is all ones, as -1 is. */
	struct rlimit limit = { .rlim_cur = (rlim_t)step->number[1], .rlim_max = (rlim_t)step->number[2] };

	return result(setrlimit((__rlimit_resource_t)step->number[0], &limit));
}

static int io_priority(const struct plan_step *step)
{
	long priority = (long)(step->number[0] << IOPRIO_CLASS_SHIFT | step->number[1]);

	return result(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, priority));
}

static int scheduler(const struct plan_step *step)
{
	struct sched_param parameter = { .sched_priority = (int)step->number[1] };

	return result(syscall(SYS_sched_setscheduler, 0, (int)step->number[0], &parameter));
}

static int write_whole(int fd, const char *text, size_t length)
{
	ssize_t written = write(fd, text, length);

	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -ENOSPC;
}

static int write_file(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = write_whole(fd, text, length);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	return error;
}

/* Digits right-aligned in the end of `buffer`; printf is not async-signal-safe. */
static char *decimal(int64_t number, char *end)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char *text = end;

	do
		*--text = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		*--text = '-';
	return text;
}

static int oom_score(const struct plan_step *step)
{
	char buffer[24];
	char *end = buffer + sizeof buffer;
	char *text = decimal(step->number[0], end);

	return write_file("/proc/self/oom_score_adj", text, (size_t)(end - text));
}

/*
 * Raw system calls for groups, gid and uid: libc's wrappers signal all threads
 * of the process whose memory we share, and would change those.
 */
static int set_groups(const struct plan_run *run, const struct plan_step *step)
{
	const uint32_t *groups = (const void *)(run->base + step->list);

	if (syscall(SYS_setgroups, (size_t)step->list_count, groups) < 0)
		return -errno;
	return syscall(SYS_getgroups, 0, NULL) == (long)step->list_count ? 0 : -ENOTRECOVERABLE;
}

static int set_gid(const struct plan_step *step)
{
	gid_t gid = (gid_t)step->number[0], real, effective, saved;

	if (syscall(SYS_setresgid, gid, gid, gid) < 0 || syscall(SYS_getresgid, &real, &effective, &saved) < 0)
		return -errno;
	return real == gid && effective == gid && saved == gid ? 0 : -ENOTRECOVERABLE;
}

static int set_uid(const struct plan_step *step)
{
	uid_t uid = (uid_t)step->number[0], real, effective, saved;

	if (syscall(SYS_setresuid, uid, uid, uid) < 0 || syscall(SYS_getresuid, &real, &effective, &saved) < 0)
		return -errno;
	if (real != uid || effective != uid || saved != uid)
		return -ENOTRECOVERABLE;
	/* Capabilities that survive the change would let it back in. */
	if (uid != 0 && syscall(SYS_setresuid, (uid_t)-1, (uid_t)0, (uid_t)-1) == 0)
		return -ENOTRECOVERABLE;
	return 0;
}

static int write_pid(const struct plan_step *step)
{
	int fd = (int)step->number[0];
	char buffer[24];
	char *end = buffer + sizeof buffer, *text;

	end[-1] = '\n';
	text = decimal(getpid(), end - 1);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return write_whole(fd, text, (size_t)(end - text));
}

static int pid_variable(const struct plan_run *run, const struct plan_step *step)
{
	char buffer[PLAN_PID_SLOT];
	char *end = buffer + sizeof buffer - 1;
	char *text = decimal(getpid(), end);

	*end = '\0';
	memcpy(run->base + step->text, text, (size_t)(end - text) + 1);
	return 0;
}

static int execute(struct plan_run *run, const struct plan_step *step)
{
	int error;

	plan_restore_signals(run->mask);
	(void)execve(run->base + step->text, run->argv, run->envp);
	error = errno;
	if (run->forks == 0)
		plan_restore_signals(run->caller_mask);
	return -error;
}

int plan_step(struct plan_run *run, const struct plan_step *step)
{
	const char *text = run->base + step->text;

	switch ((enum plan_op)step->op) {
	case PLAN_SETSID:
		return result(setsid());
	case PLAN_SETPGID:
		return result(setpgid(0, (pid_t)step->number[0]));
	case PLAN_IGNORE_SIGNAL:
		return result(plan_ignore_signal((int)step->number[0]));
	case PLAN_DEFAULT_SIGNALS:
		plan_default_signals();
		return 0;
	case PLAN_SIGNAL_MASK:
		run->mask = (uint64_t)step->number[0];
		return 0;
	case PLAN_CHDIR:
		return result(chdir(text));
	case PLAN_CHROOT:
		return result(chroot(text));
	case PLAN_UMASK:
		(void)umask((mode_t)step->number[0]);
		return 0;
	case PLAN_SET_LIMIT:
		return set_limit(step);
	case PLAN_NICE:
		return result(setpriority(PRIO_PROCESS, 0, (int)step->number[0]));
	case PLAN_IO_PRIORITY:
		return io_priority(step);
	case PLAN_SCHEDULER:
		return scheduler(step);
	case PLAN_OOM_SCORE:
		return oom_score(step);
	case PLAN_JOIN_CGROUP:
		return write_file(text, "0", 1);
	case PLAN_SET_GROUPS:
		return set_groups(run, step);
	case PLAN_SET_GID:
		return set_gid(step);
	case PLAN_SET_UID:
		return set_uid(step);
	case PLAN_NO_NEW_PRIVILEGES:
		return result(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	case PLAN_DUMPABLE:
		return result(prctl(PR_SET_DUMPABLE, (long)step->number[0]));
	case PLAN_PARENT_DEATH_SIGNAL:
		return result(prctl(PR_SET_PDEATHSIG, (long)step->number[0]));
	case PLAN_CLOSE_FDS_FROM:
		return plan_close_fds((unsigned)step->number[0], step->number[1] == 1, (const void *)(run->base + step->list), step->list_count);
	case PLAN_OPEN_AT:
		return plan_open_at(run, step);
	case PLAN_DUP:
		return plan_duplicate((int)step->number[0], (int)step->number[1]);
	case PLAN_WRITE_PID:
		return write_pid(step);
	case PLAN_PID_VARIABLE:
		return pid_variable(run, step);
	case PLAN_EXEC:
		return execute(run, step);
	case PLAN_FORK:
	case PLAN_OPS:
		break;
	}
	return -EINVAL;
}
