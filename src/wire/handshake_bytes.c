#include "wire/handshake_bytes.h"

#include "wire/cursor.h"

void copp_handshake_encode(const struct copp_handshake *handshake, uint8_t *bytes) {
    struct copp_writer out = {bytes, COPP_HANDSHAKE_SIZE};
    (void)copp_write_bytes(&out, handshake->random, COPP_RANDOM_SIZE); /* SES-4 */
    (void)copp_write_bytes(&out, handshake->session_key, COPP_KEY_SIZE);
    (void)copp_write_u32le(&out, handshake->status_sequence);
    (void)copp_write_u32le(&out, handshake->command_sequence);
}

void copp_handshake_decode(const uint8_t *bytes, struct copp_handshake *handshake) {
    struct copp_reader in = {bytes, COPP_HANDSHAKE_SIZE};
    (void)copp_read_bytes(&in, handshake->random, COPP_RANDOM_SIZE);
    (void)copp_read_bytes(&in, handshake->session_key, COPP_KEY_SIZE);
    (void)copp_read_u32le(&in, &handshake->status_sequence);
    (void)copp_read_u32le(&in, &handshake->command_sequence);
}

void copp_reverse(const uint8_t *in, size_t size, uint8_t *out) {
    for (size_t i = 0; i < size; i++)
        out[i] = in[size - 1 - i];
}
