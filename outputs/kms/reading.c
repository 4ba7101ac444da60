#include "outputs/kms/reading.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "outputs/kms/exchange.h"
#include "outputs/receiver/helper.h"

#define RESTART_MS 1000u /* from the end of a process to the next one */
#define UNSET UINT64_MAX
#define NOBODY UINT32_MAX /* waits */
#define BIT(index) (UINT64_C(1) << (index))

struct kms_reading {
    int epoll; /* borrowed */
    uint32_t read_ms; /* so long an answer is waited for */
    struct helper helper;
    struct seldom warnings;
    uint64_t restart_ms; /* no process is started before */
    bool patient; /* answers are waited for: none is late */
    bool blind; /* there was no answer since the last process has ended, or could not be made */
    bool late; /* an answer has come for which nobody waited */
    uint64_t wanted; /* bits, by a request's index: what is to be asked for */
    uint64_t number; /* of the last request */
    struct {
        bool sent; /* and not answered */
        bool killed; /* for that */
        uint32_t index;
        uint64_t sent_ms; /* by clock_ms */
        uint64_t asked_ms; /* by the card's time, as all others */
        uint64_t since_ms; /* of the first take after it; UNSET: there was none */
    } request;
    struct {
        bool holds; /* it is of after the last write */
        uint64_t number; /* of the request that has brought it; 0: none has */
        uint64_t from; /* requests of a lower number tell of before the last write */
        uint64_t asked_ms;
        struct hdcp_observation observation;
    } seen[KMS_CONNECTORS];
};

bool kms_reading_begin(struct kms_card *card, int epoll, uint32_t read_ms) {
    card->reading = calloc(1, sizeof *card->reading);
    if (!card->reading)
        return false;
    card->reading->epoll = epoll;
    card->reading->read_ms = read_ms;
    card->reading->helper.socket = -1;
    card->reading->patient = true;
    return true;
}

void kms_reading_stop(struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    if (!reading)
        return;
    helper_stop(&reading->helper);
    reading->request.sent = false;
    reading->wanted = reading->restart_ms = 0;
    for (size_t i = 0; i < KMS_CONNECTORS; i++)
        reading->seen[i].holds = false;
}

void kms_reading_end(struct kms_card *card) {
    kms_reading_stop(card);
    if (card->reading)
        helper_close(&card->reading->helper);
    free(card->reading);
    card->reading = NULL;
}

/* --- asking --- */

static bool start(struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    struct epoll_event event = {.events = EPOLLIN};
    const char *other = secure_getenv("COPP_CARD_PROGRAM");
    const char *program = other ? other : COPP_CARD_PROGRAM;
    if (card->now_ms < reading->restart_ms)
        return false;
    if (!helper_start(&reading->helper, program, card->path)) {
        copp_backend_warn(card->log, &reading->warnings, errno, card->now_ms,
                          "%s: its outputs cannot be read, since %s cannot be started: %s; install it again", card->name, program,
                          strerror(errno));
        reading->blind = true;
        reading->restart_ms = card->now_ms + RESTART_MS;
        return false;
    }
    (void)epoll_ctl(reading->epoll, EPOLL_CTL_ADD, reading->helper.socket, &event); /* else answers are found at the next look */
    return true;
}

/* It has ended, or has said what ours does not say. */
static void drop_process(struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    helper_stop(&reading->helper);
    reading->request.sent = false;
    reading->blind = true;
    reading->restart_ms = card->now_ms + RESTART_MS;
}

/* Which connectors there are comes first, and then whatever has waited longest: while answers are late, all have their turn. */
static uint32_t pick(const struct kms_reading *reading) {
    uint32_t best = KMS_READ_SCAN;
    if (reading->wanted & BIT(KMS_READ_SCAN))
        return best;
    for (uint32_t i = 0; i < KMS_CONNECTORS; i++) {
        bool older = best == KMS_READ_SCAN || reading->seen[i].number < reading->seen[best].number;
        if ((reading->wanted & BIT(i)) && older)
            best = i;
    }
    return best;
}

static void ask(struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    if (reading->request.sent || !reading->wanted || card->fd < 0 || (reading->helper.socket < 0 && !start(card)))
        return;
    struct kms_read_request request = {
        .number = ++reading->number, .index = pick(reading), .type1 = card->type1, .count = card->count};
    memcpy(request.connectors, card->connectors, card->count * sizeof request.connectors[0]);
    size_t size = offsetof(struct kms_read_request, connectors) + card->count * sizeof request.connectors[0];
    if (send(reading->helper.socket, &request, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
        drop_process(card);
        return;
    }
    reading->request.sent = true;
    reading->request.killed = false;
    reading->request.index = request.index;
    reading->request.sent_ms = clock_ms();
    reading->request.asked_ms = card->now_ms;
    reading->request.since_ms = UNSET;
}

/* --- answers --- */

/* Warnings are said here, and meanwhile there may have been some. */
static void take_connector(struct kms_connector *own, const struct kms_connector *read) {
    struct seldom warnings = own->warnings;
    *own = *read;
    own->warnings = warnings;
}

static void take_scan(struct kms_card *card, const struct kms_read_reply *reply) {
    for (size_t i = 0; i < reply->count; i++) {
        if (card->connectors[i].id != reply->connectors[i].id)
            memset(&card->reading->seen[i], 0, sizeof card->reading->seen[i]);
        take_connector(&card->connectors[i], &reply->connectors[i]);
    }
    card->count = reply->count;
    card->reading->wanted &= ~BIT(KMS_READ_SCAN);
}

static void take_observation(struct kms_card *card, const struct kms_read_reply *reply) {
    struct kms_reading *reading = card->reading;
    if (reply->number < reading->seen[reply->index].from)
        return; /* and it stays wanted */
    reading->seen[reply->index].holds = true;
    reading->seen[reply->index].number = reply->number;
    reading->seen[reply->index].asked_ms = reading->request.asked_ms;
    reading->seen[reply->index].observation = reply->observation;
    take_connector(&card->connectors[reply->index], &reply->connectors[0]);
    reading->wanted &= ~BIT(reply->index);
}

static bool answers(const struct kms_card *card, const struct kms_read_reply *reply, ssize_t size) {
    const struct kms_reading *reading = card->reading;
    size_t head = offsetof(struct kms_read_reply, connectors);
    if (!reading->request.sent || size < (ssize_t)head || reply->count > KMS_CONNECTORS)
        return false;
    if ((size_t)size != head + reply->count * sizeof reply->connectors[0])
        return false;
    bool whole = reply->index == KMS_READ_SCAN ? reply->count >= card->count : reply->count == 1;
    return whole && reply->number == reading->number && reply->index == reading->request.index;
}

/* Whether there was any; waited: for the answer about that connector. A process that has answered in time before is waited for again. */
static bool receive(struct kms_card *card, uint32_t waited) {
    struct kms_read_reply reply;
    struct kms_reading *reading = card->reading;
    ssize_t size = reading->helper.socket < 0 ? -1 : recv(reading->helper.socket, &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC);
    if (reading->helper.socket < 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)))
        return false;
    if (!answers(card, &reply, size)) {
        drop_process(card);
        return false;
    }
    reading->request.sent = reading->blind = false;
    if (reply.index == KMS_READ_SCAN)
        take_scan(card, &reply);
    else
        take_observation(card, &reply);
    reading->late = reading->late || reply.index != waited;
    reading->patient = reading->patient || reply.took_ms < reading->read_ms;
    return true;
}

static void wait_for(struct kms_card *card, uint32_t index, uint32_t wait_ms) {
    struct kms_reading *reading = card->reading;
    uint64_t end_ms = clock_ms() + wait_ms;
    (void)receive(card, NOBODY);
    ask(card);
    while (reading->patient && reading->request.sent && (reading->wanted & BIT(index))) {
        struct pollfd answer = {.fd = reading->helper.socket, .events = POLLIN};
        uint64_t now_ms = clock_ms();
        reading->patient = now_ms < end_ms;
        if (reading->patient && poll(&answer, 1, (int)(end_ms - now_ms)) == 1 && receive(card, index))
            ask(card);
    }
}

/* --- here --- */

void kms_reading_observe(struct kms_card *card, size_t index, struct hdcp_observation *observation) {
    struct kms_reading *reading = card->reading;
    if (!reading) {
        kms_card_observe(card, index, observation);
        return;
    }
    memset(observation, 0, sizeof *observation);
    if (card->fd < 0 || !card->connectors[index].id)
        return; /* it is no more */
    reading->wanted |= BIT(index);
    wait_for(card, (uint32_t)index, reading->read_ms);
    *observation = reading->seen[index].observation;
    bool believed = reading->seen[index].holds && card->now_ms - reading->seen[index].asked_ms < KMS_TRUST_MS;
    if (!believed && card->connectors[index].protection_property)
        observation->hdcp = HDCP_UNREADABLE;
}

void kms_reading_scan(struct kms_card *card, bool starts) {
    if (!card->reading) {
        kms_card_scan(card);
        return;
    }
    uint32_t read_ms = card->reading->read_ms;
    card->reading->wanted |= BIT(KMS_READ_SCAN);
    if (card->fd >= 0)
        wait_for(card, KMS_READ_SCAN, starts && read_ms < KMS_START_MS ? KMS_START_MS : read_ms);
}

void kms_reading_written(struct kms_card *card, size_t index) {
    if (!card->reading)
        return;
    card->reading->seen[index].holds = false;
    card->reading->seen[index].from = card->reading->number + 1;
}

bool kms_reading_hangs(const struct kms_card *card) {
    const struct kms_reading *reading = card->reading;
    bool late = reading && reading->request.sent && clock_ms() - reading->request.sent_ms >= reading->read_ms;
    return reading && (reading->blind || late);
}

/* Nothing else is started before it has ended: one that the kernel holds does not become two. */
static void limit_time(const struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    if (!reading->request.sent)
        return;
    if (reading->request.since_ms == UNSET)
        reading->request.since_ms = card->now_ms;
    if (reading->request.killed || card->now_ms - reading->request.since_ms < KMS_HANG_MS)
        return;
    reading->request.killed = true;
    helper_kill(&reading->helper);
}

bool kms_reading_take(struct kms_card *card) {
    struct kms_reading *reading = card->reading;
    if (!reading)
        return false;
    helper_reap(&reading->helper);
    (void)receive(card, NOBODY);
    ask(card);
    limit_time(card);
    bool late = reading->late;
    reading->late = false;
    return late;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t kms_reading_deadline_ms(const struct kms_card *card) {
    const struct kms_reading *reading = card->reading;
    uint64_t first = COPP_BACKEND_NEVER;
    if (!reading || card->fd < 0 || !reading->wanted)
        return first;
    if (!reading->request.sent)
        return reading->restart_ms;
    if (!reading->request.killed)
        first = reading->request.since_ms == UNSET ? card->now_ms : reading->request.since_ms + KMS_HANG_MS;
    for (size_t i = 0; i < card->count; i++) {
        uint64_t end_ms = reading->seen[i].asked_ms + KMS_TRUST_MS;
        if (reading->seen[i].holds && end_ms > card->now_ms)
            first = least(first, end_ms);
    }
    return first;
}
