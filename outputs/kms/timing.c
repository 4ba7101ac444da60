#include "outputs/kms/timing.h"

#include <string.h>

#include <xf86drmMode.h>

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Whether clock / pixels is number / denominator Hz within 1 in 4000: a quarter of what lies between 60 and 59.94. */
static bool about(uint64_t clock, uint64_t pixels, uint64_t number, uint64_t denominator) {
    uint64_t is = clock * denominator;
    uint64_t would = pixels * number;
    uint64_t difference = is > would ? is - would : would - is;
    return difference <= would / 4000;
}

/* QRY-6: clocks are rounded to kHz, so that the rate meant is near by: a whole number, or NTSC's 1000/1001 of one. */
static void set_rate(uint64_t clock, uint64_t pixels, struct copp_display *display) {
    uint64_t whole = (clock + pixels / 2) / pixels;
    if (whole && about(clock, pixels, whole, 1)) {
        clock = whole;
        pixels = 1;
    } else if (whole && about(clock, pixels, whole * 1000, 1001)) {
        clock = whole * 1000;
        pixels = 1001;
    } else {
        uint64_t divisor = greatest_common_divisor(clock, pixels);
        clock /= divisor;
        pixels /= divisor;
    }
    while (clock > UINT32_MAX || pixels > UINT32_MAX) {
        clock /= 2;
        pixels /= 2;
    }
    display->frequency_numerator = (uint32_t)clock;
    display->frequency_denominator = (uint32_t)pixels;
}

void kms_display_of(const struct kms_timing *timing, struct copp_display *display) {
    const uint64_t most_pixels = UINT64_C(1) << 32;
    const uint64_t most_clock = UINT64_C(1) << 40;
    memset(display, 0, sizeof *display);
    uint64_t pixels = (uint64_t)timing->total_width * timing->total_height * (timing->doubled ? 2 : 1);
    if (!pixels || pixels > most_pixels || !timing->clock_hz || timing->clock_hz > most_clock)
        return;
    struct copp_format format = {.sample_format = COPP_SAMPLE_PROGRESSIVE_FRAME};
    if (timing->interlaced) /* 525-line video begins with the odd field */
        format.sample_format = timing->height == 480 ? COPP_SAMPLE_INTERLEAVED_ODD_FIRST : COPP_SAMPLE_INTERLEAVED_EVEN_FIRST;
    display->width = timing->width;
    display->height = timing->height;
    display->format = copp_format_pack(&format);
    display->d3d_format = COPP_D3DFMT_X8R8G8B8;
    set_rate(timing->clock_hz * (timing->interlaced ? 2 : 1), pixels, display); /* fields */
}

uint32_t kms_connector_type_of(uint32_t drm_type) {
    switch (drm_type) {
    case DRM_MODE_CONNECTOR_VGA:
        return COPP_CONNECTOR_VGA;
    case DRM_MODE_CONNECTOR_DVII:
    case DRM_MODE_CONNECTOR_DVID:
    case DRM_MODE_CONNECTOR_DVIA:
        return COPP_CONNECTOR_DVI;
    case DRM_MODE_CONNECTOR_Composite:
        return COPP_CONNECTOR_COMPOSITE;
    case DRM_MODE_CONNECTOR_SVIDEO:
        return COPP_CONNECTOR_SVIDEO;
    case DRM_MODE_CONNECTOR_Component:
        return COPP_CONNECTOR_COMPONENT;
    case DRM_MODE_CONNECTOR_HDMIA:
    case DRM_MODE_CONNECTOR_HDMIB:
        return COPP_CONNECTOR_HDMI;
    case DRM_MODE_CONNECTOR_DisplayPort:
        return COPP_CONNECTOR_DISPLAYPORT_EXTERNAL;
    case DRM_MODE_CONNECTOR_eDP:
        return COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | COPP_CONNECTOR_INTERNAL;
    case DRM_MODE_CONNECTOR_LVDS:
        return COPP_CONNECTOR_LVDS | COPP_CONNECTOR_INTERNAL;
    default: /* a TV encoder's socket may be any of three; COPP does not know a panel's serial interface */
        return COPP_CONNECTOR_UNKNOWN;
    }
}

bool kms_connector_is_panel(uint32_t drm_type) {
    switch (drm_type) {
    case DRM_MODE_CONNECTOR_eDP:
    case DRM_MODE_CONNECTOR_LVDS:
    case DRM_MODE_CONNECTOR_DSI:
    case DRM_MODE_CONNECTOR_DPI:
    case DRM_MODE_CONNECTOR_SPI:
        return true;
    default:
        return false;
    }
}
