/*
 * A player that shows no frame unless coppd vouches for the display: player SOCKET ANCHOR CONNECTOR FRAMES [CRL].
 * CRL is a revocation list; without it the one that `copp crl install` stores is used, where there is one.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep, poll */
#include <copp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FRAMES_A_SECOND 25
#define STATE_DIRECTORY "/var/lib/copp" /* where copp keeps it, unless COPP_STATE_DIR says otherwise */

struct player {
    struct copp_public_key anchor; /* whom to trust */
    const char *connector; /* its name: answers about another one are refused (BIND-7) */
    char list_path[4096];
    int list_named; /* else it is the stored one, which need not be there */
    struct copp_revocation_list *list;
    const struct copp_revocation_list *lists[1]; /* the same, as a session borrows it */
    struct copp_log log;
    struct copp_transport *transport;
    struct copp_session *session;
    struct copp_verdict verdict; /* of the last call that gave one */
};

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* Whom to trust: a PEM public key or a base64 modulus. */
static int read_anchor(const char *name, struct copp_public_key *anchor) {
    char text[4096];
    FILE *file = fopen(name, "r");
    size_t size = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    return copp_public_key_read(text, size, anchor) == COPP_OK;
}

/* False for a path that is too long. */
static int choose_list(struct player *player, const char *named) {
    const char *directory = getenv("COPP_STATE_DIR");
    directory = directory && *directory ? directory : STATE_DIRECTORY;
    int size = named ? snprintf(player->list_path, sizeof player->list_path, "%s", named)
                     : snprintf(player->list_path, sizeof player->list_path, "%s/revocation.crl", directory);
    player->list_named = named != NULL;
    return size > 0 && (size_t)size < sizeof player->list_path;
}

/* A list that has gone, or does not validate, is not one that revokes nothing: then no session starts, or goes on. */
static enum copp_result read_list(struct player *player, struct copp_session_lists *lists) {
    struct copp_revocation_list *fresh;
    *lists = (struct copp_session_lists){.size = sizeof(struct copp_session_lists), .revocations = player->lists};
    enum copp_result result = copp_revocation_load(player->list_path, &player->anchor, &fresh, &player->verdict);
    if (result == COPP_E_NOT_FOUND && !player->list_named && !player->list)
        return COPP_OK; /* none has ever been stored */
    if (result)
        return result;
    lists->revocation_count = 1;
    copp_revocation_free(&player->list);
    player->list = fresh;
    player->lists[0] = fresh;
    return COPP_OK;
}

/* While it plays: the stored list may have been replaced by a newer one, with this driver on it (CRL-4). */
static enum copp_result renew_list(struct player *player) {
    struct copp_session_lists lists;
    enum copp_result result = read_list(player, &lists);
    return result ? result : copp_session_set_lists(player->session, &lists, &player->verdict);
}

static enum copp_result reach(struct player *player, const char *path) {
    const struct copp_socket_config config = {.size = sizeof config, .path = path};
    struct copp_socket *coppd = NULL;
    enum copp_result result = copp_socket_connect(&config, &coppd);
    if (!result)
        result = copp_socket_transport_open(&coppd, player->connector, &player->transport);
    const char *reason = copp_socket_disconnect_reason(coppd);
    if (result)
        fprintf(stderr, "player: cannot reach %s at %s%s%s\n", player->connector, path, *reason ? ": " : "", reason);
    copp_socket_close(&coppd);
    return result;
}

/* Why something failed, beyond what results say: OpenSSL's own word, for instance. A larger player has a place to keep it. */
static void on_log_line(struct copp_log *log, enum copp_log_level level, const char *text) {
    (void)log;
    if (level <= COPP_LOG_WARNING)
        fprintf(stderr, "player: %s\n", text);
}

static enum copp_result begin(struct player *player) {
    static const struct copp_log_ops log_ops = {sizeof log_ops, on_log_line};
    struct copp_session_lists lists;
    player->log.ops = &log_ops;
    const struct copp_session_config config = {
        .size = sizeof config, .anchor = &player->anchor, .lists = &lists, .connector = player->connector, .log = &player->log};
    enum copp_result result = read_list(player, &lists);
    if (!result)
        result = copp_session_new(&config, player->transport, &player->session);
    return result ? result : copp_session_establish(player->session, &player->verdict);
}

/* A session is over once the link has been lost (EVT-4): the next one needs a new device on the same connector. */
static enum copp_result begin_again(struct player *player) {
    copp_session_free(&player->session);
    enum copp_result result = copp_transport_reopen(player->transport);
    return result ? result : begin(player);
}

/* Until the next frame is due, or the driver has something to say. That is a reason to look, and no more: nobody vouches for it. So it
 * leads to one look in COPP_WAKE_MS, however often it comes. */
static void wait_for_frame(const struct copp_session *session, uint64_t due_ms) {
    const struct timespec quiet = {.tv_nsec = COPP_WAKE_MS * 1000000L};
    struct pollfd driver = {.fd = copp_session_fd(session), .events = POLLIN};
    nanosleep(&quiet, NULL);
    uint64_t now = now_ms();
    if (now < due_ms)
        poll(&driver, 1, (int)(due_ms - now));
}

/* A frame every 40 ms, and a look at the protection before each. *stop is why it stopped, if the result does not say. */
static enum copp_result show(struct player *player, long *frame, long frames, enum copp_stop *stop) {
    const struct copp_requirement film = {.size = sizeof film, .hdcp = COPP_HDCP_ON};
    struct copp_poll watch = {.size = sizeof watch, .stop = copp_session_protect(player->session, &film, now_ms())};
    enum copp_result result = COPP_OK;
    uint64_t due_ms = 0;
    if (watch.stop == COPP_STOP_NONE && !(copp_session_bound(player->session) & COPP_BOUND_REAL))
        fputs("player: this output is simulated and protects nothing\n", stderr);
    while (!result && watch.stop == COPP_STOP_NONE && *frame <= frames) {
        copp_session_poll(player->session, now_ms(), &watch);
        if (watch.state != COPP_POLL_PROTECTED)
            puts("black"); /* the next look sets the levels again, or there is none */
        if (watch.state == COPP_POLL_PROTECTED && now_ms() >= due_ms) {
            printf("frame %ld\n", (*frame)++);
            due_ms = now_ms() + 1000 / FRAMES_A_SECOND;
            if (*frame % FRAMES_A_SECOND == 0)
                result = renew_list(player);
        }
        fflush(stdout);
        if (watch.state == COPP_POLL_PROTECTED) /* else nothing waits: not the levels, and not the end */
            wait_for_frame(player->session, due_ms);
    }
    *stop = watch.stop;
    return result;
}

int main(int argc, char **argv) {
    struct player player = {.verdict = {.detail = ""}};
    enum copp_stop stop = COPP_STOP_NONE;
    long frame = 1;
    char why[512];
    if ((argc != 5 && argc != 6) || !choose_list(&player, argv[5])) {
        fputs("Usage: player SOCKET ANCHOR CONNECTOR FRAMES [CRL]\n", stderr);
        return 2;
    }
    if (!read_anchor(argv[2], &player.anchor)) {
        fprintf(stderr, "player: %s: give a file with a PEM public key or a base64 modulus\n", argv[2]);
        return 2;
    }
    player.connector = argv[3];
    enum copp_result result = reach(&player, argv[1]);
    if (!result)
        result = begin(&player);
    if (!result)
        result = show(&player, &frame, strtol(argv[4], NULL, 10), &stop);
    while (!result && stop == COPP_STOP_LINK_LOST) { /* it stays black until the display is protected again */
        result = begin_again(&player);
        if (!result)
            result = show(&player, &frame, strtol(argv[4], NULL, 10), &stop);
    }
    puts(copp_session_explain(player.session, result, &player.verdict, stop, why, sizeof why));
    copp_session_free(&player.session);
    copp_transport_free(&player.transport);
    copp_revocation_free(&player.list);
    return result || stop != COPP_STOP_NONE;
}
