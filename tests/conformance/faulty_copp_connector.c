#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty_copp.h"

static const struct faulty_output outputs[5] = {
    {.name = "HDMI-1",
     .connector_type = COPP_CONNECTOR_HDMI,
     .types = COPP_PROTECTION_TYPE_HDCP,
     .modes = "1080p60 720p60",
     .ksv = "\x14\xf7\x61\x03\xb7"},
    {.name = "DVI-I-1",
     .connector_type = COPP_CONNECTOR_DVI,
     .types = 7,
     .modes = "720p60 480p59.94 1080i59.94 1080p60",
     .standards =
         COPP_TV_STANDARD_CEA805A_TYPEA_525P | COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEA_1125I,
     .default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P,
     .ksv = "\xcd\x1a\xf2\x1e\x51"},
    {.name = "Component-1",
     .connector_type = COPP_CONNECTOR_COMPONENT,
     .types = 6,
     .modes = "480i59.94 576i50 480p59.94 720p59.94 1080i59.94",
     .standards = COPP_TV_STANDARD_IEC61880_525I | COPP_TV_STANDARD_EN300294_625I | COPP_TV_STANDARD_CEA805A_TYPEA_525P,
     .default_standard = COPP_TV_STANDARD_IEC61880_525I,
     .tv_type = 1},
    {.name = "SVideo-1",
     .connector_type = COPP_CONNECTOR_SVIDEO,
     .types = 6,
     .modes = "480i59.94 576i50",
     .standards = COPP_TV_STANDARD_IEC61880_525I | COPP_TV_STANDARD_EIA608B_525 | COPP_TV_STANDARD_EN300294_625I,
     .default_standard = COPP_TV_STANDARD_IEC61880_525I,
     .tv_type = 1},
    {.name = "eDP-1", .connector_type = COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | COPP_CONNECTOR_INTERNAL, .modes = "1080p60"},
};

static void set_mode(struct faulty_output *output, const char *mode, size_t size) {
    (void)snprintf(output->mode, sizeof output->mode, "%.*s", (int)size, mode);
}

static void default_signaling(struct faulty_output *output) {
    output->standard = output->default_standard;
    memset(output->aspect, 0, sizeof output->aspect);
    memset(output->aspect_mask, 0, sizeof output->aspect_mask);
}

void faulty_outputs_init(struct faulty_driver *driver) {
    memcpy(driver->outputs, outputs, sizeof outputs);
    for (size_t i = 0; i < 5; i++) {
        set_mode(&driver->outputs[i], outputs[i].modes, strcspn(outputs[i].modes, " "));
        default_signaling(&driver->outputs[i]);
    }
}

void faulty_join(struct faulty_device *device) {
    struct faulty_output *output = device->output;
    for (int type = 0; type < TYPES; type++)
        device->level[type] = (output->types & (1u << type)) != 0 ? 0 : COPP_NO_PROTECTION_LEVEL_AVAILABLE; /* SES-1 */
    if (faulty(device->driver, FAULT_initial_level))
        device->level[(output->types & 1) != 0 ? HDCP : ACP] = 1;
    if (faulty(device->driver, FAULT_initial_unknown) && output->types != 0)
        device->level[(output->types & 2) != 0 ? ACP : HDCP] = COPP_NO_PROTECTION_LEVEL_AVAILABLE;
    if (faulty(device->driver, FAULT_initial_cgmsa) && (output->types & 4) != 0)
        device->level[CGMSA] = COPP_CGMSA_COPY_FREELY;
    memset(device->record, faulty(device->driver, FAULT_record_not_zero) ? 1 : 0, sizeof device->record);
    for (int type = 0; type < TYPES && faulty(device->driver, FAULT_initial_from_global); type++) {
        if ((output->types & (1u << type)) != 0)
            device->level[type] = faulty_global(device->driver, output, type);
    }
    device->flags = faulty(device->driver, FAULT_flags_of_output) ? output->last_flags : 0;
    if (output->devices == NULL)
        output->last_flags = 0;
    device->next = output->devices;
    output->devices = device;
}

void faulty_leave(struct faulty_device *device) {
    struct faulty_output *output = device->output;
    struct faulty_device **link = &output->devices;
    for (int type = 0; type < TYPES && faulty(device->driver, FAULT_close_keeps_level); type++)
        output->ghosts[type] = device->level[type] != COPP_NO_PROTECTION_LEVEL_AVAILABLE ? device->level[type] : 0;
    while (*link != device)
        link = &(*link)->next;
    *link = device->next;
    bool last = output->devices == NULL || faulty(device->driver, FAULT_signaling_leaves);
    if (last && !faulty(device->driver, FAULT_signaling_stays))
        default_signaling(output); /* CMD-5 */
}

/* ARB-2 */
static unsigned rank(const struct faulty_driver *driver, int type, uint32_t level) {
    static const unsigned acp[] = {0, 1, 3, 2};
    static const unsigned cgmsa[] = {0, 1, 3, 2, 4};
    if (type == ACP)
        return faulty(driver, FAULT_acp_by_number) ? level & 3 : acp[level & 3];
    if (type == CGMSA)
        return faulty(driver, FAULT_cgmsa_by_number) || level > 4 ? level & 7 : cgmsa[level];
    return level;
}

uint32_t faulty_global(const struct faulty_driver *driver, const struct faulty_output *output, int type) {
    uint32_t best = type == ACP && !faulty(driver, FAULT_desktop_ignored) ? output->desktop_acp : 0; /* ARB-5 */
    best = output->ghosts[type] != 0 ? output->ghosts[type] : best;
    uint32_t flag = 0;
    bool last = faulty(driver, FAULT_last_wins) && output->devices != NULL;
    for (const struct faulty_device *device = output->devices; device != NULL; device = device->next) {
        uint32_t level = device->level[type];
        if (level == COPP_NO_PROTECTION_LEVEL_AVAILABLE)
            continue;
        flag |= type == CGMSA ? level & 8 : 0; /* ARB-3 */
        level &= type == CGMSA ? 7u : UINT32_MAX;
        if (rank(driver, type, level) > rank(driver, type, best))
            best = level;
    }
    if (last && output->devices->level[type] != COPP_NO_PROTECTION_LEVEL_AVAILABLE)
        return output->devices->level[type];
    if (type == CGMSA && faulty(driver, FAULT_redistribution_not_global))
        flag = 0;
    if (type == ACP && output->desktop_acp != 0 && faulty(driver, FAULT_desktop_lowers))
        best = output->desktop_acp;
    return best | flag;
}

/* "1080i59.94" */
void faulty_signal(const struct faulty_output *output, struct copp_display *display, bool *interlaced) {
    char *end = NULL;
    *display = (struct copp_display){.height = (uint32_t)strtoul(output->mode, &end, 10), .d3d_format = COPP_D3DFMT_X8R8G8B8};
    *interlaced = *end == 'i';
    display->width = display->height == 1080 ? 1920 : display->height == 720 ? 1280 : 720;
    display->format = *interlaced ? COPP_SAMPLE_INTERLEAVED_EVEN_FIRST : COPP_SAMPLE_PROGRESSIVE_FRAME;
    bool ntsc = strcmp(end + 1, "59.94") == 0;
    display->frequency_numerator = ntsc ? 60000 : (uint32_t)strtoul(end + 1, NULL, 10);
    display->frequency_denominator = ntsc ? 1001 : 1;
}

bool faulty_fits(const struct faulty_output *output, uint32_t standard) {
    static const struct {
        uint32_t standards;
        uint32_t height;
        bool interlaced;
    } signals[] = {{0x80B, 480, true}, {0x10, 576, true},    {0x1120, 480, false},
                   {0x4, 576, false},  {0x2240, 720, false}, {0x4480, 1080, true}};
    struct copp_display display;
    bool interlaced;
    faulty_signal(output, &display, &interlaced);
    if (standard == 0 || output->connector_type == COPP_CONNECTOR_SVIDEO)
        return true;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if ((signals[i].standards & standard) != 0)
            return signals[i].height == display.height && signals[i].interlaced == interlaced;
    }
    return false;
}

bool faulty_carries_acp(const struct faulty_driver *driver, const struct faulty_output *output) {
    struct copp_display display;
    bool interlaced;
    faulty_signal(output, &display, &interlaced);
    bool limited = output->connector_type == COPP_CONNECTOR_COMPONENT;
    if (faulty(driver, FAULT_acp_any_resolution))
        limited = false;
    if (faulty(driver, FAULT_acp_limit_1080))
        return !limited || display.height < 1080;
    if (faulty(driver, FAULT_acp_limit_svideo))
        limited = limited || output->connector_type == COPP_CONNECTOR_SVIDEO;
    return !limited || display.height < (faulty(driver, FAULT_acp_limit_svideo) ? 570 : 720);
}

/* EVT-1 and EVT-3: what of types is held falls away. */
static void lose(struct faulty_driver *driver, struct faulty_output *output, uint32_t types) {
    output->last_flags = COPP_STATUS_LINK_LOST;
    for (struct faulty_device *device = output->devices; device != NULL; device = device->next) {
        bool other = device != output->devices && faulty(driver, FAULT_flag_to_one);
        bool holder = false;
        for (int type = 0; type < TYPES; type++) {
            bool held = device->level[type] != 0 && device->level[type] != COPP_NO_PROTECTION_LEVEL_AVAILABLE;
            holder |= held;
            if (held && (types & (1u << type)) != 0 && !faulty(driver, FAULT_loss_keeps_level))
                device->level[type] = 0;
        }
        bool late = device->state != ACTIVE && faulty(driver, FAULT_flag_to_active);
        if (!other && !late && (holder || !faulty(driver, FAULT_flag_to_holders)))
            device->flags |= COPP_STATUS_LINK_LOST;
    }
}

static void reconfigure(struct faulty_driver *driver, struct faulty_output *output) {
    uint32_t lost = 0;
    if (!faulty_carries_acp(driver, output)) {
        lost |= 2;
        output->desktop_acp = 0;
    }
    if (!faulty_fits(output, output->standard) && !faulty(driver, FAULT_mode_keeps_cgmsa))
        lost |= 4;
    if (output->clone)
        lost = 7;
    uint32_t held = 0;
    for (int type = 0; type < TYPES; type++)
        held |= faulty_global(driver, output, type) != 0 ? 1u << type : 0;
    for (struct faulty_device *device = output->devices; device != NULL; device = device->next) {
        if (faulty(driver, FAULT_flags_overwritten))
            device->flags = 0;
        if (device->state != ACTIVE && faulty(driver, FAULT_mode_to_active))
            continue;
        if (!faulty(driver, FAULT_no_renegotiation))
            device->flags |= faulty(driver, FAULT_mode_is_loss) ? COPP_STATUS_LINK_LOST : COPP_STATUS_RENEGOTIATION_REQUIRED;
        for (int type = 0; type < TYPES && faulty(driver, FAULT_mode_drops_levels); type++)
            device->level[type] = device->level[type] == COPP_NO_PROTECTION_LEVEL_AVAILABLE ? device->level[type] : 0;
    }
    if ((lost & held) != 0 && !faulty(driver, FAULT_mode_loses_nothing))
        lose(driver, output, lost & held);
}

static bool change_mode(struct faulty_driver *driver, struct faulty_output *output, const char *mode) {
    size_t size = strlen(mode);
    for (const char *at = strstr(output->modes, mode); at != NULL; at = strstr(at + 1, mode)) {
        if ((at != output->modes && at[-1] != ' ') || (at[size] != ' ' && at[size] != '\0'))
            continue;
        set_mode(output, mode, size);
        reconfigure(driver, output);
        return true;
    }
    return false;
}

/* Events as of docs/simulator.md, as far as the cases use them. */
bool faulty_cause(struct driver_target *target, const char *event) {
    struct faulty_driver *driver = (struct faulty_driver *)(void *)target;
    struct faulty_output *output = NULL;
    char word[24] = "";
    char name[32] = "";
    char value[32] = "";
    (void)sscanf(event, "%23s %31s %31s", word, name, value);
    for (size_t i = 0; i < 5 && output == NULL; i++)
        output = strcmp(driver->outputs[i].name, name) == 0 ? &driver->outputs[i] : NULL;
    if (output == NULL)
        return false;
    if (strcmp(word, "unplug") == 0 && !output->unplugged) {
        output->unplugged = true;
        if (!faulty(driver, FAULT_unplug_silent))
            lose(driver, output, 7);
    } else if (strcmp(word, "plug") == 0 && output->unplugged) {
        output->unplugged = false;
        reconfigure(driver, output);
    } else if (strcmp(word, "tamper") == 0) {
        if (!faulty(driver, FAULT_tamper_silent))
            lose(driver, output, 7);
    } else if (strcmp(word, "hdcp-fail") == 0) {
        if (!faulty(driver, FAULT_fall_silent))
            lose(driver, output, 1);
    } else if (strcmp(word, "hdcp-refuse") == 0) {
        output->link_refused = strcmp(value, "on") == 0;
    } else if (strcmp(word, "hdcp-hang") == 0) {
        output->hanging = strcmp(value, "on") == 0;
    } else if (strcmp(word, "multi-adapter") == 0) {
        output->clone = strcmp(value, "clone") == 0 || strcmp(value, "theatre") == 0;
        reconfigure(driver, output);
    } else if (strcmp(word, "desktop-acp") == 0) {
        output->desktop_acp = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(word, "mode") == 0) {
        return change_mode(driver, output, value);
    }
    return true;
}
