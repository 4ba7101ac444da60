/* backend = auto. */
#ifndef COPPD_BACKEND_AUTO_H
#define COPPD_BACKEND_AUTO_H

#include "backend_kinds.h"

extern const struct backend_kind backend_auto; /* the first of the real ones that has outputs */

#endif
