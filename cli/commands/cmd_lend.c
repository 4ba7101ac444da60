/* copp lend: another program's graphics card for coppd, which switches the HDCP of its outputs through it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/adapter.h"
#include "cli/commands.h"
#include "cli/lend/owner.h"
#include "cli/remote_socket.h"
#include "cli/report.h"
#include "cli/signals_posix.h"
#include "common/clock.h"

#define LOOK_MS 100 /* between two looks for a card that is awaited */
#define WAIT_MAX_S 3600u
#define OUTPUTS_MAX 32u

struct lend_options {
    struct adapter_options device;
    uint32_t pid;
    uint32_t wait_s;
    const char *card;
};

static const struct option_spec options[] = {
    {.name = "pid",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct lend_options, pid),
     .argument = "PID",
     .help = "the program whose card it is: a compositor, or a\nplayer on a console",
     .required = true,
     .max = INT32_MAX},
    {.name = "card",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct lend_options, card),
     .argument = "cardN",
     .help = "which of its cards, if it is master of several;\nor the card's node, /dev/dri/cardN"},
    {.name = "wait",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct lend_options, wait_s),
     .argument = "SECONDS",
     .help = "how long it may take until the program is DRM\nmaster (default: 0)",
     .max = WAIT_MAX_S},
    {.name = "device",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct lend_options, device) + offsetof(struct adapter_options, device),
     .argument = "unix:PATH",
     .words = "unix:",
     .help = "coppd's socket (default: $COPP_DEVICE, else\n" COPP_SOCKET_DEFAULT ")"},
    {.name = NULL},
};

struct lender {
    const struct invocation *in;
    struct adapter adapter;
    struct owner owner;
    struct copp_socket *connection; /* as long as this is open, the card is lent */
    struct copp_socket *watcher; /* tells what becomes of its outputs; NULL: nothing does */
    struct copp_socket_loan loan;
    int signals; /* what ends us */
    bool ended; /* we were asked to end, and have said so */
    struct {
        char name[COPP_CONNECTOR_NAME_SIZE];
        uint32_t hdcp;
    } outputs[OUTPUTS_MAX]; /* as they were told last */
    size_t count;
};

/* As the kernel calls the card, also where its node was named; NULL: whichever it has. */
static const char *card_wanted(const struct lend_options *o) {
    static const char nodes[] = "/dev/dri/";
    bool node = o->card != NULL && strncmp(o->card, nodes, sizeof nodes - 1) == 0;
    return node ? o->card + sizeof nodes - 1 : o->card;
}

static const char *program(const struct lender *l) {
    return l->owner.name[0] != '\0' ? l->owner.name : "the program";
}

/* --- how it ends --- */

/* As print_json_line: a reader follows along. */
static int said(void) {
    return fflush(stdout) == 0 ? STATUS_YES : STATUS_UNKNOWN;
}

static int say_end(const struct lender *l, const char *why) {
    bool lent = l->loan.card[0] != '\0';
    if (l->in->json)
        return print_json_line(
            json_pack("{ss so ss}", "event", "ended", "card", json_optional(lent ? l->loan.card : NULL), "cause", why));
    if (lent)
        say("%s: given back: %s", l->loan.card, why);
    else
        say("%s: its card was not lent: ended, %s", program(l), why);
    return said();
}

/* Whether somebody wants us to end, within so much time. */
static bool ends_within(const struct lender *l, int ms) {
    struct pollfd ending = {.fd = l->signals, .events = POLLIN};
    return poll(&ending, 1, ms) == 1;
}

/*
 * A signal to end is a success, however far we have come: systemd takes everything else for a unit that has failed.
 * What else goes wrong at that moment, such as a coppd that is stopped too, is of no interest any more. To be asked before it is said.
 */
static bool is_over(struct lender *l, int *status) {
    if (!l->ended && ends_within(l, 0)) {
        l->ended = true;
        *status = say_end(l, "as was asked for");
    }
    return l->ended;
}

/* --- its card --- */

static int fail_owner(const struct lender *l, enum owner_result result) {
    const struct lend_options *o = l->in->options;
    char pid[32];
    snprintf(pid, sizeof pid, "pid %u", o->pid);
    switch (result) {
    case OWNER_GONE:
        return fail(l->in, STATUS_UNKNOWN, pid, "this process does not exist");
    case OWNER_NO_CARD:
        return fail(l->in, STATUS_NO, pid, "%s does not have %s open: name the process that owns the display", program(l),
                    o->card != NULL ? card_wanted(o) : "a graphics card");
    case OWNER_NOT_MASTER:
        return fail(l->in, STATUS_NO, pid, "%s is not the DRM master of its card now: switch to its terminal, or give --wait",
                    program(l));
    case OWNER_SEVERAL:
        return fail(l->in, STATUS_UNKNOWN, pid, "%s is the master of several cards: name one with --card", program(l));
    default:
        return fail_with(l->in, STATUS_UNKNOWN, pid, errno == EPERM || errno == EACCES ? "run it as root" : "",
                         "its open files cannot be duplicated: %s", strerror(errno));
    }
}

static int take_card(struct lender *l) {
    const struct lend_options *o = l->in->options;
    uint64_t deadline_ms = clock_ms() + UINT64_C(1000) * o->wait_s;
    enum owner_result result = owner_open(o->pid, &l->owner);
    if (result == OWNER_FOUND)
        result = owner_take_card(&l->owner, card_wanted(o));
    while ((result == OWNER_NO_CARD || result == OWNER_NOT_MASTER) && clock_ms() < deadline_ms && !ends_within(l, LOOK_MS))
        result = owner_take_card(&l->owner, card_wanted(o));
    int error = errno;
    int status = STATUS_YES;
    if (is_over(l, &status))
        return status;
    errno = error;
    return result == OWNER_FOUND ? STATUS_YES : fail_owner(l, result);
}

/* --- lending it --- */

static int fail_to_lend(const struct lender *l, enum copp_result result) {
    const char *name = l->owner.card;
    if (l->connection == NULL) /* nobody was asked about the card */
        return remote_socket_fail(l->in, &l->adapter, NULL, result);
    switch (result) {
    case COPP_E_REFUSED:
        return fail_with(l->in, STATUS_NO, name, "run it as root, or name this user in coppd.conf: [outputs] lenders = USER",
                         "coppd does not let this user lend a card");
    case COPP_E_UNSUPPORTED:
        return fail_with(l->in, STATUS_NO, name, "set [outputs] backend = kms in coppd.conf, or update coppd",
                         "coppd's outputs are not those of graphics cards");
    case COPP_E_NOT_FOUND:
        return fail(l->in, STATUS_NO, name, "this is not one of coppd's cards: see [outputs] device in coppd.conf");
    case COPP_E_STATE:
        return fail(l->in, STATUS_NO, name, "%s (pid %u) is not its DRM master any more", program(l), l->owner.pid);
    case COPP_E_PENDING:
        return fail(l->in, STATUS_NO, name, "this card is lent already, or another coppd has it");
    default:
        return remote_socket_fail(l->in, &l->adapter, l->connection, result);
    }
}

/* A line, with --json an object a line. */
static int say_lent(const struct lender *l) {
    if (l->in->json)
        return print_json_line(json_pack("{ss ss ss si si}", "event", "lent", "card", l->loan.card, "program", l->owner.name,
                                         "pid", (int)l->owner.pid, "outputs", (int)l->loan.connectors));
    say("%s: lent to coppd; %s (pid %u) owns it; outputs with HDCP: %u", l->loan.card, program(l), l->owner.pid,
        l->loan.connectors);
    return said();
}

/* Without it the card is lent all the same. */
static void watch_outputs(struct lender *l) {
    if (remote_socket_connect(&l->adapter, &l->watcher) == COPP_OK && copp_socket_watch(l->watcher) != COPP_OK)
        copp_socket_close(&l->watcher);
}

/* Whether there is a coppd to lend to: before anything is taken, or waited for. */
static int find_coppd(struct lender *l) {
    struct copp_socket *connection = NULL;
    int status = STATUS_YES;
    enum copp_result result = remote_socket_connect(&l->adapter, &connection);
    int error = errno;
    copp_socket_close(&connection);
    if (is_over(l, &status))
        return status;
    errno = error;
    return result == COPP_OK ? STATUS_YES : remote_socket_fail(l->in, &l->adapter, NULL, result);
}

static int lend(struct lender *l) {
    const struct copp_socket_lend what = {
        .size = sizeof what, .card_fd = l->owner.card_fd, .owner_fd = &l->owner.pid_fd, .owner_name = l->owner.name};
    l->loan.size = sizeof l->loan;
    enum copp_result result = remote_socket_connect(&l->adapter, &l->connection);
    if (result == COPP_OK)
        result = copp_socket_adopt(l->connection, &what, &l->loan);
    int error = errno;
    int status = STATUS_YES;
    owner_drop_card(&l->owner); /* a copy would keep a dead program master of its card */
    if (result != COPP_OK && is_over(l, &status))
        return status;
    errno = error;
    if (result != COPP_OK)
        return fail_to_lend(l, result);
    watch_outputs(l);
    return say_lent(l);
}

/* --- while it is lent --- */

static int say_output(const struct lender *l, const char *name, uint32_t hdcp) {
    if (l->in->json)
        return print_json_line(json_pack("{ss ss si}", "event", "hdcp", "output", name, "level", (int)hdcp));
    say("%s: HDCP is %s", name, hdcp != 0 ? "on" : "off");
    return said();
}

/* How one of the card's outputs was told last; NULL: it is not one, or there are too many. */
static uint32_t *told_of(struct lender *l, const char *name) {
    size_t length = strlen(l->loan.card);
    size_t i = 0;
    if (strncmp(name, l->loan.card, length) != 0 || name[length] != '-')
        return NULL;
    while (i < l->count && strcmp(l->outputs[i].name, name) != 0)
        i++;
    if (i == l->count && l->count < OUTPUTS_MAX)
        snprintf(l->outputs[l->count++].name, sizeof l->outputs[i].name, "%s", name);
    return i < l->count ? &l->outputs[i].hdcp : NULL;
}

static void tell_changes(struct lender *l) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(l->watcher, &news)) == COPP_OK) {
        const struct copp_socket_connector *now = &news.u.connector.now;
        uint32_t *told = news.kind == COPP_SOCKET_CONNECTOR ? told_of(l, now->name) : NULL;
        uint32_t hdcp = now->hdcp == COPP_NO_PROTECTION_LEVEL_AVAILABLE ? 0 : now->hdcp;
        if (told == NULL || *told == hdcp)
            continue;
        *told = hdcp;
        (void)say_output(l, now->name, hdcp);
    }
    if (result != COPP_E_PENDING)
        copp_socket_close(&l->watcher);
}

/* Coppd has given it back. */
static int fail_ended(const struct lender *l, enum copp_result result) {
    const char *reason = copp_socket_disconnect_reason(l->connection);
    if (result == COPP_E_NOT_FOUND)
        return say_end(l, reason);
    if (result == COPP_E_FAILED)
        return fail_with(l->in, STATUS_NO, l->loan.card,
                         "under Weston let the player ask the compositor itself (libcopp-wayland): see docs/outputs.md",
                         "%s (pid %u) undoes the HDCP that coppd switches on: it writes the property itself", program(l),
                         l->owner.pid);
    return fail(l->in, STATUS_UNKNOWN, l->adapter.path, "%s", reason[0] != '\0' ? reason : "coppd has ended or does not answer");
}

static int stay(struct lender *l) {
    int status = STATUS_YES;
    for (;;) {
        struct pollfd fds[] = {{.fd = copp_socket_fd(l->connection), .events = POLLIN},
                               {.fd = l->signals, .events = POLLIN},
                               {.fd = copp_socket_fd(l->watcher), .events = POLLIN}};
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return fail_result(l->in, NULL, COPP_E_IO);
        if (l->watcher != NULL)
            tell_changes(l);
        enum copp_result result = copp_socket_adopted(l->connection);
        if (is_over(l, &status))
            return status;
        if (result != COPP_OK)
            return fail_ended(l, result);
    }
}

static int run(const struct invocation *in) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    const struct lend_options *o = in->options;
    struct lender l = {.in = in, .owner = {.pid_fd = -1, .card_fd = -1}, .signals = signal_fd(ending, 4)};
    if (l.signals < 0)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot handle signals: %s", strerror(errno));
    int status = adapter_find(in, &o->device, false, &l.adapter);
    if (status == STATUS_YES && l.adapter.path == NULL)
        status = fail(in, STATUS_UNKNOWN, "embedded", "a card is lent to coppd: give --device unix:PATH");
    if (status == STATUS_YES)
        status = find_coppd(&l);
    if (status == STATUS_YES && !l.ended)
        status = take_card(&l);
    if (status == STATUS_YES && !l.ended)
        status = lend(&l);
    if (status == STATUS_YES && !l.ended)
        status = stay(&l);
    copp_socket_close(&l.watcher);
    copp_socket_close(&l.connection);
    owner_close(&l.owner);
    adapter_close(&l.adapter);
    close(l.signals);
    return status;
}

const struct command command_lend = {
    .name = "lend",
    .operands = "",
    .operands_max = 0,
    .summary = "Lend coppd a compositor's or player's graphics card, for the HDCP of its outputs",
    .details = "Only the DRM master of a card can switch its HDCP. As root, this duplicates the master's open card,\n"
               "lends it to coppd, and runs until the master ends or it is ended itself.",
    .options = options,
    .options_size = sizeof(struct lend_options),
    .json_lines = true,
    .run = run,
};
