#include "subscribers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "news.h"

/* docs/daemon-protocol.md, "Who is told what" */
static bool may_know(const struct subscriber *subscriber, uid_t uid) {
    uid_t own = subscriber->client->user->uid;
    return own == uid || own == 0 || own == geteuid();
}

uint32_t subscriber_begin(struct client *client) {
    struct server *server = client->server;
    if (client->device)
        return COPP_HR_UNEXPECTED;
    struct subscriber *subscriber = malloc(sizeof *subscriber);
    if (!subscriber)
        return COPP_HR_OUTOFMEMORY;
    *subscriber =
        (struct subscriber){.next = server->subscribers, .client = client, .position = server->news_count, .before = UINT64_MAX};
    server->subscribers = subscriber;
    client->subscriber = subscriber;
    client->user->subscribers++;
    return COPP_HR_OK;
}

void subscriber_end(struct client *client) {
    struct subscriber **link = &client->server->subscribers;
    if (!client->subscriber)
        return;
    while (*link != client->subscriber)
        link = &(*link)->next;
    *link = client->subscriber->next;
    free(client->subscriber);
    client->subscriber = NULL;
    client->user->subscribers--;
}

bool subscriber_dropped(const struct client *client) {
    return client->subscriber && client->subscriber->dropped;
}

/* The event loop then finds that it has hung up: whoever is in the middle of something else need not heed it. */
static void drop(struct subscriber *subscriber) {
    subscriber->dropped = true;
    (void)shutdown(subscriber->client->fd, SHUT_RDWR);
}

static void listen_for(struct subscriber *subscriber, uint32_t events) {
    if (!listen_to(subscriber->client, events))
        drop(subscriber);
}

/* False: not now, or never again. */
static bool send_news(struct subscriber *subscriber, enum copp_socket_kind kind, const uint8_t *body) {
    uint8_t packet[PACKET_HEADER_SIZE + PACKET_NEWS_SIZE_MAX];
    size_t size = copp_packet_news_size(kind);
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, PACKET_NEWS | kind, 0}, packet);
    memcpy(packet + PACKET_HEADER_SIZE, body, size);
    if (send(subscriber->client->fd, packet, PACKET_HEADER_SIZE + size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return true;
    if (errno == EAGAIN) {
        subscriber->full = true;
        listen_for(subscriber, EPOLLOUT);
    } else if (errno == EPIPE || errno == ECONNRESET) {
        subscriber->gone = true;
        (void)shutdown(subscriber->client->fd, SHUT_RDWR); /* also one that has only ceased to receive */
    } else {
        drop(subscriber);
    }
    return false;
}

/* One that is held back from all until the end of the interval: it comes from the ring then, if it has not ended. */
static bool held_back(const struct client *client) {
    return client->untold && !news_was_told(client);
}

/* How things are. What changes meanwhile comes from the ring behind it. */
static bool notify_all(struct subscriber *subscriber) {
    struct server *server = subscriber->client->server;
    uint8_t body[PACKET_NEWS_SIZE_MAX];
    for (; subscriber->connectors < server->connector_count; subscriber->connectors++) {
        news_connector_body(server, subscriber->connectors, body);
        if (!send_news(subscriber, COPP_SOCKET_CONNECTOR, body))
            return false;
    }
    for (struct client *client = server->clients; client; client = client->next) { /* ids fall */
        if (client->id >= subscriber->before || !client->device || !may_know(subscriber, client->user->uid) || held_back(client))
            continue;
        news_session_body(client, body);
        if (!send_news(subscriber, COPP_SOCKET_SESSION, body))
            return false;
        subscriber->before = client->id;
        if (!client->untold) /* what the others have not heard yet, they are still to hear */
            memcpy(client->told, body, sizeof client->told);
    }
    subscriber->complete = send_news(subscriber, COPP_SOCKET_COMPLETE, body);
    return subscriber->complete;
}

static void notify_news(struct subscriber *subscriber) {
    const struct server *server = subscriber->client->server;
    if (!subscriber->complete && !notify_all(subscriber))
        return;
    for (; subscriber->position < server->news_count; subscriber->position++) {
        const struct news *news = &server->news[subscriber->position % NEWS_MAX];
        if ((news->everyone || may_know(subscriber, news->uid)) && !send_news(subscriber, news->kind, news->body))
            return;
    }
}

/* Nothing of what the ring has overtaken is sent. */
static void catch_up(struct subscriber *subscriber) {
    if (subscriber->dropped || subscriber->gone)
        return;
    if (subscriber->client->server->news_count - subscriber->position > NEWS_MAX)
        drop(subscriber);
    else if (!subscriber->full)
        notify_news(subscriber);
}

void subscriber_resume(struct client *client) {
    struct subscriber *subscriber = client->subscriber;
    if (subscriber->full)
        listen_for(subscriber, 0);
    subscriber->full = false;
    catch_up(subscriber);
}

void subscribers_send(struct server *server) {
    if (server->news_sent == server->news_count)
        return;
    server->news_sent = server->news_count;
    for (struct subscriber *subscriber = server->subscribers; subscriber; subscriber = subscriber->next)
        catch_up(subscriber);
}
