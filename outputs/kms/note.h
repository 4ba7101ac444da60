/*
 * What a coppd has set on a card and must take down, in a file that outlives a kill -9. The file is the card's: it is named for the
 * device, since the kernel gives numbers anew, and belongs to whoever holds the card's lock (claim.h).
 */
#ifndef COPP_OUTPUTS_KMS_NOTE_H
#define COPP_OUTPUTS_KMS_NOTE_H

#include "outputs/kms/card.h"

struct kms_note {
    char file[512]; /* "": it is kept in memory alone */
    char device[KMS_DEVICE_SIZE]; /* the card's place below /sys; "": nothing has been read yet */
    bool stale; /* the file could not be written, and that has been said: it is not as this is */
    size_t count;
    char names[KMS_CONNECTORS][COPP_BACKEND_NAME_SIZE]; /* without the card's number: "HDMI-A-1" */
};

/*
 * Reads what an earlier run has left for the device in directory, which is made if there is none; NULL: memory alone. A file that
 * is not wholly in order is as if it were not there, and log is told.
 */
void kms_note_open(struct kms_note *note, const char *directory, const char *device, struct copp_backend_log *log);

/* Whether the connector "HDMI-A-1" is to be taken down. */
bool kms_note_has(const struct kms_note *note, const char *name);

/*
 * Says so, or that it is not any more. On the disk when this returns; where that fails, log is told, once, and the next call, or
 * kms_note_renew, makes up for it.
 */
void kms_note_set(struct kms_note *note, const char *name, bool debt, struct copp_backend_log *log);
/* Tries again to write what could not be written. */
void kms_note_renew(struct kms_note *note);

#endif
