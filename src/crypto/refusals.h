/* What was refused in a session, counted and recorded by either side in the same way (BIND-3). */
#ifndef COPP_REFUSALS_H
#define COPP_REFUSALS_H

#include "copp/omac.h"
#include "copp/protocol.h"

#define COPP_REQUEST_HEAD_SIZE 44u /* of a message: its header (WIRE-2, WIRE-3) and the first word of its data */

enum copp_refused { /* the function codes of DXVA_COPPDevice */
                    COPP_REFUSED_COMMAND = 4,
                    COPP_REFUSED_STATUS = 5
};

/* At first all zero. */
struct copp_refusals {
    uint32_t count;
    uint8_t record[COPP_MAC_SIZE];
};

/* head is the request's first COPP_REQUEST_HEAD_SIZE bytes. On an error the count has grown and the record has not
 * changed: the other side's is then another one. */
COPP_NODISCARD enum copp_result copp_refusals_add(struct copp_refusals *refusals, struct copp_omac *omac, enum copp_refused kind,
                                                  const uint8_t *head, uint32_t hresult);

#endif
