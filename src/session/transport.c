#include "copp/transport.h"

#include "common/sized.h"

enum copp_result copp_transport_reopen(struct copp_transport *transport) {
    if (!transport)
        return COPP_E_ARGUMENT;
    return COPP_HAS_OP(transport->ops, reopen) ? transport->ops->reopen(transport) : COPP_E_UNSUPPORTED;
}

enum copp_result copp_transport_info(const struct copp_transport *transport, struct copp_transport_info *info) {
    struct copp_transport_info known = {.size = sizeof known};
    if (!transport || !info || !copp_sized_room(info))
        return COPP_E_ARGUMENT;
    if (COPP_HAS_OP(transport->ops, info))
        transport->ops->info(transport, &known);
    else
        known.semantics = COPP_SEMANTICS_COPP;
    copp_sized_write(info, &known, sizeof known);
    return COPP_OK;
}

void copp_transport_free(struct copp_transport **transport) {
    if (!transport || !*transport)
        return;
    if (COPP_HAS_OP((*transport)->ops, free))
        (*transport)->ops->free(*transport);
    *transport = NULL;
}
