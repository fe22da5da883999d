/* Memory that was needed once. */
#include <sys/mman.h>
#include <unistd.h>

#include "init.h"

void give_back(void *start, size_t size, size_t kept)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)start + kept + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)start + size) & ~(page - 1);

	/* Where it can't be given back it is kept: no harm in that. */
	if (first < end)
		(void)madvise((void *)first, end - first, MADV_DONTNEED);
}
