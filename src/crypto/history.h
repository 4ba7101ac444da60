/* What has come of a session's requests, recorded by either side in the same way (BIND-3). */
#ifndef COPP_HISTORY_H
#define COPP_HISTORY_H

#include "copp/omac.h"
#include "copp/protocol.h"

#define COPP_REQUEST_HEAD_SIZE 44u /* of a message: its header (WIRE-2, WIRE-3) and the first word of its data */

enum copp_history_kind { /* the function codes of DXVA_COPPDevice */
                         COPP_HISTORY_COMMAND = 4,
                         COPP_HISTORY_STATUS = 5
};

/* At first all zero. */
struct copp_history {
    uint32_t refused; /* requests that were not answered with S_OK */
    uint8_t record[COPP_MAC_SIZE];
};

/*
 * A command has ended, or a status request was refused, with hresult. head is the request's first COPP_REQUEST_HEAD_SIZE bytes. On
 * an error the record has not changed: the other side's is then another one.
 */
COPP_NODISCARD enum copp_result copp_history_add(struct copp_history *history, struct copp_omac *omac,
                                                 enum copp_history_kind kind, const uint8_t *head, uint32_t hresult);

#endif
