/*
 * Some compositors (Weston) write the property themselves, at every frame, and take back what anybody else writes. That cannot be asked:
 * it is tried. Right after a card was lent, Desired is written at one connector where nothing is protected, and stays for as long as
 * HDCP takes to come up, or a little more than half a second. A compositor hears of HDCP that comes up, and draws. What is
 * written later for sessions is looked at in the same way.
 */
#include "outputs/kms/lent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "outputs/kms/reading.h"

#define TRIAL_MS 600u
#define TRIAL_MORE_MS 200u /* after HDCP has come up, or was taken back once */
#define TRIAL_LOOK_MS 20u
#define STRIKES_MAX 2u /* once may be somebody's doing, once more is a habit */
#define STRIKE_MS 10000u /* as long as one counts */

struct kms_lent *kms_lent_new(int epoll, int fd, bool atomic, const char *owner) {
    struct kms_lent *lent = calloc(1, sizeof *lent);
    if (!lent)
        return NULL;
    lent->fd = fd;
    lent->atomic = atomic;
    lent->writing.epoll = epoll;
    lent->look_ms = COPP_BACKEND_NEVER;
    (void)snprintf(lent->owner, sizeof lent->owner, "%s", owner);
    return lent;
}

/* --- writing --- */

static struct kms_job job_through(const struct kms_lent *lent, bool waits) {
    return (struct kms_job){.fd = lent->fd, .atomic = lent->atomic, .waits = waits};
}

static enum copp_result begin_write(struct kms_card *card, size_t index, enum hdcp_value value) {
    const struct kms_job how = job_through(card->lent, true);
    return kms_writing_begin(card, &card->lent->writing, &how, index, value);
}

/* Begins a write, or tells how the same one has ended. */
static enum copp_result write_through(struct kms_card *card, size_t index, enum hdcp_value value) {
    struct kms_writing *writing = &card->lent->writing;
    enum copp_result result = COPP_E_PENDING;
    if (!kms_writing_take(card, writing, index, value, &result) && !writing->worker.pid)
        result = begin_write(card, index, value);
    return result;
}

enum copp_result kms_lent_write(struct kms_card *card, size_t index, enum hdcp_value value) {
    if (!kms_card_can_write(card, index))
        return value == HDCP_UNDESIRED ? COPP_OK : COPP_E_FAILED; /* it has come back with less */
    if (card->lent->state != COPP_BACKEND_LENT)
        return COPP_E_STATE; /* nobody lets us, and nothing is written */
    return card->lent->trial ? COPP_E_PENDING : write_through(card, index, value);
}

/* Of a lease only what is leased is listed, and of one that was revoked nothing is. The list waits for no driver, as a connector would. */
static bool is_shown(const struct kms_card *card, size_t index) {
    bool shown = false;
    drmModeResPtr resources = drmModeGetResources(card->lent->fd);
    for (int i = 0; resources && i < resources->count_connectors; i++)
        shown = shown || resources->connectors[i] == card->connectors[index].id;
    drmModeFreeResources(resources);
    return shown;
}

/* Its card has gone, and another may have come meanwhile; or its lessor has taken all of it back. */
static bool is_of_no_use(const struct kms_card *card, int error) {
    size_t index = 0;
    if (error != ENOENT)
        return error == ENODEV;
    while (index < card->count && !is_shown(card, index))
        index++;
    return index == card->count;
}

static void finish_write(struct kms_card *card, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    struct kms_outcome outcome;
    size_t index = lent->writing.index;
    if (!kms_writing_ended(card, &lent->writing, &outcome))
        return;
    lent->look_ms = lent->writing.connectors[index].asked == HDCP_DESIRED ? now_ms + TRIAL_LOOK_MS : COPP_BACKEND_NEVER;
    if (outcome.error)
        kms_card_warn_of_refusal(card, index, lent->writing.connectors[index].asked, outcome.error, lent->owner);
    if (is_of_no_use(card, outcome.error))
        lent->state = COPP_BACKEND_LENT_GONE;
}

bool kms_lent_take_down(struct kms_card *card, struct kms_worker *worker) {
    struct kms_lent *lent = card->lent;
    struct kms_job job = job_through(lent, false);
    struct epoll_event event = {.events = EPOLLIN};
    job.limit_ms = KMS_GIVE_BACK_MS;
    for (size_t i = 0; i < card->count; i++) {
        const struct kms_connector *connector = &card->connectors[i];
        if (lent->writing.connectors[i].unpaid && kms_card_can_write(card, i))
            job.items[job.count++] = (struct kms_job_item){connector->id, {connector->protection_property, HDCP_UNDESIRED}};
    }
    if (!job.count)
        return false;
    if (!kms_worker_start(worker, &job)) {
        kms_writing_warn(card, errno);
        return false;
    }
    (void)epoll_ctl(lent->writing.epoll, EPOLL_CTL_ADD, worker->fd, &event);
    return true;
}

/* --- whether it stays --- */

/* HDCP_UNREADABLE while nothing has been read since the last write. */
static enum hdcp_value value_of(struct kms_card *card, size_t index) {
    struct hdcp_observation now = {.connected = false};
    kms_reading_observe(card, index, &now);
    return now.hdcp;
}

/* What we wrote has been taken back: once more, if that is still wanted, or never again. */
static void strike(struct kms_card *card, size_t index, bool wanted, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    if (now_ms - lent->strikes[index].last_ms > STRIKE_MS)
        lent->strikes[index].count = 0;
    lent->strikes[index].last_ms = now_ms;
    lent->writing.connectors[index].unpaid = false;
    if (++lent->strikes[index].count >= STRIKES_MAX) {
        lent->state = COPP_BACKEND_LENT_OVERWRITTEN;
        lent->trial = KMS_TRIAL_NONE;
    } else if (wanted && begin_write(card, index, HDCP_DESIRED) == COPP_E_PENDING) {
        lent->writing.connectors[index].again = true;
    }
}

static void look(struct kms_card *card, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    for (size_t i = 0; i < card->count && !lent->writing.worker.pid && lent->state == COPP_BACKEND_LENT; i++) {
        bool trying = lent->trial && lent->tried == i;
        bool wrote = lent->writing.connectors[i].unpaid && lent->writing.connectors[i].asked == HDCP_DESIRED &&
                     !lent->writing.connectors[i].result;
        if (!wrote || !card->connectors[i].id || value_of(card, i) != HDCP_UNDESIRED)
            continue;
        strike(card, i, trying || lent->wanted[i], now_ms);
    }
}

/* --- the trial --- */

static bool can_be_tried(struct kms_card *card, size_t index) {
    struct hdcp_observation now = {.connected = false};
    if (!kms_card_can_write(card, index))
        return false;
    kms_reading_observe(card, index, &now);
    return now.connected && now.driven && now.hdcp == HDCP_UNDESIRED && is_shown(card, index);
}

size_t kms_lent_to_try(struct kms_card *card) {
    size_t index = 0;
    while (index < card->count && !can_be_tried(card, index))
        index++;
    return index;
}

void kms_lent_try_out(struct kms_card *card, size_t index) {
    if (begin_write(card, index, HDCP_DESIRED) != COPP_E_PENDING)
        return;
    card->lent->trial = KMS_TRIAL_UP;
    card->lent->tried = index;
}

static void hold(struct kms_card *card, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    unsigned strikes = lent->strikes[lent->tried].count;
    if (!lent->trial_ms)
        lent->trial_ms = now_ms + TRIAL_MS;
    look(card, now_ms);
    bool struck = lent->strikes[lent->tried].count != strikes;
    bool enabled = !lent->enabled && !struck && value_of(card, lent->tried) == HDCP_ENABLED;
    if (struck || enabled)
        lent->trial_ms = now_ms + TRIAL_MORE_MS;
    lent->enabled = lent->enabled || enabled;
    lent->look_ms = now_ms + TRIAL_LOOK_MS;
    if (now_ms >= lent->trial_ms && lent->trial)
        lent->trial = KMS_TRIAL_DOWN;
}

static void dispatch_trial(struct kms_card *card, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    if (lent->trial == KMS_TRIAL_UP) {
        enum copp_result result = write_through(card, lent->tried, HDCP_DESIRED);
        if (result != COPP_E_PENDING) /* one that may not write now may later: that is told to who wants HDCP then */
            lent->trial = result ? KMS_TRIAL_NONE : KMS_TRIAL_HOLD;
    }
    if (lent->trial == KMS_TRIAL_HOLD && !lent->writing.worker.pid)
        hold(card, now_ms);
    if (lent->trial == KMS_TRIAL_DOWN && write_through(card, lent->tried, HDCP_UNDESIRED) != COPP_E_PENDING)
        lent->trial = KMS_TRIAL_NONE;
}

void kms_lent_want(struct kms_card *card, size_t index, bool wanted) {
    card->lent->wanted[index] = wanted;
}

bool kms_lent_is_trying(const struct kms_card *card) {
    return card->lent->trial != KMS_TRIAL_NONE;
}

bool kms_lent_leaves(const struct kms_card *card, size_t index) {
    const struct kms_lent *lent = card->lent;
    return !lent->trial && lent->state == COPP_BACKEND_LENT && index == lent->tried && !lent->writing.worker.pid &&
           lent->writing.connectors[index].unpaid;
}

void kms_lent_owe(struct kms_card *card, size_t index) {
    bool *unpaid = &card->lent->writing.connectors[index].unpaid;
    *unpaid = *unpaid || is_shown(card, index);
}

bool kms_lent_unpaid(const struct kms_card *card, size_t index) {
    return card->lent->writing.connectors[index].unpaid;
}

bool kms_lent_drop(struct kms_card *card, size_t index) {
    return !card->lent->trial && kms_writing_drop(&card->lent->writing, index);
}

void kms_lent_dispatch(struct kms_card *card, uint64_t now_ms) {
    struct kms_lent *lent = card->lent;
    if (lent->writing.worker.pid)
        finish_write(card, now_ms);
    bool lost = card->fd < 0 || card->losses != lent->losses;
    if (lost && lent->state == COPP_BACKEND_LENT)
        lent->state = COPP_BACKEND_LENT_GONE;
    if (lent->state != COPP_BACKEND_LENT)
        lent->trial = KMS_TRIAL_NONE;
    else if (lent->trial)
        dispatch_trial(card, now_ms);
    else
        look(card, now_ms);
    if (now_ms >= lent->look_ms && !lent->trial)
        lent->look_ms = COPP_BACKEND_NEVER;
}

uint64_t kms_lent_deadline_ms(const struct kms_lent *lent) {
    uint64_t end_ms = kms_writing_deadline_ms(&lent->writing);
    return end_ms < lent->look_ms ? end_ms : lent->look_ms;
}

bool kms_lent_raises(const struct kms_card *card, size_t index) {
    return kms_writing_raises(&card->lent->writing, index);
}

void kms_lent_mask(const struct kms_card *card, size_t index, struct hdcp_observation *observation) {
    const struct kms_lent *lent = card->lent;
    if (lent->trial && index == lent->tried) /* it is nobody's */
        observation->hdcp = HDCP_UNDESIRED;
    else
        kms_writing_mask(&lent->writing, index, observation);
}
