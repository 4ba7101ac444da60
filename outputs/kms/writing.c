#include "outputs/kms/writing.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "outputs/kms/reading.h"

static void add_item(struct kms_job *job, uint32_t connector, uint32_t property, uint64_t value) {
    job->items[job->count++] = (struct kms_job_item){connector, {property, value}};
}

static bool asks_for_type1(const struct kms_card *card, size_t index) {
    return card->type1 || card->connectors[index].type1;
}

static void fill(const struct kms_card *card, size_t index, enum hdcp_value value, struct kms_job *job) {
    const struct kms_connector *connector = &card->connectors[index];
    if (value == HDCP_DESIRED && connector->type_property)
        add_item(job, connector->id, connector->type_property, asks_for_type1(card, index));
    add_item(job, connector->id, connector->protection_property, value);
}

/* It is tried again each second. Causes above 0 are those of who keeps us from writing. */
void kms_writing_warn(struct kms_card *card, int error) {
    copp_backend_warn(card->log, &card->warnings, -error, card->now_ms, "cannot start a process to write: %s", strerror(error));
}

enum copp_result kms_writing_begin(struct kms_card *card, struct kms_writing *writing, const struct kms_job *how, size_t index,
                                   enum hdcp_value value) {
    struct epoll_event event = {.events = EPOLLIN};
    struct kms_job job = *how;
    bool writes = index < KMS_CONNECTORS;
    job.limit_ms = KMS_WRITE_MS;
    if (writes)
        fill(card, index, value, &job);
    if (!kms_worker_start(&writing->worker, &job)) {
        kms_writing_warn(card, errno);
        return COPP_E_FAILED;
    }
    (void)epoll_ctl(writing->epoll, EPOLL_CTL_ADD, writing->worker.fd, &event);
    writing->index = index;
    writing->deadline_ms = writing->look_ms = 0;
    if (!writes)
        return COPP_E_PENDING;
    kms_reading_written(card, index);
    writing->connectors[index].asked = value;
    writing->connectors[index].type1 = asks_for_type1(card, index);
    writing->connectors[index].done = writing->connectors[index].again = false;
    writing->connectors[index].result = COPP_E_PENDING;
    writing->connectors[index].unpaid = writing->connectors[index].unpaid || value == HDCP_DESIRED;
    return COPP_E_PENDING;
}

static enum copp_result result_of(const struct kms_outcome *outcome) {
    if (!outcome->master || outcome->error == EACCES || outcome->error == EPERM)
        return COPP_E_STATE; /* whose file it is, is not master just now */
    return outcome->error ? COPP_E_FAILED : COPP_OK;
}

static void go_on(const struct kms_card *card, struct kms_writing *writing) {
    if (card->now_ms >= writing->deadline_ms) {
        kms_worker_kill(&writing->worker);
        writing->deadline_ms = card->now_ms + KMS_KILL_MS;
    }
    writing->look_ms = card->now_ms + kms_worker_look_ms(&writing->worker, writing->deadline_ms - card->now_ms);
}

bool kms_writing_ended(struct kms_card *card, struct kms_writing *writing, struct kms_outcome *outcome) {
    size_t index = writing->index;
    if (!writing->deadline_ms)
        writing->deadline_ms = card->now_ms + KMS_WRITE_MS;
    if (!kms_worker_ended(&writing->worker, outcome)) {
        go_on(card, writing);
        return false;
    }
    if (index >= KMS_CONNECTORS)
        return true;
    kms_reading_written(card, index);
    writing->connectors[index].result = result_of(outcome);
    writing->connectors[index].done = !writing->connectors[index].again;
    writing->connectors[index].again = false;
    if (!writing->connectors[index].result && writing->connectors[index].asked == HDCP_UNDESIRED)
        writing->connectors[index].unpaid = false;
    return true;
}

bool kms_writing_take(const struct kms_card *card, struct kms_writing *writing, size_t index, enum hdcp_value value,
                      enum copp_result *result) {
    bool other_type = value == HDCP_DESIRED && writing->connectors[index].type1 != asks_for_type1(card, index);
    if (!writing->connectors[index].done || writing->connectors[index].asked != value || other_type)
        return false;
    writing->connectors[index].done = false;
    *result = writing->connectors[index].result;
    return true;
}

void kms_writing_saw(struct kms_writing *writing, size_t index, enum hdcp_value value) {
    if (value == HDCP_UNDESIRED && writing->connectors[index].asked == HDCP_UNDESIRED)
        writing->connectors[index].done = false;
}

bool kms_writing_drop(struct kms_writing *writing, size_t index) {
    if (!writing->connectors[index].done || writing->connectors[index].asked != HDCP_DESIRED)
        return false;
    writing->connectors[index].done = false;
    return writing->connectors[index].unpaid;
}

bool kms_writing_raises(const struct kms_writing *writing, size_t index) {
    return writing->worker.pid && writing->index == index && writing->connectors[index].asked == HDCP_DESIRED;
}

void kms_writing_mask(const struct kms_writing *writing, size_t index, struct hdcp_observation *observation) {
    bool under_way = (writing->worker.pid && writing->index == index) || writing->connectors[index].done;
    if (under_way && !writing->connectors[index].again && writing->connectors[index].asked == HDCP_DESIRED)
        observation->hdcp = HDCP_UNDESIRED;
    else if (writing->connectors[index].again && observation->hdcp == HDCP_UNDESIRED)
        observation->hdcp = HDCP_DESIRED; /* it is, again */
}

uint64_t kms_writing_deadline_ms(const struct kms_writing *writing) {
    return writing->worker.pid ? writing->look_ms : COPP_BACKEND_NEVER;
}
