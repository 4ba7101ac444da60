#include <string.h>

#include "copp/protocol.h"
#include "wire/cursor.h"

/* Where a size is known to fit, the cursor cannot refuse; the results of those writes are dropped on purpose. */

static void write_words(struct copp_writer *out, const uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        (void)copp_write_u32le(out, words[i]);
}

static void write_masked(struct copp_writer *out, const struct copp_masked *words) {
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        (void)copp_write_u32le(out, words[i].mask);
        (void)copp_write_u32le(out, words[i].data);
    }
}

static bool read_words(struct copp_reader *in, uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!copp_read_u32le(in, &words[i]))
            return false;
    }
    return true;
}

static bool read_masked(struct copp_reader *in, struct copp_masked *words) {
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        if (!copp_read_u32le(in, &words[i].mask) || !copp_read_u32le(in, &words[i].data))
            return false;
    }
    return true;
}

static enum copp_result complete(bool whole) {
    return whole ? COPP_OK : COPP_E_TRUNCATED;
}

/* False: nothing is to be written but, where there are bytes, zeros. */
static bool has_both(const void *value, uint8_t *bytes, size_t size) {
    if (!value && bytes)
        memset(bytes, 0, size);
    return value && bytes;
}

/* The data area, and the zeros behind it up to the message's end. */
static void write_data(struct copp_writer *out, const uint8_t *data, uint32_t size) {
    (void)copp_write_bytes(out, data, size);
    memset(out->next, 0, out->left);
}

enum copp_result copp_command_encode(const struct copp_command_fields *fields, struct copp_command *message) {
    if (!fields || !message || (!fields->data && fields->size))
        return COPP_E_ARGUMENT;
    if (fields->size > COPP_COMMAND_DATA_SIZE)
        return COPP_E_TOO_LARGE;
    struct copp_writer out = {message->bytes, COPP_MESSAGE_SIZE}; /* WIRE-2 */
    (void)copp_write_bytes(&out, fields->mac, COPP_MAC_SIZE);
    (void)copp_write_bytes(&out, fields->guid, COPP_GUID_SIZE);
    (void)copp_write_u32le(&out, fields->sequence);
    (void)copp_write_u32le(&out, fields->size);
    write_data(&out, fields->data, fields->size);
    return COPP_OK;
}

enum copp_result copp_status_input_encode(const struct copp_status_input_fields *fields, struct copp_status_input *message) {
    if (!fields || !message || (!fields->data && fields->size))
        return COPP_E_ARGUMENT;
    if (fields->size > COPP_STATUS_DATA_SIZE)
        return COPP_E_TOO_LARGE;
    struct copp_writer out = {message->bytes, COPP_MESSAGE_SIZE}; /* WIRE-3 */
    (void)copp_write_bytes(&out, fields->r_app, COPP_RANDOM_SIZE);
    (void)copp_write_bytes(&out, fields->guid, COPP_GUID_SIZE);
    (void)copp_write_u32le(&out, fields->sequence);
    (void)copp_write_u32le(&out, fields->size);
    write_data(&out, fields->data, fields->size);
    return COPP_OK;
}

enum copp_result copp_status_output_encode(const struct copp_status_output_fields *fields, struct copp_status_output *message) {
    if (!fields || !message || (!fields->data && fields->size))
        return COPP_E_ARGUMENT;
    if (fields->size > COPP_STATUS_ANSWER_SIZE)
        return COPP_E_TOO_LARGE;
    struct copp_writer out = {message->bytes, COPP_MESSAGE_SIZE}; /* WIRE-4 */
    (void)copp_write_bytes(&out, fields->mac, COPP_MAC_SIZE);
    (void)copp_write_u32le(&out, fields->size);
    write_data(&out, fields->data, fields->size);
    return COPP_OK;
}

void copp_command_decode(const struct copp_command *message, struct copp_command_fields *fields) {
    if (fields && !message)
        *fields = (struct copp_command_fields){.size = 0};
    if (!fields || !message)
        return;
    struct copp_reader in = {message->bytes, COPP_MESSAGE_SIZE};
    (void)copp_read_bytes(&in, fields->mac, COPP_MAC_SIZE);
    (void)copp_read_bytes(&in, fields->guid, COPP_GUID_SIZE);
    (void)copp_read_u32le(&in, &fields->sequence);
    (void)copp_read_u32le(&in, &fields->size);
    fields->data = in.next;
}

void copp_status_input_decode(const struct copp_status_input *message, struct copp_status_input_fields *fields) {
    if (fields && !message)
        *fields = (struct copp_status_input_fields){.size = 0};
    if (!fields || !message)
        return;
    struct copp_reader in = {message->bytes, COPP_MESSAGE_SIZE};
    (void)copp_read_bytes(&in, fields->r_app, COPP_RANDOM_SIZE);
    (void)copp_read_bytes(&in, fields->guid, COPP_GUID_SIZE);
    (void)copp_read_u32le(&in, &fields->sequence);
    (void)copp_read_u32le(&in, &fields->size);
    fields->data = in.next;
}

void copp_status_output_decode(const struct copp_status_output *message, struct copp_status_output_fields *fields) {
    if (fields && !message)
        *fields = (struct copp_status_output_fields){.size = 0};
    if (!fields || !message)
        return;
    struct copp_reader in = {message->bytes, COPP_MESSAGE_SIZE};
    (void)copp_read_bytes(&in, fields->mac, COPP_MAC_SIZE);
    (void)copp_read_u32le(&in, &fields->size);
    fields->data = in.next;
}

enum copp_result copp_set_protection_level_decode(const uint8_t *bytes, size_t size, struct copp_set_protection_level *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-5 */
    return complete(copp_read_u32le(&in, &value->type) && copp_read_u32le(&in, &value->level) &&
                    copp_read_u32le(&in, &value->extended_info_change_mask) && copp_read_u32le(&in, &value->extended_info_data));
}

enum copp_result copp_set_signaling_decode(const uint8_t *bytes, size_t size, struct copp_set_signaling *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-6 */
    return complete(copp_read_u32le(&in, &value->standard) && read_masked(&in, value->aspect) &&
                    read_words(&in, value->extended_info_change_mask, 4) && read_words(&in, value->extended_info_data, 4) &&
                    copp_read_u32le(&in, &value->reserved));
}

enum copp_result copp_status_decode(const uint8_t *bytes, size_t size, struct copp_status *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-7 */
    return complete(copp_read_bytes(&in, value->r_app, COPP_RANDOM_SIZE) && copp_read_u32le(&in, &value->flags) &&
                    copp_read_u32le(&in, &value->data) && copp_read_u32le(&in, &value->extended_info_valid_mask) &&
                    copp_read_u32le(&in, &value->extended_info_data));
}

enum copp_result copp_status_display_decode(const uint8_t *bytes, size_t size, struct copp_status_display *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-8 */
    struct copp_display *display = &value->display;
    return complete(copp_read_bytes(&in, value->r_app, COPP_RANDOM_SIZE) && copp_read_u32le(&in, &value->flags) &&
                    copp_read_u32le(&in, &display->width) && copp_read_u32le(&in, &display->height) &&
                    copp_read_u32le(&in, &display->format) && copp_read_u32le(&in, &display->d3d_format) &&
                    copp_read_u32le(&in, &display->frequency_numerator) && copp_read_u32le(&in, &display->frequency_denominator));
}

enum copp_result copp_status_hdcp_key_decode(const uint8_t *bytes, size_t size, struct copp_status_hdcp_key *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-9 */
    return complete(copp_read_bytes(&in, value->r_app, COPP_RANDOM_SIZE) && copp_read_u32le(&in, &value->flags) &&
                    copp_read_u32le(&in, &value->hdcp_flags) && copp_read_bytes(&in, value->bksv, sizeof value->bksv) &&
                    copp_read_bytes(&in, value->reserved1, sizeof value->reserved1) &&
                    copp_read_bytes(&in, value->reserved2, sizeof value->reserved2));
}

enum copp_result copp_status_signaling_decode(const uint8_t *bytes, size_t size, struct copp_status_signaling *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* WIRE-10 */
    return complete(copp_read_bytes(&in, value->r_app, COPP_RANDOM_SIZE) && copp_read_u32le(&in, &value->flags) &&
                    copp_read_u32le(&in, &value->available_standards) && copp_read_u32le(&in, &value->active_standard) &&
                    copp_read_u32le(&in, &value->tv_type) && read_masked(&in, value->aspect) &&
                    read_words(&in, value->extended_info_valid_mask, 4) && read_words(&in, value->extended_info_data, 4));
}

void copp_set_protection_level_encode(const struct copp_set_protection_level *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_SET_PROTECTION_LEVEL_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_SET_PROTECTION_LEVEL_SIZE};
    write_words(&out, (const uint32_t[]){value->type, value->level, value->extended_info_change_mask, value->extended_info_data},
                4);
}

void copp_set_signaling_encode(const struct copp_set_signaling *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_SET_SIGNALING_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_SET_SIGNALING_SIZE};
    (void)copp_write_u32le(&out, value->standard);
    write_masked(&out, value->aspect);
    write_words(&out, value->extended_info_change_mask, 4);
    write_words(&out, value->extended_info_data, 4);
    (void)copp_write_u32le(&out, value->reserved);
}

void copp_status_encode(const struct copp_status *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_STATUS_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_STATUS_SIZE};
    (void)copp_write_bytes(&out, value->r_app, COPP_RANDOM_SIZE);
    write_words(&out, (const uint32_t[]){value->flags, value->data, value->extended_info_valid_mask, value->extended_info_data},
                4);
}

void copp_status_display_encode(const struct copp_status_display *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_STATUS_DISPLAY_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_STATUS_DISPLAY_SIZE};
    const struct copp_display *display = &value->display;
    (void)copp_write_bytes(&out, value->r_app, COPP_RANDOM_SIZE);
    write_words(&out,
                (const uint32_t[]){value->flags, display->width, display->height, display->format, display->d3d_format,
                                   display->frequency_numerator, display->frequency_denominator},
                7);
}

void copp_status_hdcp_key_encode(const struct copp_status_hdcp_key *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_STATUS_HDCP_KEY_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_STATUS_HDCP_KEY_SIZE};
    (void)copp_write_bytes(&out, value->r_app, COPP_RANDOM_SIZE);
    (void)copp_write_u32le(&out, value->flags);
    (void)copp_write_u32le(&out, value->hdcp_flags);
    (void)copp_write_bytes(&out, value->bksv, sizeof value->bksv);
    (void)copp_write_bytes(&out, value->reserved1, sizeof value->reserved1);
    (void)copp_write_bytes(&out, value->reserved2, sizeof value->reserved2);
}

void copp_status_signaling_encode(const struct copp_status_signaling *value, uint8_t *bytes) {
    if (!has_both(value, bytes, COPP_STATUS_SIGNALING_SIZE))
        return;
    struct copp_writer out = {bytes, COPP_STATUS_SIGNALING_SIZE};
    (void)copp_write_bytes(&out, value->r_app, COPP_RANDOM_SIZE);
    write_words(&out, (const uint32_t[]){value->flags, value->available_standards, value->active_standard, value->tv_type}, 4);
    write_masked(&out, value->aspect);
    write_words(&out, value->extended_info_valid_mask, 4);
    write_words(&out, value->extended_info_data, 4);
}

/* From bit 0: the order and widths of DXVA_ExtendedFormat. */
static const unsigned format_bits[7] = {8, 4, 3, 3, 4, 5, 5};

uint32_t copp_format_pack(const struct copp_format *format) {
    if (!format)
        return 0;
    const unsigned fields[7] = {format->sample_format,    format->chroma_subsampling, format->nominal_range,
                                format->transfer_matrix,  format->lighting,           format->primaries,
                                format->transfer_function};
    uint32_t word = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < 7; i++) {
        word |= (fields[i] & ((1u << format_bits[i]) - 1)) << shift;
        shift += format_bits[i];
    }
    return word;
}

struct copp_format copp_format_unpack(uint32_t word) {
    unsigned fields[7];
    for (size_t i = 0; i < 7; i++) {
        fields[i] = word & ((1u << format_bits[i]) - 1);
        word >>= format_bits[i];
    }
    return (struct copp_format){fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]};
}
