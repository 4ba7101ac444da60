#include "copp/transport.h"

void copp_transport_free(struct copp_transport **transport) {
    if (!transport || !*transport)
        return;
    (*transport)->ops->free(*transport);
    *transport = NULL;
}
