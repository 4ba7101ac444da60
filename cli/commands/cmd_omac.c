/* copp omac: the tag of a message, for people debugging a driver (CMD-1). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/io.h"
#include "cli/report.h"
#include "cli/unlike.h"
#include "common/number.h"

#define MESSAGE_MAX (64u * 1024u * 1024u)

struct omac_options {
    const char *key_file;
};

static const struct option_spec options[] = {
    {.name = "key-file",
     .letter = 'k',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct omac_options, key_file),
     .argument = "FILE",
     .help = "the key: 16 bytes as they are, or 32 hexadecimal\ndigits",
     .required = true},
    {.name = NULL},
};

/* 16 bytes as they are, or 32 digits in any form of text that white space may follow. */
static int read_key(const struct invocation *in, const char *name, uint8_t *key) {
    struct blob blob;
    int status = read_file(in, name, 256, &blob);
    if (status != STATUS_YES)
        return status;
    bool good = blob.size == COPP_KEY_SIZE;
    if (good) {
        memcpy(key, blob.bytes, COPP_KEY_SIZE);
    } else {
        char *digits = (char *)blob.bytes;
        blob.size = copp_text_plain(blob.bytes, blob.size, digits);
        while (blob.size > 0 && isspace(blob.bytes[blob.size - 1]))
            blob.size--;
        digits[blob.size] = '\0';
        good = strlen(digits) == blob.size && hex_read(digits, key, COPP_KEY_SIZE);
    }
    if (!good)
        status = fail_kind(in, name, &blob, KIND(FILE_TEXT), "is not a key: give 16 bytes or 32 hexadecimal digits", NULL);
    blob_free(&blob);
    return status;
}

static enum copp_result sign(const uint8_t *key, const struct blob *message, uint8_t *tag) {
    struct copp_omac *omac;
    enum copp_result result = copp_omac_new(&omac);
    if (result == COPP_OK)
        result = copp_omac_set_key(omac, key);
    if (result == COPP_OK)
        result = copp_omac_tag(omac, message->bytes, message->size, tag);
    copp_omac_free(&omac);
    return result;
}

static int run_with_key(const struct invocation *in, const uint8_t *key) {
    const char *name = in->operand_count > 0 ? in->operands[0] : "-";
    struct blob message;
    int status = read_file(in, name, MESSAGE_MAX, &message);
    if (status != STATUS_YES)
        return status;
    uint8_t tag[COPP_MAC_SIZE];
    char text[2 * COPP_MAC_SIZE + 1];
    size_t size = message.size;
    enum copp_result result = sign(key, &message, tag);
    blob_free(&message);
    if (result != COPP_OK)
        return fail_result(in, name, result);
    hex_encode(tag, sizeof tag, text);
    if (in->json)
        return print_json(json_pack("{so sI ss}", "file", json_text(name), "size", (json_int_t)size, "tag", text));
    puts(text);
    return STATUS_YES;
}

static int run(const struct invocation *in) {
    const struct omac_options *o = in->options;
    uint8_t *key = calloc(1, COPP_KEY_SIZE);
    if (key == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    int status = read_key(in, o->key_file, key);
    if (status == STATUS_YES)
        status = run_with_key(in, key);
    copp_release(key, COPP_KEY_SIZE);
    return status;
}

const struct command command_omac = {
    .name = "omac",
    .operands = "[FILE]",
    .operands_max = 1,
    .summary = "Print the OMAC-1 tag (AES-CMAC) of a file or of standard input",
    .details = "The first 16 bytes of a command or answer are this tag, computed over the remaining 4080; for a\n"
               "request of OPM, over the 4096 bytes after them.",
    .options = options,
    .options_size = sizeof(struct omac_options),
    .run = run,
};
