#include "metrics_http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/number.h"
#include "files.h"
#include "listen.h"
#include "log.h"
#include "turns.h"

#define FILE_EVERY_US 10000000u
#define CLIENTS_MAX 8u

static void end(struct scraper *scraper) {
    struct scraper **link = &scraper->server->scrapers;
    while (*link != scraper)
        link = &(*link)->older;
    *link = scraper->older;
    sd_event_source_disable_unref(scraper->source);
    (void)close(scraper->fd);
    free(scraper);
}

void metrics_end_all(struct server *server) {
    while (server->scrapers)
        end(server->scrapers);
}

/* All of it fits a socket's buffer; who does not take it gets no more. */
static void respond(int fd, const char *status, const char *type, const char *body, size_t size) {
    char head[256];
    int length =
        snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                 type, size);
    struct iovec parts[2] = {{head, (size_t)length}, {(void *)(uintptr_t)body, size}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    (void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool render(const struct server *server, char **text, size_t *size) {
    struct metrics_now now = {.connections = server->client_count,
                              .connectors = server->connectors,
                              .connector_count = server->connector_count,
                              .srm_lists = &server->srm_lists};
    for (const struct client *client = server->clients; client; client = client->next) {
        struct copp_device_view view = {.size = sizeof view};
        copp_device_inspect(client->device, &view); /* of no device: nothing */
        now.sessions += view.active;
    }
    return metrics_render(&server->metrics, &now, server->outputs, text, size);
}

static void answer(struct scraper *scraper) {
    struct server *server = scraper->server;
    char *text = NULL;
    size_t size = 0;
    static const char only[] = "Only GET /metrics.\n";
    if (strncmp(scraper->request, "GET /metrics ", 13) != 0)
        respond(scraper->fd, "404 Not Found", "text/plain", only, sizeof only - 1);
    else if (render(server, &text, &size))
        respond(scraper->fd, "200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8", text, size);
    free(text);
}

static int on_request(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct scraper *scraper = userdata;
    (void)source;
    (void)events;
    ssize_t got = recv(fd, scraper->request + scraper->length, SCRAPER_REQUEST_MAX - scraper->length, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got > 0) {
        scraper->length += (size_t)got;
        scraper->request[scraper->length] = 0;
        if (!strstr(scraper->request, "\r\n\r\n") && scraper->length < SCRAPER_REQUEST_MAX)
            return 0;
        answer(scraper);
    }
    end(scraper);
    return 0;
}

/* Those who ask and then say nothing are the first to go. */
static void make_room(struct server *server) {
    size_t count = 1;
    struct scraper *oldest = server->scrapers;
    for (; oldest && oldest->older; oldest = oldest->older)
        count++;
    if (oldest && count >= CLIENTS_MAX)
        end(oldest);
}

static int on_scraper(sd_event_source *source, int listen_fd, uint32_t events, void *userdata) {
    struct server *server = userdata;
    (void)events;
    make_room(server);
    int fd = listen_accept(server, source, listen_fd);
    if (fd < 0)
        return 0;
    turns_accepted_scraper(server); /* else a flood of them ends no turn */
    struct scraper *scraper = calloc(1, sizeof *scraper);
    if (!scraper || sd_event_add_io(server->event, &scraper->source, fd, EPOLLIN, on_request, scraper) < 0) {
        free(scraper);
        (void)close(fd);
        return 0;
    }
    (void)sd_event_source_set_priority(scraper->source, TURN_PRIORITY_METRICS);
    scraper->server = server;
    scraper->fd = fd;
    scraper->older = server->scrapers;
    server->scrapers = scraper;
    return 0;
}

/* "127.0.0.1:9464" or "[::1]:9464": numbers, so that nothing is looked up. */
static bool split(const char *address, char *host, char *port, size_t size) {
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || strlen(address) >= size)
        return false;
    bool bracketed = address[0] == '[' && colon[-1] == ']';
    const char *first = address + bracketed;
    size_t length = (size_t)(colon - first) - bracketed;
    memcpy(host, first, length);
    host[length] = 0;
    strcpy(port, colon + 1);
    return true;
}

/* On trial at any free port: what is asked is only whether the address is this machine's. 0, or errno. */
static int listen_at(const struct addrinfo *found, int *fd) {
    int on = 1;
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(*fd, found->ai_addr, found->ai_addrlen) == 0 && listen(*fd, 16) == 0)
        return 0;
    int cause = errno;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return cause;
}

static bool refused(struct error_text *error, const char *address, const char *why) {
    return error_set(error, "[metrics] address: cannot listen at \"%s\": %s; give one like 127.0.0.1:9464", address, why);
}

static bool listen_or_say(const char *address, bool trial, int *fd, struct error_text *error) {
    char host[CONFIG_TEXT];
    char port[CONFIG_TEXT];
    uint32_t number; /* getaddrinfo would take larger ones, and leave out the upper bits */
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    *fd = -1;
    if (!split(address, host, port, sizeof host))
        return refused(error, address, "it must be a host and a port");
    if (!number_read_word(port, 1, 65535, &number))
        return refused(error, address, "its port must be a number from 1 to 65535");
    int unknown = getaddrinfo(host, trial ? "0" : port, &hints, &found);
    if (unknown == EAI_NONAME) /* "Name or service not known", though nobody was asked */
        return refused(error, address, "its host must be an IP address, because names are not looked up");
    if (unknown)
        return refused(error, address, unknown == EAI_SYSTEM ? strerror(errno) : gai_strerror(unknown));
    int cause = listen_at(found, fd);
    freeaddrinfo(found);
    return !cause || refused(error, address, strerror(cause));
}

static int on_file_time(sd_event_source *source, uint64_t time, void *userdata) {
    struct server *server = userdata;
    struct error_text error;
    char *text = NULL;
    size_t size = 0;
    (void)time;
    if (render(server, &text, &size) && !file_replace(server->config.metrics_file, text, size, &error))
        journal_seldom(&server->not_written, seldom_cause(error.text), "%s", error.text);
    free(text);
    (void)sd_event_source_set_time_relative(source, FILE_EVERY_US);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

bool metrics_check(const struct config *config, struct error_text *error) {
    int fd = -1;
    if (config->metrics_address[0] && !listen_or_say(config->metrics_address, true, &fd, error))
        return false;
    if (fd >= 0)
        (void)close(fd);
    return !config->metrics_file[0] || file_replaceable(config->metrics_file, error);
}

bool metrics_serve(struct server *server, struct error_text *error) {
    const struct config *config = &server->config;
    int r = 0;
    if (!metrics_check(config, error))
        return false;
    if (config->metrics_address[0]) {
        if (!listen_or_say(config->metrics_address, false, &server->metrics_fd, error))
            return false;
        r = sd_event_add_io(server->event, &server->metrics_listener, server->metrics_fd, EPOLLIN, on_scraper, server);
        if (r >= 0)
            r = sd_event_source_set_priority(server->metrics_listener, TURN_PRIORITY_METRICS);
    }
    if (r >= 0 && config->metrics_file[0])
        r = sd_event_add_time(server->event, &server->metrics_timer, CLOCK_MONOTONIC, 0, 0, on_file_time, server);
    return r >= 0 || error_set(error, "cannot create an event loop: %s", strerror(-r));
}
