/* A pump to be tested, and init's loop around it: with a clock and chances of its own, so that each run is the same. */
#ifndef PUMPING_H
#define PUMPING_H

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "check.h"
#include "pump.h"

static struct pump pump;
static int calls;
static uint64_t state = 88172645463325252u, now = 1000000000;
/* How many events of each kind it has told. */
static unsigned seen[LOG_LIMITED + 1];

static inline uint64_t next(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static inline void note(void *context, const struct pump_event *event)
{
	CHECK(context == &pump && event->kind <= LOG_LIMITED);
	seen[event->kind]++;
}

static inline int file(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static inline int keep(int fd)
{
	int copy = dup(fd);

	CHECK(copy >= 0);
	return copy;
}

/* `report` is told of the pump. */
static inline void open_pump(void (*report)(void *, const struct pump_event *))
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	sigset_t signals;

	CHECK(epoll >= 0);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, PUMP_SIGNAL);
	(void)sigaddset(&signals, SIGIO);
	CHECK(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
	calls = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	CHECK(calls >= 0);
	CHECK(pump_open(&pump, epoll, report, &pump) == 0);
}

/* As init's loop does, up to `most` nanoseconds and a half millisecond after the last time. */
static inline void turn(uint64_t most)
{
	struct signalfd_siginfo info;

	now += 500000 + next(most);
	while (read(calls, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGIO)
			pump_called_by_some(&pump, now);
		else
			pump_called(&pump, info.ssi_fd, now);
	}
	if (pump_deadline(&pump) <= now)
		pump_tick(&pump, now);
}

#endif
