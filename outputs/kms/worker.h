/*
 * Properties written by a process of its own, which can be killed: some drivers hold whoever writes for as long as HDCP
 * authenticates, and a commit waits while the card's owner is in one. The process has the card's open file and a pipe, and nothing else.
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
    int fd; /* borrowed during the call */
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
    int fd; /* readable when it has ended; -1: there was none left */
    int pipe; /* its own */
};

/* False: there is no room for a process, and errno says why. */
bool kms_worker_start(struct kms_worker *worker, const struct kms_job *job);
/* Of one that was started. COPP_E_PENDING: it has not ended. COPP_OK: all was written, else COPP_E_FAILED, with *error an errno; the
 * worker is free then. */
enum copp_result kms_worker_result(struct kms_worker *worker, int *error);
/* Of one that was started: it still has to be asked for its result. One that is inside the driver ends when that lets it go. */
void kms_worker_kill(const struct kms_worker *worker);

#endif
