#include "outputs/kms/own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "outputs/kms/lent.h"
#include "outputs/kms/master.h"
#include "outputs/kms/property.h"
#include "outputs/kms/reading.h"

struct kms_own {
    struct kms_writing writing;
    uint32_t wait_ms;
    bool late; /* the last write has not ended while it was waited for */
};

bool kms_own_begin(struct kms_card *card, int epoll, uint32_t wait_ms) {
    card->own = calloc(1, sizeof *card->own);
    if (!card->own)
        return false;
    card->own->writing.epoll = epoll;
    card->own->wait_ms = wait_ms;
    return true;
}

struct kms_writing *kms_card_writing(const struct kms_card *card) {
    if (card->lent)
        return &card->lent->writing;
    return card->own ? &card->own->writing : NULL;
}

/* --- how a write has ended --- */

/* Each master is a cause of its own: a compositor after a splash is news. */
static void warn_of_master(struct kms_card *card) {
    char master[KMS_MASTER_SIZE];
    if (!kms_master_name(card->name, master))
        (void)snprintf(master, sizeof master, "a compositor or X server");
    copp_backend_warn(card->log, &card->warnings, seldom_cause(master), card->now_ms,
                      "%s: %s owns its outputs (it is DRM master; root finds its name in /sys/kernel/debug/dri/%.10s/clients): "
                      "stop it, or lend its card (copp lend), else HDCP cannot be switched here; under X use the xrandr outputs",
                      card->name, master, card->name + strcspn(card->name, "0123456789"));
}

static void warn(struct kms_card *card, const struct kms_outcome *outcome) {
    const struct kms_writing *writing = &card->own->writing;
    if (!outcome->master && outcome->error == EBUSY)
        warn_of_master(card);
    else if (!outcome->master)
        copp_backend_warn(card->log, &card->warnings, outcome->error, card->now_ms, "%s: cannot become DRM master: %s",
                          card->name, strerror(outcome->error));
    else if (writing->index < card->count)
        kms_card_warn_of_refusal(card, writing->index, writing->connectors[writing->index].asked, outcome->error, NULL);
}

static void finish(struct kms_card *card) {
    struct kms_writing *writing = &card->own->writing;
    struct kms_outcome outcome;
    if (!writing->worker.pid || !kms_writing_ended(card, writing, &outcome))
        return;
    bool busy = outcome.master && kms_is_busy(-outcome.error);
    if (busy && writing->index < card->count)
        writing->connectors[writing->index].result = COPP_E_PENDING; /* an earlier commit has not ended */
    else if (outcome.error)
        warn(card, &outcome);
}

/* --- writing --- */

static void wait_for_end(struct kms_card *card, uint32_t wait_ms) {
    const struct kms_writing *writing = &card->own->writing;
    uint64_t end_ms = clock_ms() + wait_ms;
    uint64_t now_ms = clock_ms();
    while (writing->worker.pid && now_ms < end_ms) {
        kms_worker_await(&writing->worker, end_ms - now_ms);
        finish(card);
        now_ms = clock_ms();
    }
}

static bool start(struct kms_card *card, size_t index, enum hdcp_value value) {
    struct kms_own *own = card->own;
    const struct kms_job how = {.fd = -1, .path = card->path, .once = true};
    if (kms_writing_begin(card, &own->writing, &how, index, value) != COPP_E_PENDING)
        return false;
    if (!own->late)
        wait_for_end(card, own->wait_ms);
    own->late = own->writing.worker.pid != 0;
    return true;
}

enum copp_result kms_own_write(struct kms_card *card, size_t index, enum hdcp_value value) {
    struct kms_writing *writing = &card->own->writing;
    enum copp_result result = COPP_E_PENDING;
    if (!kms_card_can_write(card, index))
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    finish(card);
    if (kms_writing_take(card, writing, index, value, &result) || writing->worker.pid)
        return result;
    if (!kms_card_claim(card))
        return COPP_E_STATE;
    if (kms_reading_hangs(card))
        return COPP_E_PENDING;
    if (!start(card, index, value))
        return COPP_E_FAILED;
    return kms_writing_take(card, writing, index, value, &result) ? result : COPP_E_PENDING;
}

bool kms_own_try(struct kms_card *card) {
    finish(card);
    return !card->own->writing.worker.pid && (kms_reading_hangs(card) || start(card, KMS_CONNECTORS, HDCP_UNDESIRED));
}

/* --- as time passes --- */

void kms_own_dispatch(struct kms_card *card) {
    finish(card);
    card->own->late = card->own->late && card->own->writing.worker.pid;
}

uint64_t kms_own_deadline_ms(const struct kms_card *card) {
    return kms_writing_deadline_ms(&card->own->writing);
}

void kms_own_stop(struct kms_card *card) {
    wait_for_end(card, KMS_OWN_END_MS); /* most are about to end, and may be what takes HDCP down */
    if (card->own->writing.worker.pid)
        kms_worker_kill(&card->own->writing.worker);
    wait_for_end(card, KMS_OWN_END_MS);
    card->own->late = card->own->writing.worker.pid != 0;
}

void kms_own_end(struct kms_card *card) {
    if (!card->own)
        return;
    kms_own_stop(card);
    if (card->own->writing.worker.pid) /* a driver has it: the system buries it */
        kms_worker_forget(&card->own->writing.worker);
    free(card->own);
    card->own = NULL;
}
