#include "packet.h"

#include <string.h>

#include "wire/cursor.h"

/* None of these can run over: the sizes are the parameters' types. */

void copp_packet_header_encode(const struct packet_header *header, uint8_t bytes[PACKET_HEADER_SIZE]) {
    struct copp_writer out = {bytes, PACKET_HEADER_SIZE};
    (void)copp_write_u32le(&out, header->version);
    (void)copp_write_u32le(&out, header->type);
    (void)copp_write_u32le(&out, header->status);
}

void copp_packet_header_decode(const uint8_t bytes[PACKET_HEADER_SIZE], struct packet_header *header) {
    struct copp_reader in = {bytes, PACKET_HEADER_SIZE};
    (void)copp_read_u32le(&in, &header->version);
    (void)copp_read_u32le(&in, &header->type);
    (void)copp_read_u32le(&in, &header->status);
}

/* A body that may grow says first how long it is. What is behind the part that is known is a younger daemon's. */
static bool has_its_size(struct copp_reader *in, size_t known) {
    size_t size = in->left;
    uint32_t told = 0;
    return size >= known && copp_read_u32le(in, &told) && told == size;
}

static void write_receiver(struct copp_writer *out, const struct copp_socket_connector *connector) {
    uint8_t ksv[8] = {0};
    memcpy(ksv, connector->receiver_ksv, sizeof connector->receiver_ksv);
    (void)copp_write_u32le(out, connector->receiver);
    (void)copp_write_u32le(out, connector->receiver_flags);
    (void)copp_write_u32le(out, connector->receiver_devices);
    (void)copp_write_u32le(out, connector->receiver_depth);
    (void)copp_write_bytes(out, ksv, sizeof ksv);
}

/* An older daemon tells of none. */
static void read_receiver(struct copp_reader *in, struct copp_socket_connector *connector) {
    connector->receiver = COPP_SOCKET_RECEIVER_UNKNOWN;
    connector->receiver_flags = connector->receiver_devices = connector->receiver_depth = 0;
    memset(connector->receiver_ksv, 0, sizeof connector->receiver_ksv);
    if (in->left < PACKET_RECEIVER_SIZE)
        return;
    (void)copp_read_u32le(in, &connector->receiver);
    (void)copp_read_u32le(in, &connector->receiver_flags);
    (void)copp_read_u32le(in, &connector->receiver_devices);
    (void)copp_read_u32le(in, &connector->receiver_depth);
    (void)copp_read_bytes(in, connector->receiver_ksv, sizeof connector->receiver_ksv);
}

static void write_connector(struct copp_writer *out, const struct copp_socket_connector *connector) {
    (void)copp_write_u32le(out,
                           (connector->real ? PACKET_CONNECTOR_REAL : 0) | (connector->plugged ? PACKET_CONNECTOR_PLUGGED : 0));
    (void)copp_write_u32le(out, connector->connector_type);
    (void)copp_write_u32le(out, connector->protection_types);
    (void)copp_write_bytes(out, (const uint8_t *)connector->name, sizeof connector->name);
    (void)copp_write_u32le(out, connector->hdcp);
    (void)copp_write_u32le(out, connector->acp);
    (void)copp_write_u32le(out, connector->cgmsa);
    (void)copp_write_u32le(out, connector->devices);
    (void)copp_write_bytes(out, (const uint8_t *)connector->display, sizeof connector->display);
    (void)copp_write_u32le(out, connector->pending_limit_ms);
    write_receiver(out, connector);
}

static bool read_connector(struct copp_reader *in, struct copp_socket_connector *connector) {
    uint32_t flags = 0;
    connector->size = sizeof *connector;
    (void)copp_read_u32le(in, &flags);
    connector->real = flags & PACKET_CONNECTOR_REAL;
    connector->plugged = flags & PACKET_CONNECTOR_PLUGGED;
    (void)copp_read_u32le(in, &connector->connector_type);
    (void)copp_read_u32le(in, &connector->protection_types);
    (void)copp_read_bytes(in, (uint8_t *)connector->name, sizeof connector->name);
    (void)copp_read_u32le(in, &connector->hdcp);
    (void)copp_read_u32le(in, &connector->acp);
    (void)copp_read_u32le(in, &connector->cgmsa);
    (void)copp_read_u32le(in, &connector->devices);
    (void)copp_read_bytes(in, (uint8_t *)connector->display, sizeof connector->display);
    (void)copp_read_u32le(in, &connector->pending_limit_ms);
    read_receiver(in, connector);
    return connector->name[sizeof connector->name - 1] == 0 && connector->display[sizeof connector->display - 1] == 0;
}

void copp_packet_connector_encode(const struct copp_socket_connector *connector, uint8_t bytes[PACKET_CONNECTOR_SIZE]) {
    struct copp_writer out = {bytes, PACKET_CONNECTOR_SIZE};
    (void)copp_write_u32le(&out, PACKET_CONNECTOR_SIZE);
    write_connector(&out, connector);
}

bool copp_packet_connector_decode(const uint8_t *bytes, size_t size, struct copp_socket_connector *connector) {
    struct copp_reader in = {bytes, size};
    return has_its_size(&in, PACKET_CONNECTOR_LEAST) && read_connector(&in, connector);
}

/* What a younger client has appended is zero, and so asks for nothing. */
static bool asks_for_no_more(const uint8_t *bytes, size_t known, size_t size) {
    for (size_t i = known; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

void copp_packet_open_encode(const struct packet_open *open, uint8_t bytes[PACKET_OPEN_SIZE]) {
    struct copp_writer out = {bytes, PACKET_OPEN_SIZE};
    (void)copp_write_u32le(&out, PACKET_OPEN_SIZE);
    (void)copp_write_u32le(&out, open->flags);
    (void)copp_write_u32le(&out, open->semantics);
    (void)copp_write_bytes(&out, (const uint8_t *)open->name, sizeof open->name);
}

bool copp_packet_open_decode(const uint8_t *bytes, size_t size, struct packet_open *open) {
    struct copp_reader in = {bytes, size};
    if (!has_its_size(&in, PACKET_OPEN_SIZE))
        return false;
    (void)copp_read_u32le(&in, &open->flags);
    (void)copp_read_u32le(&in, &open->semantics);
    (void)copp_read_bytes(&in, (uint8_t *)open->name, sizeof open->name);
    return !(open->flags & ~PACKET_OPEN_FLAGS) && open->name[sizeof open->name - 1] == 0 &&
           asks_for_no_more(bytes, PACKET_OPEN_SIZE, size);
}

void copp_packet_opened_encode(const struct packet_opened *opened, uint8_t bytes[PACKET_OPENED_SIZE]) {
    struct copp_writer out = {bytes, PACKET_OPENED_SIZE};
    (void)copp_write_u32le(&out, PACKET_OPENED_SIZE);
    (void)copp_write_u32le(&out, opened->flags);
    (void)copp_write_u32le(&out, opened->pending_limit_ms);
}

bool copp_packet_opened_decode(const uint8_t *bytes, size_t size, struct packet_opened *opened) {
    struct copp_reader in = {bytes, size};
    if (!has_its_size(&in, PACKET_OPENED_SIZE))
        return false;
    (void)copp_read_u32le(&in, &opened->flags);
    (void)copp_read_u32le(&in, &opened->pending_limit_ms);
    return opened->pending_limit_ms > 0 && opened->pending_limit_ms <= PACKET_PENDING_LIMIT_MAX;
}

void copp_packet_adopt_encode(const struct packet_adopt *adopt, uint8_t bytes[PACKET_ADOPT_SIZE]) {
    struct copp_writer out = {bytes, PACKET_ADOPT_SIZE};
    (void)copp_write_u32le(&out, PACKET_ADOPT_SIZE);
    (void)copp_write_u32le(&out, adopt->flags);
    (void)copp_write_bytes(&out, (const uint8_t *)adopt->owner, sizeof adopt->owner);
}

bool copp_packet_adopt_decode(const uint8_t *bytes, size_t size, struct packet_adopt *adopt) {
    struct copp_reader in = {bytes, size};
    if (!has_its_size(&in, PACKET_ADOPT_SIZE))
        return false;
    (void)copp_read_u32le(&in, &adopt->flags);
    (void)copp_read_bytes(&in, (uint8_t *)adopt->owner, sizeof adopt->owner);
    return !adopt->flags && adopt->owner[sizeof adopt->owner - 1] == 0 && asks_for_no_more(bytes, PACKET_ADOPT_SIZE, size);
}

void copp_packet_record_encode(const struct packet_record *record, uint8_t bytes[PACKET_RECORD_SIZE]) {
    struct copp_writer out = {bytes, PACKET_RECORD_SIZE};
    (void)copp_write_u32le(&out, PACKET_RECORD_SIZE);
    (void)copp_write_u32le(&out, record->flags);
}

bool copp_packet_record_decode(const uint8_t *bytes, size_t size, struct packet_record *record) {
    struct copp_reader in = {bytes, size};
    if (!has_its_size(&in, PACKET_RECORD_SIZE))
        return false;
    (void)copp_read_u32le(&in, &record->flags);
    return !(record->flags & ~PACKET_RECORD_FLAGS) && asks_for_no_more(bytes, PACKET_RECORD_SIZE, size);
}

void copp_packet_recorded_encode(uint8_t bytes[PACKET_RECORDED_SIZE]) {
    struct copp_writer out = {bytes, PACKET_RECORDED_SIZE};
    (void)copp_write_u32le(&out, PACKET_RECORDED_SIZE);
    (void)copp_write_u32le(&out, 0);
}

bool copp_packet_recorded_decode(const uint8_t *bytes, size_t size) {
    struct copp_reader in = {bytes, size};
    return has_its_size(&in, PACKET_RECORDED_SIZE);
}

void copp_packet_adopted_encode(const struct packet_adopted *adopted, uint8_t bytes[PACKET_ADOPTED_SIZE]) {
    struct copp_writer out = {bytes, PACKET_ADOPTED_SIZE};
    (void)copp_write_u32le(&out, PACKET_ADOPTED_SIZE);
    (void)copp_write_u32le(&out, adopted->flags);
    (void)copp_write_u32le(&out, adopted->connectors);
    (void)copp_write_bytes(&out, (const uint8_t *)adopted->card, sizeof adopted->card);
}

bool copp_packet_adopted_decode(const uint8_t *bytes, size_t size, struct packet_adopted *adopted) {
    struct copp_reader in = {bytes, size};
    if (!has_its_size(&in, PACKET_ADOPTED_SIZE))
        return false;
    (void)copp_read_u32le(&in, &adopted->flags);
    (void)copp_read_u32le(&in, &adopted->connectors);
    (void)copp_read_bytes(&in, (uint8_t *)adopted->card, sizeof adopted->card);
    return adopted->card[sizeof adopted->card - 1] == 0;
}

bool copp_packet_information_known(const uint8_t *bytes, size_t size) {
    return asks_for_no_more(bytes, PACKET_INFORMATION_SIZE, size);
}

void copp_packet_information_encode(const uint8_t mac[COPP_MAC_SIZE], uint8_t ahead[PACKET_INFORMATION_AHEAD + COPP_MAC_SIZE]) {
    struct copp_writer out = {ahead, PACKET_INFORMATION_AHEAD + COPP_MAC_SIZE};
    (void)copp_write_u32le(&out, PACKET_INFORMATION_SIZE);
    (void)copp_write_bytes(&out, mac, COPP_MAC_SIZE);
}

/* OPM-SET-3: of more than may be copied nothing travels but the size. */
static size_t additional_sent(size_t size) {
    return size <= COPP_OPM_ADDITIONAL_MAX ? size : 0;
}

bool copp_packet_configure_decode(const uint8_t *bytes, size_t size, uint32_t *additional_size) {
    *additional_size = copp_packet_word(bytes + 4);
    size_t known = PACKET_CONFIGURE_SIZE + additional_sent(*additional_size);
    return size >= known && asks_for_no_more(bytes, known, size);
}

size_t copp_packet_configure_encode(size_t additional_size, uint8_t ahead[PACKET_CONFIGURE_AHEAD]) {
    struct copp_writer out = {ahead, PACKET_CONFIGURE_AHEAD};
    size_t sent = additional_sent(additional_size);
    (void)copp_write_u32le(&out, (uint32_t)(PACKET_CONFIGURE_SIZE + sent));
    (void)copp_write_u32le(&out, additional_size < UINT32_MAX ? (uint32_t)additional_size : UINT32_MAX);
    return sent;
}

size_t copp_packet_news_size(uint32_t kind) {
    static const size_t sizes[] = {[COPP_SOCKET_CONNECTOR] = PACKET_CONNECTOR_NEWS_SIZE,
                                   [COPP_SOCKET_SESSION] = PACKET_SESSION_NEWS_SIZE,
                                   [COPP_SOCKET_ENDED] = PACKET_ENDED_NEWS_SIZE,
                                   [COPP_SOCKET_REFUSED] = PACKET_REFUSED_NEWS_SIZE};
    return kind < sizeof sizes / sizeof sizes[0] ? sizes[kind] : 0;
}

static void write_u64(struct copp_writer *out, uint64_t value) {
    (void)copp_write_u32le(out, (uint32_t)value);
    (void)copp_write_u32le(out, (uint32_t)(value >> 32));
}

static uint64_t read_u64(struct copp_reader *in) {
    uint32_t low = 0;
    uint32_t high = 0;
    (void)copp_read_u32le(in, &low);
    (void)copp_read_u32le(in, &high);
    return (uint64_t)high << 32 | low;
}

static void write_session(struct copp_writer *out, const struct copp_socket_session_news *session) {
    write_u64(out, session->id);
    (void)copp_write_u32le(out, session->connector);
    (void)copp_write_u32le(out, session->uid);
    (void)copp_write_u32le(out, session->pid);
    (void)copp_write_u32le(out, session->state);
    (void)copp_write_u32le(out, session->hdcp);
    (void)copp_write_u32le(out, session->acp);
    (void)copp_write_u32le(out, session->cgmsa);
    (void)copp_write_u32le(out, session->events);
    write_u64(out, session->age_ms);
}

static bool read_session(struct copp_reader *in, struct copp_socket_session_news *session) {
    uint32_t state = 0;
    session->id = read_u64(in);
    (void)copp_read_u32le(in, &session->connector);
    (void)copp_read_u32le(in, &session->uid);
    (void)copp_read_u32le(in, &session->pid);
    (void)copp_read_u32le(in, &state);
    (void)copp_read_u32le(in, &session->hdcp);
    (void)copp_read_u32le(in, &session->acp);
    (void)copp_read_u32le(in, &session->cgmsa);
    (void)copp_read_u32le(in, &session->events);
    session->age_ms = read_u64(in);
    session->state = (enum copp_socket_state)state;
    return state >= COPP_SOCKET_OPENED && state <= COPP_SOCKET_UNDER_WAY;
}

void copp_packet_news_encode(const struct packet_news *news, uint8_t bytes[PACKET_NEWS_SIZE_MAX]) {
    struct copp_writer out = {bytes, PACKET_NEWS_SIZE_MAX};
    (void)copp_write_u32le(&out, (uint32_t)copp_packet_news_size(news->kind));
    switch (news->kind) {
    case COPP_SOCKET_CONNECTOR:
        (void)copp_write_u32le(&out, news->u.connector.index);
        (void)copp_write_u32le(&out, news->u.connector.losses);
        (void)copp_write_u32le(&out, news->u.connector.reconfigurations);
        write_connector(&out, &news->u.connector.now); /* last: as in list's answer, what is added comes behind it */
        break;
    case COPP_SOCKET_SESSION:
        write_session(&out, &news->u.session);
        break;
    case COPP_SOCKET_ENDED:
        write_u64(&out, news->u.ended.id);
        (void)copp_write_u32le(&out, news->u.ended.disconnect);
        break;
    case COPP_SOCKET_REFUSED:
        write_u64(&out, news->u.refused.id);
        (void)copp_write_u32le(&out, news->u.refused.uid);
        (void)copp_write_u32le(&out, news->u.refused.pid);
        (void)copp_write_u32le(&out, news->u.refused.request);
        (void)copp_write_u32le(&out, news->u.refused.status);
        (void)copp_write_u32le(&out, news->u.refused.count);
        break;
    case COPP_SOCKET_COMPLETE:
        break;
    }
}

bool copp_packet_news_decode(const uint8_t *bytes, size_t size, uint32_t kind, struct packet_news *news) {
    struct copp_reader in = {bytes, size};
    news->kind = (enum copp_socket_kind)kind;
    if (kind == COPP_SOCKET_COMPLETE)
        return size == 0;
    if (!has_its_size(&in, copp_packet_news_size(kind)))
        return false;
    switch (kind) {
    case COPP_SOCKET_CONNECTOR:
        (void)copp_read_u32le(&in, &news->u.connector.index);
        (void)copp_read_u32le(&in, &news->u.connector.losses);
        (void)copp_read_u32le(&in, &news->u.connector.reconfigurations);
        return read_connector(&in, &news->u.connector.now);
    case COPP_SOCKET_SESSION:
        return read_session(&in, &news->u.session);
    case COPP_SOCKET_ENDED:
        news->u.ended.id = read_u64(&in);
        (void)copp_read_u32le(&in, &news->u.ended.disconnect);
        return true;
    case COPP_SOCKET_REFUSED:
        news->u.refused.id = read_u64(&in);
        (void)copp_read_u32le(&in, &news->u.refused.uid);
        (void)copp_read_u32le(&in, &news->u.refused.pid);
        (void)copp_read_u32le(&in, &news->u.refused.request);
        (void)copp_read_u32le(&in, &news->u.refused.status);
        (void)copp_read_u32le(&in, &news->u.refused.count);
        return news->u.refused.request < PACKET_TYPE_COUNT && news->u.refused.count > 0;
    default:
        return false;
    }
}

const char *copp_packet_disconnect_text(uint32_t disconnect) {
    static const char *const texts[DISCONNECT_COUNT] = {
        [DISCONNECT_MALFORMED] = "coppd did not understand a packet",
        [DISCONNECT_VERSION] = "coppd speaks another version of its protocol",
        [DISCONNECT_FULL] = "coppd has reached its limit of sessions",
        [DISCONNECT_USER_LIMIT] = "this user has reached coppd's limit of sessions",
        [DISCONNECT_RATE] = "this user opens sessions faster than coppd allows",
        [DISCONNECT_UNREAD] = "its answers were not read",
        [DISCONNECT_OWNER_ENDED] = "the program whose card was lent has ended",
        [DISCONNECT_OVERWRITTEN] = "the program whose card was lent writes its content protection itself",
        [DISCONNECT_CARD_GONE] = "the card that was lent is gone",
    };
    return disconnect < DISCONNECT_COUNT ? texts[disconnect] : NULL;
}

uint32_t copp_packet_word(const uint8_t bytes[4]) {
    struct copp_reader in = {bytes, 4};
    uint32_t word = 0;
    (void)copp_read_u32le(&in, &word);
    return word;
}

void copp_packet_put_word(uint32_t word, uint8_t bytes[4]) {
    struct copp_writer out = {bytes, 4};
    (void)copp_write_u32le(&out, word);
}
