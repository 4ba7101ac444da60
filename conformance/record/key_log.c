#include "key_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD "COPP_SESSION "

static const char digits[] = "0123456789abcdef";

static uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void key_log_take(const uint8_t *secrets, struct copp_handshake *session) {
    memcpy(session->session_key, secrets, COPP_KEY_SIZE);
    session->status_sequence = word_at(secrets + COPP_KEY_SIZE);
    session->command_sequence = word_at(secrets + COPP_KEY_SIZE + 4);
}

static char *put_hex(char *at, const uint8_t *bytes, size_t size) {
    *at++ = ' ';
    for (size_t i = 0; i < size; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    return at;
}

size_t key_log_print(const struct copp_handshake *session, char *line) {
    memcpy(line, WORD, sizeof WORD);
    char *at = put_hex(line + sizeof WORD - 2, session->random, sizeof session->random);
    at = put_hex(at, session->session_key, sizeof session->session_key);
    int size = snprintf(at, KEY_LINE_SIZE - (size_t)(at - line), " %08lx %08lx\n", (unsigned long)session->status_sequence,
                        (unsigned long)session->command_sequence);
    return (size_t)(at - line) + (size_t)size;
}

/* --- reading --- */

static int digit(uint8_t letter) {
    if (letter >= 'A' && letter <= 'F')
        letter = (uint8_t)(letter - 'A' + 'a');
    const char *at = letter != '\0' ? strchr(digits, letter) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* A space, then 2 * size digits. */
static bool take_hex(const uint8_t **at, const uint8_t *end, uint8_t *bytes, size_t size) {
    if ((size_t)(end - *at) < 1 + 2 * size || **at != ' ')
        return false;
    const uint8_t *text = *at + 1;
    for (size_t i = 0; i < size; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *at = text + 2 * size;
    return true;
}

static uint32_t number(const uint8_t *big) {
    return (uint32_t)big[0] << 24 | (uint32_t)big[1] << 16 | (uint32_t)big[2] << 8 | big[3];
}

static bool parse_line(const uint8_t *at, const uint8_t *end, struct copp_handshake *entry) {
    uint8_t status[4], command[4];
    size_t word = sizeof WORD - 2; /* without its space */
    *entry = (struct copp_handshake){.status_sequence = 0};
    if ((size_t)(end - at) < word || memcmp(at, WORD, word) != 0)
        return false;
    at += word;
    if (!take_hex(&at, end, entry->random, sizeof entry->random) ||
        !take_hex(&at, end, entry->session_key, sizeof entry->session_key) || !take_hex(&at, end, status, sizeof status) ||
        !take_hex(&at, end, command, sizeof command) || at != end)
        return false;
    entry->status_sequence = number(status);
    entry->command_sequence = number(command);
    return true;
}

static bool add(struct key_log *log, const struct copp_handshake *entry) {
    if ((log->count & (log->count + 1)) == 0) { /* doubles: what is grown is copied by hand, and wiped */
        struct copp_handshake *larger = calloc(2 * (log->count + 1), sizeof *larger);
        if (larger == NULL)
            return false;
        if (log->count > 0)
            memcpy(larger, log->entries, log->count * sizeof *larger);
        copp_release(log->entries, log->count * sizeof *larger);
        log->entries = larger;
    }
    log->entries[log->count++] = *entry;
    return true;
}

enum copp_result key_log_read(const uint8_t *text, size_t size, struct key_log *log, unsigned *line) {
    const uint8_t *end = text + size;
    struct copp_handshake entry;
    enum copp_result result = COPP_OK;
    *log = (struct key_log){.count = 0};
    *line = 0;
    while (result == COPP_OK && text < end) {
        const uint8_t *newline = memchr(text, '\n', (size_t)(end - text));
        const uint8_t *stop = newline != NULL ? newline : end;
        const uint8_t *last = stop > text && stop[-1] == '\r' ? stop - 1 : stop;
        ++*line;
        if (last > text && *text != '#') {
            if (!parse_line(text, last, &entry))
                result = COPP_E_INVALID;
            else if (!add(log, &entry))
                result = COPP_E_MEMORY;
        }
        text = newline != NULL ? newline + 1 : end;
    }
    copp_handshake_wipe(&entry);
    return result;
}

void key_log_free(struct key_log *log) {
    copp_release(log->entries, log->count * sizeof *log->entries);
    *log = (struct key_log){.count = 0};
}

const struct copp_handshake *key_log_find(const struct key_log *log, const uint8_t *random) {
    for (size_t i = 0; log != NULL && i < log->count; i++) {
        if (copp_equal(log->entries[i].random, random, COPP_RANDOM_SIZE))
            return &log->entries[i];
    }
    return NULL;
}
