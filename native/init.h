/* What the files of init share: one struct that holds all of its state. Nobody else includes it. */
#ifndef DAEMONITOR_INIT_H
#define DAEMONITOR_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "frames.h"
#include "init_protocol.h"
#include "pump.h"

#define INIT_NONE UINT32_MAX
#define INIT_NEVER UINT64_MAX
#define INIT_MS UINT64_C(1000000) /* all times inside are nanoseconds of the monotonic clock */

#define MOST_PROCESSES 16384u
#define MOST_HELD 8192u
#define EVENT_BYTES (256u * 1024u)
#define OUT_BYTES (192u * 1024u)
#define ANSWER_BYTES (64u * 1024u) /* no answer is larger */
#define SCRATCH_BYTES (768u * 1024u)
#define KEPT_BYTES (8u * 1024u) /* of a buffer that was needed whole for once */

/*
 * Where a plan finds its descriptors. No other descriptor of ours ever has one
 * of these numbers, and what a plan opens for its program lies below them, so
 * that no dup(2) of a plan can overwrite what a later one needs.
 */
#define FIRST_SLOT 64u
#define SLOTS 64u

enum tag { TAG_SIGNALS, TAG_CONNECTION, TAG_NOTIFY, TAG_PIDFD };

enum process_state { PROCESS_FREE, PROCESS_RUNS, PROCESS_EXITED };

struct process {
	uint64_t serial, start_time, spawned, exited;
	pid_t pid;
	int pidfd; /* of an adopted one, or -1 */
	int status;
	uint32_t flags; /* of its record */
	uint32_t pipes[PROTOCOL_MAX_PIPES];
	uint32_t next;     /* in its bucket, or in the list of free ones */
	uint32_t unsaid;   /* next one whose exit the supervisor has not been told */
	uint64_t tries;    /* to learn how an adopted one ended */
	uint64_t usage[9];
	uint8_t state, pipe_count, key_size;
	char key[PROTOCOL_MAX_NAME];
};

struct processes {
	uint32_t buckets[MOST_PROCESSES]; /* by pid; index + 1 */
	uint32_t free, used, count;
	uint32_t unsaid, last_unsaid;
	uint32_t ending; /* adopted ones that ended, and nobody knows how yet */
	uint64_t look_at;
	uint64_t serials, spawned, exited, orphans;
	struct process list[MOST_PROCESSES];
};

struct held {
	int fd; /* -1: free */
	uint32_t flags;
	uint8_t name_size;
	char name[PROTOCOL_MAX_NAME];
};

/* Frames that wait for being acknowledged, in a ring. */
struct events {
	uint32_t head, sent, tail; /* offsets; empty where head is tail and nothing wrapped */
	uint32_t wrap;             /* where the last lap ended, 0 while tail is not behind head */
	uint64_t sequence, dropped, notify_dropped;
	_Alignas(8) unsigned char bytes[EVENT_BYTES];
};

struct connection {
	int fd;
	bool greeted, garbage;
	uint32_t interest;
	uint32_t in_size, out_start, out_end, fd_count;
	uint64_t half_since;
	int fds[PROTOCOL_MAX_FDS * 2];
	_Alignas(16) unsigned char in[PROTOCOL_MAX_FRAME];
	_Alignas(16) unsigned char out[OUT_BYTES];
};

struct supervisor {
	char **argv;
	pid_t pid;
	int status;
	uint32_t restarts;
	uint64_t started, start_at, kill_at;
	uint64_t delay, first_delay, most_delay, stable;
};

struct init {
	int epoll, signals;
	bool ending;
	int exit_code;
	uint64_t now, forwarded, start_time;
	struct rlimit files; /* as it was; ours is raised */
	struct supervisor supervisor;
	struct connection connection;
	struct processes processes;
	struct events events;
	uint32_t held_used, held_count;
	struct held held[MOST_HELD];
	struct pump pump;
	_Alignas(16) unsigned char scratch[SCRATCH_BYTES]; /* for plans */
};

/* init_clock.c */
uint64_t clock_now(void);
uint64_t clock_time(void); /* since 1970 */
/* Field 22 of /proc/PID/stat, and its parent. False where there is no such process. */
bool process_stat(pid_t pid, uint64_t *start_time, pid_t *parent, char *state, int *status);

/* init_pages.c: whole pages of a buffer, behind the first `kept` bytes; they are zeros from then on. */
void give_back(void *start, size_t size, size_t kept);

/* init_processes.c */
void processes_open(struct init *init);
struct process *process_new(struct init *init, struct text key, pid_t pid, uint64_t start_time);
void process_free(struct init *init, struct process *process);
struct process *process_of_pid(struct init *init, pid_t pid);
struct process *process_of_serial(struct init *init, uint64_t serial);
uint32_t process_index(const struct init *init, const struct process *process);
/* Notes the end; the record stays until it is acknowledged. `usage` may be NULL. */
void process_ended(struct init *init, struct process *process, int status, const struct rusage *usage);
void write_record(struct writer *writer, const struct process *process);
void reap(struct init *init);

/* init_adopt.c */
int adopt(struct init *init, struct reader *reader, int *fds, uint32_t fd_count, struct process **adopted);
void pidfd_ready(struct init *init, uint32_t index);
void look_at_ending(struct init *init);

/* init_spawn.c */
int spawn_open(struct init *init);
int spawn(struct init *init, const unsigned char *frame, struct reader *reader, const int *fds, uint32_t fd_count,
          struct process **spawned, uint32_t *step, uint64_t *blocked);

/* init_held.c */
int hold(struct init *init, struct text name, uint32_t flags, int fd);
int release(struct init *init, struct text name);
int rename_held(struct init *init, struct text from, struct text to);
struct held *held_of_name(struct init *init, struct text name);
void notify_ready(struct init *init, uint32_t index);

/* init_events.c */
struct writer event_begin(struct init *init, void *buffer, size_t size);
void event_end(struct init *init, struct writer *writer, enum event type);
void events_rewind(struct init *init);
void acknowledge_events(struct init *init, uint64_t sequence);
/* The next frame that was not sent yet, or NULL. */
const unsigned char *event_next(struct init *init, uint32_t *size);
void event_sent(struct init *init);
void report_log(void *context, const struct pump_event *event);

/* init_connection.c */
void connection_open(struct init *init, int fd);
/* Takes in what the supervisor said before it went, and forgets it. */
void connection_close(struct init *init);
void connection_ready(struct init *init, uint32_t events);
/* Answers, tells and sends as much as there is room for. */
void connection_push(struct init *init);
void connection_check(struct init *init);
uint32_t connection_room(const struct init *init);
void connection_send(struct init *init, const void *frame, uint32_t size);

/* init_tell.c */
void say_hello(struct init *init);
void tell_news(struct init *init);

/* init_requests.c: takes the descriptors that it uses out of `fds`, leaving -1. */
void handle_request(struct init *init, unsigned char *frame, const struct frame_header *header, int *fds);

/* init_supervisor.c: 0 or -errno. */
int supervisor_start(struct init *init);
void supervisor_ended(struct init *init, int status);
void supervisor_check(struct init *init);
void supervisor_kill(struct init *init, const char *why);

/* init_signals.c */
int signals_open(struct init *init);
void signals_ready(struct init *init);

#endif
