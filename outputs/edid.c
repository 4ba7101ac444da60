#include "outputs/edid.h"

#include <string.h>

bool edid_display(const uint8_t *bytes, size_t size, char display[EDID_DISPLAY_SIZE]) {
    struct copp_edid edid = {.size = sizeof edid};
    bool read = copp_edid_read(bytes, size, &edid) == COPP_OK;
    memcpy(display, edid.display, sizeof edid.display);
    return read;
}
