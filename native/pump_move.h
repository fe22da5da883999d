/* Shared by the files of the pump; nobody else includes it. */
#ifndef DAEMONITOR_PUMP_MOVE_H
#define DAEMONITOR_PUMP_MOVE_H

#include "pump.h"

enum moved {
	MOVED_ALL,     /* nothing is left for now */
	MOVED_SOME,
	MOVED_FULL,    /* so much that the writer was probably held up */
	MOVED_NOTHING, /* the log takes nothing; its error says why */
	MOVED_END,     /* the last writer is gone */
};

/* Moves once, a pipe's worth at the most. */
enum moved pump_move(struct pump *pump, struct pump_pipe *pipe, uint64_t now);

/* Goes on in the next file if the old one is at a line end, or if it must by now. */
bool pump_try_switch(struct pump *pump, struct pump_log *log, uint64_t now);

void pump_tell(struct pump *pump, struct pump_log *log, enum log_event kind, int error, uint64_t owner);
uint32_t pump_handle(const struct pump *pump, const struct pump_log *log);
/* One pipe less. */
void pump_leave_log(struct pump *pump, uint32_t handle);

#endif
