#include "wake.h"

#include <sys/socket.h>

static bool event_waits(const struct client *client) {
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(client->device, &view);
    return view.events != COPP_STATUS_NORMAL;
}

/* While a command is under way its answer comes first. Where sending fails the player looks when it is due: nobody is waited for. */
void wake(struct client *client) {
    uint8_t packet[PACKET_HEADER_SIZE];
    if (!client->wakes || client->woken || client->waiting || !client->device || !event_waits(client))
        return;
    client->woken = true;
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, PACKET_WAKE, 0}, packet);
    (void)send(client->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void wake_all(struct server *server, uint32_t connector) {
    for (struct client *client = server->clients; client; client = client->next) {
        if (client->connector == connector)
            wake(client);
    }
}
