/* A player that shows no frame unless coppd vouches for the display: player SOCKET ANCHOR CONNECTOR FRAMES. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include <copp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static struct copp_transport *reach(const char *path, const char *connector) {
    const struct copp_socket_config config = {.path = path};
    struct copp_socket *coppd = NULL;
    struct copp_transport *transport = NULL;
    enum copp_result result = copp_socket_connect(&config, &coppd);
    if (!result)
        result = copp_socket_transport_open(&coppd, connector, &transport);
    if (result)
        fprintf(stderr, "player: %s: %s %s\n", path, copp_strerror(result), copp_socket_farewell(coppd));
    copp_socket_close(&coppd);
    return transport;
}

/* A frame every 40 ms, and a look at the protection before each. Answers why it stopped. */
static enum copp_stop show(struct copp_session *session, long frames) {
    const struct copp_requirement film = {.hdcp = COPP_HDCP_ON};
    const struct timespec frame_time = {.tv_nsec = 40000000};
    struct copp_watch watch = {.stop = copp_session_protect(session, &film, now_ms())};
    for (long frame = 1; !watch.stop && frame <= frames;) {
        copp_session_watch(session, now_ms(), &watch);
        if (watch.state == COPP_WATCH_PROTECTED)
            printf("frame %ld\n", frame++);
        else if (watch.state == COPP_WATCH_RENEGOTIATE)
            puts("black"); /* the next look sets the levels again */
        fflush(stdout);
        nanosleep(&frame_time, NULL);
    }
    return watch.stop;
}

int main(int argc, char **argv) {
    struct copp_public_key anchor;
    struct copp_session *session = NULL;
    struct copp_verdict verdict = {.detail = "no driver"};
    enum copp_stop stop = COPP_STOP_TRANSPORT;
    if (argc != 5 || !read_anchor(argv[2], &anchor)) {
        fputs("Usage: player SOCKET ANCHOR CONNECTOR FRAMES\n", stderr);
        return 2;
    }
    const struct copp_session_config config = {.anchor = &anchor};
    struct copp_transport *transport = reach(argv[1], argv[3]);
    if (!transport)
        return 1;
    if (copp_session_new(&config, transport, &session) || copp_session_establish(session, &verdict))
        fprintf(stderr, "player: no session: %s %s\n", copp_rule_id(verdict.rule), verdict.detail);
    else
        stop = show(session, strtol(argv[4], NULL, 10));
    puts(copp_stop_text(stop));
    copp_session_free(&session);
    copp_transport_free(&transport);
    return stop != COPP_STOP_NONE;
}
