/* Whom a plugin trusts, and what it knows to be revoked: files, read anew for each session. */
#ifndef COPP_PLUGINS_TRUST_H
#define COPP_PLUGINS_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "copp.h"

#define TRUST_PATH_SIZE 4096u

struct trust {
    enum copp_semantics semantics; /* that the anchor is good for */
    struct copp_public_key anchor; /* of COPP */
    struct copp_opm_anchor opm_anchor;
    char list_path[TRUST_PATH_SIZE]; /* of the stored revocation list */
    struct copp_revocation_list *list; /* NULL: none is stored */
    struct stat list_file; /* as it was before it was read; all zero: not there */
    uint8_t *srm_bytes; /* the message, for an OPM driver, which judges by it; NULL: none */
    size_t srm_size;
    struct copp_srm *srm; /* the same for a COPP driver, which does not judge */
    /* what a session borrows of the above */
    const struct copp_revocation_list *list_array[1];
    const struct copp_srm *srm_array[1];
    struct copp_session_lists lists;
};

/* Where a file's name comes from, and what must not go back. */
struct trust_files {
    const char *anchor; /* as in struct protection_config */
    const char *srm;
    uint32_t list_version; /* the newest revocation list used so far: an older one is refused (CRL-3) */
    /* The driver's hierarchy is made for this one session: no stored list is about its certificates, and none is read. */
    bool made_here;
};

/*
 * Reads the anchor, the stored revocation list and the content's SRM. Where that fails returns false, and *text, of size bytes, is a
 * sentence that names the file and the remedy. Then nothing is trusted. trust_free in any case.
 */
bool trust_read(const struct trust_files *files, struct trust *trust, char *text, size_t size);
/* Whether the stored revocation list is another file now, or cannot be looked at: a new session is to read it (CRL-4). */
bool trust_changed(const struct trust *trust);
void trust_free(struct trust *trust);

#endif
