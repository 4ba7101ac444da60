/* What the tests of OPM's chains share: vectors, anchors, and one call. */
#ifndef COPP_TEST_X509_KIT_H
#define COPP_TEST_X509_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate/x509.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static inline uint8_t *read_opm(const char *name, size_t *size) {
    char file[128];
    (void)snprintf(file, sizeof file, "opm/%s", name);
    return read_test_vector(file, size);
}

static inline struct copp_opm_anchor read_anchor(const char *name) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size, &anchor), COPP_OK);
    free(bytes);
    return anchor;
}

static inline enum copp_result validate(const uint8_t *bytes, size_t size, const struct copp_opm_anchor *anchor,
                                        const char *purpose, struct copp_opm_chain **chain, struct copp_verdict *verdict) {
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = anchor, .purpose = purpose};
    return copp_opm_chain_validate(bytes, size, &trust, chain, verdict);
}

#endif
