/*
 * The list of revoked receivers that amdgpu keeps in its secure processor: the attribute hdcp_srm of the card's device. A write that
 * returns well says nothing, since the driver learns only with the last page what the processor makes of the whole. What is in force is
 * what is read afterwards. Linux only.
 */
#ifndef COPP_CLI_SRM_ATTRIBUTE_H
#define COPP_CLI_SRM_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SRM_ATTRIBUTE_MAX 5120u /* bytes that it takes and gives */

/* As pwrite and pread, which may stop at a page. */
struct srm_attribute_ops {
    ssize_t (*write)(void *context, const void *bytes, size_t size, size_t offset);
    ssize_t (*read)(void *context, void *bytes, size_t size, size_t offset);
};
struct srm_attribute {
    const struct srm_attribute_ops *ops;
    void *context;
};

/* Writes all of it. False with errno set: not all could be written. True says nothing more than that. */
bool srm_attribute_set(const struct srm_attribute *attribute, const uint8_t *bytes, size_t size);

/* Reads up to SRM_ATTRIBUTE_MAX bytes; 0: the driver has no list. -1 with errno set. */
ssize_t srm_attribute_get(const struct srm_attribute *attribute, uint8_t *bytes);

/* An open attribute: context points to the descriptor. */
extern const struct srm_attribute_ops srm_attribute_file;

#endif
