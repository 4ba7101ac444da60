/* What a display says of itself: its EDID, of which the first block is enough to tell one model from another. */
#ifndef COPP_OUTPUTS_EDID_H
#define COPP_OUTPUTS_EDID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copp/monitor.h"

#define EDID_BLOCK_SIZE COPP_EDID_SIZE /* extensions follow, which are not read */
#define EDID_DISPLAY_SIZE COPP_EDID_DISPLAY_SIZE /* of the text, with its NUL */

/*
 * Reads manufacturer, product and, where there is one, the product's name: "DEL A0B9 DELL U2415", in printable ASCII. The serial
 * number is left out: whoever may list the outputs would know this very device. The bytes are the display's, which may be
 * anybody's. False, and "", if they are not a whole and correct block.
 */
bool edid_display(const uint8_t *bytes, size_t size, char display[EDID_DISPLAY_SIZE]);

#endif
