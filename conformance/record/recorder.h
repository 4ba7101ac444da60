/*
 * Records sessions while they run: a transport that passes every call on to another one, and writes what went by to a file
 * (docs/recording.md). Keys are never in that file. They go to a key log of their own, if one is given, and each of them only when its session has
 * ended: before, whoever reads it could forge the driver's answers.
 */
#ifndef COPP_CONFORMANCE_RECORDER_H
#define COPP_CONFORMANCE_RECORDER_H

#include "common/recording.h"
#include "copp.h"

struct recorder;

struct recorder_config {
    int fd; /* the recording's file, empty; closed by recorder_close */
    int key_fd; /* the key log's; -1: no keys are kept */
    const char *application; /* who records, such as "copp 0.1.0" */
    bool simulated; /* the driver is one that simulates */
    bool (*random)(void *bytes, size_t size); /* at most 256 bytes from the system's CSPRNG; for the key log alone */
    void (*failed)(void *context, bool keys, int error); /* told once a file, with errno, when it cannot be written any more */
    void *context;
};

/* Writes the beginning of the recording. NULL without memory: the files are still the caller's. */
struct recorder *recorder_new(const struct recorder_config *config);
/* After all its transports. NULL-safe; clears the pointer. */
void recorder_close(struct recorder **recorder);

/*
 * Puts a recording transport in the place of *transport, which is freed with it. connector is what the device was opened on. *random is what the session's config
 * must have as random, or NULL; it lives as long as the transport. Without memory *transport stays what it was: COPP_E_MEMORY.
 */
enum copp_result recorder_wrap(struct recorder *recorder, const char *connector, struct copp_transport **transport,
                               struct copp_random **random);

/* For an application that draws its secrets itself: those of the session that has started. transport need not be one that records. */
void recorder_take_secrets(struct copp_transport *transport, const struct copp_handshake *secrets);

/* A message that somebody else has kept, at time_us of clock_steady_us. */
void recorder_put(struct recorder *recorder, const struct recording_message *message);
/* The key of a session that has ended, for the key log if there is one. */
void recorder_put_key(struct recorder *recorder, const struct copp_handshake *secrets);

/* A note: what was done to the driver, in words. */
void recorder_note(struct recorder *recorder, const char *text);

#endif
