/* Memory that holds secrets; copp_equal, which compares it, is public (copp/base.h). */
#ifndef COPP_MEMORY_H
#define COPP_MEMORY_H

#include <stddef.h>

/* Overwrites size bytes, which may be 0, with zeros in a way no compiler drops. */
void copp_wipe(void *bytes, size_t size);

#endif
