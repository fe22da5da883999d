/*
 * Launch plans: a list of steps, composed in TypeScript, that this file's
 * companion runs in order. It decides nothing and allocates nothing; the first
 * step that fails is reported with its errno.
 *
 * A plan is one flat buffer in native byte order, so that init can take it
 * from a socket just as the addon takes it from JavaScript:
 *
 *   struct plan_header | struct plan_step[count] | texts and lists
 *
 * Offsets count from the start of the buffer, whose last byte is a NUL. Texts
 * end with a NUL. A list is an array of uint32_t (4-aligned): numbers, or
 * offsets of texts.
 */
#ifndef DAEMONITOR_PLAN_H
#define DAEMONITOR_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define PLAN_MAGIC 0x314e4c50u /* "PLN1" */
#define PLAN_MAX_FORKS 2

enum plan_op {
	PLAN_FORK = 1,
	PLAN_SETSID,
	PLAN_SETPGID,          /* number[0]: group, 0 for its own */
	PLAN_IGNORE_SIGNAL,    /* number[0]: signal */
	PLAN_DEFAULT_SIGNALS,
	PLAN_SIGNAL_MASK,      /* number[0]: what `exec` leaves blocked, bit n-1 for signal n */
	PLAN_CHDIR,            /* text */
	PLAN_CHROOT,           /* text */
	PLAN_UMASK,            /* number[0] */
	PLAN_SET_LIMIT,        /* number: resource, soft, hard; -1 is unlimited */
	PLAN_NICE,             /* number[0] */
	PLAN_IO_PRIORITY,      /* number: class, level */
	PLAN_SCHEDULER,        /* number: policy, priority */
	PLAN_OOM_SCORE,        /* number[0]: oom_score_adj */
	PLAN_JOIN_CGROUP,      /* text: path of its cgroup.procs */
	PLAN_SET_GROUPS,       /* list of numbers */
	PLAN_SET_GID,          /* number[0] */
	PLAN_SET_UID,          /* number[0] */
	PLAN_NO_NEW_PRIVILEGES,
	PLAN_DUMPABLE,         /* number[0]: 0 or 1; only in a plan without fork */
	PLAN_PARENT_DEATH_SIGNAL, /* number[0] */
	PLAN_CLOSE_FDS_FROM,   /* number: lowest, 1 to mark close-on-exec instead; list: to keep, ascending */
	PLAN_OPEN_AT,          /* number: fd, flags of open(2), mode, enum plan_file; text; list: uids that a log may belong to */
	PLAN_DUP,              /* number: from, to */
	PLAN_WRITE_PID,        /* number[0]: fd, truncated and given "PID\n" */
	PLAN_PID_VARIABLE,     /* text: a slot of PLAN_PID_SLOT bytes, given the pid in decimal */
	PLAN_EXEC,             /* text: file; list: argv; list2: envp */
	PLAN_OPS
};

/* What is expected at a path that is opened. */
enum plan_file {
	PLAN_ANY_FILE,
	PLAN_NULL_DEVICE, /* or ENODEV */
	PLAN_LOG_FILE     /* no link; a regular file has one name (or EMLINK), and one of the owners (or EPERM) */
};

#define PLAN_PID_SLOT 12

struct plan_header {
	uint32_t magic;
	uint32_t size;  /* of the whole buffer */
	uint32_t count; /* of steps */
	uint32_t reserved;
};

struct plan_step {
	uint32_t op;
	uint32_t text;
	int64_t number[4];
	uint32_t list, list_count;
	uint32_t list2, list2_count;
};

struct plan_outcome {
	int32_t pid;    /* of the process that executed; 0 if none did */
	int32_t pidfd;  /* of that process, or -1 */
	int32_t step;   /* index of the step that failed, or -1 */
	int32_t error;  /* its errno, or 0 */
	uint64_t blocked_ns;
};

/* How much scratch memory plan_run() needs, or -EINVAL for a malformed plan. */
ssize_t plan_check(const void *plan, size_t size);

/*
 * Runs a plan that plan_check() has accepted. `scratch` is 16-aligned. A plan
 * with `fork` returns in the caller; one without runs in the calling process
 * and, if it ends in `exec`, returns only when that fails. `files`, unless it
 * is NULL, is the limit of descriptors that forked processes begin with.
 */
void plan_run(void *plan, void *scratch, const struct rlimit *files, struct plan_outcome *outcome);

#endif
