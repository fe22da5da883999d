#include "waiter.h"

#include "descriptors.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_SIZE (64 * 1024)

static void *wait_for_descriptors(void *argument)
{
	struct waiter *waiter = argument;

	waiter->status = poll_descriptors(waiter->fds, waiter->count + 1, waiter->timeout);
	waiter->done(waiter->context);
	return NULL;
}

/* All signals are blocked in the thread: the program's handlers run where they always did. */
static int start_thread(struct waiter *waiter)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = pthread_attr_init(&attributes);

	if (error != 0)
		return -error;
	error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (error == 0)
		error = sigfillset(&all) < 0 ? errno : pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error == 0) {
		error = pthread_create(&waiter->thread, &attributes, wait_for_descriptors, waiter);
		waiter->running = error == 0;
		if (pthread_sigmask(SIG_SETMASK, &before, NULL) != 0)
			abort(); /* can't happen; a main thread deaf to SIGTERM would be worse */
	}
	pthread_attr_destroy(&attributes);
	return -error;
}

static int copy_descriptors(struct waiter *waiter, const int *fds)
{
	int copy;

	for (size_t index = 0; index < waiter->count; index++) {
		copy = duplicate_descriptor(fds[index], 3);
		if (copy < 0)
			return copy;
		waiter->fds[index] = (struct pollfd){ .fd = copy, .events = POLLIN };
	}
	waiter->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (waiter->cancel_fd < 0)
		return -errno;
	waiter->fds[waiter->count] = (struct pollfd){ .fd = waiter->cancel_fd, .events = POLLIN };
	return 0;
}

int waiter_start(struct waiter **started, const int *fds, size_t count, int timeout, void (*done)(void *context), void *context)
{
	struct waiter *waiter = calloc(1, sizeof *waiter + (count + 1) * sizeof waiter->fds[0]);
	int status;

	if (waiter == NULL)
		return -ENOMEM;
	waiter->timeout = timeout;
	waiter->cancel_fd = -1;
	waiter->count = count;
	waiter->done = done;
	waiter->context = context;
	for (size_t index = 0; index <= count; index++)
		waiter->fds[index].fd = -1;
	status = copy_descriptors(waiter, fds);
	if (status == 0) {
		/* Before the thread runs: `done` may use it at once. */
		*started = waiter;
		status = start_thread(waiter);
	}
	if (status < 0) {
		*started = NULL;
		waiter_free(waiter);
	}
	return status;
}

void waiter_cancel(struct waiter *waiter)
{
	if (waiter->cancel_fd < 0)
		return;
	/* Only a counter at its maximum can refuse this, and then the thread is awake already. */
	if (eventfd_write(waiter->cancel_fd, 1) < 0)
		return;
}

void waiter_join(struct waiter *waiter)
{
	if (waiter->running)
		pthread_join(waiter->thread, NULL);
	waiter->running = false;
	for (size_t index = 0; index <= waiter->count; index++) {
		if (waiter->fds[index].fd >= 0)
			close(waiter->fds[index].fd);
		waiter->fds[index].fd = -1;
	}
	waiter->cancel_fd = -1;
}

void waiter_free(struct waiter *waiter)
{
	waiter_join(waiter);
	free(waiter);
}
