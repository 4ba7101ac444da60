#include "recording_file.h"

#include <stdlib.h>
#include <string.h>

#define INTERFACES_MAX 64u /* of one section; beyond them packets are foreign */
#define PACKET_OBSOLETE 2u
#define PACKET_SIMPLE 3u
#define OPTION_COMMENT 1u
#define SECTION_APPLICATION 4u
#define INTERFACE_RESOLUTION 9u
#define RESOLUTION_DEFAULT 6u /* 10^-6 s */

struct interface {
    bool ours; /* its packets are exported PDUs */
    uint8_t resolution; /* if_tsresol */
};

struct reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool big; /* the section's byte order */
    struct interface interfaces[INTERFACES_MAX];
    uint32_t interface_count;
    unsigned frames;
    struct recording_file *file;
};

static uint32_t get16(const struct reader *in, const uint8_t *p) {
    return in->big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get32(const struct reader *in, const uint8_t *p) {
    return in->big ? get16(in, p) << 16 | get16(in, p + 2) : get16(in, p + 2) << 16 | get16(in, p);
}

static uint32_t little32(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static size_t aligned(size_t size) {
    return (size + 3) & ~(size_t)3;
}

/* --- options --- */

/* The next option of those from *at to end; false at their end, and where they are damaged: they are a remark and no more. */
static bool next_option(const struct reader *in, const uint8_t **at, const uint8_t *end, uint32_t *code, const uint8_t **value,
                        size_t *size) {
    if (end - *at < 4)
        return false;
    *code = get16(in, *at);
    *size = get16(in, *at + 2);
    *value = *at + 4;
    if (*code == 0 || aligned(*size) > (size_t)(end - *value))
        return false;
    *at = *value + aligned(*size);
    return true;
}

static void copy_text(const uint8_t *value, size_t size, char *text) {
    size_t used = size < RECORDING_TEXT_SIZE - 1 ? size : RECORDING_TEXT_SIZE - 1;
    for (size_t i = 0; i < used; i++)
        text[i] = (char)(value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
    text[used] = '\0';
}

/* --- blocks: body has everything but type and lengths --- */

static void read_section(struct reader *in, const uint8_t *body, size_t size) {
    const uint8_t *at = body + 16, *end = body + size, *value;
    uint32_t code;
    size_t length;
    in->interface_count = 0;
    while (next_option(in, &at, end, &code, &value, &length)) {
        if (code == SECTION_APPLICATION)
            copy_text(value, length, in->file->application);
        else if (code == OPTION_COMMENT)
            copy_text(value, length, in->file->remark);
    }
}

static void read_interface(struct reader *in, const uint8_t *body, size_t size) {
    struct interface interface = {.resolution = RESOLUTION_DEFAULT};
    const uint8_t *at = body + 8, *end = body + size, *value;
    uint32_t code;
    size_t length;
    if (in->interface_count == INTERFACES_MAX || size < 8)
        return;
    interface.ours = get16(in, body) == RECORDING_LINKTYPE;
    while (next_option(in, &at, end, &code, &value, &length)) {
        if (code == INTERFACE_RESOLUTION && length == 1)
            interface.resolution = *value;
    }
    in->interfaces[in->interface_count++] = interface;
}

/* In microseconds. A resolution that is a power of 2, or finer than any clock, is taken as it comes. */
static uint64_t time_of(uint64_t ticks, uint8_t resolution) {
    for (; resolution > RESOLUTION_DEFAULT && resolution <= 18; resolution--)
        ticks /= 10;
    for (; resolution < RESOLUTION_DEFAULT; resolution++)
        ticks *= 10; /* may run over: a file that says so says nothing */
    return ticks;
}

/* The message behind the tags of an exported PDU; NULL if another dissector is named, or none. */
static const uint8_t *find_message(const uint8_t *data, size_t size, size_t *message_size) {
    bool ours = false;
    while (size >= 4) {
        unsigned tag = (unsigned)data[0] << 8 | data[1];
        size_t length = (size_t)data[2] << 8 | data[3];
        data += 4;
        size -= 4;
        if (tag == PDU_TAG_END) {
            *message_size = size;
            return ours ? data : NULL;
        }
        if (aligned(length) > size)
            return NULL;
        if (tag == PDU_TAG_DISSECTOR) {
            while (length > 0 && data[length - 1] == '\0')
                length--; /* Wireshark fills names up */
            ours = length == strlen(RECORDING_DISSECTOR) && memcmp(data, RECORDING_DISSECTOR, length) == 0;
            length = (size_t)data[-2] << 8 | data[-1];
        }
        data += aligned(length);
        size -= aligned(length);
    }
    return NULL;
}

static const char *parse_message(const uint8_t *data, size_t size, struct recording_message *message) {
    if (size < RECORDING_HEADER_SIZE)
        return "shorter than its header";
    if (data[0] != RECORDING_VERSION)
        return "of another version of the format";
    if (data[1] == 0 || data[1] >= RECORDING_KIND_COUNT || data[2] > RECORDING_NOTE || data[3] > COPP_SEMANTICS_OPM)
        return "of an unknown kind, direction or semantics";
    message->kind = (enum recording_kind)data[1];
    message->direction = (enum recording_direction)data[2];
    message->semantics = data[3];
    message->flags = little32(data + 4);
    message->session = little32(data + 8);
    message->exchange = little32(data + 12);
    message->hresult = little32(data + 16);
    message->result = (int32_t)little32(data + 20);
    message->size = little32(data + 24);
    message->additional_size = little32(data + 28);
    size -= RECORDING_HEADER_SIZE;
    if (message->size > size || message->additional_size != size - message->size)
        return "its sizes do not agree";
    message->bytes = data + RECORDING_HEADER_SIZE;
    message->additional = message->bytes + message->size;
    return NULL;
}

static struct recording_entry *add_entry(struct recording_file *file) {
    if ((file->count & (file->count + 1)) == 0) {
        struct recording_entry *larger = realloc(file->entries, 2 * (file->count + 1) * sizeof *larger);
        if (larger == NULL)
            return NULL;
        file->entries = larger;
    }
    file->entries[file->count] = (struct recording_entry){.frame = 0};
    return &file->entries[file->count++];
}

static enum copp_result read_packet(struct reader *in, const uint8_t *body, size_t size) {
    in->frames++;
    if (size < 20 || get32(in, body) >= in->interface_count || !in->interfaces[get32(in, body)].ours ||
        get32(in, body + 12) > size - 20) {
        in->file->foreign++;
        return COPP_OK;
    }
    size_t message_size;
    const uint8_t *data = find_message(body + 20, get32(in, body + 12), &message_size);
    if (data == NULL) {
        in->file->foreign++;
        return COPP_OK;
    }
    struct recording_entry *entry = add_entry(in->file);
    if (entry == NULL)
        return COPP_E_MEMORY;
    uint64_t ticks = (uint64_t)get32(in, body + 4) << 32 | get32(in, body + 8);
    bool cut = get32(in, body + 12) != get32(in, body + 16);
    entry->frame = in->frames;
    entry->malformed = cut ? "cut when it was captured" : parse_message(data, message_size, &entry->message);
    if (entry->malformed != NULL)
        entry->message = (struct recording_message){.session = 0};
    entry->message.time_us = time_of(ticks, in->interfaces[get32(in, body)].resolution);
    return COPP_OK;
}

static enum copp_result read_block(struct reader *in, uint32_t type, const uint8_t *body, size_t size) {
    if (type == PCAPNG_SECTION)
        read_section(in, body, size);
    else if (type == PCAPNG_INTERFACE)
        read_interface(in, body, size);
    else if (type == PCAPNG_PACKET)
        return read_packet(in, body, size);
    else if (type == PACKET_OBSOLETE || type == PACKET_SIMPLE) {
        in->frames++;
        in->file->foreign++;
    }
    return COPP_OK;
}

/* A section says in which byte order it is. */
static bool read_order(struct reader *in) {
    const uint8_t *block = in->bytes + in->at;
    if (in->size - in->at < 28 || little32(block) != PCAPNG_SECTION) /* the type reads alike in both */
        return false;
    in->big = little32(block + 8) != PCAPNG_MAGIC;
    return get32(in, block + 8) == PCAPNG_MAGIC && get16(in, block + 12) == 1;
}

/* Why it cannot be read; NULL: *size is the length of the block at in->at. */
static const char *measure_block(struct reader *in, size_t *size) {
    const uint8_t *block = in->bytes + in->at;
    size_t left = in->size - in->at;
    if (left < 12)
        return "the file ends within a block";
    if (little32(block) == PCAPNG_SECTION && !read_order(in))
        return "a section without a beginning";
    *size = get32(in, block + 4);
    if (*size < 12 || *size % 4 != 0 || (get32(in, block) == PCAPNG_SECTION && *size < 28))
        return "a block of a size that none has";
    if (*size > left)
        return "the file ends within a block";
    return get32(in, block + *size - 4) == *size ? NULL : "a block whose two lengths differ";
}

enum copp_result recording_file_read(const uint8_t *bytes, size_t size, struct recording_file *file) {
    struct reader in = {.bytes = bytes, .size = size, .file = file};
    enum copp_result result = COPP_OK;
    *file = (struct recording_file){.count = 0};
    if (!read_order(&in))
        return COPP_E_INVALID;
    while (result == COPP_OK && in.at < size) {
        size_t block;
        file->damage = measure_block(&in, &block);
        file->damage_at = in.at;
        if (file->damage != NULL)
            break;
        result = read_block(&in, get32(&in, bytes + in.at), bytes + in.at + 8, block - 12);
        in.at += block;
    }
    return result;
}

void recording_file_free(struct recording_file *file) {
    free(file->entries);
    *file = (struct recording_file){.count = 0};
}
