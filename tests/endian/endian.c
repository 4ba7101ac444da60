/*
 * Prints every structure of the wire, encoded and decoded again. endian.sh runs it on this machine and on an emulated
 * big-endian one: both must print the same (WIRE-1..10, OPM-WIRE-8, OPM-WIRE-10).
 */
#include <stdio.h>
#include <string.h>

#include "copp/opm.h"
#include "copp/protocol.h"
#include "wire/cursor.h"
#include "wire/handshake_bytes.h"

static void print_bytes(const char *name, const uint8_t *bytes, size_t size) {
    printf("%s", name);
    for (size_t i = 0; i < size; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
}

static uint32_t counter;

static uint32_t next(void) {
    return counter += 0x01234567;
}

/* Encodes a structure, decodes it and encodes what came out: three lines that say all. */
#define SHOW(kind, value, size)                                                                                                  \
    do {                                                                                                                         \
        uint8_t bytes[size];                                                                                                     \
        struct copp_##kind back;                                                                                                 \
        copp_##kind##_encode(&(value), bytes);                                                                                   \
        print_bytes(#kind, bytes, sizeof bytes);                                                                                 \
        printf("decoded %d\n", copp_##kind##_decode(bytes, sizeof bytes, &back));                                                \
        copp_##kind##_encode(&back, bytes);                                                                                      \
        print_bytes("again", bytes, sizeof bytes);                                                                               \
    } while (0)

static void show_data(void) {
    const struct copp_set_protection_level level = {next(), next(), next(), next()};
    SHOW(set_protection_level, level, COPP_SET_PROTECTION_LEVEL_SIZE);
    const struct copp_set_signaling signaling = {.standard = next(), .aspect = {{next(), next()}}, .reserved = next()};
    SHOW(set_signaling, signaling, COPP_SET_SIGNALING_SIZE);
    const struct copp_status status = {{1, 2, 3}, next(), next(), next(), next()};
    SHOW(status, status, COPP_STATUS_SIZE);
    const struct copp_status_display display = {{4, 5, 6}, next(), {next(), next(), next(), next(), 60000, 1001}};
    SHOW(status_display, display, COPP_STATUS_DISPLAY_SIZE);
    printf("height %u of %u\n", display.display.height, display.display.frequency_numerator);
    const struct copp_status_hdcp_key key = {.flags = next(), .hdcp_flags = next(), .bksv = {1, 2, 3, 4, 5}};
    SHOW(status_hdcp_key, key, COPP_STATUS_HDCP_KEY_SIZE);
    const struct copp_status_signaling state = {.flags = next(), .tv_type = next(), .extended_info_data = {0, 0, 0, next()}};
    SHOW(status_signaling, state, COPP_STATUS_SIGNALING_SIZE);
    const struct copp_opm_output_id id = {{7, 8, 9}, next(), 0x0123456789abcdefu};
    SHOW(opm_output_id, id, COPP_OPM_OUTPUT_ID_SIZE);
    const struct copp_opm_set_hdcp_srm srm = {next()};
    SHOW(opm_set_hdcp_srm, srm, COPP_OPM_SET_HDCP_SRM_SIZE);
    struct copp_format format = copp_format_unpack(next());
    printf("format %x of sample format %u\n", copp_format_pack(&format), format.sample_format);
}

static void show_messages(void) {
    static const uint8_t data[] = {9, 8, 7};
    static struct copp_command command;
    static struct copp_status_input input;
    static struct copp_status_output output;
    struct copp_command_fields fields = {.sequence = next(), .size = sizeof data, .data = data};
    struct copp_status_input_fields asked = {.sequence = next(), .size = sizeof data, .data = data};
    const struct copp_status_output_fields answered = {.size = sizeof data, .data = data};
    memcpy(fields.guid, copp_request_guid(COPP_SET_SIGNALING), sizeof fields.guid);
    memcpy(asked.guid, copp_request_guid(COPP_QUERY_BUS_DATA), sizeof asked.guid);
    printf("results %d %d %d\n", copp_command_encode(&fields, &command), copp_status_input_encode(&asked, &input),
           copp_status_output_encode(&answered, &output));
    print_bytes("command", command.bytes, 64);
    print_bytes("input", input.bytes, 64);
    print_bytes("output", output.bytes, 64);
    copp_command_decode(&command, &fields);
    printf("sequence %x size %u\n", fields.sequence, fields.size);
}

static void show_rest(void) {
    const struct copp_handshake handshake = {{1}, {2}, next(), next()};
    uint8_t bytes[COPP_HANDSHAKE_SIZE];
    copp_handshake_encode(&handshake, bytes);
    print_bytes("handshake", bytes, sizeof bytes);
    struct copp_reader in = {bytes + 32, 8};
    uint32_t big = 0;
    uint32_t middle = 0;
    bool read = copp_read_u24be(&in, &middle) && copp_read_u32be(&in, &big);
    printf("big-endian %d %x %x\n", read, middle, big);
}

int main(void) {
    show_data();
    show_messages();
    show_rest();
    return 0;
}
