/* Users and groups as libc knows them, directory services included. */
#ifndef DAEMONITOR_USERS_H
#define DAEMONITOR_USERS_H

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/types.h>

struct user_record {
	struct passwd entry;
	char *buffer; /* what the texts of `entry` point into; free() it */
};

/* Each returns 1 when found, 0 when there is none, or -errno. With 0 or -errno nothing is left to free. */
int find_user(const char *name, struct user_record *user);
int find_user_by_id(uid_t uid, struct user_record *user);
int find_group(const char *name, gid_t *gid);
/* The number of groups, malloc'ed into `groups`, or -errno. */
int find_groups_of(const char *user, gid_t gid, gid_t **groups);

#endif
