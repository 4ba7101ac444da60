/* What a recording says, message by message: for text, JSON, or whatever form somebody wants it in. */
#ifndef COPP_CONFORMANCE_DECODED_H
#define COPP_CONFORMANCE_DECODED_H

#include "recording_file.h"

#define DECODED_VALUE_SIZE 112u
#define DECODED_NOTE_SIZE 192u
#define DECODED_SUMMARY_SIZE 160u

enum decoded_state {
    DECODED_PLAIN = 0, /* shown as it is */
    DECODED_RIGHT, /* it was checked */
    DECODED_WRONG
};

struct decoded_field {
    const char *name; /* in the structure's own words: "macKDI" */
    uint32_t offset; /* in the message's bytes, or, if beside, in the additional ones */
    uint32_t size;
    bool beside;
    enum decoded_state state;
    char value[DECODED_VALUE_SIZE]; /* for people; printable ASCII */
};

/* How much it says that something is noted of a message. */
enum decoded_weight {
    DECODED_FINE = 0, /* nothing is noted */
    DECODED_REFUSED, /* the driver has refused what it may refuse, or tells of an event: right by the protocol */
    DECODED_BROKEN /* a rule was broken */
};

struct decoded_message {
    const struct recording_entry *entry;
    uint64_t after_us; /* since the recording's first message */
    char summary[DECODED_SUMMARY_SIZE]; /* a line: what it asks or answers */
    struct decoded_field *fields;
    size_t field_count;
    enum decoded_weight weight; /* of the heaviest thing noted, and of several the first: */
    const char *rule; /* "CMD-3"; NULL: none is behind it */
    char note[DECODED_NOTE_SIZE];
};

struct decoded {
    struct decoded_message *messages; /* as many as the file has entries */
    size_t count;
    size_t sessions; /* that there are messages of */
    size_t keys; /* of them, whose key the log has */
    const struct decoded_message *first_broken; /* NULL: no message breaks a rule */
    const struct decoded_message *first_refused; /* NULL: none is refused, and none tells of an event */
};

#endif
