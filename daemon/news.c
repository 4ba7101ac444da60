#include "news.h"

#include <string.h>

#include "clock.h"

void news_publish(struct server *server, enum copp_socket_kind kind, const uint8_t *body, const struct user *owner) {
    struct news *news = &server->news[server->news_count++ % NEWS_MAX];
    *news = (struct news){.kind = kind, .everyone = !owner, .uid = owner ? owner->uid : 0};
    memcpy(news->body, body, copp_packet_news_size(kind));
}

void news_connector_body(const struct server *server, size_t index, uint8_t body[PACKET_NEWS_SIZE_MAX]) {
    copp_packet_news_encode(&(struct packet_news){COPP_SOCKET_CONNECTOR, {.connector = server->connectors[index]}}, body);
}

void news_session_body(const struct client *client, uint8_t body[PACKET_NEWS_SIZE_MAX]) {
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(client->device, &view);
    const struct packet_news news = {COPP_SOCKET_SESSION,
                                     {.session = {.id = client->id,
                                                  .age_ms = clock_ms() - client->began_ms,
                                                  .connector = client->connector,
                                                  .uid = (uint32_t)client->user->uid,
                                                  .pid = (uint32_t)client->pid,
                                                  .state = view.pending  ? COPP_SOCKET_UNDER_WAY
                                                           : view.active ? COPP_SOCKET_ACTIVE
                                                                         : COPP_SOCKET_OPENED,
                                                  .hdcp = view.hdcp,
                                                  .acp = view.acp,
                                                  .cgmsa = view.cgmsa,
                                                  .events = view.events}}};
    copp_packet_news_encode(&news, body);
}

bool news_was_told(const struct client *client) {
    static const uint8_t never[sizeof client->told];
    return memcmp(client->told, never, sizeof never) != 0;
}
