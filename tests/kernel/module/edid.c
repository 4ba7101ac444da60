// SPDX-License-Identifier: GPL-2.0
/* The EDID of a small display: 640x480 at 60 Hz, little to draw for a machine that is emulated, and a few larger modes. */
#include "copp_drm.h"

#include <linux/string.h>

static void descriptor(u8 *at, u8 tag, const char *text) {
    at[3] = tag;
    memset(at + 5, ' ', 13);
    memcpy(at + 5, text, strlen(text));
    at[5 + strlen(text)] = '\n';
}

static void sum(u8 *block) {
    u8 total = 0;
    unsigned i;

    for (i = 0; i < 127; i++)
        total += block[i];
    block[127] = -total;
}

/* CTA-861's block, of HDMI's displays: without it they are DVI's. */
static void extension(u8 *block) {
    static const u8 data[] = {
        0x02, 0x03, 0x0e, 0x00, /* what follows ends at 14 */
        0x43, 0x01, 0x10, 0x04, /* video: 640x480, 1080p and 720p of 60 Hz */
        0x65, 0x03, 0x0c, 0x00, 0x10, 0x00, /* HDMI, at 1.0.0.0 */
    };

    memcpy(block, data, sizeof(data));
    sum(block);
}

size_t edid_make(u8 edid[256], unsigned number, bool hdmi) {
    static const u8 head[] = {
        0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x0e, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
        0x24, 0x01, 0x03, 0x80, 0x34, 0x20, 0x78, 0x0a, /* digital, 52 by 32 cm, gamma 2.2, RGB, the first mode preferred */
        0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* sRGB */
        0x20, 0x08, 0x00, /* 640x480 and 1024x768 of 60 Hz */
        0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xd6,
        0x09, 0x80, 0xa0, 0x20, 0xe0, 0x2d, 0x10, 0x10, 0x60, 0xa2, 0x00, 0x08, 0x40, 0x21, 0x00, 0x00, 0x18,
    };
    static const u8 range[] = {0x00, 0x00, 0x00, 0xfd, 0x00, 0x32, 0x4b, 0x1e, 0x53,
                               0x11, 0x00, '\n', ' ',  ' ',  ' ',  ' ',  ' ',  ' '};
    char name[13];

    memset(edid, 0, 256);
    memcpy(edid, head, sizeof(head));
    edid[12] = number; /* of the series */
    snprintf(name, sizeof(name), "COPP test %u", number);
    descriptor(edid + 72, 0xfc, name);
    memcpy(edid + 90, range, sizeof(range));
    descriptor(edid + 108, 0xfe, "no display");
    edid[126] = hdmi;
    sum(edid);
    if (hdmi)
        extension(edid + 128);
    return hdmi ? 256 : 128;
}
