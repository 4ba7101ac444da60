/* Who must have signed the lists of revoked HDCP devices that coppd believes (OPM-SRM-1). */
#ifndef COPPD_SRM_KEYS_H
#define COPPD_SRM_KEYS_H

#include "copp/srm.h"
#include "error.h"

#define SRM_KEYS_MAX 4u

struct srm_keys {
    size_t count;
    struct copp_srm_key keys[SRM_KEYS_MAX];
    char *pems[SRM_KEYS_MAX]; /* what keys point into; NULL: of one that is built in */
};

/*
 * Reads words of [outputs] srm_keys, with commas between: production, facsimile, or the paths of PEM files. "" means production. False,
 * with the reason; free in any case.
 */
bool srm_keys_read(const char *words, struct srm_keys *keys, struct error_text *error);
void srm_keys_free(struct srm_keys *keys);

/* Whether anybody but DCP may sign: then lists prove nothing. */
bool srm_keys_are_for_tests(const struct srm_keys *keys);

/*
 * Verifies a list whole. COPP_OK if one of the keys has signed it; COPP_E_INVALID, with *verdict, if none has; any other error says
 * nothing about the list. srm may be NULL.
 */
enum copp_result srm_keys_verify(const struct srm_keys *keys, const uint8_t *bytes, size_t size, struct copp_srm **srm,
                                 struct copp_verdict *verdict);

#endif
