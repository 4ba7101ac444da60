/*
 * Reads a recording (common/recording.h, docs/recording.md): pcapng of either byte order, as this project and Wireshark write it. Every byte of the
 * file is taken for hostile. Blocks, and packets of other protocols, that mean nothing here are passed over.
 */
#ifndef COPP_CONFORMANCE_RECORDING_FILE_H
#define COPP_CONFORMANCE_RECORDING_FILE_H

#include "common/recording.h"
#include "copp.h"

#define RECORDING_TEXT_SIZE 208u

/* One message, as of struct recording_message; its bytes are the file's. */
struct recording_entry {
    struct recording_message message;
    unsigned frame; /* among all packets of the file, from 1, as Wireshark numbers them */
    const char *malformed; /* why it is not a message; NULL: it is one. Then nothing but frame and time counts */
};

struct recording_file {
    struct recording_entry *entries;
    size_t count;
    unsigned foreign; /* packets that are not of COPP */
    char application[RECORDING_TEXT_SIZE]; /* who has recorded; "": not told. Printable ASCII */
    char remark[RECORDING_TEXT_SIZE];
    const char *damage; /* why the file was not read to its end; NULL: it was */
    size_t damage_at; /* there, in bytes */
};

/*
 * COPP_OK, also for a file that ends in the middle or is damaged behind its beginning: what comes before is there, and damage says so.
 * COPP_E_INVALID: not a pcapng file at all. COPP_E_MEMORY. Free it in any case; bytes must live as long.
 */
enum copp_result recording_file_read(const uint8_t *bytes, size_t size, struct recording_file *file);
void recording_file_free(struct recording_file *file);

#endif
