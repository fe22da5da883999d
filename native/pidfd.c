#include "pidfd.h"

#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/pidfd.h of 6.15, in the smallest size it accepts; older headers lack it. */
struct exit_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};

#define GET_INFO _IOWR(0xFF, 11, struct exit_info)
#define INFO_EXIT (UINT64_C(1) << 3)

int open_pidfd(int pid)
{
	long pidfd = syscall(SYS_pidfd_open, pid, 0);

	return pidfd < 0 ? -errno : (int)pidfd;
}

int signal_pidfd(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int take_descriptor(int pidfd, int fd)
{
	long taken = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	return taken < 0 ? -errno : (int)taken;
}

int exit_status_of_pidfd(int pidfd, int *status)
{
	struct exit_info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) < 0) {
		/* ENOTTY and EINVAL come from kernels without it, ESRCH from one that kept nothing. */
		return errno == ENOTTY || errno == EINVAL || errno == ESRCH ? 0 : -errno;
	}
	if (!(info.mask & INFO_EXIT))
		return 0;
	*status = info.exit_code;
	return 1;
}
