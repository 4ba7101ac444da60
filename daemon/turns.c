#include "turns.h"

/* A share for each turn since the last look, as far as it was used up: a debt is paid off, nothing is saved. */
static void refill(const struct server *server, struct user *user) {
    uint64_t turns = server->turn - user->turn;
    user->turn = server->turn;
    if (turns >= TURN_HANDSHAKE)
        user->share = TURN_SHARE;
    else
        user->share += (int)turns * TURN_SHARE;
    if (user->share > TURN_SHARE)
        user->share = TURN_SHARE;
}

static void end_later(struct server *server) {
    (void)sd_event_source_set_enabled(server->turn_end, SD_EVENT_ON);
}

static void wait_for_turn(struct client *client, uint32_t events) {
    struct user *user = client->user;
    client->queued_events |= events;
    if (client->queued)
        return;
    client->queued = true;
    client->next_queued = NULL;
    client->previous_queued = user->last_queued;
    *(user->last_queued ? &user->last_queued->next_queued : &user->first_queued) = client;
    user->last_queued = client;
    client->server->queued_count++;
    end_later(client->server);
}

bool turns_admit(struct client *client, uint32_t events) {
    refill(client->server, client->user);
    if (client->user->share > 0 && !client->user->first_queued)
        return true;
    wait_for_turn(client, events);
    return false;
}

void turns_charge(struct client *client, int cost) {
    client->user->share -= cost;
}

void turns_leave(struct client *client) {
    struct user *user = client->user;
    if (!client->queued)
        return;
    *(client->previous_queued ? &client->previous_queued->next_queued : &user->first_queued) = client->next_queued;
    *(client->next_queued ? &client->next_queued->previous_queued : &user->last_queued) = client->previous_queued;
    client->queued = false;
    client->queued_events = 0;
    client->server->queued_count--;
}

bool turns_accept(struct server *server) {
    if (server->accepts++ < TURN_ACCEPTS)
        return true;
    server->listener_rests = true;
    (void)sd_event_source_set_enabled(server->listener, SD_EVENT_OFF);
    end_later(server);
    return false;
}

void turns_accepted_scraper(struct server *server) {
    server->scrapers_rest = true;
    (void)sd_event_source_set_enabled(server->metrics_listener, SD_EVENT_OFF);
    end_later(server);
}

void turns_begin(struct server *server) {
    server->turn++;
    server->accepts = 0;
    if (server->listener_rests)
        (void)sd_event_source_set_enabled(server->listener, SD_EVENT_ON);
    server->listener_rests = false;
    if (server->scrapers_rest)
        (void)sd_event_source_set_enabled(server->metrics_listener, SD_EVENT_ON);
    server->scrapers_rest = false;
}

struct client *turns_next(struct server *server, struct user *user, uint32_t *events) {
    struct client *client = user->first_queued;
    refill(server, user);
    if (!client || user->share <= 0)
        return NULL;
    *events = client->queued_events;
    turns_leave(client);
    return client;
}

void turns_end(struct server *server) {
    if (!server->queued_count && !server->listener_rests)
        (void)sd_event_source_set_enabled(server->turn_end, SD_EVENT_OFF);
}
