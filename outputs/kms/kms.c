#include "outputs/kms/kms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outputs/kms/cards.h"
#include "outputs/kms/lending.h"
#include "outputs/kms/lent.h"
#include "outputs/kms/note.h"
#include "outputs/kms/own.h"
#include "outputs/kms/reading.h"
#include "outputs/kms/receivers.h"
#include "outputs/kms/writing.h"

#define LINKS_MAX (KMS_CARDS * KMS_CONNECTORS)
#define EDID_MS 2000u
#define RENEW_MS 1000u /* from one try to write a note to the next */
#define CLAIM_MS 5000u /* from one try for a card that another coppd has to the next */

struct kms;
struct kms_link {
    struct hdcp_link link;
    struct kms *kms;
    struct kms_card *card;
    size_t place; /* of the card, in its list */
    size_t index; /* of the connector on the card */
    struct kms_receiver receiver;
    struct hdcp_observation last; /* as the kernel has it */
    bool called; /* for sessions of another output, which shows a part of the same picture */
};

struct kms {
    struct copp_backend backend;
    struct kms_cards cards;
    bool tried[KMS_CARDS]; /* whether we may write to the card has been looked into */
    struct kms_note notes[KMS_CARDS]; /* of the cards, in the same places */
    uint64_t renew_ms; /* not before this are notes that could not be written tried again */
    char *directory; /* of the notes; NULL: they are kept in memory alone */
    struct kms_receivers receivers;
    struct kms_lending lending;
    bool type1;
    struct copp_backend_log *log;
    uint64_t last_ms; /* of the last look */
    uint64_t edid_ms; /* when displays may have told the kernel who they are; COPP_BACKEND_NEVER: that has been looked at */
    uint64_t claim_ms; /* when cards that are not ours are tried again; COPP_BACKEND_NEVER: all are ours */
    size_t count;
    struct kms_link *links[LINKS_MAX];
};

static struct kms *kms_of(struct copp_backend *backend) {
    return (struct kms *)backend;
}

static const struct kms *const_kms_of(const struct copp_backend *backend) {
    return (const struct kms *)backend;
}

static struct kms_link *link_of(const struct kms *kms, const struct kms_card *card, size_t index) {
    for (size_t i = 0; i < kms->count; i++) {
        if (kms->links[i]->card == card && kms->links[i]->index == index)
            return kms->links[i];
    }
    return NULL;
}

static bool has_companion(const struct kms_link *link, size_t index) {
    return link->last.companions & (UINT32_C(1) << index);
}

/* An Enabled that is watched, and belongs to this write. It counts before its own link takes it, which may wait for this one in turn. */
static bool protects(const struct kms_link *link, bool type1) {
    return (link->link.pending || link->link.in_force) && !link->link.cleared && !link->link.fallen &&
           link->last.hdcp == HDCP_ENABLED && (!type1 || link->last.type1);
}

/* ARB-6: where parts of a picture are shown by several connectors, none is protected unless all are. */
static bool companions_protect(const struct kms_link *link) {
    bool type1 = link->link.sessions == HDCP_WANT_TYPE1;
    for (size_t i = 0; i < link->card->count; i++) {
        const struct kms_link *other = has_companion(link, i) ? link_of(link->kms, link->card, i) : NULL;
        if (has_companion(link, i) && (!other || !protects(other, type1)))
            return false;
    }
    return true;
}

/* While Desired is being written, a look would wait with the kernel's locks until that has ended: it is as before, with HDCP not on. */
static void link_observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    struct kms_link *own = (struct kms_link *)link;
    bool raises = kms_writing_raises(kms_card_writing(own->card), own->index);
    if (raises) {
        *observation = own->last;
        observation->hdcp = HDCP_UNDESIRED;
    } else {
        kms_reading_observe(own->card, own->index, observation);
        own->last = *observation;
        kms_writing_saw(kms_card_writing(own->card), own->index, observation->hdcp);
    }
    kms_receiver_observe(&own->receiver, link->pending, link->in_force, observation);
    if (raises)
        kms_receiver_authenticating(&own->receiver);
    if (own->card->lent)
        kms_lent_mask(own->card, own->index, observation);
    else
        kms_writing_mask(kms_card_writing(own->card), own->index, observation);
    if (observation->hdcp == HDCP_ENABLED && link->sessions && !companions_protect(own)) {
        observation->hdcp = HDCP_DESIRED;
        observation->settling = true;
    }
}

static enum copp_result link_write(struct hdcp_link *link, enum hdcp_value value) {
    struct kms_link *own = (struct kms_link *)link;
    if (!own->card->lent || !kms_lent_is_trying(own->card))
        own->card->connectors[own->index].type1 = link->type1;
    enum copp_result result =
        own->card->lent ? kms_lent_write(own->card, own->index, value) : kms_own_write(own->card, own->index, value);
    if (value == HDCP_DESIRED && !result)
        kms_receiver_authenticating(&own->receiver);
    bool may_come = own->card->lent || kms_writing_raises(kms_card_writing(own->card), own->index);
    if (may_come && value == HDCP_DESIRED && result == COPP_E_PENDING)
        hdcp_link_owe(link); /* the process that writes may carry it out though nobody asks for its result any more */
    return result;
}

/* "HDMI-A-1" of "card0-HDMI-A-1": the kernel numbers cards anew. */
static const char *name_of(const struct kms_link *link) {
    const char *name = link->card->connectors[link->index].name;
    const char *dash = strchr(name, '-');
    return dash ? dash + 1 : name;
}

static void owe_what_is_noted(struct kms_link *link) {
    if (kms_note_has(&link->kms->notes[link->place], name_of(link)))
        hdcp_link_owe(&link->link);
}

/*
 * What was owed while the card was not ours could not be noted, nor what was paid. What is found in the note, and was not in ours before,
 * another coppd has left, which had the card meanwhile.
 */
static void take_over_note(struct kms *kms, size_t place) {
    const struct kms_card *card = kms->cards.list[place];
    struct kms_note *note = &kms->notes[place];
    struct kms_note before = *note;
    kms_note_open(note, kms->directory, card->device, kms->log);
    bool same = strcmp(note->device, before.device) == 0;
    for (size_t i = 0; i < kms->count; i++) {
        struct kms_link *link = kms->links[i];
        if (link->card != card)
            continue;
        if (same && kms_note_has(&before, name_of(link)) && !link->link.owes)
            kms_note_set(note, name_of(link), false, kms->log);
        owe_what_is_noted(link);
        if (link->link.owes)
            kms_note_set(note, name_of(link), true, kms->log);
    }
}

/* The note is whose the card is. A card that has come back under the same name may be another one. */
static bool claim(struct kms *kms, size_t place) {
    const struct kms_card *card = kms->cards.list[place];
    bool ours = card->lock_fd >= 0;
    if (!kms_card_claim(kms->cards.list[place]))
        return false;
    if (card->device[0] && !(ours && strcmp(card->device, kms->notes[place].device) == 0))
        take_over_note(kms, place);
    return true;
}

static void renew_notes(struct kms *kms, uint64_t now_ms) {
    if (now_ms < kms->renew_ms)
        return;
    kms->renew_ms = now_ms + RENEW_MS;
    for (size_t place = 0; place < kms->cards.count; place++) {
        if (kms->cards.list[place]->lock_fd >= 0)
            kms_note_renew(&kms->notes[place]);
    }
}

/* Without the card, nothing will be written that could become a debt. */
static void link_note(struct hdcp_link *link, bool debt) {
    struct kms_link *own = (struct kms_link *)link;
    if (claim(own->kms, own->place))
        kms_note_set(&own->kms->notes[own->place], name_of(own), debt, own->kms->log);
}

static bool needs(const struct kms_link *link, const struct kms_link *other) {
    return link != other && link->card == other->card && has_companion(link, other->index);
}

/* What sessions want of an output they want of all that show parts of the same picture (ARB-6). */
static enum hdcp_want link_others(const struct hdcp_link *link) {
    const struct kms_link *own = (const struct kms_link *)link;
    enum hdcp_want wanted = HDCP_WANT_NOTHING;
    for (size_t i = 0; i < own->kms->count; i++) {
        const struct kms_link *other = own->kms->links[i];
        if (other->link.sessions > wanted && needs(other, own))
            wanted = other->link.sessions;
    }
    return wanted;
}

static const struct hdcp_link_ops link_ops = {
    .observe = link_observe, .write = link_write, .note = link_note, .others = link_others};

/* What the connector has. Who may switch it changes: a command fails while nobody lets us. */
static bool can_offer(const struct kms_link *link) {
    return kms_card_can_protect(link->card, &link->card->connectors[link->index]);
}

/* OPM-HDCP-2: what the kernel has the content type for can do HDCP 2.2. */
static bool can_offer_type1(const struct kms_link *link) {
    return can_offer(link) && link->card->connectors[link->index].type_property;
}

static void say_what_is_not_offered(const struct kms_link *link) {
    const struct kms_connector *connector = &link->card->connectors[link->index];
    if (connector->protection_property && !can_offer(link))
        copp_backend_say(link->kms->log, COPP_BACKEND_WARNING,
                         "%s: lacks HDCP content type 1, which is required: it does not offer HDCP", connector->name);
}

static void add_link(struct kms *kms, size_t place, size_t index) {
    struct kms_card *card = kms->cards.list[place];
    struct kms_link *link = calloc(1, sizeof *link);
    if (!link)
        return;
    link->kms = kms;
    link->card = card;
    link->place = place;
    link->index = index;
    kms_receiver_init(&link->receiver, &kms->receivers, card->connectors[index].name);
    say_what_is_not_offered(link);
    hdcp_link_init(&link->link, &link_ops, can_offer(link));
    link->link.offers_type1 = can_offer_type1(link);
    hdcp_link_look(&link->link);
    kms->links[kms->count++] = link;
    owe_what_is_noted(link);
}

static void add_links(struct kms *kms) {
    for (size_t place = 0; place < kms->cards.count; place++) {
        struct kms_card *card = kms->cards.list[place];
        card->type1 = kms->type1;
        for (size_t i = 0; i < card->count; i++) {
            struct kms_link *link = link_of(kms, card, i);
            if (!link) {
                add_link(kms, place, i);
                continue;
            }
            hdcp_link_offer(&link->link, can_offer(link));
            link->link.offers_type1 = can_offer_type1(link);
        }
    }
}

/* A uevent: who holds what the property protects is to know of it, even if the next look finds it as it was (EVT-1). */
static void on_moved(void *user, const struct kms_card *card, uint32_t connector_id, uint32_t property_id) {
    const struct kms *kms = user;
    for (size_t i = 0; i < kms->count; i++) {
        struct kms_link *link = kms->links[i];
        const struct kms_connector *connector = &link->card->connectors[link->index];
        bool own = card && link->card == card && connector->id == connector_id && connector->protection_property == property_id;
        if (!card)
            hdcp_link_events_lost(&link->link);
        else if (own)
            hdcp_link_evidence(&link->link);
    }
}

static size_t count(const struct copp_backend *backend) {
    return const_kms_of(backend)->count;
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    struct kms_link *link = const_kms_of(backend)->links[index];
    const struct kms_connector *connector = &link->card->connectors[link->index];
    memset(output, 0, sizeof *output);
    memcpy(output->name, connector->name, sizeof output->name);
    output->config.size = sizeof output->config;
    output->config.output = &link->link.output;
    output->config.connector_type = connector->type;
    output->config.protection_types = can_offer(link) ? COPP_PROTECTION_TYPE_HDCP : COPP_PROTECTION_TYPE_NONE;
    output->config.bus_type = link->card->bus_type;
    output->config.type1 = can_offer_type1(link);
}

static bool plugged(const struct copp_backend *backend, size_t index) {
    return const_kms_of(backend)->links[index]->link.plugged;
}

static const char *display(const struct copp_backend *backend, size_t index) {
    return const_kms_of(backend)->links[index]->link.display;
}

static enum receiver_state receiver(const struct copp_backend *backend, size_t index, struct hdcp_receiver *found) {
    return kms_receiver_state(&const_kms_of(backend)->links[index]->receiver, found);
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    kms_of(backend)->links[index]->link.connector = connector;
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    list[0] = kms_cards_fd(&const_kms_of(backend)->cards);
    list[1] = const_kms_of(backend)->receivers.epoll;
    list[2] = const_kms_of(backend)->lending.epoll;
    return 3;
}

/* The kernel tells of a display before it knows which one: it reads the EDID when somebody, such as a compositor, probes. */
static bool look_is_due(struct kms *kms, bool changed, uint64_t now_ms) {
    bool due = changed || now_ms >= kms->edid_ms;
    if (due)
        kms->edid_ms = changed ? now_ms + EDID_MS : COPP_BACKEND_NEVER;
    return due;
}

/* New cards, and those of another coppd's, once that has ended. Who else is master is said at once, not only when it matters. */
static void claim_again(struct kms *kms, uint64_t now_ms) {
    if (now_ms < kms->claim_ms)
        return;
    kms->claim_ms = COPP_BACKEND_NEVER;
    for (size_t place = 0; place < kms->cards.count; place++) {
        struct kms_card *card = kms->cards.list[place];
        if (card->fd < 0)
            continue;
        if (!claim(kms, place)) {
            kms->claim_ms = now_ms + CLAIM_MS;
            continue;
        }
        kms->tried[place] = kms->tried[place] || card->lent || kms_own_try(card);
        if (!kms->tried[place])
            kms->claim_ms = now_ms + CLAIM_MS;
    }
}

/* What has been written to find something out is taken down as any other debt where the trial itself could not. */
static void owe_trial(struct kms_link *link) {
    bool used = link->link.pending || link->link.in_force;
    if (link->card->lent && kms_lent_leaves(link->card, link->index) && !used && (!link->link.owes || link->link.down))
        hdcp_link_owe(&link->link);
}

/* Desired was still being written when the last one who wanted it went. Until here that was hidden from the link. */
static void owe_what_came_late(struct kms_link *link) {
    struct kms_card *card = link->card;
    if (link->link.pending)
        return;
    bool stands = card->lent ? kms_lent_drop(card, link->index) : kms_writing_drop(kms_card_writing(card), link->index);
    if (stands)
        hdcp_link_owe(&link->link);
}

/* A process that a driver holds may carry out its Desired at any time, though it was killed: until it has ended that is owed, and noted. */
static void owe_what_may_come(struct kms_link *link) {
    if (!link->link.pending && kms_writing_raises(kms_card_writing(link->card), link->index))
        hdcp_link_owe(&link->link);
}

/* The receiver is read behind the look that shows whether the bus is free, and what has been read counts with the next one. */
static void dispatch_link(struct kms_link *link, uint64_t now_ms) {
    kms_receiver_take(&link->receiver, now_ms);
    owe_trial(link);
    owe_what_came_late(link);
    owe_what_may_come(link);
    hdcp_link_dispatch(&link->link, now_ms);
    if (link->link.watched)
        kms_receiver_ask(&link->receiver);
    else
        kms_receiver_rest(&link->receiver);
}

/* Who receives is of interest before anybody uses it. */
static void look_at_display(struct kms_link *link) {
    hdcp_link_look(&link->link);
    kms_receiver_ask(&link->receiver);
}

static void cut_who_needs(const struct kms *kms, const struct kms_link *other) {
    for (size_t i = 0; i < kms->count; i++) {
        if (kms->links[i]->link.sessions && needs(kms->links[i], other))
            hdcp_link_cut(&kms->links[i]->link);
    }
}

/* Calls it, or not any more. Whoever needs it fails with it, and is lost with it. */
static void serve_call(struct kms_link *link, enum hdcp_want wanted) {
    bool failed = link->called && !link->link.others;
    if (!wanted)
        hdcp_link_dismiss(&link->link);
    else if (!failed && link->link.others != wanted) {
        enum copp_result result = hdcp_link_call(&link->link, wanted);
        failed = result != COPP_OK && result != COPP_E_PENDING;
    }
    link->called = wanted && !failed;
    if (failed)
        cut_who_needs(link->kms, link);
}

static void call_companions(const struct kms *kms) {
    for (size_t i = 0; i < kms->count; i++)
        serve_call(kms->links[i], link_others(&kms->links[i]->link));
}

static void want_of_loans(const struct kms *kms) {
    for (size_t i = 0; i < kms->count; i++) {
        const struct kms_link *link = kms->links[i];
        if (link->card->lent)
            kms_lent_want(link->card, link->index, link->link.pending || link->link.in_force);
    }
}

static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct kms *kms = kms_of(backend);
    kms->last_ms = now_ms;
    bool changed = kms_cards_update(&kms->cards, now_ms, on_moved, kms);
    bool due = look_is_due(kms, changed, now_ms);
    if (changed) {
        add_links(kms);
        kms->claim_ms = now_ms;
    }
    claim_again(kms, now_ms);
    renew_notes(kms, now_ms);
    want_of_loans(kms);
    kms_lending_dispatch(&kms->lending, &kms->cards, now_ms);
    for (size_t i = 0; i < kms->count; i++) {
        dispatch_link(kms->links[i], now_ms);
        if (due)
            look_at_display(kms->links[i]);
    }
    call_companions(kms);
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t deadline_ms(const struct copp_backend *backend) {
    const struct kms *kms = const_kms_of(backend);
    uint64_t interval = COPP_BACKEND_NEVER;
    uint64_t deadline = kms->edid_ms;
    for (size_t i = 0; i < kms->count; i++) {
        uint64_t own = hdcp_link_interval(&kms->links[i]->link);
        interval = least(own, interval);
        deadline = least(kms_receiver_deadline_ms(&kms->links[i]->receiver), deadline);
    }
    uint64_t look_ms = interval == COPP_BACKEND_NEVER ? COPP_BACKEND_NEVER : kms->last_ms + interval;
    look_ms = least(look_ms, kms_lending_deadline_ms(&kms->lending, &kms->cards));
    look_ms = least(look_ms, kms_cards_deadline_ms(&kms->cards));
    return least(look_ms, least(deadline, kms->claim_ms));
}

static void try_out(struct kms *kms, struct kms_card *card) {
    size_t index = kms_lent_to_try(card);
    struct kms_link *link = link_of(kms, card, index);
    if (!link)
        return;
    hdcp_link_owe(&link->link);
    kms_lent_try_out(card, index);
}

static enum copp_result adopt(struct copp_backend *backend, int fd, const char *owner, struct copp_backend_loan *loan) {
    struct kms *kms = kms_of(backend);
    for (size_t place = 0; place < kms->cards.count; place++)
        (void)claim(kms, place); /* with its note */
    enum copp_result result = kms_lending_adopt(&kms->lending, &kms->cards, fd, owner, loan);
    if (!result)
        try_out(kms, kms_lending_card(&kms->cards, loan->id));
    return result;
}

static enum copp_backend_lent lent(const struct copp_backend *backend, uint32_t id) {
    return kms_lending_state(&const_kms_of(backend)->cards, id);
}

/*
 * The end of a loan pays all that is owed on the card, whenever it was written: perhaps nobody else can. What was hidden from the links
 * meanwhile may come to light now, and would pass for another program's.
 */
static void settle_loan(const struct kms *kms, struct kms_card *card) {
    for (size_t i = 0; i < kms->count; i++) {
        struct kms_link *link = kms->links[i];
        if (link->card != card)
            continue;
        if (link->link.owes && !link->link.down)
            kms_lent_owe(card, link->index);
        if (kms_lent_unpaid(card, link->index))
            hdcp_link_owe(&link->link);
    }
}

/* What is in force there may stay so, but nobody can switch it any more: whoever relied on it has lost it (EVT-1). */
static void give_back(struct copp_backend *backend, uint32_t id) {
    struct kms *kms = kms_of(backend);
    struct kms_card *card = kms_lending_card(&kms->cards, id);
    if (!card)
        return;
    settle_loan(kms, card);
    kms_lending_give_back(&kms->lending, card);
    for (size_t i = 0; i < kms->count; i++) {
        if (kms->links[i]->card == card)
            hdcp_link_cut(&kms->links[i]->link);
    }
}

static void close_kms(struct copp_backend *backend) {
    struct kms *kms = kms_of(backend);
    for (size_t i = 0; i < kms->cards.count; i++) {
        kms_own_stop(kms->cards.list[i]);
        if (kms->cards.list[i]->lent)
            settle_loan(kms, kms->cards.list[i]);
    }
    for (size_t i = 0; i < kms->count; i++) {
        hdcp_link_end(&kms->links[i]->link);
        kms_receiver_close(&kms->links[i]->receiver);
        free(kms->links[i]);
    }
    for (size_t i = 0; i < kms->cards.count; i++) {
        if (kms->cards.list[i]->lent)
            kms_lending_give_back(&kms->lending, kms->cards.list[i]);
    }
    kms_lending_close(&kms->lending);
    kms_cards_close(&kms->cards);
    free(kms->directory);
    kms_receivers_close(&kms->receivers);
    free(kms);
}

static const struct copp_backend_ops kms_ops = {.real = true,
                                                .count = count,
                                                .describe = describe,
                                                .plugged = plugged,
                                                .display = display,
                                                .receiver = receiver,
                                                .attach = attach,
                                                .fds = fds,
                                                .dispatch = dispatch,
                                                .deadline_ms = deadline_ms,
                                                .adopt = adopt,
                                                .lent = lent,
                                                .give_back = give_back,
                                                .close = close_kms};

enum copp_result copp_kms_open(const struct copp_kms_config *config, struct copp_backend **backend) {
    *backend = NULL;
    struct kms *kms = calloc(1, sizeof *kms);
    if (!kms)
        return COPP_E_MEMORY;
    kms->backend.ops = &kms_ops;
    kms->edid_ms = 0; /* displays that are there are read at once */
    kms->type1 = config->type1;
    kms->log = config->log;
    kms->directory = config->notes ? strdup(config->notes) : NULL;
    enum copp_result result = config->notes && !kms->directory ? COPP_E_MEMORY : COPP_OK;
    if (!result)
        result = kms_cards_open(&kms->cards, config->device, config->read_ms, config->log);
    if (config->wait && result == COPP_E_NOT_FOUND)
        result = COPP_OK;
    enum copp_result receivers = kms_receivers_open(&kms->receivers, config->receivers);
    if (!result)
        result = receivers;
    if (!kms_lending_open(&kms->lending, config->log) && !result)
        result = COPP_E_IO;
    if (result) {
        close_kms(&kms->backend);
        return result;
    }
    add_links(kms);
    *backend = &kms->backend;
    return COPP_OK;
}
