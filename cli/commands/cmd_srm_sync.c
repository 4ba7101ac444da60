/* copp srm sync: the list of amdgpu's secure processor, kept across boot and sleep (SRM-2, SRM-3). What copp-srm.service runs. */
#include <string.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/srm/cards.h"
#include "cli/srm/saved.h"
#include "cli/srm/sync.h"
#include "cli/why.h"

struct sync_options {
    const char *key;
    const char *root;
};

static const struct option_spec options[] = {
    SRM_KEY_OPTION(struct sync_options, key),
    {.name = "root",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct sync_options, root),
     .argument = "DIR",
     .help = "the tree to work in (default: /)"},
    {.name = NULL},
};

struct run {
    const struct invocation *in;
    struct srm_key key;
    struct srm_lists lists;
    struct saved_lists saved;
    struct srm_card cards[SRM_CARDS_MAX];
    struct srm_sync_result results[SRM_CARDS_MAX];
    size_t count;
    struct saved_list done[SRM_KINDS];
    size_t done_count;
};

/* What one card turns out to have is for all of them: once more, where that was new. */
static void sync_cards(struct run *run) {
    bool again = true;
    for (unsigned round = 0; again && round < 2; round++) {
        again = false;
        for (size_t i = 0; i < run->count; i++) {
            const struct srm_attribute attribute = {&srm_attribute_file, &run->cards[i].fd};
            if (run->cards[i].fd >= 0 && srm_sync(&attribute, &run->key, &run->lists, &run->results[i]))
                again = run->count > 1;
        }
    }
}

/* --- what is told --- */

static int tell_set(const struct srm_card *card, const struct srm_sync_result *result, unsigned kind) {
    char list[48];
    (void)snprintf(list, sizeof list, "HDCP %u.x, version %u", kind + 1, result->set_version[kind]);
    switch (result->set[kind]) {
    case SRM_SET_NOTHING:
    case SRM_SET_TAKEN:
        return STATUS_YES;
    case SRM_SET_REFUSED:
        complain("%s: the driver did not take %s (SRM-3)", card->name, list);
        complain("remedy: see the kernel's messages about its HDCP firmware (dmesg); until then, receivers that the list revokes "
                 "are accepted");
        return STATUS_NO;
    case SRM_SET_TOO_LARGE:
        complain("%s: %s has more than the %u bytes that the driver takes", card->name, list, SRM_ATTRIBUTE_MAX);
        return STATUS_NO;
    case SRM_SET_NO_VERSION:
        complain("%s: %s is not handed over: the driver uses that number for a refusal", card->name, list);
        return STATUS_NO;
    case SRM_SET_FAILED:
        break;
    }
    complain("%s: %s cannot be handed over: %s", card->name, list, strerror(result->set_error[kind]));
    return STATUS_NO;
}

static int tell_get(const struct invocation *in, const struct srm_card *card, const struct srm_sync_result *result) {
    switch (result->get) {
    case SRM_GET_NOTHING:
        if (!in->json)
            say("%s: the driver has no list", card->name);
        return STATUS_YES;
    case SRM_GET_LIST:
        if (!in->json)
            say("%s: HDCP %u.x, version %u is in force, %zu revoked", card->name, result->hdcp, result->version, result->count);
        return STATUS_YES;
    case SRM_GET_DAMAGED:
        complain("%s: the list that the driver returns is not saved: %s (%s)", card->name, result->verdict.detail,
                 copp_rule_id(result->verdict.rule));
        return STATUS_NO;
    case SRM_GET_NO_VERSION:
        complain("%s: the list that the driver returns is not saved: version %u means a refusal", card->name, SRM_NO_VERSION);
        return STATUS_NO;
    case SRM_GET_FAILED:
        complain("%s: cannot read the driver's list: %s", card->name, strerror(result->get_error));
        return STATUS_UNKNOWN;
    case SRM_GET_UNKNOWN:
        break;
    }
    complain("%s: cannot verify the list that the driver returns: %s%s", card->name, copp_strerror(result->get_result),
             why_result(result->get_result));
    return STATUS_UNKNOWN;
}

static int tell_card(const struct invocation *in, const struct srm_card *card, const struct srm_sync_result *result) {
    if (card->asleep) {
        if (!in->json)
            say("%s: is powered down and was not asked", card->name);
        return STATUS_YES;
    }
    if (card->fd < 0) {
        complain("%s: cannot be opened: %s", card->path, strerror(card->error));
        complain("remedy: run it as root: sudo copp srm sync");
        return STATUS_UNKNOWN;
    }
    int status = tell_get(in, card, result);
    for (unsigned kind = 0; kind < SRM_KINDS; kind++) {
        int set = tell_set(card, result, kind);
        status = set > status ? set : status;
    }
    return status;
}

static const char *state_of(const struct srm_card *card, const struct srm_sync_result *result) {
    static const char *const words[] = {"none", "list", "invalid", "invalid", "unreadable", "unreadable"};
    if (card->asleep)
        return "asleep";
    return card->fd < 0 ? "unreadable" : words[result->get];
}

static json_t *json_card(const struct srm_card *card, const struct srm_sync_result *result) {
    bool list = result->get == SRM_GET_LIST;
    json_t *handed = json_array();
    for (unsigned kind = 0; kind < SRM_KINDS; kind++) {
        if (result->set[kind] != SRM_SET_NOTHING)
            json_add(&handed, json_pack("{si si sb}", "hdcp", (int)kind + 1, "version", (int)result->set_version[kind], "taken",
                                        result->set[kind] == SRM_SET_TAKEN));
    }
    return json_pack("{ss ss so so so}", "card", card->name, "state", state_of(card, result), "hdcp",
                     list ? json_integer(result->hdcp) : json_null(), "version",
                     list ? json_integer(result->version) : json_null(), "handed", handed);
}

static json_t *json_run(const struct run *run) {
    json_t *cards = json_array();
    json_t *saved = json_array();
    for (size_t i = 0; i < run->count; i++)
        json_add(&cards, json_card(&run->cards[i], &run->results[i]));
    for (size_t i = 0; i < run->done_count; i++)
        json_add(&saved, json_pack("{so si si}", "file", json_text(run->done[i].path), "hdcp", (int)run->done[i].hdcp, "version",
                                   (int)run->done[i].version));
    return json_pack("{so so}", "cards", cards, "saved", saved);
}

static int tell(const struct run *run, int status) {
    for (size_t i = 0; i < run->count; i++) {
        int card = tell_card(run->in, &run->cards[i], &run->results[i]);
        status = card > status ? card : status;
    }
    for (size_t i = 0; !run->in->json && i < run->done_count; i++)
        say("%s: HDCP %u.x, version %u is saved", run->done[i].path, run->done[i].hdcp, run->done[i].version);
    if (run->in->json && print_json(json_run(run)) != STATUS_YES)
        return STATUS_UNKNOWN;
    return status;
}

static int sync_all(struct run *run, const char *root) {
    int status = saved_open(run->in, root, &run->key, &run->lists, &run->saved);
    if (run->saved.directory < 0)
        return status;
    sync_cards(run);
    int update = saved_update(&run->saved, &run->lists, run->done, &run->done_count);
    return tell(run, update > status ? update : status);
}

static int run_sync(const struct invocation *in) {
    const struct sync_options *o = in->options;
    const char *root = o->root != NULL ? o->root : "/";
    struct run run = {.in = in};
    int status = srm_key_open(in, o->key, &run.key);
    if (status == STATUS_YES) {
        run.count = srm_cards_open(root, run.cards);
        if (run.count == 0 && !in->json)
            say("no card's driver takes its list through sysfs (amdgpu's does): nothing to do");
        status = run.count > 0 ? sync_all(&run, root) : in->json ? print_json(json_run(&run)) : STATUS_YES;
        saved_close(&run.saved);
    }
    srm_cards_close(run.cards, run.count);
    srm_lists_free(&run.lists);
    srm_key_close(&run.key);
    return status;
}

const struct command command_srm_sync = {
    .name = "srm sync",
    .operands = "",
    .operands_min = 0,
    .operands_max = 0,
    .summary = "Keep amdgpu's renewability message across boot and sleep",
    .details = "amdgpu's secure processor forgets its list when the machine sleeps or is switched off. sync hands\n"
               "over the saved and installed lists, reads the driver's list back, and saves it if it is newer.\n"
               "copp-srm.service runs this.",
    .options = options,
    .options_size = sizeof(struct sync_options),
    .run = run_sync,
};
