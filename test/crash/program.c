/*
 * The services of the crash run: small programs that do one thing, and write down themselves what they did.
 *
 *   program KIND EVIDENCE_DIRECTORY NUMBER...
 *
 * Who they are is told by DAEMONITOR_INSTANCE. In the evidence directory each
 * - holds a lock on lock.SERVICE.N, with all that it forks; who can't get it writes a line into "twice";
 * - appends a line to "starts" and, just before its end, one to "exits";
 * - counts the lines that it wrote in wrote.SERVICE.N.ATTEMPT.PID, which outlives SIGKILL.
 * As comm shows, a process is the "main" one of its instance, a "launcher" or a "child".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE 100

struct self {
	const char *directory;
	char instance[80], file[80];
	long attempt;
	unsigned long long start_time;
	volatile uint64_t *wrote;
};

static struct self self;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "crash run: %s: %s\n", what, strerror(errno));
	_exit(97);
}

static unsigned long long nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec;
}

static void pause_ms(double ms)
{
	struct timespec time = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms * 1e6) % 1000000000 };

	nanosleep(&time, NULL);
}

static int open_evidence(const char *name, int flags)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/%s", self.directory, name);
	fd = open(path, flags | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		die(path);
	return fd;
}

/* One write: lines of several processes never mix. */
static void write_down(const char *file, const char *role, const char *what)
{
	char line[256];
	int fd = open_evidence(file, O_WRONLY | O_APPEND);
	int length = snprintf(line, sizeof line, "%s %ld %d %llu %s %llu %s\n", self.instance, self.attempt, getpid(), self.start_time, role,
			      nanoseconds(), what);

	if (write(fd, line, (size_t)length) != length)
		die(file);
	close(fd);
}

static void read_start_time(void)
{
	char text[1024], *at;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (length <= 0)
		die("/proc/self/stat");
	close(fd);
	text[length] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	self.start_time = at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

/* "HOME/web/0#3" */
static void learn_who(void)
{
	const char *mark = getenv("DAEMONITOR_INSTANCE"), *instance = mark == NULL ? NULL : strchr(mark, '/');
	const char *number = mark == NULL ? NULL : strrchr(mark, '#');
	size_t length;

	if (instance == NULL || number == NULL || number - instance >= (ptrdiff_t)sizeof self.instance) {
		errno = EINVAL;
		die("DAEMONITOR_INSTANCE");
	}
	length = (size_t)(number - instance - 1);
	memcpy(self.instance, instance + 1, length);
	memcpy(self.file, instance + 1, length);
	for (char *at = self.file; *at != '\0'; at++)
		if (*at == '/')
			*at = '.';
	self.attempt = strtol(number + 1, NULL, 10);
	read_start_time();
}

/* Never closed: it ends with the last process that inherited it. */
static void lock_instance(void)
{
	char name[128];
	int fd;

	snprintf(name, sizeof name, "lock.%s", self.file);
	fd = open_evidence(name, O_RDWR);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		write_down("twice", "main", "lock");
}

static void name_self(const char *role)
{
	prctl(PR_SET_NAME, role);
}

static void catch(int signal, void (*handler)(int))
{
	/* Without SA_RESTART: a write into a full pipe is given up. */
	struct sigaction action = { .sa_handler = handler };

	sigaction(signal, &action, NULL);
}

static void leave(const char *role, int code)
{
	char what[64];

	snprintf(what, sizeof what, "code:%d:%llu", code, self.wrote == NULL ? 0ull : (unsigned long long)*self.wrote);
	write_down("exits", role, what);
	_exit(code);
}

static void leave_by(int number, const char *name)
{
	char what[64];
	struct rlimit none = { 0, 0 };
	sigset_t all;

	setrlimit(RLIMIT_CORE, &none);
	snprintf(what, sizeof what, "signal:%s:0", name);
	write_down("exits", "main", what);
	if (number != SIGKILL)
		catch(number, SIG_DFL);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	raise(number);
	_exit(99);
}

/* SIGTERM is blocked but while we wait here: none comes between the look and the wait. */
static bool wait_stopped(double ms)
{
	struct timespec time = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms * 1e6) % 1000000000 };
	sigset_t none;

	sigemptyset(&none);
	if (!stopped)
		(void)ppoll(NULL, 0, ms < 0 ? NULL : &time, &none);
	return stopped;
}

static void block(int signal, int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(how, &set, NULL);
}

static void steady(void)
{
	while (!wait_stopped(-1))
		;
	leave("main", 0);
}

/* Deaf to SIGTERM: only SIGKILL helps. */
static void ignore(void)
{
	catch(SIGTERM, SIG_IGN);
	block(SIGTERM, SIG_UNBLOCK);
	for (;;)
		pause();
}

static void crash(double least, double most)
{
	static const struct { int number; const char *name; } signals[] = {
		{ SIGSEGV, "SIGSEGV" }, { SIGABRT, "SIGABRT" }, { SIGKILL, "SIGKILL" }, { SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" }, { SIGHUP, "SIGHUP" },
	};
	unsigned choice;

	srandom((unsigned)(nanoseconds() ^ (unsigned)getpid()));
	if (wait_stopped(least + (double)random() / RAND_MAX * (most - least)))
		leave("main", 0);
	choice = (unsigned)random() % 12;
	if (choice < sizeof signals / sizeof *signals)
		leave_by(signals[choice].number, signals[choice].name);
	leave("main", (int)(random() % 256));
}

/* As grandchildren do that mean to stay: one as it is, one in a session of its own, one forked twice. */
static void spawn_children(void)
{
	for (int kind = 0; kind < 3; kind++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid > 0)
			continue;
		if (kind > 0 && setsid() < 0)
			die("setsid");
		if (kind == 2 && fork() != 0)
			_exit(0);
		name_self("child");
		catch(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
}

static void spread(double lifetime)
{
	spawn_children();
	if (lifetime > 0)
		crash(lifetime / 2, lifetime);
	steady();
}

static void *map_counter(void)
{
	char name[160];
	void *counter;
	int fd;

	snprintf(name, sizeof name, "wrote.%s.%ld.%d", self.file, self.attempt, getpid());
	fd = open_evidence(name, O_RDWR);
	if (ftruncate(fd, 8) < 0)
		die(name);
	counter = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counter == MAP_FAILED)
		die(name);
	close(fd);
	return counter;
}

static void compose_line(char *line, unsigned long long number)
{
	int length = snprintf(line, LINE, "A%06ld P%08d S%012llu N%012llu ", self.attempt, getpid(), self.start_time, number);

	memset(line + length, 'x', (size_t)(LINE - 1 - length));
	line[LINE - 1] = '\n';
}

/*
 * `most` lines, `at_once` in one write of at most PIPE_BUF bytes, which pipe(7) makes whole or not at all, also for one
 * that is killed meanwhile. Counted after the write: the log has what was counted, and one write more at the most.
 */
static void write_lines(long most, long at_once, double rest)
{
	char lines[40 * LINE];
	uint64_t count = 0;

	if (at_once > 40)
		at_once = 40;
	block(SIGTERM, SIG_UNBLOCK);
	while (!stopped && count < (uint64_t)most) {
		for (long i = 0; i < at_once; i++)
			compose_line(lines + i * LINE, count + (uint64_t)i);
		if (write(1, lines, (size_t)(at_once * LINE)) != at_once * LINE) {
			if (errno == EINTR)
				continue;
			die("write");
		}
		count += (uint64_t)at_once;
		*self.wrote = count;
		if (rest > 0)
			pause_ms(rest);
	}
	block(SIGTERM, SIG_BLOCK);
	steady();
}

static void notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path == NULL ? 0 : strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (length == 0 || length >= sizeof address.sun_path || fd < 0)
		die("NOTIFY_SOCKET");
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	/* Init may be gone; it is asked again by the next one, or never. */
	while (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0 &&
	       !wait_stopped(20))
		;
	close(fd);
	steady();
}

static void serve(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 16) < 0) {
		write_down("twice", "main", "port");
		leave("main", 98);
	}
	while (!stopped) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		sigset_t none;
		int client;

		sigemptyset(&none);
		if (ppoll(&wait, 1, NULL, &none) > 0 && (client = accept(fd, NULL, NULL)) >= 0)
			close(client);
	}
	leave("main", 0);
}

/* A daemon as of old: forks twice, leaves its pid in a file, and the launcher ends when that is there. */
static void daemonize(const char *pid_file)
{
	char partial[512];
	FILE *file;
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	if (fork() != 0) {
		close(ends[1]);
		name_self("launcher");
		leave("launcher", read(ends[0], &byte, 1) == 1 ? 0 : 1);
	}
	if (setsid() < 0)
		die("setsid");
	if (fork() != 0)
		_exit(0);
	name_self("main");
	read_start_time();
	snprintf(partial, sizeof partial, "%s.%d", pid_file, getpid());
	file = fopen(partial, "we");
	if (file == NULL || fprintf(file, "%d\n", getpid()) < 0 || fclose(file) != 0 || rename(partial, pid_file) < 0)
		die(pid_file);
	write_down("starts", "main", "-");
	if (write(ends[1], "", 1) != 1)
		die("launcher");
	close(ends[0]);
	close(ends[1]);
	steady();
}

static double number(int argc, char **argv, int index)
{
	return index < argc ? strtod(argv[index], NULL) : 0;
}

int main(int argc, char **argv)
{
	const char *kind = argc < 3 ? "" : argv[1];

	self.directory = argc < 3 ? "" : argv[2];
	catch(SIGTERM, stop);
	block(SIGTERM, SIG_BLOCK);
	learn_who();
	lock_instance();
	if (strcmp(kind, "daemonize") == 0 && argc > 3)
		daemonize(argv[3]);
	name_self("main");
	if (strcmp(kind, "write") == 0)
		self.wrote = map_counter();
	write_down("starts", "main", "-");
	if (strcmp(kind, "steady") == 0)
		steady();
	if (strcmp(kind, "ignore") == 0)
		ignore();
	if (strcmp(kind, "crash") == 0)
		crash(number(argc, argv, 3), number(argc, argv, 4));
	if (strcmp(kind, "spread") == 0)
		spread(number(argc, argv, 3));
	if (strcmp(kind, "write") == 0)
		write_lines((long)number(argc, argv, 3), (long)number(argc, argv, 4), number(argc, argv, 5));
	if (strcmp(kind, "notify") == 0) {
		(void)wait_stopped(number(argc, argv, 3));
		notify_ready();
	}
	if (strcmp(kind, "serve") == 0)
		serve((int)number(argc, argv, 3));
	errno = EINVAL;
	die(kind);
}
