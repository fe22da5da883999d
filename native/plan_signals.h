#ifndef DAEMONITOR_PLAN_SIGNALS_H
#define DAEMONITOR_PLAN_SIGNALS_H

#include <stdint.h>

#define PLAN_SIGNALS 64

uint64_t plan_signal_mask(void);
void plan_block_signals(void);
void plan_restore_signals(uint64_t mask);

/* Puts every signal that has a handler back to default: the handlers are the caller's code. */
void plan_drop_handlers(void);

/* Puts every signal back to default, the ignored ones too. */
void plan_default_signals(void);

/* As a system call: -1 and errno on failure. */
long plan_ignore_signal(int signal);

#endif
