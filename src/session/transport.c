#include "copp/transport.h"

#include "common/sized.h"

void copp_transport_free(struct copp_transport **transport) {
    if (!transport || !*transport)
        return;
    if (COPP_HAS_OP((*transport)->ops, free))
        (*transport)->ops->free(*transport);
    *transport = NULL;
}
