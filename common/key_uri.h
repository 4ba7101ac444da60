/* The name of a private key, for people: a PKCS #11 URI may hold the PIN of its token (RFC 7512), which belongs in no message. */
#ifndef COPP_COMMON_KEY_URI_H
#define COPP_COMMON_KEY_URI_H

#include <stddef.h>
#include <string.h>

#define KEY_URI_SHOWN 1024u /* bytes of one in a message */

/* Copies uri, cut off at size (at least 1), which counts the NUL; "..." stands for each PIN, whose end is its attribute's. */
static inline void key_uri_without_pin(const char *uri, char *shown, size_t size) {
    static const char attribute[] = "pin-value=";
    const char *query = strchr(uri, '?');
    size_t used = 0;
    while (*uri && used + sizeof attribute + sizeof "..." <= size) {
        if (strncmp(uri, attribute, sizeof attribute - 1) != 0) {
            shown[used++] = *uri++;
            continue;
        }
        memcpy(shown + used, "pin-value=...", sizeof "pin-value=..." - 1);
        used += sizeof "pin-value=..." - 1;
        uri += strcspn(uri, query && uri > query ? "&" : ";?");
    }
    shown[used] = 0;
}

#endif
