#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* One character of UTF-8 at the beginning of text: its bytes; 0 if it is not one. Overlong forms and surrogates are not. */
static size_t character(const unsigned char *text, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80 ? 1 : text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (size == 1) {
        *code = text[0];
        return 1;
    }
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    *code = text[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0; /* the NUL at the end as well */
        *code = *code << 6 | (text[i] & 0x3Fu);
    }
    return *code < least[size] || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF) ? 0 : size;
}

/* Whether a reader would not see a character where it stands, or would see others elsewhere because of it. */
static bool misleads(uint32_t code) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x300, 0x36F},      {0x483, 0x489},   {0x61C, 0x61C},
        {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x1AB0, 0x1AFF},    {0x1DC0, 0x1DFF}, {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F}, {0x20D0, 0x20FF},   {0x2800, 0x2800},    {0x3000, 0x3000}, {0x3164, 0x3164},
        {0xE000, 0xF8FF}, {0xFDD0, 0xFDEF}, {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},    {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

static void print_character(FILE *out, uint32_t code, const char *bytes, size_t size) {
    switch (code) {
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '&':
        fputs("&amp;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    case '\'':
        fputs("&#39;", out);
        break;
    default:
        if (misleads(code))
            fprintf(out, "[U+%04" PRIX32 "]", code);
        else
            fwrite(bytes, 1, size, out);
    }
}

void html_text(FILE *out, const char *text) {
    while (*text != '\0') {
        uint32_t code = 0;
        size_t size = character((const unsigned char *)text, &code);
        if (size == 0)
            fprintf(out, "[0x%02X]", (unsigned char)*text);
        else
            print_character(out, code, text, size);
        text += size == 0 ? 1 : size;
    }
}

void html_format(FILE *out, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    html_text(out, text);
}

void html_element(FILE *out, const char *tag, const char *class, const char *text) {
    fprintf(out, "<%s", tag);
    if (class != NULL)
        fprintf(out, " class=\"%s\"", class);
    fputc('>', out);
    html_text(out, text);
    fprintf(out, "</%s>", tag);
}

void html_seconds(FILE *out, uint64_t microseconds) {
    uint64_t rest = microseconds % 1000000;
    if (microseconds < 10000000)
        fprintf(out, "%" PRIu64 ".%06" PRIu64, microseconds / 1000000, rest);
    else
        fprintf(out, "%" PRIu64 ".%03" PRIu64, microseconds / 1000000, rest / 1000);
}

void html_id(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') || *text == '-')
            fputc(*text, out);
    }
}

void html_family(const char *rule, char *name, size_t size) {
    const size_t whole = strcspn(rule, " ");
    size_t end = whole;
    while (end > 0 && rule[end - 1] != '-')
        end--;
    (void)snprintf(name, size, "%.*s", (int)(end > 0 ? end - 1 : whole), rule);
}
