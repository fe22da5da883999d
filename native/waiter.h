/* poll(2) in a thread of its own, which can be called off. */
#ifndef DAEMONITOR_WAITER_H
#define DAEMONITOR_WAITER_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct waiter {
	pthread_t thread;
	bool running;
	int timeout;
	int cancel_fd; /* an eventfd; polled last */
	size_t count;
	int status; /* once joined: how many are ready, or -errno */
	void (*done)(void *context);
	void *context;
	struct pollfd fds[]; /* copies of the caller's, then cancel_fd; negative where one is closed */
};

/*
 * Polls copies of the descriptors, so that the caller may close its own at any
 * time. `done` is called once, in the thread, as the last thing it does.
 */
int waiter_start(struct waiter **started, const int *fds, size_t count, int timeout, void (*done)(void *context), void *context);
void waiter_cancel(struct waiter *waiter);
/* Waits for the thread, which must be done or called off, and closes the copies. More than once is allowed. */
void waiter_join(struct waiter *waiter);
void waiter_free(struct waiter *waiter);

#endif
