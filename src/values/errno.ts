/** Numbers of <asm-generic/errno.h> that decisions are made by. node:os knows them all, but takes long to load. */
export const ERRNO = { ENOENT: 2, EBADF: 9, EACCES: 13, EINVAL: 22, EMSGSIZE: 90, ECANCELED: 125, ENOTRECOVERABLE: 131 } as const;
