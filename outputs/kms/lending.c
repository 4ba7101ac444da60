#include "outputs/kms/lending.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common/clock.h"
#include "outputs/kms/lent.h"
#include "outputs/kms/property.h"

#define DRM_MAJOR_NUMBER 226u

bool kms_lending_open(struct kms_lending *lending, struct copp_backend_log *log) {
    *lending = (struct kms_lending){.log = log, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    return lending->epoll >= 0;
}

/* --- writes that nobody waits for any more --- */

static void go_on(struct kms_closing *closing, uint64_t now_ms) {
    if (!closing->deadline_ms)
        closing->deadline_ms = now_ms + KMS_GIVE_BACK_MS;
    if (now_ms >= closing->deadline_ms) {
        kms_worker_kill(&closing->worker);
        closing->deadline_ms = now_ms + KMS_KILL_MS;
    }
    closing->look_ms = now_ms + kms_worker_look_ms(&closing->worker, closing->deadline_ms - now_ms);
}

static void dispatch_closing(struct kms_lending *lending, uint64_t now_ms) {
    for (size_t i = 0; i < KMS_CARDS * 2; i++) {
        struct kms_closing *closing = &lending->closing[i];
        struct kms_outcome outcome;
        if (!closing->worker.pid)
            continue;
        if (!kms_worker_ended(&closing->worker, &outcome))
            go_on(closing, now_ms);
        else if (outcome.error && closing->told)
            copp_backend_warn(lending->log, &lending->warnings, outcome.error, now_ms,
                              "HDCP could not be switched off when a card was given back: %s", strerror(outcome.error));
    }
}

static void let_go(struct kms_lending *lending, const struct kms_worker *worker, bool told) {
    size_t i = 0;
    while (i < KMS_CARDS * 2 && lending->closing[i].worker.pid)
        i++;
    if (i == KMS_CARDS * 2) { /* as many hang in drivers: the system buries this one with us */
        struct kms_worker hangs = *worker;
        kms_worker_kill(&hangs);
        kms_worker_forget(&hangs);
        return;
    }
    lending->closing[i] = (struct kms_closing){.worker = *worker, .told = told};
}

/* Whether it has ended after as long as giving back takes, or before. */
static bool await_end(struct kms_worker *worker) {
    struct kms_outcome outcome;
    uint64_t end_ms = clock_ms() + KMS_GIVE_BACK_MS;
    for (uint64_t now_ms = clock_ms(); now_ms < end_ms; now_ms = clock_ms()) {
        kms_worker_await(worker, end_ms - now_ms);
        if (kms_worker_ended(worker, &outcome))
            return true;
    }
    return false;
}

void kms_lending_close(struct kms_lending *lending) {
    for (size_t i = 0; i < KMS_CARDS * 2; i++) {
        struct kms_worker *worker = &lending->closing[i].worker;
        if (!worker->pid || await_end(worker))
            continue;
        kms_worker_kill(worker);
        if (!await_end(worker))
            kms_worker_forget(worker); /* a driver has it: the system buries it */
    }
    if (lending->epoll >= 0)
        (void)close(lending->epoll);
    lending->epoll = -1;
}

/* --- taking and giving back --- */

/* Nothing is asked of a file before this: whoever sent it may have anything open. Another driver cannot have this number, since DRM has
 * taken all of it, and control and render nodes do not belong to our cards. */
static struct kms_card *card_of(const struct kms_cards *cards, int fd) {
    struct stat theirs;
    struct stat ours;
    if (fstat(fd, &theirs) != 0 || !S_ISCHR(theirs.st_mode) || major(theirs.st_rdev) != DRM_MAJOR_NUMBER)
        return NULL;
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->list[i]->fd >= 0 && fstat(cards->list[i]->fd, &ours) == 0 && ours.st_rdev == theirs.st_rdev)
            return cards->list[i];
    }
    return NULL;
}

/* Of a lease the resources are those that are leased. */
static uint32_t count_outputs(const struct kms_card *card, int fd) {
    uint32_t count = 0;
    drmModeResPtr resources = drmModeGetResources(fd);
    for (int i = 0; resources && i < resources->count_connectors; i++) {
        for (size_t c = 0; c < card->count; c++)
            count += card->connectors[c].id == resources->connectors[i] && card->connectors[c].protection_property;
    }
    drmModeFreeResources(resources);
    return count;
}

/* An empty request that is only tested: whoever has not set DRM_CLIENT_CAP_ATOMIC is told that there are none. */
static bool is_atomic(int fd) {
    return kms_properties_test(fd, 0, NULL, 0) == 0;
}

enum copp_result kms_lending_adopt(struct kms_lending *lending, struct kms_cards *cards, int fd, const char *owner,
                                   struct copp_backend_loan *loan) {
    struct kms_card *card = card_of(cards, fd);
    if (!card)
        return COPP_E_NOT_FOUND;
    if (card->lent || !kms_card_claim(card)) /* a card has one coppd, whoever lends it */
        return COPP_E_PENDING;
    if (!drmIsMaster(fd)) /* a lessee is master of its lease */
        return COPP_E_STATE;
    struct kms_lent *lent = kms_lent_new(lending->epoll, fd, is_atomic(fd), owner);
    if (!lent)
        return COPP_E_MEMORY;
    lent->id = ++lending->last_id;
    lent->losses = card->losses;
    card->lent = lent;
    *loan = (struct copp_backend_loan){.id = lent->id, .outputs = count_outputs(card, fd)};
    memcpy(loan->card, card->name, sizeof loan->card);
    return COPP_OK;
}

struct kms_card *kms_lending_card(const struct kms_cards *cards, uint32_t id) {
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->list[i]->lent && cards->list[i]->lent->id == id)
            return cards->list[i];
    }
    return NULL;
}

enum copp_backend_lent kms_lending_state(const struct kms_cards *cards, uint32_t id) {
    const struct kms_card *card = kms_lending_card(cards, id);
    return card ? card->lent->state : COPP_BACKEND_LENT_GONE;
}

void kms_lending_give_back(struct kms_lending *lending, struct kms_card *card) {
    struct kms_lent *lent = card->lent;
    struct kms_worker last;
    if (lent->writing.worker.pid) {
        kms_worker_kill(&lent->writing.worker);
        let_go(lending, &lent->writing.worker, false);
    }
    if (kms_lent_take_down(card, &last))
        let_go(lending, &last, true);
    (void)close(lent->fd); /* the process that writes has it for so long yet */
    free(lent);
    card->lent = NULL;
}

/* --- as time passes --- */

void kms_lending_dispatch(struct kms_lending *lending, struct kms_cards *cards, uint64_t now_ms) {
    dispatch_closing(lending, now_ms);
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->list[i]->lent)
            kms_lent_dispatch(cards->list[i], now_ms);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t kms_lending_deadline_ms(const struct kms_lending *lending, const struct kms_cards *cards) {
    uint64_t first = COPP_BACKEND_NEVER;
    for (size_t i = 0; i < KMS_CARDS * 2; i++) {
        if (lending->closing[i].worker.pid)
            first = earlier(first, lending->closing[i].look_ms);
    }
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->list[i]->lent)
            first = earlier(first, kms_lent_deadline_ms(cards->list[i]->lent));
    }
    return first;
}
