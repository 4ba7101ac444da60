/* News of connectors, as coppd tells it and copp makes it up for its own adapter. */
#ifndef COPP_COMMON_CONNECTOR_NEWS_H
#define COPP_COMMON_CONNECTOR_NEWS_H

#include <string.h>

#include "copp/socket.h"

/* Whether two pieces of news of one connector say the same: what it is does not change, how it is and what is on it does. */
static inline bool connector_news_same(const struct copp_socket_connector_news *a, const struct copp_socket_connector_news *b) {
    return a->now.plugged == b->now.plugged && a->now.hdcp == b->now.hdcp && a->now.acp == b->now.acp &&
           a->now.cgmsa == b->now.cgmsa && a->now.devices == b->now.devices && a->losses == b->losses &&
           a->reconfigurations == b->reconfigurations && a->now.receiver == b->now.receiver &&
           a->now.receiver_flags == b->now.receiver_flags && a->now.receiver_devices == b->now.receiver_devices &&
           a->now.receiver_depth == b->now.receiver_depth && strcmp(a->now.display, b->now.display) == 0;
}

#endif
