/*
 * A player on a console, without compositor and without coppd: it is DRM master itself, and its picture (green) is hidden (black)
 * unless the display is protected. console-player [--host-commits] CARD CONNECTOR CHAIN KEY ANCHOR, where CHAIN, KEY and ANCHOR are
 * what `copp chain issue --new-keys` makes. It ends with SIGINT or SIGTERM.
 *
 * With --host-commits HDCP is switched in the player's own atomic commits, else by libcopp-kms.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, poll, sigaction */
#include <copp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "screen.h"

#define FRAME_MS 40u
#define LOOK_MS 1000u /* twice in COPP_POLL_MS (APP-3) */
#define RETRY_MS 1000u

struct player {
    struct copp_pump pump; /* first: commands wait by it for the display */
    struct screen *screen;
    bool host_commits;
    struct copp_kms *kms;
    struct copp_private_key *key;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
    const char *name; /* the connector's, which answers are bound to (BIND-7) */
    struct copp_public_key anchor; /* whom to trust */
    struct copp_transport *transport;
    struct copp_session *session;
    bool protected; /* the picture may be shown */
    bool alternate; /* which picture is next */
    uint64_t frame_ms; /* when the next frame is due */
    uint32_t happened; /* what has happened to the connector, counted */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* --- showing frames --- */

static int next_picture(const struct player *player) {
    if (!player->protected)
        return SCREEN_BLACK;
    return player->alternate ? SCREEN_OTHER_PICTURE : SCREEN_PICTURE;
}

/* Flips, and switches HDCP on the way where that is ours to do. A flip that fails is tried again when the next frame is due. */
static void show(struct player *player) {
    struct copp_kms_request request = {.size = sizeof request};
    if (player->host_commits && copp_kms_next_properties(player->kms, 0, &request))
        request.count = 0;
    int error = screen_flip(player->screen, next_picture(player), &request);
    if (player->host_commits && copp_kms_committed(player->kms, 0, &request, error))
        fputs("console-player: the commit was not expected\n", stderr);
    player->alternate = !player->alternate;
    player->frame_ms = now_ms() + FRAME_MS;
}

/* A frame is due, a commit is wanted, or what is on the display must not be there any more. */
static bool must_show(const struct player *player) {
    bool hide = !player->protected && screen_shown(player->screen) != SCREEN_BLACK;
    uint64_t due_ms = earlier(copp_kms_commit_deadline_ms(player->kms), player->protected ? player->frame_ms : UINT64_MAX);
    return screen_ready(player->screen) && (hide || due_ms <= now_ms());
}

static uint64_t next_event(const struct player *player, uint64_t deadline_ms) {
    deadline_ms = earlier(deadline_ms, copp_kms_deadline_ms(player->kms));
    deadline_ms = earlier(deadline_ms, copp_adapter_deadline_ms(player->adapter));
    if (!screen_ready(player->screen))
        return deadline_ms; /* the screen has something to say first */
    deadline_ms = earlier(deadline_ms, copp_kms_commit_deadline_ms(player->kms));
    return player->protected ? earlier(deadline_ms, player->frame_ms) : deadline_ms;
}

/* Says what is to be seen, when it has changed. */
static void report(const struct player *player, int before) {
    bool picture = screen_shown(player->screen) != SCREEN_BLACK;
    if (picture == (before != SCREEN_BLACK))
        return;
    puts(picture ? "picture" : "black");
    fflush(stdout);
}

/* One turn: waits until something happens, no longer than to the deadline, and does what is due. */
static void turn(struct player *player, uint64_t deadline_ms) {
    struct pollfd fds[] = {{.fd = screen_fd(player->screen), .events = POLLIN},
                           {.fd = copp_kms_fd(player->kms), .events = POLLIN}};
    uint64_t now = now_ms();
    uint64_t wake_ms = next_event(player, deadline_ms);
    uint64_t wait_ms = wake_ms > now ? earlier(wake_ms - now, LOOK_MS) : 0; /* a signal just before it is not lost for long */
    int before = screen_shown(player->screen);
    if (poll(fds, 2, (int)wait_ms) > 0 && fds[0].revents)
        screen_handle(player->screen);
    copp_kms_dispatch(player->kms, now_ms());
    copp_adapter_dispatch(player->adapter, now_ms());
    report(player, before);
}

/* --- a session with the driver, which is in this process --- */

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return now_ms();
}

/* A command is under way, and may take as long as an authentication: the screen goes on, black. */
static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct player *player = (struct player *)pump;
    if (must_show(player))
        show(player);
    turn(player, deadline_ms);
}

static enum copp_stop begin(struct player *player, enum copp_result *result) {
    const struct copp_session_config config = {.size = sizeof config, .anchor = &player->anchor, .connector = player->name};
    /* the kernel does not name the receiver: whether that is enough is for the player's licence to say */
    const struct copp_requirement film = {.size = sizeof film, .hdcp = COPP_HDCP_ON, .unnamed_receiver = true};
    copp_session_free(&player->session);
    *result = copp_transport_reopen(player->transport);
    if (!*result)
        *result = copp_session_new(&config, player->transport, &player->session);
    if (!*result)
        *result = copp_session_establish(player->session, NULL);
    return *result ? COPP_STOP_INTERNAL : copp_session_protect(player->session, &film, now_ms());
}

/* The driver's side has told the connector something: the session has to ask. */
static bool something_happened(struct player *player) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(player->connector, &view);
    uint32_t before = player->happened;
    player->happened = view.losses + view.reconfigurations;
    return player->happened != before;
}

/* Plays until the session is over. */
static enum copp_stop play(struct player *player) {
    struct copp_poll look = {.size = sizeof look};
    uint64_t look_ms = 0;
    do {
        if (something_happened(player) || now_ms() >= look_ms) {
            copp_session_poll(player->session, now_ms(), &look);
            player->protected = look.state == COPP_POLL_PROTECTED;
            look_ms = look.state == COPP_POLL_RENEGOTIATE ? 0 : now_ms() + LOOK_MS;
        }
        if (must_show(player))
            show(player);
        turn(player, look_ms);
    } while (!stopped && look.state != COPP_POLL_STOP);
    player->protected = false;
    return look.stop;
}

/* Keeps the screen going without a session. */
static void wait_until(struct player *player, uint64_t end_ms) {
    while (!stopped && now_ms() < end_ms)
        pump_wait(&player->pump, end_ms);
}

static void run(struct player *player) {
    char why[512];
    while (!stopped) {
        enum copp_result result;
        enum copp_stop stop = begin(player, &result);
        if (!result && stop == COPP_STOP_NONE)
            stop = play(player);
        if (stopped)
            return;
        puts(copp_session_explain(player->session, result, NULL, stop, why, sizeof why));
        fflush(stdout);
        wait_until(player, now_ms() + RETRY_MS);
    }
}

/* --- beginning and end --- */

static size_t load(const char *name, char *bytes, size_t size) {
    FILE *file = fopen(name, "rb");
    size_t got = file ? fread(bytes, 1, size, file) : 0;
    if (file)
        fclose(file);
    return got;
}

static enum copp_result open_adapter(struct player *player, char **files) {
    static char chain_bytes[COPP_CHAIN_SIZE_MAX], text[4096];
    size_t chain_size = load(files[0], chain_bytes, sizeof chain_bytes);
    enum copp_result result = copp_private_key_open(files[1], NULL, &player->key);
    if (!result)
        result = copp_public_key_read(text, load(files[2], text, sizeof text), &player->anchor);
    const struct copp_adapter_config config = {
        .size = sizeof config, .chain_bytes = (const uint8_t *)chain_bytes, .chain_size = chain_size, .key = player->key};
    return result ? result : copp_adapter_new(&config, &player->adapter);
}

static enum copp_result open_connector(struct player *player) {
    static const struct copp_pump_ops ops = {sizeof ops, pump_now, pump_wait};
    uint32_t id = screen_connector(player->screen);
    struct copp_connector_config connector = {.size = sizeof connector};
    const struct copp_kms_fd_config config = {.size = sizeof config,
                                              .fd = screen_fd(player->screen),
                                              .commits = player->host_commits ? COPP_KMS_HOST : COPP_KMS_DETECT,
                                              .connectors = &id,
                                              .connector_count = 1};
    player->pump.ops = &ops;
    enum copp_result result = copp_kms_open_fd(&config, &player->kms);
    if (!result)
        result = copp_kms_connector(player->kms, 0, &connector);
    if (!result)
        result = copp_connector_add(player->adapter, &connector, &player->connector);
    if (result)
        return result;
    player->name = connector.name;
    copp_kms_attach(player->kms, 0, player->connector);
    return copp_local_transport_open(player->connector, &player->pump, &player->transport);
}

/* What was switched on is switched off by commits, too: for a second, no longer. */
static void close_all(struct player *player) {
    copp_session_free(&player->session);
    copp_transport_free(&player->transport);
    uint64_t end_ms = now_ms() + 1000;
    while (player->kms && player->adapter && now_ms() < end_ms &&
           (screen_shown(player->screen) != SCREEN_BLACK || copp_kms_commit_deadline_ms(player->kms) != UINT64_MAX))
        pump_wait(&player->pump, end_ms);
    copp_kms_attach(player->kms, 0, NULL);
    copp_adapter_free(&player->adapter);
    copp_kms_close(&player->kms);
    copp_private_key_free(&player->key);
    screen_close(player->screen);
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv) {
    struct player player = {.host_commits = argc > 1 && strcmp(argv[1], "--host-commits") == 0};
    char **arguments = argv + 1 + player.host_commits;
    if (argc != 6 + player.host_commits) {
        fputs("Usage: console-player [--host-commits] CARD CONNECTOR CHAIN KEY ANCHOR\n", stderr);
        return 2;
    }
    catch_signals();
    enum copp_result result = open_adapter(&player, arguments + 2);
    if (!result) {
        player.screen = screen_open(arguments[0], arguments[1], player.host_commits);
        if (!player.screen)
            return 2;
        result = open_connector(&player);
    }
    if (result)
        fprintf(stderr, "console-player: %s\n", copp_strerror(result));
    else
        run(&player);
    close_all(&player);
    return result ? 2 : 0;
}
