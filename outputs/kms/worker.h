/*
 * Properties written by a process of its own, which can be killed: some drivers hold whoever writes for as long as HDCP
 * authenticates, and a commit waits while another one of the card is in one. The process has the card's open file and a pipe, and nothing else.
 */
#ifndef COPP_OUTPUTS_KMS_WORKER_H
#define COPP_OUTPUTS_KMS_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "copp/base.h"
#include "outputs/kms/property.h"

#define KMS_JOB_ITEMS 64u

struct kms_job {
    int fd; /* borrowed during the call; of no meaning with path */
    /* The card's node, borrowed. NULL: fd, somebody else's, is written through. Else the process opens the node, and is the card's master for as
     * long as it takes: the first to open a card that has none is its master, without any privilege. */
    const char *path;
    bool once; /* what is busy is not tried again */
    bool atomic; /* it has DRM_CLIENT_CAP_ATOMIC */
    bool waits; /* it may block */
    uint32_t limit_ms; /* after which the process ends itself */
    size_t count;
    struct kms_job_item {
        uint32_t connector; /* those of one connector follow each other */
        struct kms_property property;
    } items[KMS_JOB_ITEMS];
};

struct kms_worker {
    pid_t pid; /* 0: none */
    int fd; /* readable when it has ended; -1: there was none left, and whoever waits for it looks (kms_worker_look_ms) */
    int pipe; /* its own */
};

struct kms_outcome {
    int error; /* an errno; 0: all was written */
    bool master; /* it was let; else nothing was written: with EBUSY, since the card has another master */
};

/* False: there is no room for a process, and errno says why. */
bool kms_worker_start(struct kms_worker *worker, const struct kms_job *job);
/* Whether one that was started has ended, and how. The worker is free then. */
bool kms_worker_ended(struct kms_worker *worker, struct kms_outcome *outcome);
/* Waits for its end, at most that long; it may return before. */
void kms_worker_await(const struct kms_worker *worker, uint64_t wait_ms);
/* How long after a look that has shown that it goes on the next one makes sense, though fd has told nothing: end_ms at most. */
uint64_t kms_worker_look_ms(const struct kms_worker *worker, uint64_t end_ms);
/* Of one that was started: it still has to be asked for its result. One that is inside the driver ends when that lets it go. */
void kms_worker_kill(const struct kms_worker *worker);
/* Of one that was killed: nobody asks for its result. */
void kms_worker_forget(struct kms_worker *worker);

#endif
