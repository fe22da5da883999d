/* No bytes from a supervisor may crash init, cost it a descriptor, or make it say what is no frame. */
#include <assert.h>
#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define main init_main
#include "../../native/init.c"
#undef main

#include "check.h"

#define ROUNDS 20000
#define MOST 2048

static uint64_t state = 88172645463325252u;
static int peer = -1;
static unsigned connections, answers, refused;
static unsigned char heard[1 << 20];
static size_t heard_size;

static uint64_t next(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	CHECK(directory != NULL);
	while (readdir(directory) != NULL)
		count++;
	CHECK(closedir(directory) == 0);
	return count;
}

static void connect_again(void)
{
	int pair[2];

	if (peer >= 0)
		CHECK(close(peer) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	peer = pair[1];
	heard_size = 0;
	connections++;
	connection_open(&init, pair[0]);
}

/* Everything that init says must be frames. */
static void listen_to_it(void)
{
	struct frame_header header;
	size_t at = 0;
	ssize_t got;

	while ((got = recv(peer, heard + heard_size, sizeof heard - heard_size, MSG_DONTWAIT)) > 0)
		heard_size += (size_t)got;
	for (;; at += header.size) {
		enum frame_check check = frame_check(heard + at, heard_size - at, ANSWER_BYTES, &header);
		uint32_t error;

		CHECK(check != FRAME_GARBAGE);
		if (check == FRAME_HALF)
			break;
		if (!(header.type & PROTOCOL_ANSWER))
			continue;
		memcpy(&error, heard + at + sizeof header, sizeof error);
		CHECK(error < 200);
		answers++;
		refused += error != 0;
	}
	memmove(heard, heard + at, heard_size - at);
	heard_size -= at;
}

static int some_descriptor(void)
{
	int ends[2], fd;

	switch (next(4)) {
	case 0:
		CHECK(pipe2(ends, O_CLOEXEC) == 0 && close(ends[1]) == 0);
		return ends[0];
	case 1:
		fd = socket(AF_UNIX, next(2) ? SOCK_DGRAM : SOCK_STREAM, 0);
		break;
	case 2:
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		break;
	default:
		fd = memfd_create("log", MFD_CLOEXEC);
	}
	CHECK(fd >= 0);
	return fd;
}

static void say(const void *bytes, size_t size, uint32_t fd_count)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec vector = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	int fds[8];

	for (uint32_t i = 0; i < fd_count; i++)
		fds[i] = some_descriptor();
	if (fd_count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof *fds);
		*CMSG_FIRSTHDR(&message) =
			(struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(fd_count * sizeof *fds) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, fd_count * sizeof *fds);
	}
	(void)!sendmsg(peer, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (uint32_t i = 0; i < fd_count; i++)
		CHECK(close(fds[i]) == 0);
}

static struct text some_name(void)
{
	static const char *const names[] = { "a", "b", "web/0", "with:colon", "log", "a name that is much longer than it would have to be" };
	const char *name = names[next(6)];

	return (struct text){ name, (uint32_t)strlen(name) };
}

/* A request whose fields are of the right kind, more or less. */
static void ask(void)
{
	_Alignas(8) unsigned char buffer[MOST];
	struct writer writer = frame_begin(buffer, sizeof buffer);
	uint32_t type = (uint32_t)next(REQUEST_SHUTDOWN + 3), fd_count = (uint32_t)(next(3) == 0 ? next(4) : 1), size;
	uint32_t count = (uint32_t)next(8);
	struct frame_header header;

	if (type == REQUEST_SET_LOG || type == REQUEST_HOLD || type == REQUEST_RELEASE || type == REQUEST_RENAME || type == REQUEST_ADOPT ||
	    type == REQUEST_SPAWN || next(4) == 0)
		write_text(&writer, some_name());
	if (type == REQUEST_SET_LOG)
		write_u32(&writer, next(2) ? PUMP_NONE : (uint32_t)next(20));
	while (count-- > 0) {
		if (next(4) == 0)
			write_text(&writer, some_name());
		else
			write_u32(&writer, (uint32_t)(next(3) == 0 ? next(UINT32_MAX) : next(5)));
	}
	size = frame_end(&writer, (uint16_t)type, (uint32_t)next(1000) + 1);
	CHECK(size > 0);
	memcpy(&header, buffer, sizeof header);
	header.fds = (uint16_t)(next(20) == 0 ? next(100) : fd_count);
	memcpy(buffer, &header, sizeof header);
	if (next(4) == 0)
		for (size_t flips = next(4); flips > 0; flips--)
			buffer[sizeof header + next(MOST - sizeof header)] ^= (unsigned char)(1u << next(8));
	say(buffer, next(50) == 0 ? size - next(size) : size, fd_count);
}

static void babble(void)
{
	unsigned char bytes[MOST];
	size_t size = 1 + next(sizeof bytes);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)next(256);
	say(bytes, size, next(4) == 0 ? (uint32_t)next(4) : 0);
}

static void boast(void)
{
	struct frame_header header = { .size = (uint32_t)next(UINT32_MAX), .type = 1, .fds = (uint16_t)next(3), .id = 1 };

	say(&header, sizeof header, 0);
}

static void take_turns(void)
{
	init.now += 1000000;
	if (init.connection.fd >= 0)
		connection_ready(&init, EPOLLIN);
	pump_tick(&init.pump, init.now);
	connection_push(&init);
	connection_check(&init);
	listen_to_it();
	if (init.connection.fd < 0)
		connect_again();
	init.ending = false;
}

static void forget_everything(void)
{
	connection_close(&init);
	CHECK(close(peer) == 0);
	peer = -1;
	for (uint32_t i = 0; i < init.held_used; i++)
		if (init.held[i].fd >= 0)
			CHECK(release(&init, (struct text){ init.held[i].name, init.held[i].name_size }) == 0);
	for (uint32_t i = 0; i < init.pump.used_logs; i++)
		if (pump_has_log(&init.pump, i))
			CHECK(pump_close_log(&init.pump, i) == 0);
	for (uint32_t i = 0; i < init.pump.used_pipes; i++)
		pump_drain(&init.pump, i, init.pump.pipes[i].owner, init.now);
	CHECK(init.pump.pipe_count == 0 && init.pump.log_count == 0 && init.held_count == 0);
}

static void half_a_frame_is_not_waited_for_for_ever(void)
{
	_Alignas(8) unsigned char buffer[64];
	struct writer writer = frame_begin(buffer, sizeof buffer);
	uint32_t size = frame_end(&writer, REQUEST_STATISTICS, 1);

	connect_again();
	say(buffer, size - 1, 0);
	for (int seconds = 0; seconds < 9; seconds++) {
		connection_ready(&init, EPOLLIN);
		init.now += 1000 * INIT_MS;
		connection_check(&init);
	}
	CHECK(init.connection.fd >= 0);
	init.now += 2000 * INIT_MS;
	connection_check(&init);
	CHECK(init.connection.fd < 0);
}

/* The ring against a plain list. */
static void events_stay_in_order_until_acknowledged(void)
{
	_Alignas(8) unsigned char buffer[4096];
	static const char filler[4096];
	uint64_t acknowledged = init.events.sequence, said = acknowledged, sequence;
	const unsigned char *frame;
	uint32_t size;

	acknowledge_events(&init, UINT64_MAX);
	while ((frame = event_next(&init, &size)) != NULL)
		event_sent(&init);
	acknowledge_events(&init, UINT64_MAX);
	for (int round = 0; round < 200000; round++) {
		if (next(3) != 0) {
			struct writer writer = event_begin(&init, buffer, sizeof buffer);

			write_bytes(&writer, filler, (uint32_t)next(next(10) == 0 ? 3000 : 100));
			event_end(&init, &writer, EVENT_SIGNAL);
		}
		for (uint64_t some = next(4); some > 0 && (frame = event_next(&init, &size)) != NULL; some--) {
			memcpy(&sequence, frame + sizeof(struct frame_header), sizeof sequence);
			CHECK(sequence == said + 1);
			said = sequence;
			event_sent(&init);
		}
		if (next(100) == 0 && said > acknowledged) {
			acknowledged += next(said - acknowledged + 1);
			acknowledge_events(&init, acknowledged);
		}
		if (next(500) == 0) {
			events_rewind(&init);
			said = acknowledged;
		}
	}
}

int main(void)
{
	int before;

	init.epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK(init.epoll >= 0 && set_up() == 0);
	before = count_descriptors();
	connect_again();
	for (int round = 0; round < ROUNDS; round++) {
		switch (next(40)) {
		case 0:
			babble();
			break;
		case 1:
			boast();
			break;
		default:
			ask();
		}
		take_turns();
	}
	CHECK(connections > 100 && answers > 1000 && refused > 100 && answers > refused);
	forget_everything();
	CHECK(count_descriptors() == before);
	half_a_frame_is_not_waited_for_for_ever();
	events_stay_in_order_until_acknowledged();
	CHECK(init.events.dropped > 0);
	return 0;
}
