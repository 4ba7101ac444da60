/*
 * HDCP system renewability messages. One message is a first block with a header and, for each later generation, a block
 * of its own; every block is signed by itself.
 *
 * First block: id, reserved, version (2), generation, then a length (3) that counts itself, the records and the signature.
 * Later ones: a length (2) that counts the same. HDCP 1.x records are lists: a count of 7 bits, then KSVs. HDCP 2.x has
 * one list: a count of 10 bits (with 22 reserved bits after it in the first block, 6 before it in later ones), then ids.
 */
#include "certificate/srm.h"

#include <stdlib.h>
#include <string.h>

#include "certificate/verdict.h"
#include "copp/omac.h"
#include "crypto/crypto.h"
#include "wire/cursor.h"

#define HDCP1_ID 0x80u
#define HDCP2_ID 0x91u
#define HDCP1_SIGNATURE 40u
#define HDCP2_SIGNATURE 384u
#define HEADER 5u /* bytes before the first block's length */
#define HDCP1_FIRST_MAX 5120u /* bytes of a first block of HDCP 1.x, header included */
#define KSV_ONES 20u
#define BLOCKS_MAX 255u /* generations that the header's byte can tell */

struct copp_srm {
    bool valid;
    unsigned hdcp;
    unsigned version;
    unsigned generation;
    size_t count;
    size_t size;
    uint8_t storage[]; /* the message, then the entries one after the other: they are fewer bytes than the message */
};

/* One block, split along its lengths. */
struct block {
    const uint8_t *signed_bytes;
    size_t signed_size;
    const uint8_t *records;
    size_t records_size;
    const uint8_t *signature;
};

/* What the lengths make of a message. */
struct layout {
    unsigned count;
    struct block blocks[BLOCKS_MAX];
};

static enum copp_result refuse(struct copp_verdict *verdict, enum copp_rule rule, const char *detail) {
    (void)copp_verdict_refuse(verdict, rule, -1, detail);
    return COPP_E_INVALID;
}

bool copp_ksv_valid(const uint8_t *ksv) { /* SRM-5 */
    unsigned ones = 0;
    for (size_t i = 0; ksv && i < COPP_KSV_SIZE; i++) {
        for (unsigned byte = ksv[i]; byte; byte &= byte - 1)
            ones++;
    }
    return ones == KSV_ONES;
}

void copp_ksv_from_bksv(const uint8_t *bksv, uint8_t *ksv) { /* SRM-5: the one place where the byte order changes */
    for (size_t i = 0; ksv && i < COPP_KSV_SIZE; i++)
        ksv[i] = bksv ? bksv[COPP_KSV_SIZE - 1 - i] : 0;
}

static const uint8_t *message_of(const struct copp_srm *srm) {
    return srm->storage;
}

static uint8_t *entries_of(struct copp_srm *srm) {
    return &srm->storage[srm->size];
}

static size_t signature_size(const struct copp_srm *srm) {
    return srm->hdcp == 1 ? HDCP1_SIGNATURE : HDCP2_SIGNATURE;
}

/* What the lengths say of a block at in, whose length field has so many bytes (SRM-1). */
static bool read_block(const struct copp_srm *srm, struct copp_reader *in, size_t field, struct block *block) {
    struct copp_reader ahead = *in;
    uint32_t length;
    bool whole = field == 3 ? copp_read_u24be(&ahead, &length) : copp_read_u16be(&ahead, &length);
    if (!whole || length < field + signature_size(srm))
        return false;
    const uint8_t *start;
    block->records_size = length - field - signature_size(srm);
    whole = copp_read_view(&ahead, &block->records, block->records_size) &&
            copp_read_view(&ahead, &block->signature, signature_size(srm));
    if (!whole || !copp_read_view(in, &start, length))
        return false;
    /* a later block of HDCP 1.x signs its records alone, one of HDCP 2.x its length too */
    bool bare = srm->hdcp == 1 && field == 2;
    block->signed_bytes = bare ? block->records : start;
    block->signed_size = bare ? block->records_size : field + block->records_size;
    return true;
}

static bool read_header(struct copp_srm *srm, struct copp_reader *in) {
    uint8_t id;
    uint8_t reserved;
    uint8_t generation;
    uint32_t version;
    if (!copp_read_u8(in, &id) || !copp_read_u8(in, &reserved) || !copp_read_u16be(in, &version) ||
        !copp_read_u8(in, &generation))
        return false;
    if (id != HDCP1_ID && id != HDCP2_ID)
        return false;
    srm->hdcp = id == HDCP1_ID ? 1 : 2;
    srm->version = version;
    srm->generation = generation;
    return true;
}

/* The first block; the header is signed with it. */
static bool read_first_block(const struct copp_srm *srm, struct copp_reader *in, struct block *block) {
    if (!read_block(srm, in, 3, block))
        return false;
    block->signed_bytes = message_of(srm);
    block->signed_size += HEADER;
    return srm->hdcp == 2 || block->signed_size + HDCP1_SIGNATURE <= HDCP1_FIRST_MAX;
}

/* A message of generation 0 or 1 is one block, one of generation n is n of them (SRM-1). */
static enum copp_result read_layout(struct copp_srm *srm, struct layout *layout, struct copp_verdict *verdict) {
    struct copp_reader in = {message_of(srm), srm->size};
    if (!read_header(srm, &in))
        return refuse(verdict, COPP_RULE_SRM_1, "it does not begin as an HDCP 1.x or 2.x message does");
    layout->count = srm->generation > 1 ? srm->generation : 1;
    bool good = read_first_block(srm, &in, &layout->blocks[0]);
    for (unsigned i = 1; good && i < layout->count; i++)
        good = read_block(srm, &in, 2, &layout->blocks[i]);
    if (!good)
        return refuse(verdict, COPP_RULE_SRM_1, "a length does not agree with the message");
    if (in.left)
        return refuse(verdict, COPP_RULE_SRM_1, "bytes follow that are not part of any length");
    return COPP_OK;
}

static bool take_entries(struct copp_srm *srm, struct copp_reader *in, size_t count) {
    const uint8_t *entries;
    if (!copp_read_view(in, &entries, count * COPP_KSV_SIZE))
        return false;
    if (count)
        memcpy(&entries_of(srm)[srm->count * COPP_KSV_SIZE], entries, count * COPP_KSV_SIZE);
    srm->count += count;
    return true;
}

/* Lists one after the other. */
static bool take_hdcp1_records(struct copp_srm *srm, struct copp_reader *in) {
    while (in->left) {
        uint8_t count;
        if (!copp_read_u8(in, &count) || !take_entries(srm, in, count & 0x7F))
            return false;
    }
    return true;
}

/* One list, which fills the block. */
static bool take_hdcp2_records(struct copp_srm *srm, struct copp_reader *in, bool first) {
    uint32_t count;
    if (first) {
        if (!copp_read_u32be(in, &count))
            return false;
        count >>= 22;
    } else {
        if (!copp_read_u16be(in, &count))
            return false;
        count &= 0x3FF;
    }
    return take_entries(srm, in, count) && !in->left;
}

static enum copp_result take_records(struct copp_srm *srm, const struct layout *layout,
                                     struct copp_verdict *verdict) { /* SRM-4 */
    for (unsigned i = 0; i < layout->count; i++) {
        struct copp_reader records = {layout->blocks[i].records, layout->blocks[i].records_size};
        bool good = srm->hdcp == 1 ? take_hdcp1_records(srm, &records) : take_hdcp2_records(srm, &records, i == 0);
        if (!good)
            return refuse(verdict, COPP_RULE_SRM_4, "a list of revoked devices does not agree with its length");
    }
    return COPP_OK;
}

static enum copp_result check_entries(const struct copp_srm *srm, struct copp_verdict *verdict) { /* SRM-5 */
    for (size_t i = 0; i < srm->count; i++) {
        if (!copp_ksv_valid(copp_srm_entry(srm, i)))
            return refuse(verdict, COPP_RULE_SRM_5, "a revoked device's KSV does not have exactly 20 ones");
    }
    return COPP_OK;
}

/* Whether the key verifies all of it: COPP_E_INVALID if not. */
static enum copp_result check_blocks(const struct copp_srm *srm, const struct layout *layout,
                                     const struct copp_srm_verifier *verifier, struct copp_log *log) {
    enum copp_result result = COPP_OK;
    for (unsigned i = 0; !result && i < layout->count; i++) {
        const struct block *block = &layout->blocks[i];
        result = srm->hdcp == 1
                     ? copp_dsa_verify(&verifier->dsa, block->signed_bytes, block->signed_size, block->signature, log)
                     : copp_rsa3072_verify(&verifier->rsa, block->signed_bytes, block->signed_size, block->signature, log);
    }
    return result;
}

/* One of the keys verifies all of it (SRM-2). */
static enum copp_result check_signatures(const struct copp_srm *srm, const struct layout *layout,
                                         const struct copp_srm_verifier *verifiers, size_t count, struct copp_verdict *verdict,
                                         struct copp_log *log) {
    const char *detail = "none of the keys is for messages of this kind";
    for (size_t i = 0; i < count; i++) {
        if (!(srm->hdcp == 1 ? verifiers[i].hdcp1 : verifiers[i].hdcp2))
            continue;
        enum copp_result result = check_blocks(srm, layout, &verifiers[i], log);
        if (result != COPP_E_INVALID)
            return result; /* a failure of ours, too: it says nothing about the message */
        detail = "the signature does not verify under this key";
    }
    return refuse(verdict, COPP_RULE_SRM_2, detail);
}

static enum copp_result check(struct copp_srm *srm, const struct layout *layout, const struct copp_srm_verifier *verifiers,
                              size_t count, struct copp_verdict *verdict, struct copp_log *log) {
    enum copp_result result = check_signatures(srm, layout, verifiers, count, verdict, log);
    if (!result)
        result = take_records(srm, layout, verdict);
    if (!result)
        result = check_entries(srm, verdict);
    srm->valid = !result;
    return result;
}

size_t copp_srm_room(size_t size) {
    return sizeof(struct copp_srm) + 2 * size;
}

static enum copp_result place_message(struct copp_srm *room, const uint8_t *bytes, size_t size, struct layout *layout,
                                      struct copp_verdict *verdict) {
    *room = (struct copp_srm){.size = size};
    if (size)
        memcpy(room->storage, bytes, size);
    return read_layout(room, layout, verdict);
}

static enum copp_result read_message(const uint8_t *bytes, size_t size, struct copp_srm **srm, struct layout *layout,
                                     struct copp_verdict *verdict) {
    copp_verdict_clear(verdict);
    if (!bytes)
        return COPP_E_ARGUMENT;
    if (size > COPP_SRM_SIZE_MAX)
        return COPP_E_TOO_LARGE;
    struct copp_srm *made = malloc(copp_srm_room(size));
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = place_message(made, bytes, size, layout, verdict);
    if (result) {
        copp_srm_free(&made);
        return result;
    }
    *srm = made;
    return COPP_OK;
}

/* Hands the message over, or frees it if it is not wanted or not valid. */
static enum copp_result finish(struct copp_srm *made, enum copp_result result, struct copp_srm **srm) {
    if (result || !srm)
        copp_srm_free(&made);
    if (srm)
        *srm = made;
    return result;
}

enum copp_result copp_srm_verify(const uint8_t *bytes, size_t size, const struct copp_srm_key *key, struct copp_srm **srm,
                                 struct copp_verdict *verdict) {
    return copp_srm_verify_logged(bytes, size, key, NULL, srm, verdict);
}

enum copp_result copp_srm_verify_logged(const uint8_t *bytes, size_t size, const struct copp_srm_key *key, struct copp_log *log,
                                        struct copp_srm **srm, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_srm *made = NULL;
    struct copp_srm_verifier verifier;
    struct layout layout;
    if (!verdict)
        verdict = &unused;
    enum copp_result result = read_message(bytes, size, &made, &layout, verdict);
    if (!result)
        result = copp_srm_verifier_read(key, made->hdcp, &verifier, log);
    if (!result)
        result = check(made, &layout, &verifier, 1, verdict, log);
    return finish(made, result, srm);
}

enum copp_result copp_srm_verify_in(struct copp_srm *room, const uint8_t *bytes, size_t size,
                                    const struct copp_srm_verifier *verifiers, size_t count, struct copp_log *log,
                                    struct copp_verdict *verdict) {
    struct layout layout;
    copp_verdict_clear(verdict);
    enum copp_result result = place_message(room, bytes, size, &layout, verdict);
    if (!result)
        result = check(room, &layout, verifiers, count, verdict, log);
    if (result)
        *room = (struct copp_srm){.valid = false};
    return result;
}

enum copp_result copp_srm_parse(const uint8_t *bytes, size_t size, struct copp_srm **srm, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_srm *made = NULL;
    struct layout layout;
    if (!verdict)
        verdict = &unused;
    enum copp_result result = read_message(bytes, size, &made, &layout, verdict);
    if (!result)
        result = take_records(made, &layout, verdict);
    return finish(made, result, srm);
}

void copp_srm_free(struct copp_srm **srm) {
    if (!srm)
        return;
    free(*srm);
    *srm = NULL;
}

bool copp_srm_valid(const struct copp_srm *srm) {
    return srm && srm->valid;
}

unsigned copp_srm_hdcp(const struct copp_srm *srm) {
    return srm ? srm->hdcp : 0;
}

unsigned copp_srm_version(const struct copp_srm *srm) {
    return srm ? srm->version : 0;
}

unsigned copp_srm_generation(const struct copp_srm *srm) {
    return srm ? srm->generation : 0;
}

const uint8_t *copp_srm_bytes(const struct copp_srm *srm, size_t *size) {
    *size = srm->size;
    return message_of(srm);
}

size_t copp_srm_count(const struct copp_srm *srm) {
    return srm ? srm->count : 0;
}

const uint8_t *copp_srm_entry(const struct copp_srm *srm, size_t index) {
    return srm && index < srm->count ? &srm->storage[srm->size + index * COPP_KSV_SIZE] : NULL;
}

bool copp_srm_revoked(const struct copp_srm *srm, const uint8_t *ksv) {
    if (!srm || !ksv)
        return true;
    for (size_t i = 0; i < srm->count; i++) {
        if (copp_equal(copp_srm_entry(srm, i), ksv, COPP_KSV_SIZE))
            return true;
    }
    return false;
}

enum copp_result copp_srm_may_replace(const struct copp_srm *stored, const struct copp_srm *candidate) { /* SRM-3 */
    if (!copp_srm_valid(stored) || !copp_srm_valid(candidate))
        return COPP_E_ARGUMENT;
    return candidate->hdcp == stored->hdcp && candidate->version >= stored->version ? COPP_OK : COPP_E_ROLLBACK;
}

bool copp_srm_newer(const struct copp_srm *candidate, const struct copp_srm *stored) { /* OPM-SRM-4 */
    if (!copp_srm_valid(candidate) || !copp_srm_valid(stored) || candidate->hdcp != stored->hdcp)
        return false;
    return candidate->version > stored->version ||
           (candidate->version == stored->version && candidate->generation > stored->generation);
}
