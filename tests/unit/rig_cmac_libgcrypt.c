#include "device_rig.h"

#include <gcrypt.h>

void rig_cmac(const uint8_t *key, const uint8_t *bytes, size_t size, uint8_t *tag) {
    gcry_mac_hd_t mac;
    size_t written = COPP_MAC_SIZE;
    assert_int_equal(gcry_mac_open(&mac, GCRY_MAC_CMAC_AES, 0, NULL), 0);
    assert_int_equal(gcry_mac_setkey(mac, key, COPP_KEY_SIZE), 0);
    assert_int_equal(gcry_mac_write(mac, bytes, size), 0);
    assert_int_equal(gcry_mac_read(mac, tag, &written), 0);
    assert_int_equal(written, COPP_MAC_SIZE);
    gcry_mac_close(mac);
}
