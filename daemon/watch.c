#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notify.h"

struct watch {
    struct watch *next;
    struct session *session;
    uint64_t position; /* of the next piece of news in the ring */
    size_t connectors; /* of those there were, told so far */
    uint64_t before; /* sessions with lower ids have not been told, but for those of no concern */
    bool complete; /* how things were has been told */
    bool full; /* the socket takes no more at present */
    bool dropped;
};

/* docs/daemon-protocol.md, "Who is told what" */
static bool may_know(const struct watch *watch, uid_t uid) {
    uid_t own = watch->session->user->uid;
    return own == uid || own == 0 || own == geteuid();
}

uint32_t watch_begin(struct session *session) {
    struct server *server = session->server;
    if (session->device)
        return COPP_HR_UNEXPECTED;
    struct watch *watch = malloc(sizeof *watch);
    if (!watch)
        return COPP_HR_OUTOFMEMORY;
    *watch = (struct watch){.next = server->watches, .session = session, .position = server->news_count, .before = UINT64_MAX};
    server->watches = watch;
    session->watch = watch;
    session->user->watches++;
    return COPP_HR_OK;
}

void watch_end(struct session *session) {
    struct watch **link = &session->server->watches;
    if (!session->watch)
        return;
    while (*link != session->watch)
        link = &(*link)->next;
    *link = session->watch->next;
    free(session->watch);
    session->watch = NULL;
    session->user->watches--;
}

struct session *watch_session(const struct watch *watch) {
    return watch->session;
}

bool watch_dropped(const struct session *session) {
    return session->watch && session->watch->dropped;
}

/* The event loop then finds that it has hung up: whoever is in the middle of something else need not heed it. */
static void drop(struct watch *watch) {
    watch->dropped = true;
    (void)shutdown(watch->session->fd, SHUT_RDWR);
}

static void listen_for(struct watch *watch, uint32_t events) {
    if (!session_listen(watch->session, events))
        drop(watch);
}

/* False: not now, or never again. */
static bool send_news(struct watch *watch, enum copp_socket_kind kind, const uint8_t *body) {
    uint8_t packet[PACKET_HEADER_SIZE + PACKET_NEWS_SIZE_MAX];
    size_t size = packet_news_size(kind);
    packet_header_encode(&(struct packet_header){PACKET_VERSION, PACKET_NEWS | kind, 0}, packet);
    memcpy(packet + PACKET_HEADER_SIZE, body, size);
    if (send(watch->session->fd, packet, PACKET_HEADER_SIZE + size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return true;
    if (errno == EAGAIN) {
        watch->full = true;
        listen_for(watch, EPOLLOUT);
    } else {
        drop(watch);
    }
    return false;
}

/* How things are. What changes meanwhile comes from the ring behind it. */
static bool notify_all(struct watch *watch) {
    struct server *server = watch->session->server;
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    for (; watch->connectors < server->connector_count; watch->connectors++) {
        notify_connector_body(server, watch->connectors, body);
        if (!send_news(watch, COPP_SOCKET_CONNECTOR, body))
            return false;
    }
    for (struct session *session = server->sessions; session; session = session->next) { /* ids fall */
        if (session->id >= watch->before || !session->device || !may_know(watch, session->user->uid))
            continue;
        notify_session_body(session, body);
        if (!send_news(watch, COPP_SOCKET_SESSION, body))
            return false;
        watch->before = session->id;
    }
    watch->complete = send_news(watch, COPP_SOCKET_COMPLETE, body);
    return watch->complete;
}

static void notify_news(struct watch *watch) {
    const struct server *server = watch->session->server;
    if (!watch->complete && !notify_all(watch))
        return;
    for (; watch->position < server->news_count; watch->position++) {
        const struct news *news = &server->news[watch->position % NEWS_MAX];
        if ((news->everyone || may_know(watch, news->uid)) && !send_news(watch, news->kind, news->body))
            return;
    }
}

void watch_go_on(struct session *session) {
    struct watch *watch = session->watch;
    if (watch->full)
        listen_for(watch, 0);
    watch->full = false;
    if (!watch->dropped)
        notify_news(watch);
}

void watch_publish(struct server *server, enum copp_socket_kind kind, const uint8_t *body, const struct user *owner) {
    struct news *news = &server->news[server->news_count++ % NEWS_MAX];
    *news = (struct news){.kind = kind, .everyone = !owner, .uid = owner ? owner->uid : 0};
    memcpy(news->body, body, packet_news_size(kind));
    for (struct watch *watch = server->watches; watch; watch = watch->next) {
        if (watch->dropped)
            continue;
        if (server->news_count - watch->position > NEWS_MAX)
            drop(watch);
        else if (!watch->full)
            notify_news(watch);
    }
}
