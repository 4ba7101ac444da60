#include "packet.h"

#include "wire/cursor.h"

/* None of these can run over: the sizes are the parameters' types. */

void packet_header_encode(const struct packet_header *header, uint8_t bytes[PACKET_HEADER_SIZE]) {
    struct copp_writer out = {bytes, PACKET_HEADER_SIZE};
    (void)copp_write_u32le(&out, header->version);
    (void)copp_write_u32le(&out, header->type);
    (void)copp_write_u32le(&out, header->status);
}

void packet_header_decode(const uint8_t bytes[PACKET_HEADER_SIZE], struct packet_header *header) {
    struct copp_reader in = {bytes, PACKET_HEADER_SIZE};
    (void)copp_read_u32le(&in, &header->version);
    (void)copp_read_u32le(&in, &header->type);
    (void)copp_read_u32le(&in, &header->status);
}

void packet_connector_encode(const struct copp_socket_connector *connector, uint8_t bytes[PACKET_CONNECTOR_SIZE]) {
    struct copp_writer out = {bytes, PACKET_CONNECTOR_SIZE};
    (void)copp_write_bytes(&out, (const uint8_t *)connector->name, sizeof connector->name);
    (void)copp_write_u32le(&out, connector->hdcp);
    (void)copp_write_u32le(&out, connector->acp);
    (void)copp_write_u32le(&out, connector->cgmsa);
    (void)copp_write_u32le(&out, connector->devices);
}

bool packet_connector_decode(const uint8_t bytes[PACKET_CONNECTOR_SIZE], struct copp_socket_connector *connector) {
    struct copp_reader in = {bytes, PACKET_CONNECTOR_SIZE};
    (void)copp_read_bytes(&in, (uint8_t *)connector->name, sizeof connector->name);
    (void)copp_read_u32le(&in, &connector->hdcp);
    (void)copp_read_u32le(&in, &connector->acp);
    (void)copp_read_u32le(&in, &connector->cgmsa);
    (void)copp_read_u32le(&in, &connector->devices);
    return connector->name[sizeof connector->name - 1] == 0;
}

uint32_t packet_word(const uint8_t bytes[4]) {
    struct copp_reader in = {bytes, 4};
    uint32_t word = 0;
    (void)copp_read_u32le(&in, &word);
    return word;
}

void packet_put_word(uint32_t word, uint8_t bytes[4]) {
    struct copp_writer out = {bytes, 4};
    (void)copp_write_u32le(&out, word);
}
