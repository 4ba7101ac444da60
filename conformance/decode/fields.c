#include "fields.h"

#include <stdio.h>
#include <string.h>

uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

struct decoded_field *add_field(struct fields *fields, const char *name, size_t offset, size_t size) {
    struct decoded_field *field = &fields->beyond;
    if (offset <= fields->size && size <= fields->size - offset && fields->count < FIELDS_MAX)
        field = &fields->list[fields->count++];
    *field = (struct decoded_field){
        .name = name, .offset = (uint32_t)offset, .size = (uint32_t)size, .beside = fields->beside, .state = DECODED_PLAIN};
    return field;
}

static bool within(const struct fields *fields, size_t offset, size_t size) {
    return offset <= fields->size && size <= fields->size - offset;
}

struct decoded_field *add_hex(struct fields *fields, const char *name, size_t offset, size_t size) {
    static const char digits[] = "0123456789abcdef";
    struct decoded_field *field = add_field(fields, name, offset, size);
    size_t shown = size <= 32 ? size : 32, used = 0;
    if (!within(fields, offset, size))
        return field;
    for (size_t i = 0; i < shown; i++) {
        field->value[used++] = digits[fields->bytes[offset + i] >> 4];
        field->value[used++] = digits[fields->bytes[offset + i] & 15];
    }
    (void)snprintf(field->value + used, sizeof field->value - used, "%s", shown < size ? "..." : "");
    return field;
}

struct decoded_field *add_number(struct fields *fields, const char *name, size_t offset) {
    return add_named(fields, name, offset, "");
}

/* Small numbers read better in decimal digits, and those with the highest bits as they are written in the protocol. */
struct decoded_field *add_named(struct fields *fields, const char *name, size_t offset, const char *meaning) {
    struct decoded_field *field = add_field(fields, name, offset, 4);
    if (!within(fields, offset, 4))
        return field;
    uint32_t value = word_at(fields->bytes + offset);
    const char *format = value <= 0xFFFF ? "%lu%s%.80s%s" : "0x%08lX%s%.80s%s";
    (void)snprintf(field->value, sizeof field->value, format, (unsigned long)value, *meaning != '\0' ? " (" : "", meaning,
                   *meaning != '\0' ? ")" : "");
    return field;
}

void print_guid(const uint8_t *guid, char *text, size_t size) {
    (void)snprintf(text, size, "%08lx-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", (unsigned long)word_at(guid), guid[5],
                   guid[4], guid[7], guid[6], guid[8], guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
}

struct decoded_field *add_guid(struct fields *fields, const char *name, size_t offset, const char *meaning) {
    struct decoded_field *field = add_field(fields, name, offset, COPP_GUID_SIZE);
    char text[40];
    if (!within(fields, offset, COPP_GUID_SIZE))
        return field;
    print_guid(fields->bytes + offset, text, sizeof text);
    (void)snprintf(field->value, sizeof field->value, "%s (%.60s)", text, meaning);
    return field;
}

struct decoded_field *add_text(struct fields *fields, const char *name, size_t offset, size_t size) {
    struct decoded_field *field = add_field(fields, name, offset, size);
    size_t used = 0;
    if (!within(fields, offset, size))
        return field;
    for (; used < size && used < sizeof field->value - 1 && fields->bytes[offset + used] != '\0'; used++) {
        uint8_t letter = fields->bytes[offset + used];
        field->value[used] = (char)(letter >= ' ' && letter <= '~' ? letter : '?');
    }
    field->value[used] = '\0';
    return field;
}

struct decoded_field *field_at(struct fields *fields, size_t offset) {
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].offset == offset)
            return &fields->list[i];
    }
    return &fields->beyond;
}
