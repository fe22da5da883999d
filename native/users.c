#include "users.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SIZE 1024
/* A group with a hundred thousand members fits; an endless ERANGE doesn't go on for ever. */
#define LARGEST_SIZE ((size_t)64 << 20)

/* Either a user by name, or by number, or a group. */
struct lookup {
	const char *name;
	uid_t uid;
	struct passwd *user;
	struct group *group;
};

static int look_up(const struct lookup *lookup, char *buffer, size_t size, void **found)
{
	struct passwd *user = NULL;
	struct group *group = NULL;
	int error;

	if (lookup->group != NULL)
		error = getgrnam_r(lookup->name, lookup->group, buffer, size, &group);
	else if (lookup->name != NULL)
		error = getpwnam_r(lookup->name, lookup->user, buffer, size, &user);
	else
		error = getpwuid_r(lookup->uid, lookup->user, buffer, size, &user);
	*found = lookup->group != NULL ? (void *)group : (void *)user;
	return error;
}

/* 1 and the buffer that holds the texts, 0, or -errno. */
static int look_up_growing(const struct lookup *lookup, char **buffer)
{
	size_t size = FIRST_SIZE;
	char *bytes = NULL, *grown;
	void *found = NULL;
	int error;

	do {
		size *= 2;
		grown = realloc(bytes, size);
		if (grown == NULL) {
			free(bytes);
			return -ENOMEM;
		}
		bytes = grown;
		error = look_up(lookup, bytes, size, &found);
	} while (error == EINTR || (error == ERANGE && size < LARGEST_SIZE));
	if (found != NULL) {
		*buffer = bytes;
		return 1;
	}
	free(bytes);
	/* Some name services say "not found" in these words (getpwnam(3), ERRORS). */
	return error == 0 || error == ENOENT || error == ESRCH ? 0 : -error;
}

int find_user(const char *name, struct user_record *user)
{
	return look_up_growing(&(struct lookup){ .name = name, .user = &user->entry }, &user->buffer);
}

int find_user_by_id(uid_t uid, struct user_record *user)
{
	return look_up_growing(&(struct lookup){ .uid = uid, .user = &user->entry }, &user->buffer);
}

int find_group(const char *name, gid_t *gid)
{
	struct group entry;
	char *buffer;
	int status = look_up_growing(&(struct lookup){ .name = name, .group = &entry }, &buffer);

	if (status == 1) {
		*gid = entry.gr_gid;
		free(buffer);
	}
	return status;
}

int find_groups_of(const char *user, gid_t gid, gid_t **groups)
{
	int room = 32, count;
	gid_t *list = NULL, *grown;

	for (;;) {
		grown = realloc(list, (size_t)room * sizeof *list);
		if (grown == NULL) {
			free(list);
			return -ENOMEM;
		}
		list = grown;
		count = room;
		if (getgrouplist(user, gid, list, &count) >= 0) {
			*groups = list;
			return count;
		}
		/* -1 with a count that fits is no lack of room. */
		if (count <= room) {
			free(list);
			return -ENOMEM;
		}
		room = count;
	}
}
