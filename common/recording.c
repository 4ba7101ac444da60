#include "recording.h"

#include <stdbool.h>
#include <string.h>

#define OPTION_END 0u
#define OPTION_COMMENT 1u
#define SECTION_APPLICATION 4u
#define INTERFACE_NAME 2u
#define TEXT_MAX 200u /* of an option: longer ones are cut */

static const char identifies[] = "identifies a receiver: holds its KSV";

/* What is written goes behind what is there. Everything of pcapng is aligned to 4 bytes. */
struct writer {
    uint8_t *bytes;
    size_t size;
};

static void put16(struct writer *out, uint32_t value) {
    out->bytes[out->size++] = (uint8_t)value;
    out->bytes[out->size++] = (uint8_t)(value >> 8);
}

static void put32(struct writer *out, uint32_t value) {
    put16(out, value & 0xFFFF);
    put16(out, value >> 16);
}

static void put_bytes(struct writer *out, const void *bytes, size_t size) {
    if (size > 0)
        memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void align(struct writer *out) {
    while (out->size % 4 != 0)
        out->bytes[out->size++] = 0;
}

static void put_option(struct writer *out, unsigned code, const void *bytes, size_t size) {
    put16(out, code);
    put16(out, (uint32_t)size);
    put_bytes(out, bytes, size);
    align(out);
}

static void put_text(struct writer *out, unsigned code, const char *text) {
    size_t size = strlen(text);
    put_option(out, code, text, size < TEXT_MAX ? size : TEXT_MAX);
}

/* Returns where the block's length stands, which is not known yet. */
static size_t begin_block(struct writer *out, uint32_t type) {
    put32(out, type);
    put32(out, 0);
    return out->size - 8;
}

static void end_block(struct writer *out, size_t begin) {
    uint32_t length = (uint32_t)(out->size + 4 - begin);
    struct writer place = {out->bytes, begin + 4};
    put32(&place, length);
    put32(out, length);
}

size_t recording_begin(const char *application, const char *remark, uint8_t *block) {
    static const uint8_t microseconds = 6; /* if_tsresol */
    struct writer out = {block, 0};
    size_t begin = begin_block(&out, PCAPNG_SECTION);
    put32(&out, PCAPNG_MAGIC);
    put16(&out, 1);
    put16(&out, 0);
    put32(&out, UINT32_MAX); /* how long the section is: not known */
    put32(&out, UINT32_MAX);
    put_text(&out, SECTION_APPLICATION, application);
    put_text(&out, OPTION_COMMENT, remark);
    put_option(&out, OPTION_END, NULL, 0);
    end_block(&out, begin);
    begin = begin_block(&out, PCAPNG_INTERFACE);
    put16(&out, RECORDING_LINKTYPE);
    put16(&out, 0);
    put32(&out, 0); /* no packet is cut */
    put_text(&out, INTERFACE_NAME, RECORDING_DISSECTOR);
    put_option(&out, 9, &microseconds, sizeof microseconds);
    put_option(&out, OPTION_END, NULL, 0);
    end_block(&out, begin);
    return out.size;
}

/* Tags and numbers of an exported PDU are big-endian. */
static void put_tag(struct writer *out, unsigned tag, const char *text) {
    size_t size = strlen(text);
    const uint8_t head[4] = {0, (uint8_t)tag, 0, (uint8_t)size};
    put_bytes(out, head, sizeof head);
    put_bytes(out, text, size);
    align(out);
}

static size_t smaller(size_t size, size_t limit) {
    return size < limit ? size : limit;
}

static void put_message(struct writer *out, const struct recording_message *message) {
    size_t size = smaller(message->size, RECORDING_BYTES_MAX);
    size_t additional_size = smaller(message->additional_size, size <= 4096 ? RECORDING_ADDITIONAL_MAX : 0);
    bool cut = size < message->size || additional_size < message->additional_size;
    const uint8_t head[4] = {RECORDING_VERSION, (uint8_t)message->kind, (uint8_t)message->direction, (uint8_t)message->semantics};
    put_bytes(out, head, sizeof head);
    put32(out, message->flags | (cut ? RECORDING_CUT : 0));
    put32(out, message->session);
    put32(out, message->exchange);
    put32(out, message->hresult);
    put32(out, (uint32_t)message->result);
    put32(out, (uint32_t)size);
    put32(out, (uint32_t)additional_size);
    put_bytes(out, message->bytes, size);
    put_bytes(out, message->additional, additional_size);
}

size_t recording_put(const struct recording_message *message, uint8_t *block) {
    struct writer out = {block, 0};
    size_t begin = begin_block(&out, PCAPNG_PACKET);
    put32(&out, 0); /* the interface */
    put32(&out, (uint32_t)(message->time_us >> 32));
    put32(&out, (uint32_t)message->time_us);
    size_t lengths = out.size;
    put32(&out, 0);
    put32(&out, 0);
    size_t data = out.size;
    put_tag(&out, PDU_TAG_DISSECTOR, RECORDING_DISSECTOR);
    put_tag(&out, PDU_TAG_END, "");
    put_message(&out, message);
    struct writer place = {block, lengths};
    put32(&place, (uint32_t)(out.size - data));
    put32(&place, (uint32_t)(out.size - data));
    align(&out);
    if (message->flags & RECORDING_IDENTIFIES) {
        put_text(&out, OPTION_COMMENT, identifies);
        put_option(&out, OPTION_END, NULL, 0);
    }
    end_block(&out, begin);
    return out.size;
}
