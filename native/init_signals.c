/* All signals are blocked and read from a descriptor: SIGCHLD and the pump's are ours, the others the supervisor's to decide. */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "init.h"
#include "plan_signals.h"

#define MOST_AT_ONCE 32

static uint64_t bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

int signals_open(struct init *init)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)TAG_SIGNALS << 32 };
	sigset_t all;

	/* An inherited SIG_IGN for SIGCHLD would reap our children without us. */
	plan_default_signals();
	plan_block_signals();
	(void)sigfillset(&all);
	init->forwarded = bit(SIGHUP) | bit(SIGINT) | bit(SIGQUIT) | bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGTERM) | bit(SIGPWR);
	init->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (init->signals < 0 || epoll_ctl(init->epoll, EPOLL_CTL_ADD, init->signals, &event) < 0)
		return -errno;
	return 0;
}

static void pass_on(struct init *init, const struct signalfd_siginfo *info)
{
	_Alignas(8) unsigned char buffer[64];
	struct writer writer = event_begin(init, buffer, sizeof buffer);

	write_u32(&writer, info->ssi_signo);
	write_u32(&writer, info->ssi_pid);
	event_end(init, &writer, EVENT_SIGNAL);
}

static void take(struct init *init, const struct signalfd_siginfo *info)
{
	if ((int)info->ssi_signo == PUMP_SIGNAL)
		pump_called(&init->pump, info->ssi_fd, init->now);
	else if (info->ssi_signo == SIGIO)
		pump_called_by_some(&init->pump, init->now);
	else if (info->ssi_signo == SIGCHLD)
		/* One may stand for many. */
		reap(init);
	else if (init->forwarded & bit((int)info->ssi_signo))
		pass_on(init, info);
}

static bool is_repeated(const struct signalfd_siginfo *info, const struct signalfd_siginfo *before)
{
	return (int)info->ssi_signo == PUMP_SIGNAL && before->ssi_signo == info->ssi_signo && before->ssi_fd == info->ssi_fd;
}

void signals_ready(struct init *init)
{
	struct signalfd_siginfo infos[MOST_AT_ONCE];
	ssize_t size;

	do {
		size = read(init->signals, infos, sizeof infos);
		/* All of them were there before one is answered. */
		for (ssize_t i = 0; i < size / (ssize_t)sizeof *infos; i++)
			if (i == 0 || !is_repeated(&infos[i], &infos[i - 1]))
				take(init, &infos[i]);
	} while (size == (ssize_t)sizeof infos);
}
