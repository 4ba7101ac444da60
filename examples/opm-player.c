/*
 * A player that shows pictures as long as a driver with OPM semantics vouches for the display:
 * opm-player SOCKET ANCHOR CONNECTOR SECONDS [type1|SRM]. ANCHOR is a certificate, in DER or PEM. The content may demand HDCP 2.2 and
 * Type 1 receivers, or bring SRM, a list of revoked HDCP devices.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep, poll */
#include <copp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct player {
    struct copp_opm_anchor anchor; /* whom to trust */
    const char *connector; /* its name: answers about another one are refused (BIND-7) */
    uint8_t srm[COPP_OPM_ADDITIONAL_MAX];
    size_t srm_size; /* 0: the content has none */
    bool type1;
    struct copp_transport *transport;
    struct copp_session *session;
    struct copp_verdict verdict; /* of the last call that gave one */
};

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* The number of bytes; 0 if the file cannot be read, is empty, or has more than there is room for. */
static size_t read_file(const char *name, uint8_t *bytes, size_t room) {
    FILE *file = fopen(name, "rb");
    size_t size = file ? fread(bytes, 1, room, file) : 0;
    bool whole = file && !ferror(file) && fgetc(file) == EOF;
    if (file)
        fclose(file);
    return whole ? size : 0;
}

/* Whom to trust: a certificate, of which subject and key count. */
static bool read_anchor(const char *name, struct copp_opm_anchor *anchor) {
    uint8_t certificate[8192];
    size_t size = read_file(name, certificate, sizeof certificate);
    anchor->size = sizeof *anchor;
    return copp_opm_anchor_read(certificate, size, anchor) == COPP_OK;
}

/* A device has the semantics that it is opened with: those of the socket's configuration. */
static enum copp_result reach(struct player *player, const char *path) {
    const struct copp_socket_config config = {.size = sizeof config, .path = path, .semantics = COPP_SEMANTICS_OPM};
    struct copp_socket *coppd = NULL;
    enum copp_result result = copp_socket_connect(&config, &coppd);
    if (!result)
        result = copp_socket_transport_open(&coppd, player->connector, &player->transport);
    copp_socket_close(&coppd);
    return result;
}

static enum copp_result begin(struct player *player) {
    const struct copp_session_config config = {.size = sizeof config,
                                               .opm_anchor = &player->anchor,
                                               .connector = player->connector,
                                               .srm_bytes = player->srm_size ? player->srm : NULL,
                                               .srm_size = player->srm_size};
    enum copp_result result = copp_session_new(&config, player->transport, &player->session);
    return result ? result : copp_session_establish(player->session, &player->verdict);
}

/* Until end_ms, or until content must not be shown any more: why. */
static enum copp_stop show(struct player *player, uint64_t end_ms) {
    const struct copp_requirement film = {.size = sizeof film, .hdcp = COPP_HDCP_ON, .type1 = player->type1};
    struct copp_poll look = {.size = sizeof look, .stop = copp_session_protect(player->session, &film, now_ms())};
    enum copp_poll_state shown = COPP_POLL_STOP;
    while (look.stop == COPP_STOP_NONE && now_ms() < end_ms) {
        copp_session_poll(player->session, now_ms(), &look);
        if (look.state != shown)
            puts(look.state == COPP_POLL_PROTECTED ? "picture" : "black");
        shown = look.state;
        fflush(stdout);
        if (shown ==
            COPP_POLL_PROTECTED) { /* until coppd has something to say, which nobody vouches for, or the next look is due */
            const struct timespec quiet = {.tv_nsec = COPP_WAKE_MS * 1000000L};
            struct pollfd driver = {.fd = copp_session_fd(player->session), .events = POLLIN};
            nanosleep(&quiet, NULL);
            poll(&driver, 1, COPP_POLL_MS / 4);
        }
    }
    return look.stop;
}

/* These two end a session, and not the film: a new one may protect what is there now (EVT-4, OPM-STA-8). */
static bool worth_another(enum copp_stop stop) {
    return stop == COPP_STOP_LINK_LOST || stop == COPP_STOP_RECONFIGURED;
}

static int play(struct player *player, const char *path, uint64_t end_ms) {
    enum copp_stop stop = COPP_STOP_NONE;
    char why[512];
    enum copp_result result = reach(player, path);
    if (!result)
        result = begin(player);
    if (!result)
        stop = show(player, end_ms);
    while (!result && worth_another(stop)) {
        copp_session_free(&player->session);
        result = copp_transport_reopen(player->transport);
        if (!result)
            result = begin(player);
        stop = result ? COPP_STOP_NONE : show(player, end_ms);
    }
    puts(copp_session_explain(player->session, result, &player->verdict, stop, why, sizeof why));
    copp_session_free(&player->session);
    copp_transport_free(&player->transport);
    return result || stop != COPP_STOP_NONE;
}

int main(int argc, char **argv) {
    static struct player player = {.verdict = {.detail = ""}};
    if (argc != 5 && argc != 6) {
        fputs("Usage: opm-player SOCKET ANCHOR CONNECTOR SECONDS [type1|SRM]\n", stderr);
        return 2;
    }
    if (!read_anchor(argv[2], &player.anchor)) {
        fprintf(stderr, "opm-player: %s: give a certificate, DER or PEM\n", argv[2]);
        return 2;
    }
    player.connector = argv[3];
    player.type1 = argc == 6 && strcmp(argv[5], "type1") == 0;
    if (argc == 6 && !player.type1)
        player.srm_size = read_file(argv[5], player.srm, sizeof player.srm);
    if (argc == 6 && !player.type1 && !player.srm_size) {
        fprintf(stderr, "opm-player: %s: cannot be read\n", argv[5]);
        return 2;
    }
    return play(&player, argv[1], now_ms() + 1000u * strtoul(argv[4], NULL, 10));
}
