/*
 * A stand-in for amdgpu's attribute hdcp_srm and the secure processor behind it. It takes and gives a page at a time, tries what it has after
 * each, always says that all was written, believes only what is signed and newer, and forgets everything when the machine sleeps.
 */
#ifndef COPP_TEST_AMDGPU_STANDIN_H
#define COPP_TEST_AMDGPU_STANDIN_H

#include "cli/srm/attribute.h"
#include "copp.h"

#define STANDIN_PAGE 4096u

struct amdgpu {
    const struct copp_srm_key *key; /* whose signature it believes */
    uint8_t given[SRM_ATTRIBUTE_MAX]; /* page by page */
    uint8_t list[SRM_ATTRIBUTE_MAX];
    size_t size; /* of the list; 0: none */
    unsigned version;
    unsigned refused_from; /* it takes no version from this one on; 0: it takes all */
    bool dead; /* no HDCP firmware: it has no list, and takes none */
    bool tampers; /* what it gives back is not what it has */
    int write_error;
    int read_error;
    unsigned interruptions; /* calls that are yet to be interrupted */
    unsigned writes;
    char trace[128]; /* "w" for a write from the beginning, "r" for such a read */
    size_t trace_size;
};

extern const struct srm_attribute_ops amdgpu_ops;

/* Another program hands a list over. */
void amdgpu_load(struct amdgpu *driver, const uint8_t *bytes, size_t size);
void amdgpu_sleep(struct amdgpu *driver);

#endif
