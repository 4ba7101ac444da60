/* Certificate revocation lists: validate, look up, issue, store (CRL-1..5). */
#ifndef COPP_REVOCATION_H
#define COPP_REVOCATION_H

#include "certificate.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_REVOCATION_SIZE_MAX (4u * 1024u * 1024u) /* bytes, about 200,000 entries */
#define COPP_REVOCATION_TEXT_MAX (4u * COPP_REVOCATION_SIZE_MAX) /* bytes of a list as text: base64, in UTF-16 at most */

struct copp_revocation_list;

/*
 * Validates a list, binary or base64 text, against anchor. bytes are copied. Text may be in any form that copp_text_plain
 * knows, such as UTF-16 with a NUL at its end, as Windows hands it over.
 * COPP_E_INVALID: CRL-1 (with verdict->because), CRL-2 or CRL-5; COPP_E_TOO_LARGE. On an error *list is NULL.
 * list may be NULL where only the answer is wanted.
 */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_validate(const uint8_t *bytes, size_t size,
                                                                  const struct copp_public_key *anchor,
                                                                  struct copp_revocation_list **list,
                                                                  struct copp_verdict *verdict);
/* The same, which also tells log why; it may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_validate_logged(const uint8_t *bytes, size_t size,
                                                                         const struct copp_public_key *anchor,
                                                                         struct copp_log *log, struct copp_revocation_list **list,
                                                                         struct copp_verdict *verdict);
/* Without trust: layout only (CRL-5), to look into a list. It cannot be used for a session. */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_parse(const uint8_t *bytes, size_t size,
                                                               struct copp_revocation_list **list, struct copp_verdict *verdict);
COPP_API void copp_revocation_free(struct copp_revocation_list **list);

/* True only for lists of copp_revocation_validate and copp_revocation_load. */
COPP_API COPP_NODISCARD bool copp_revocation_valid(const struct copp_revocation_list *list);

COPP_API uint32_t copp_revocation_version(const struct copp_revocation_list *list);
COPP_API size_t copp_revocation_count(const struct copp_revocation_list *list);
/* Entry index (COPP_DIGEST_SIZE bytes), in the list's own order; NULL beyond the count. */
COPP_API const uint8_t *copp_revocation_digest(const struct copp_revocation_list *list, size_t index);
/* The signer's collection within the list; lives as long as the list. */
COPP_API const uint8_t *copp_revocation_certificates(const struct copp_revocation_list *list, size_t *size);

/*
 * CRL-4: COPP_OK, or COPP_E_REVOKED with the verdict naming the certificate nearest the root that is listed.
 * COPP_E_ARGUMENT if chain or list is not a validated one.
 */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_check(const struct copp_revocation_list *list,
                                                               const struct copp_chain *chain, struct copp_verdict *verdict);

/*
 * Issues a binary list. requests are the signer's certificate and, if count is 2, the root's; signer is the
 * private key of requests[0].subject (RSA-1024). digests are count_digests times COPP_DIGEST_SIZE bytes.
 * *out has *size bytes; hand it to copp_release. COPP_E_KEY: signer is not that key; COPP_E_TOO_LARGE: above
 * COPP_REVOCATION_SIZE_MAX; else as copp_chain_issue.
 */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_issue(uint32_t version, const uint8_t *digests, size_t count_digests,
                                                               const struct copp_certificate_request *requests, size_t count,
                                                               struct copp_private_key *signer, uint8_t **out, size_t *size);

/*
 * The stored list: one file. load validates what is there: COPP_E_NOT_FOUND if there is none, COPP_E_INVALID if it
 * was torn or tampered with. store validates the new list and replaces the file by it atomically, only if its
 * version is higher (else COPP_E_ROLLBACK; the very list that is stored is COPP_OK, and nothing is written) and only if the
 * present file, where there is one, is itself valid; on
 * every error the old file stays as it was, but for a COPP_E_IO of a disk that fails after the replacement: then the new
 * list is there. *list (may be NULL) receives the list now in force. Writers exclude each other by a lock on PATH.lock.
 * COPP_E_IO: errno says why. On Windows path is UTF-8.
 */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_load(const char *path, const struct copp_public_key *anchor,
                                                              struct copp_revocation_list **list, struct copp_verdict *verdict);
/* load, which also tells log why; it may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_revocation_load_logged(const char *path, const struct copp_public_key *anchor,
                                                                     struct copp_log *log, struct copp_revocation_list **list,
                                                                     struct copp_verdict *verdict);
COPP_API COPP_NODISCARD enum copp_result copp_revocation_store(const char *path, const uint8_t *bytes, size_t size,
                                                               const struct copp_public_key *anchor,
                                                               struct copp_revocation_list **list, struct copp_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
