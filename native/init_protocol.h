/*
 * What init and the supervisor say to each other, over a stream socket. An
 * init outlives upgrades of the supervisor: numbers are never used again for
 * something else, fields are only added at the end of a payload, and a type
 * that is not known is answered with EOPNOTSUPP.
 *
 * An answer has the type of its request with PROTOCOL_ANSWER set, and begins
 * with u32 errno or 0, u32 step of the plan that failed or -1. In comments: u32 and u64 as they are, `text` as frames.h
 * says, `fd` for a descriptor that travels with the frame.
 */
#ifndef DAEMONITOR_INIT_PROTOCOL_H
#define DAEMONITOR_INIT_PROTOCOL_H

#define PROTOCOL_VERSION 1u
#define PROTOCOL_CAPABILITIES 1u /* bit 0: all that version 1 has */
#define PROTOCOL_ANSWER 0x8000u
#define PROTOCOL_MAX_FRAME (4u << 20) /* from the supervisor */
#define PROTOCOL_MAX_FDS 64u          /* with a frame */
#define PROTOCOL_MAX_NAME 127u        /* bytes of a key or name */
#define PROTOCOL_MAX_PIPES 4u         /* of a process */

enum request {
	REQUEST_HELLO = 1,          /* u32 version, u32 0, u64 capabilities; after it events flow */
	REQUEST_SPAWN,              /* text key, u32 uid and gid to own the pipes (-1: as they are), u32 count of
	                               { u32 kind, u32 log, text name if held }, u32 size, the plan at the next multiple of 8.
	                               Answer: u64 serial, u64 start time, u64 time in ns, u64 ns that init was held up, u32 pid, u32 0 */
	REQUEST_SIGNAL,             /* u64 serial, u32 signal, u32 1 for its process group */
	REQUEST_LIST,               /* u32 from. Answer: u32 next (0: that's all), u32 count, records */
	REQUEST_ACKNOWLEDGE_EXIT,   /* u64 serial */
	REQUEST_ACKNOWLEDGE_EVENTS, /* u64 sequence: this one and all before */
	REQUEST_HOLD,               /* text name, u32 flags, fd */
	REQUEST_RELEASE,            /* text name */
	REQUEST_RENAME,             /* text from, text to (which it replaces) */
	REQUEST_SET_LOG,            /* text name, u32 handle (-1: a new one), u32 line limit in bytes, u32 deadline in ms,
	                               u32 flags, u64 size to tell of (0: none), then u64 bytes granted (not there: any number), fd.
	                               Answer: u32 handle, u32 1 if the switch is pending */
	REQUEST_CLOSE_LOG,          /* u32 handle: once its last pipe has ended */
	REQUEST_ADOPT,              /* text key, u64 start time, u32 pid, u32 count of { u32 log }, fds: read ends. Answer as to SPAWN */
	REQUEST_LIST_LOGS,          /* u32 from. Answer: u32 next, u32 count, of { u32 handle, u32 pipes, u32 errno, u32 pending, u64 offset,
	                               u64 written, text name } */
	REQUEST_LIST_HELD,          /* u32 from. Answer: u32 next, u32 count, of { u32 flags, u32 number, text name } */
	REQUEST_STATISTICS,         /* Answer: u32 count, that many u64, in the order of enum statistic */
	REQUEST_FORWARD,            /* u64 mask of signals to pass on, bit n-1 for signal n */
	REQUEST_SHUTDOWN,           /* u32 exit code */
	REQUEST_LIMIT_LOG,          /* u32 handle, u32 flags, u64 size to tell of, u64 bytes granted: how many may be written in all, to
	                               whatever file (-1: any number) */
	REQUEST_DESCRIBE_LOGS,      /* u32 from. Answer: u32 next, u32 count, of { u32 handle, u32 pipes, u32 errno, u32 LOG_IS_… flags,
	                               u64 offset, u64 written, u64 device and inode of the file, u64 inode of the one to go on in or 0,
	                               u64 dropped bytes, u64 dropped lines, text name } */
};

enum descriptor_kind { DESCRIPTOR_PIPE, DESCRIPTOR_HELD, DESCRIPTOR_SENT };

#define LOG_DROPS 1u /* on a full disk, rather than to let the service wait */

#define LOG_IS_SWITCHING 1u
#define LOG_IS_DROPPING 2u
#define LOG_IS_LIMITED 4u /* all that was granted is written */

#define HOLD_NOTIFY 1u /* init receives sd_notify datagrams on it */

enum event {
	/* u32 version, u32 most bytes of a frame, u64 capabilities, u64 start time, u32 pid, u32 first slot, u32 slots,
	   u32 restarts, u32 last wait status of a supervisor, u32 0, u64 soft and hard limit of descriptors as they were */
	EVENT_HELLO = 0x4001,
	EVENT_EXITED,      /* a record */
	/* These begin with u64 sequence, u64 time in ns, and come again until they are acknowledged. */
	EVENT_ORPHAN,      /* u32 pid, u32 wait status */
	EVENT_NOTIFY,      /* u32 pid, u32 uid, u32 session, u32 gid, text name of the socket, u32 size, bytes */
	EVENT_LOG,         /* u32 kind, u32 handle, u32 errno, u32 0, u64 offset, u64 written, u64 serial (LOG_SWITCHED: inode of the new
	                      file), text name, u64 dropped bytes, u64 dropped lines (LOG_UNBLOCKED) */
	EVENT_SIGNAL,      /* u32 signal, u32 pid of the sender */
};

enum log_event { LOG_SWITCHED, LOG_TRUNCATED, LOG_REMOVED, LOG_BLOCKED, LOG_UNBLOCKED, LOG_REACHED, LOG_ENDED, LOG_LIMITED };

/*
 * A record: u64 serial, u64 start time, u64 time of the spawn in ns, u64 time of the exit, u32 pid, u32 flags, u32 wait status, u32 0,
 * nine u64 of rusage (user and system time in microseconds, resident KB, minor and major faults, blocks in and out, voluntary and
 * involuntary switches), text key.
 */
#define RECORD_EXITED 1u
#define RECORD_ADOPTED 2u
#define RECORD_UNKNOWN 4u /* the kernel can't tell how it ended */
#define RECORD_NO_USAGE 8u

enum statistic {
	STATISTIC_PROCESSES,
	STATISTIC_SPAWNED,
	STATISTIC_EXITED,
	STATISTIC_ORPHANS,
	STATISTIC_LOGS,
	STATISTIC_PIPES,
	STATISTIC_HELD,
	STATISTIC_PUMPED,
	STATISTIC_RESTARTS,
	STATISTIC_EVENTS_DROPPED,
	STATISTIC_NOTIFY_DROPPED,
	STATISTIC_LOG_BYTES_DROPPED,
	STATISTIC_LOG_LINES_DROPPED,
	STATISTICS
};

#endif
