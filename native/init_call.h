/* One request that is being answered. */
#ifndef DAEMONITOR_INIT_CALL_H
#define DAEMONITOR_INIT_CALL_H

#include "init.h"

struct call {
	struct init *init;
	const unsigned char *frame;
	struct reader reader;
	struct writer *answer;
	int *fds;
	uint32_t fd_count, step;
};

/* init_lists.c: what there is, a page at a time. Each returns 0. */
int ask_list(struct call *call);
int ask_list_logs(struct call *call);
int ask_describe_logs(struct call *call);
int ask_list_held(struct call *call);
int ask_statistics(struct call *call);

#endif
