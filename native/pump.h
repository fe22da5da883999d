/*
 * The pump: moves what services write into pipes on into log files, by
 * splice(2), so that no byte is ever in our memory: whatever dies, what was
 * written is either in the pipe or in the file.
 *
 * It opens nothing and allocates nothing. Several pipes may end in one log.
 */
#ifndef DAEMONITOR_PUMP_H
#define DAEMONITOR_PUMP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "init_protocol.h"

#define PUMP_MOST_LOGS 32768u
#define PUMP_MOST_PIPES 32768u
#define PUMP_MOST_FDS 131072u
/* That something is in a pipe; its siginfo names the descriptor. SIGIO: in some pipe. (Valgrind has the last one for itself.) */
#define PUMP_SIGNAL (SIGRTMAX - 1)
#define PUMP_NEVER UINT64_MAX
#define PUMP_NONE UINT32_MAX

struct pump_log {
	int fd;           /* -1: free */
	int next_fd;      /* -1, or where to go on after the next line end */
	uint32_t pipes;
	uint32_t line_limit; /* bytes after which a line is cut rather than the switch put off any longer */
	uint32_t unswitched; /* bytes that went to the old file meanwhile */
	int32_t error;    /* why its pipes wait, or 0 */
	bool removed, reached, closing;
	bool drops;       /* on a full disk, rather than to let its writers wait */
	bool dropping, limited;
	uint8_t name_size;
	uint32_t next;    /* in the list of free or of switching logs */
	uint64_t offset, written, tell_at, next_tell_at;
	uint64_t granted; /* `written` may come to this */
	uint64_t switch_by, retry_at, retry_after;
	char name[PROTOCOL_MAX_NAME];
};

/* What a log has dropped. Apart from it, so that it takes no memory before a disk is full. */
struct pump_loss {
	uint64_t bytes, lines; /* since the disk is full */
	uint64_t since;        /* ms after 1970 */
	uint64_t all_bytes, all_lines;
	uint32_t next;         /* in the list of logs that drop */
	uint32_t midway;       /* pipes of which the beginning of a line was dropped, and not its end */
	uint32_t unended;      /* bytes of such lines, since there is room */
	bool cut;              /* the log ends with half a line */
	bool roomy;
};

enum pipe_state { PIPE_FREE, PIPE_IDLE, PIPE_BUSY, PIPE_WAITING };

struct pump_pipe {
	int fd;
	uint32_t log;
	uint32_t next, previous; /* in the list of its state */
	uint64_t owner;
	uint64_t last;           /* when something was moved, ns */
	uint32_t size;           /* of its buffer */
	uint8_t state;
	bool cut;                /* the beginning of the line that comes was dropped */
	bool flooded;            /* a millisecond is too long for it */
	bool watched;            /* calls when something comes */
};

struct pump_event {
	enum log_event kind;
	uint32_t log;
	int error;
	uint64_t offset, written, owner;
	uint64_t dropped_bytes, dropped_lines;
};

struct pump {
	int epoll; /* of whoever turns it: what ends a breath */
	int scratch[2]; /* a pipe to peek through */
	void (*report)(void *context, const struct pump_event *event);
	void *context;
	uint32_t busy, waiting, switching, dropping; /* first of each list */
	uint32_t free_logs, used_logs, free_pipes, used_pipes;
	uint32_t log_count, pipe_count, grown;
	uint64_t tick_at, shrink_at, pumped, dropped_bytes, dropped_lines;
	struct pump_log logs[PUMP_MOST_LOGS];
	struct pump_pipe pipes[PUMP_MOST_PIPES];
	struct pump_loss losses[PUMP_MOST_LOGS];
	uint32_t of_fd[PUMP_MOST_FDS]; /* index + 1 */
};

struct pump_log_settings {
	uint64_t tell_at; /* size that LOG_REACHED is reported at, 0 for none */
	uint64_t switch_within; /* ns until a switch no longer waits for a line end */
	uint64_t granted; /* bytes that may be written in all, over all of its files; PUMP_NEVER for any number */
	uint32_t line_limit;
	bool drops;
};

/* 0 or -errno. `pump` is all zeros; the caller blocks PUMP_SIGNAL and SIGIO, and reads them by a descriptor in `epoll`. */
int pump_open(struct pump *pump, int epoll, void (*report)(void *, const struct pump_event *), void *context);

/*
 * Makes a log of `fd` (handle PUMP_NONE), or lets an existing one go on in it
 * at the next line end. Takes `fd`, a regular file opened O_RDWR, also when it fails. The handle, or -errno.
 */
int pump_set_log(struct pump *pump, uint32_t handle, const char *name, uint32_t name_size, int fd,
                 const struct pump_log_settings *settings, uint64_t now);
/* Changes `tell_at`, `granted` and `drops` of a log. 0 or -errno. */
int pump_limit_log(struct pump *pump, uint32_t handle, const struct pump_log_settings *settings);
/* Closes it when its last pipe has ended. 0 or -errno. */
int pump_close_log(struct pump *pump, uint32_t handle);
bool pump_has_log(const struct pump *pump, uint32_t handle);

/* Pumps the read end `fd`, which it takes, also when it fails. An index, or -errno. */
int pump_add(struct pump *pump, int fd, uint32_t log, uint64_t owner);
void pump_own(struct pump *pump, uint32_t pipe, uint64_t owner);
/* PUMP_SIGNAL came, for the descriptor `fd`. */
void pump_called(struct pump *pump, int fd, uint64_t now);
/* SIGIO came: there was no room to say for which. */
void pump_called_by_some(struct pump *pump, uint64_t now);
/* Moves all that waits in the pipes of `owner`: it has ended. */
void pump_drain(struct pump *pump, uint32_t pipe, uint64_t owner, uint64_t now);
void pump_drain_all(struct pump *pump, uint64_t now);

/* When pump_tick() wants to be called, or PUMP_NEVER. */
uint64_t pump_deadline(const struct pump *pump);
void pump_tick(struct pump *pump, uint64_t now);

#endif
