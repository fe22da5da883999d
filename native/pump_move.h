/* Shared by the files of the pump; nobody else includes it. */
#ifndef DAEMONITOR_PUMP_MOVE_H
#define DAEMONITOR_PUMP_MOVE_H

#include <stddef.h>

#include "pump.h"

#define CALM_AFTER UINT64_C(1000000000)
#define USUAL_SIZE 65536u
#define FLOOD_SIZE (1u << 20)

enum moved {
	MOVED_ALL,     /* nothing is left for now */
	MOVED_SOME,
	MOVED_FULL,    /* so much that the writer was probably held up */
	MOVED_NOTHING, /* the log takes nothing: its error says why, or no more was granted */
	MOVED_END,     /* the last writer is gone */
};

/* Moves once, a pipe's worth at the most. */
enum moved pump_move(struct pump *pump, struct pump_pipe *pipe, uint64_t now);

/* The end of the file is where the log goes on, whoever cut or extended it. */
void pump_find_end(struct pump *pump, struct pump_log *log);
/* How much of the pipe belongs to the line that the log is in: 0 if the pipe is empty. */
size_t pump_rest_of_line(struct pump *pump, const struct pump_pipe *pipe);
/* When to try a log again that took nothing. */
uint64_t pump_wake_at(const struct pump_log *log);

/* pump_drop.c: the disk is full, for the reason `error`, and `pipe` need not wait. */
void pump_begin_dropping(struct pump *pump, struct pump_pipe *pipe, bool cut, int error, uint64_t now);
/* Drops what is in the pipe, or begins to write again. */
enum moved pump_drop(struct pump *pump, struct pump_pipe *pipe, uint64_t now);
/* Writes down what was lost and goes on, if there is room; false if it still drops. */
bool pump_resume(struct pump *pump, struct pump_log *log, uint64_t now);
uint64_t pump_resume_at(const struct pump *pump, uint32_t log);
void pump_stop_dropping(struct pump *pump, struct pump_log *log);
void pump_set_cut(struct pump *pump, struct pump_pipe *pipe, bool cut);

/* Goes on in the next file if the old one is at a line end, or if it must by now. */
bool pump_try_switch(struct pump *pump, struct pump_log *log, uint64_t now);

/* pump_watch.c: 0 or -errno. A pipe that is enlisted can be watched: it calls at each write, but not for what is in it already. */
int pump_enlist(struct pump *pump, const struct pump_pipe *pipe);
void pump_strike_off(struct pump *pump, const struct pump_pipe *pipe);
int pump_watch(struct pump_pipe *pipe);
void pump_unwatch(struct pump_pipe *pipe);

/* pump_pipe.c: only an idle one is watched. */
void pump_put(struct pump *pump, struct pump_pipe *pipe, enum pipe_state state);
void pump_end_pipe(struct pump *pump, struct pump_pipe *pipe);

/* pump_size.c */
void pump_grow(struct pump *pump, struct pump_pipe *pipe, uint64_t now);
void pump_shrink(struct pump *pump, uint64_t now);

void pump_tell(struct pump *pump, struct pump_log *log, enum log_event kind, int error, uint64_t owner);
static inline uint32_t pump_index(const struct pump *pump, const struct pump_pipe *pipe)
{
	return (uint32_t)(pipe - pump->pipes);
}
uint32_t pump_handle(const struct pump *pump, const struct pump_log *log);
/* One pipe less. */
void pump_leave_log(struct pump *pump, uint32_t handle);

#endif
