/* The requests, one at a time. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "conformance/pause.h"
#include "faulty_player.h"

#define OUTPUT "HDMI-1"

/* A player whose driver has gone, and that has not noticed. */
static void go_on_alone(struct player *p) {
    uint64_t end_ms = clock_ms() + 8000u;
    while (p->showing && clock_ms() < end_ms) {
        player_tick(p);
        pause_ms(WAY_TICK_MS);
    }
}

/* The answer, in *packet, of at least least and at most most bytes where it is a success. */
static enum reply request(struct player *p, uint32_t type, const uint8_t *body, size_t size, struct packet *packet, size_t least,
                          size_t most) {
    bool got = way_ask(p, type, body, size, packet);
    if (got && packet->type == PACKETS_DISCONNECT && has(p, FAULT_farewell_ignored))
        go_on_alone(p);
    if (!got && has(p, FAULT_end_ignored))
        go_on_alone(p);
    if (!got)
        return REPLY_BAD;
    if (packet->version != PACKETS_VERSION && !has(p, FAULT_any_version))
        return REPLY_BAD;
    if (packet->type != (type | PACKETS_ANSWER) && !has(p, FAULT_any_type))
        return REPLY_BAD;
    bool succeeded = packet->status == COPP_HR_OK || (has(p, FAULT_false_is_success) && packet->status < 0x80000000u);
    if (!succeeded)
        return REPLY_REFUSED;
    if (packet->size < least && has(p, FAULT_short_packets))
        packet->size = least; /* what the packet before has left there */
    p->empty = packet->size == 0 && least > 0;
    if (p->empty && (has(p, FAULT_empty_packets) || packet->status != COPP_HR_OK))
        return REPLY_OK;
    if (packet->size > most && has(p, FAULT_long_packets))
        packet->size = most;
    return packet->size >= least && packet->size <= most ? REPLY_OK : REPLY_BAD;
}

bool wire_open(struct player *p) {
    static struct packet packet;
    uint8_t body[PACKETS_OPENING] = {0};
    packets_put(body, sizeof body);
    packets_put(body + 4, has(p, FAULT_wake_is_loss) ? PACKETS_OPEN_WAKE : 0);
    packets_put(body + 8, p->opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP);
    strcpy((char *)body + 12, OUTPUT);
    return way_open(p) &&
           request(p, PACKETS_OPEN, body, sizeof body, &packet, PACKETS_OPENED, PACKETS_OPENED + PACKETS_GROWTH) == REPLY_OK;
}

enum reply wire_key_exchange(struct player *p) {
    static struct packet packet;
    enum reply reply = request(p, PACKETS_KEY_EXCHANGE, NULL, 0, &packet, COPP_RANDOM_SIZE, sizeof packet.body);
    if (reply != REPLY_OK)
        return reply;
    memcpy(p->random, packet.body, sizeof p->random);
    p->chain_size = packet.size - COPP_RANDOM_SIZE;
    p->chain = malloc(p->chain_size + 1);
    if (p->chain == NULL)
        return REPLY_BAD;
    memcpy(p->chain, packet.body + COPP_RANDOM_SIZE, p->chain_size);
    return REPLY_OK;
}

enum reply wire_start(struct player *p, const struct copp_signature *sealed) {
    static struct packet packet;
    return request(p, PACKETS_SEQUENCE_START, sealed->bytes, sizeof sealed->bytes, &packet, 0, 0);
}

static void tag(struct player *p, const uint8_t *bytes, size_t size, uint8_t *mac) {
    if (copp_omac_tag(p->omac, bytes, size, mac) != COPP_OK)
        exit(3);
}

enum reply wire_set(struct player *p, uint32_t type, uint32_t level) {
    static struct packet packet;
    uint8_t body[PACKETS_CONFIGURE_BODY] = {0};
    uint8_t *message = body + 8;
    packets_put(body, sizeof body);
    memcpy(message + 16, copp_opm_request_guid(COPP_SET_PROTECTION_LEVEL), COPP_GUID_SIZE);
    packets_put(message + 32, p->secrets.command_sequence);
    packets_put(message + 36, COPP_SET_PROTECTION_LEVEL_SIZE);
    packets_put(message + 40, type);
    packets_put(message + 44, level);
    tag(p, message + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, message);
    enum reply reply = p->opm ? request(p, PACKETS_CONFIGURE, body, sizeof body, &packet, 0, 0)
                              : request(p, PACKETS_COMMAND, message, COPP_MESSAGE_SIZE, &packet, 0, 0);
    if (reply == REPLY_BAD)
        return reply;
    check_record(p, packet.status, 4, message);
    if (reply == REPLY_REFUSED)
        p->refused++;
    else
        p->secrets.command_sequence++;
    return reply;
}

static void choose_random(struct player *p, uint8_t *random) {
    if (!way_random(random, COPP_RANDOM_SIZE))
        exit(3);
    if (has(p, FAULT_random_constant))
        memset(random, 9, COPP_RANDOM_SIZE);
    if (has(p, FAULT_random_zero))
        memset(random, 0, COPP_RANDOM_SIZE);
}

/* One request that no driver can understand: its sequence number is not used up. */
static void ask_nonsense(struct player *p, uint8_t *message) {
    if (!has(p, FAULT_sloppy_requests) || p->answered)
        return;
    static struct packet packet;
    uint8_t sloppy[PACKETS_INFORMATION_BODY];
    memcpy(sloppy, message - 20, sizeof sloppy);
    packets_put(sloppy + 20 + 32, p->secrets.status_sequence + 1);
    tag(p, sloppy + 20, COPP_MESSAGE_SIZE, sloppy + 4);
    if (request(p, p->opm ? PACKETS_INFORMATION : PACKETS_STATUS, p->opm ? sloppy : sloppy + 20,
                p->opm ? sizeof sloppy : COPP_MESSAGE_SIZE, &packet, COPP_MESSAGE_SIZE, COPP_MESSAGE_SIZE) == REPLY_REFUSED) {
        check_record(p, packet.status, 5, sloppy + 20);
        p->refused++;
    }
}

enum reply wire_ask(struct player *p, enum copp_request query, uint32_t type, struct told *told) {
    static struct packet packet;
    uint8_t body[PACKETS_INFORMATION_BODY] = {0};
    uint8_t *message = body + 4 + COPP_MAC_SIZE;
    *told = (struct told){.flags = 0};
    packets_put(body, sizeof body);
    choose_random(p, message);
    memcpy(message + 16, copp_opm_request_guid(query), COPP_GUID_SIZE);
    packets_put(message + 32, p->secrets.status_sequence);
    packets_put(message + 36, type != 0 ? 4 : 0);
    packets_put(message + 40, type);
    ask_nonsense(p, message);
    tag(p, message, COPP_MESSAGE_SIZE, body + 4);
    memcpy(packet.body, p->last, sizeof p->last);
    enum reply reply =
        p->opm ? request(p, PACKETS_INFORMATION, body, sizeof body, &packet, COPP_MESSAGE_SIZE, COPP_MESSAGE_SIZE)
               : request(p, PACKETS_STATUS, message, COPP_MESSAGE_SIZE, &packet, COPP_MESSAGE_SIZE, COPP_MESSAGE_SIZE);
    if (reply == REPLY_OK && p->empty)
        memcpy(packet.body, p->last, sizeof p->last);
    bool good = reply == REPLY_OK && (p->empty || check_answer(p, message, packet.body));
    if (reply == REPLY_REFUSED) {
        check_record(p, packet.status, 5, message);
        p->refused++;
    }
    if (reply == REPLY_REFUSED && p->playing && has(p, FAULT_query_refusal_ignored)) {
        go_on_alone(p);
        return reply;
    }
    if (reply != REPLY_OK || !good)
        return reply == REPLY_REFUSED ? reply : REPLY_BAD;
    p->answered = true;
    p->secrets.status_sequence++;
    if (type != 0)
        memcpy(p->last, packet.body, sizeof p->last);
    told->flags = packets_get(packet.body + 36);
    told->value = packets_get(packet.body + 40);
    memcpy(told->bytes, packet.body + 20, sizeof told->bytes);
    return REPLY_OK;
}
