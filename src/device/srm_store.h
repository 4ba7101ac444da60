/*
 * What an adapter knows of revoked HDCP devices: the newest valid list of each kind, for as long as it lives (OPM-SRM-4).
 * It has room for all it will ever keep from the start. What the crypto library allocates to verify a signature is not its own.
 */
#ifndef COPP_DEVICE_SRM_STORE_H
#define COPP_DEVICE_SRM_STORE_H

#include "copp/output.h"
#include "copp/srm.h"

#define COPP_SRM_KINDS 2u /* HDCP 1.x and 2.x, which are numbered apart (OPM-SRM-2) */
#define COPP_SRM_OFFER_MAX (64u * 1024u) /* bytes of a message (OPM-SRM-1) */

struct copp_srm_store;

/* What one protected output was given so far (OPM-SRM-4, OPM-GET-9). Begins as zeros. */
struct copp_srm_given {
    bool ever;
    uint16_t version; /* of the last one, whichever kind it is */
    bool has[COPP_SRM_KINDS];
    uint16_t newest[COPP_SRM_KINDS];
};

/* Messages are to be signed under one of the keys; count 0 means DCP's production keys. The keys are read and not kept.
 * COPP_E_KEY, COPP_E_ARGUMENT, COPP_E_MEMORY; *store is NULL then. */
COPP_NODISCARD enum copp_result copp_srm_store_new(const struct copp_srm_key *keys, size_t count, struct copp_log *log,
                                                   struct copp_srm_store **store);
/* NULL-safe; clears the pointer. */
void copp_srm_store_free(struct copp_srm_store **store);

/*
 * SET_HDCP_SRM: a message, and the version that the authenticated part of the command has (OPM-SRM-1, OPM-SRM-2). bytes must not
 * change meanwhile: copy them first where somebody else can write them. COPP_OK: given says so, and the message is kept where it
 * is newer than what is. COPP_E_INVALID: it is not valid, another one than the version says, or older than this output was given
 * of its kind; that is OPM's INVALID_SRM. Any other error says nothing about the message. On errors nothing has changed.
 */
COPP_NODISCARD enum copp_result copp_srm_store_offer(struct copp_srm_store *store, const uint8_t *bytes, size_t size,
                                                     uint32_t version, struct copp_srm_given *given);

/* Keeps a message that no output was given: the host's, from before. COPP_E_INVALID, with *verdict; COPP_E_ROLLBACK: a newer one
 * is kept; COPP_E_TOO_LARGE; and any other error says nothing about the message. verdict may be NULL. */
COPP_NODISCARD enum copp_result copp_srm_store_load(struct copp_srm_store *store, const uint8_t *bytes, size_t size,
                                                    struct copp_verdict *verdict);

/* The message that is kept for HDCP hdcp, 1 or 2; NULL: none. It holds until the next offer or load. */
const struct copp_srm *copp_srm_store_newest(const struct copp_srm_store *store, unsigned hdcp);

/*
 * Whether the receiver, or any device behind it, may not have the content (OPM-SRM-7): it is on the list of the protocol that it
 * authenticated with, or on any list where the output cannot tell which that was. What cannot be a KSV (SRM-5), and a list of
 * devices that cannot be one, is revoked too. An output that names nobody has nobody revoked. store may be NULL: no lists.
 */
bool copp_srm_store_revokes(const struct copp_srm_store *store, const struct copp_output_state *state);

#endif
