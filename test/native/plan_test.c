/* The interpreter of launch plans, run against the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder.h"
#include "check.h"

static struct builder plan;

static struct builder *fresh(void)
{
	memset(&plan, 0, sizeof plan);
	return &plan;
}

/* Out of the way of the descriptors that a plan opens. */
static void high_pipe(int ends[2])
{
	int low[2];

	CHECK(pipe2(low, O_CLOEXEC) == 0);
	for (int i = 0; i < 2; i++)
		CHECK((ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 50)) >= 50 && close(low[i]) == 0);
}

/* Executes a shell that runs `script` with descriptor 9 as our pipe; what it wrote there comes back. */
static struct plan_outcome shell(struct builder *b, const char *script, char *said, size_t size)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	struct plan_outcome outcome;
	int ends[2];
	size_t length = 0;
	ssize_t got;

	high_pipe(ends);
	add(b, PLAN_DUP, ends[1], 9, 0, NULL);
	add_exec(b, "/bin/sh", argv, envp);
	outcome = run(b);
	CHECK(close(ends[1]) == 0);
	while (length < size - 1 && (got = read(ends[0], said + length, size - 1 - length)) > 0)
		length += (size_t)got;
	said[length] = '\0';
	CHECK(close(ends[0]) == 0);
	return outcome;
}

static void expect_gone(struct plan_outcome *outcome)
{
	struct pollfd ended = { .fd = outcome->pidfd, .events = POLLIN };

	CHECK(outcome->step == -1 && outcome->pid > 0 && outcome->pidfd >= 0);
	CHECK(poll(&ended, 1, 20000) == 1);
	CHECK(close(outcome->pidfd) == 0);
}

static void expect_failure(struct plan_outcome outcome, int step, int error)
{
	CHECK(outcome.step == step);
	CHECK(outcome.error == error);
	CHECK(outcome.pid == 0 && outcome.pidfd == -1);
	CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
}

static void double_fork_gives_up_leadership(void)
{
	struct builder *b = fresh();
	char said[256];
	int pid, parent, group, session;
	struct plan_outcome outcome;

	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SETSID, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	outcome = shell(b, "read -r pid comm state parent group session rest < /proc/$$/stat; echo $pid $parent $group $session >&9", said, sizeof said);
	CHECK(sscanf(said, "%d %d %d %d", &pid, &parent, &group, &session) == 4);
	CHECK(pid == outcome.pid);
	CHECK(group != pid && session == group);
	CHECK(parent != getpid());
	expect_gone(&outcome);
	CHECK(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD);
}

static void single_fork_makes_a_child_of_ours(void)
{
	struct builder *b = fresh();
	char said[64];
	struct plan_outcome outcome;
	int status;

	add(b, PLAN_FORK, 0, 0, 0, NULL);
	outcome = shell(b, "exit 7", said, sizeof said);
	expect_gone(&outcome);
	CHECK(waitpid(outcome.pid, &status, 0) == outcome.pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* Of a cgroup (version 2) that is made below our own; false where there is none that we can write. */
static bool make_cgroup(char *path, size_t size)
{
	char line[512], place[256] = "", own[256] = "";
	FILE *file = fopen("/proc/self/mountinfo", "r");

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (strstr(line, " - cgroup2 ") != NULL)
			(void)sscanf(line, "%*s %*s %*s / %255s", place);
	CHECK(file != NULL && fclose(file) == 0);
	file = fopen("/proc/self/cgroup", "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		(void)sscanf(line, "0::%255s", own);
	CHECK(file != NULL && fclose(file) == 0);
	(void)snprintf(path, size, "%s%s/plan-test-%d", place, strcmp(own, "/") == 0 ? "" : own, (int)getpid());
	return place[0] != '\0' && own[0] != '\0' && mkdir(path, 0755) == 0;
}

/* Both ways in: by birth, and, where the steps before the join could change what its path means, by cgroup.procs. */
static void cgroup_is_joined(void)
{
	char path[600], procs[620], said[1024];
	const char *argv[] = { "true", NULL };

	if (!make_cgroup(path, sizeof path)) {
		printf("# plans that join a cgroup: none can be made here\n");
		return;
	}
	(void)snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
	for (int forks = 1; forks <= 2; forks++) {
		for (int by_writing = 0; by_writing <= 1; by_writing++) {
			struct builder *b = fresh();
			struct plan_outcome outcome;

			for (int fork = 0; fork < forks; fork++)
				add(b, PLAN_FORK, 0, 0, 0, NULL);
			add(b, PLAN_SETSID, 0, 0, 0, NULL);
			if (by_writing)
				add(b, PLAN_CHDIR, 0, 0, 0, "/");
			add(b, PLAN_JOIN_CGROUP, 0, 0, 0, procs);
			outcome = shell(b, "grep ^0:: /proc/self/cgroup >&9", said, sizeof said);
			CHECK(strstr(said, strrchr(path, '/')) != NULL);
			expect_gone(&outcome);
			if (forks == 1)
				CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
		}
	}
	for (int birth = 0; birth <= 1; birth++) {
		struct builder *b = fresh();

		add(b, PLAN_FORK, 0, 0, 0, NULL);
		add(b, PLAN_JOIN_CGROUP, 0, 0, 0, birth ? procs : "/does/not/exist/cgroup.procs");
		add(b, PLAN_CHDIR, 0, 0, 0, "/does/not/exist");
		add_exec(b, "/bin/true", argv, NULL);
		expect_failure(run(b), birth ? 2 : 1, ENOENT);
	}
	while (rmdir(path) != 0)
		CHECK(errno == EBUSY && poll(NULL, 0, 10) == 0);
}

/* As old kernels and some sandboxes have it. Undone by nothing: only in a process of its own. */
static void filter_calls(struct sock_filter *steps, size_t count)
{
	struct sock_fprog program = { .len = (unsigned short)count, .filter = steps };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void refuse(unsigned call, int error)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	filter_calls(steps, sizeof steps / sizeof *steps);
}

/* EPERM for each clone(2) that copies the table of descriptors. */
static void refuse_copies_of_descriptors(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3), /* to the last */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_FILES, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	filter_calls(steps, sizeof steps / sizeof *steps);
}

/* Runs `act` where it can filter its calls. */
static void in_child(void (*act)(int), int argument)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		act(argument);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void join_without_clone3(int error)
{
	refuse(SYS_clone3, error);
	cgroup_is_joined();
}

static const int refusals[] = { ENOSYS, EPERM, EINVAL };

static void cgroup_is_joined_without_clone3(void)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		in_child(join_without_clone3, refusals[i]);
}

enum { CLOSES_FIRST, NEEDS_THEM_FIRST };

/* A plan that closes all but our pipe, and says what it has then. */
static struct plan_outcome close_all(int forks, int order, char *said, size_t size)
{
	struct builder *b = fresh();
	const char *argv[] = { "sh", "-c", "cd /proc/self/fd && echo * >&9", NULL };
	struct plan_outcome outcome;
	struct plan_step *closing;
	uint32_t kept;
	int ends[2];
	ssize_t got;

	high_pipe(ends);
	kept = (uint32_t)ends[1];
	for (int fork = 0; fork < forks; fork++)
		add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SETSID, 0, 0, 0, NULL);
	if (order == NEEDS_THEM_FIRST)
		add(b, PLAN_DUP, 200, 201, 0, NULL);
	closing = add(b, PLAN_CLOSE_FDS_FROM, 0, 0, 0, NULL);
	closing->list = add_list(b, &kept, 1);
	closing->list_count = 1;
	add(b, PLAN_DUP, ends[1], 9, 0, NULL);
	add_exec(b, "/bin/sh", argv, NULL);
	outcome = run(b);
	CHECK(close(ends[1]) == 0);
	got = read(ends[0], said, size - 1);
	said[got < 0 ? 0 : got] = '\0';
	CHECK(close(ends[0]) == 0);
	return outcome;
}

static void closes_what_it_shares(int refused)
{
	int low = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(low >= 0);
	for (int fd = 100; fd < 400; fd++)
		CHECK(dup2(low, fd) == fd);
	if (refused != 0)
		refuse(SYS_close_range, refused);
	for (int order = CLOSES_FIRST; order <= NEEDS_THEM_FIRST; order++) {
		for (int forks = 1; forks <= 2; forks++) {
			char said[200];
			struct plan_outcome outcome = close_all(forks, order, said, sizeof said);
			int next;

			expect_gone(&outcome);
			/* 0 is the directory that the shell reads. */
			CHECK(strcmp(said, "0 9\n") == 0);
			for (int fd = 100; fd < 400; fd++)
				CHECK(fcntl(fd, F_GETFD) == 0);
			next = open("/dev/null", O_RDONLY | O_CLOEXEC);
			CHECK(next == low + 1 && close(next) == 0);
			if (forks == 1)
				CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
		}
	}
}

static void copies_no_descriptor_that_it_closes(int unused)
{
	char said[200];
	struct plan_outcome outcome;

	(void)unused;
	CHECK(dup2(2, 200) == 200);
	refuse_copies_of_descriptors();
	outcome = close_all(1, CLOSES_FIRST, said, sizeof said);
	expect_gone(&outcome);
	CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
	CHECK(strcmp(said, "0 9\n") == 0);
	expect_failure(close_all(1, NEEDS_THEM_FIRST, said, sizeof said), 0, EPERM);
}

static void descriptors_are_shared_until_they_are_closed(void)
{
	in_child(copies_no_descriptor_that_it_closes, 0);
	in_child(closes_what_it_shares, 0);
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		in_child(closes_what_it_shares, refusals[i]);
}

/* Whoever shares our memory while it is born must leave what we keep in it alone. */
static void birth_in_a_cgroup_returns_once(void)
{
	char path[600], procs[620];
	const char *argv[] = { "true", NULL };
	volatile int returned = 0;

	if (!make_cgroup(path, sizeof path))
		return;
	(void)snprintf(procs, sizeof procs, "%s/cgroup.procs", path);
	for (int round = 1; round <= 200; round++) {
		struct builder *b = fresh();
		struct plan_outcome outcome;

		add(b, PLAN_FORK, 0, 0, 0, NULL);
		add(b, PLAN_JOIN_CGROUP, 0, 0, 0, procs);
		add_exec(b, "/bin/true", argv, NULL);
		outcome = run(b);
		returned++;
		CHECK(returned == round);
		CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
		CHECK(close(outcome.pidfd) == 0);
	}
	while (rmdir(path) != 0)
		CHECK(errno == EBUSY && poll(NULL, 0, 10) == 0);
}

static void first_failing_step_is_reported(void)
{
	const char *argv[] = { "true", NULL };
	struct builder *b = fresh();

	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SETSID, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_CHDIR, 0, 0, 0, "/does/not/exist");
	add(b, PLAN_CHDIR, 0, 0, 0, "/neither/does/this");
	add_exec(b, "/bin/true", argv, NULL);
	expect_failure(run(b), 3, ENOENT);

	b = fresh();
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_DUP, 4000, 3, 0, NULL);
	add_exec(b, "/bin/true", argv, NULL);
	expect_failure(run(b), 1, EBADF);
}

static void failing_exec_is_reported(void)
{
	const struct {
		const char *file;
		int error;
	} cases[] = { { "/does/not/exist", ENOENT }, { "/", EACCES }, { "/etc/passwd", EACCES }, { "/etc/passwd/x", ENOTDIR } };
	const char *argv[] = { "x", NULL };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int forks = 1; forks <= 2; forks++) {
			struct builder *b = fresh();

			for (int fork = 0; fork < forks; fork++)
				add(b, PLAN_FORK, 0, 0, 0, NULL);
			add_exec(b, cases[i].file, argv, NULL);
			expect_failure(run(b), forks, cases[i].error);
		}
	}
}

static void handled(int signal)
{
	(void)signal;
}

static void signals_are_reset(void)
{
	struct sigaction act = { .sa_handler = handled }, now;
	sigset_t set, before, after;
	char said[512];
	unsigned long blocked, ignored;
	struct plan_outcome outcome;
	struct builder *b = fresh();

	CHECK(sigaction(SIGUSR2, &act, NULL) == 0);
	act.sa_handler = SIG_IGN;
	CHECK(sigaction(SIGUSR1, &act, NULL) == 0 && sigaction(SIGRTMAX, &act, NULL) == 0);
	CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGTERM) == 0 && sigaddset(&set, SIGRTMIN) == 0);
	CHECK(sigprocmask(SIG_SETMASK, &set, &before) == 0);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_DEFAULT_SIGNALS, 0, 0, 0, NULL);
	add(b, PLAN_IGNORE_SIGNAL, SIGHUP, 0, 0, NULL);
	add(b, PLAN_SIGNAL_MASK, 0, 0, 0, NULL);
	outcome = shell(b, "while read -r name value; do case $name in SigBlk:|SigIgn:) echo $value >&9;; esac; done < /proc/$$/status", said, sizeof said);
	expect_gone(&outcome);
	CHECK(sscanf(said, "%lx %lx", &blocked, &ignored) == 2);
	CHECK(blocked == 0);
	CHECK(ignored == 1);
	/* Ours are as they were: the child had a table of its own. */
	CHECK(sigprocmask(SIG_SETMASK, &before, &after) == 0);
	CHECK(sigismember(&after, SIGTERM) == 1 && sigismember(&after, SIGRTMIN) == 1 && sigismember(&after, SIGINT) == 0);
	CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == handled);
	CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
	act.sa_handler = SIG_DFL;
	CHECK(sigaction(SIGUSR1, &act, NULL) == 0 && sigaction(SIGUSR2, &act, NULL) == 0 && sigaction(SIGRTMAX, &act, NULL) == 0);
}

static void mask_is_inherited_unless_it_is_set(void)
{
	sigset_t set, before;
	char said[64];
	unsigned long blocked;
	struct plan_outcome outcome;
	struct builder *b = fresh();

	CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGTERM) == 0);
	CHECK(sigprocmask(SIG_SETMASK, &set, &before) == 0);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	outcome = shell(b, "while read -r name value; do case $name in SigBlk:) echo $value >&9;; esac; done < /proc/$$/status", said, sizeof said);
	expect_gone(&outcome);
	CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
	CHECK(sscanf(said, "%lx", &blocked) == 1 && blocked == 1ul << (SIGTERM - 1));
	CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
}

/* Descriptors 0 to 2 closed on entry, in all eight combinations: opening lands on the target itself, or beside it. */
static void standard_streams_are_opened_whatever_is_closed(void)
{
	for (int closed = 0; closed < 8; closed++) {
		struct builder *b = fresh();
		char said[64] = "";
		int saved[3];
		struct plan_outcome outcome;

		for (int fd = 0; fd < 3; fd++) {
			CHECK((saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100)) >= 0);
			if (closed & 1 << fd)
				CHECK(close(fd) == 0);
		}
		add(b, PLAN_FORK, 0, 0, 0, NULL);
		for (int fd = 0; fd < 3; fd++) {
			struct plan_step *step = add(b, PLAN_OPEN_AT, fd, fd == 0 ? O_RDONLY : O_WRONLY, 0, "/dev/null");
			step->number[3] = 1;
		}
		outcome = shell(b, "readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | tr '\\n' ' ' >&9; :", said, sizeof said);
		/* The pidfd may have taken one of the numbers. */
		expect_gone(&outcome);
		for (int fd = 0; fd < 3; fd++)
			CHECK(dup2(saved[fd], fd) == fd && close(saved[fd]) == 0);
		CHECK(waitpid(outcome.pid, NULL, 0) == outcome.pid);
		CHECK(strcmp(said, "/dev/null /dev/null /dev/null ") == 0);
	}
}

static void null_device_must_be_the_null_device(void)
{
	const char *argv[] = { "true", NULL };
	struct builder *b = fresh();
	struct plan_step *step;

	add(b, PLAN_FORK, 0, 0, 0, NULL);
	step = add(b, PLAN_OPEN_AT, 0, O_RDONLY, 0, "/dev/zero");
	step->number[3] = 1;
	add_exec(b, "/bin/true", argv, NULL);
	expect_failure(run(b), 1, ENODEV);
}

static void fifo_without_a_peer_does_not_block(void)
{
	char path[] = "/tmp/daemonitor-fifo-XXXXXX";
	const char *argv[] = { "true", NULL };
	struct builder *b = fresh();

	CHECK(mkdtemp(path) != NULL);
	CHECK(chdir(path) == 0 && mkfifo("fifo", 0600) == 0);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_OPEN_AT, 1, O_WRONLY, 0, "fifo");
	add_exec(b, "/bin/true", argv, NULL);
	expect_failure(run(b), 1, ENXIO);
	CHECK(unlink("fifo") == 0 && chdir("/") == 0 && rmdir(path) == 0);
}

static void pid_is_written_before_exec(void)
{
	char path[] = "/tmp/daemonitor-pid-XXXXXX", text[64] = "", said[64];
	int fd = mkstemp(path), pid, variable;
	struct plan_outcome outcome;
	struct builder *b = fresh();
	const char *argv[] = { "sh", "-c", "echo $LISTEN_PID >&8", NULL };
	struct plan_step *slot;
	uint32_t variables[1];
	int ends[2];

	CHECK(fd >= 0 && pipe2(ends, O_CLOEXEC) == 0);
	CHECK(write(fd, "12345678 a longer text of old", 29) == 29);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_WRITE_PID, fd, 0, 0, NULL);
	add(b, PLAN_DUP, ends[1], 8, 0, NULL);
	slot = add(b, PLAN_PID_VARIABLE, 0, 0, 0, "LISTEN_PID=...........");
	variables[0] = slot->text;
	slot->text += (uint32_t)strlen("LISTEN_PID=");
	add_exec(b, "/bin/sh", argv, NULL);
	b->list[b->steps - 1].list2 = add_list(b, variables, 1);
	b->list[b->steps - 1].list2_count = 1;
	outcome = run(b);
	CHECK(close(ends[1]) == 0);
	CHECK(pread(fd, text, sizeof text - 1, 0) > 0 && strchr(text, '\n') != NULL && strchr(text, '\n')[1] == '\0');
	pid = atoi(text);
	CHECK(pid == outcome.pid);
	CHECK(read(ends[0], said, sizeof said - 1) > 0);
	CHECK(sscanf(said, "%d", &variable) == 1 && variable == pid);
	expect_gone(&outcome);
	CHECK(close(ends[0]) == 0 && close(fd) == 0 && unlink(path) == 0);
}

/* The memory is shared with the child that changed its user, and so is the flag that the kernel then clears. */
static void caller_stays_dumpable(void)
{
	char said[64];
	struct plan_outcome outcome;
	struct builder *b = fresh();
	int uid;

	if (geteuid() != 0) {
		printf("# caller_stays_dumpable: needs root\n");
		return;
	}
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SET_GROUPS, 0, 0, 0, NULL);
	add(b, PLAN_SET_GID, 65534, 0, 0, NULL);
	add(b, PLAN_SET_UID, 65534, 0, 0, NULL);
	outcome = shell(b, "id -u >&9", said, sizeof said);
	expect_gone(&outcome);
	CHECK(sscanf(said, "%d", &uid) == 1 && uid == 65534);
	CHECK(geteuid() == 0 && getuid() == 0);
	CHECK(prctl(PR_GET_DUMPABLE) == 1);
}

static void refused_second_fork_is_reported(void)
{
	const char *argv[] = { "true", NULL };
	struct builder *b = fresh();
	int fork;

	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add(b, PLAN_SET_LIMIT, RLIMIT_NPROC, 0, 0, NULL);
	if (geteuid() == 0)
		add(b, PLAN_SET_UID, 65534, 0, 0, NULL);
	fork = (int)b->steps;
	add(b, PLAN_FORK, 0, 0, 0, NULL);
	add_exec(b, "/bin/true", argv, NULL);
	expect_failure(run(b), fork, EAGAIN);
}

static void plan_without_fork_runs_here(void)
{
	struct builder *b = fresh();
	mode_t before = umask(0);
	struct plan_outcome outcome;

	add(b, PLAN_UMASK, 027, 0, 0, NULL);
	add(b, PLAN_CHDIR, 0, 0, 0, "/proc");
	outcome = run(b);
	CHECK(outcome.step == -1 && outcome.pid == 0);
	CHECK(umask(before) == 027);
	CHECK(chdir("/") == 0);
	b = fresh();
	add(b, PLAN_CHDIR, 0, 0, 0, "/proc/nothing");
	outcome = run(b);
	CHECK(outcome.step == 0 && outcome.error == ENOENT);
}

static void nothing_leaks(void)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

	CHECK(before >= 0);
	for (int i = 0; i < 50; i++) {
		const char *argv[] = { "true", NULL };
		struct builder *b = fresh();
		struct plan_outcome outcome;

		add(b, PLAN_FORK, 0, 0, 0, NULL);
		add(b, PLAN_FORK, 0, 0, 0, NULL);
		if (i % 2 == 0)
			add(b, PLAN_CHDIR, 0, 0, 0, "/does/not/exist");
		add_exec(b, "/bin/true", argv, NULL);
		outcome = run(b);
		if (i % 2 != 0)
			CHECK(close(outcome.pidfd) == 0);
	}
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(after == before + 1);
	CHECK(close(before) == 0 && close(after) == 0);
}

static bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

int main(void)
{
	plan_without_fork_runs_here();
	if (under_valgrind()) {
		printf("# plans with a fork: valgrind turns clone(CLONE_VM) into a fork, so they can't report there\n");
		return 0;
	}
	double_fork_gives_up_leadership();
	single_fork_makes_a_child_of_ours();
	cgroup_is_joined();
	cgroup_is_joined_without_clone3();
	birth_in_a_cgroup_returns_once();
	descriptors_are_shared_until_they_are_closed();
	first_failing_step_is_reported();
	failing_exec_is_reported();
	signals_are_reset();
	mask_is_inherited_unless_it_is_set();
	standard_streams_are_opened_whatever_is_closed();
	null_device_must_be_the_null_device();
	fifo_without_a_peer_does_not_block();
	pid_is_written_before_exec();
	caller_stays_dumpable();
	refused_second_fork_is_reported();
	nothing_leaks();
	return 0;
}
