/* The words, numbers and modes of a description (docs/simulator.md). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "common/printable.h"
#include "internal.h"

#define WORDS(list)                                                                                                              \
    { list, sizeof(list) / sizeof((list)[0]) }

static const struct sim_word connector_types[] = {
    {"vga", COPP_CONNECTOR_VGA},
    {"svideo", COPP_CONNECTOR_SVIDEO},
    {"composite", COPP_CONNECTOR_COMPOSITE},
    {"component", COPP_CONNECTOR_COMPONENT},
    {"dvi", COPP_CONNECTOR_DVI},
    {"hdmi", COPP_CONNECTOR_HDMI},
    {"lvds", COPP_CONNECTOR_LVDS},
    {"tmds", COPP_CONNECTOR_TMDS},
    {"d-jpn", COPP_CONNECTOR_D_JPN},
    {"sdi", COPP_CONNECTOR_SDI},
    {"displayport", COPP_CONNECTOR_DISPLAYPORT_EXTERNAL},
    {"edp", COPP_CONNECTOR_DISPLAYPORT_EMBEDDED},
    {"udi", COPP_CONNECTOR_UDI_EXTERNAL},
    {"udi-embedded", COPP_CONNECTOR_UDI_EMBEDDED},
    {"unknown", COPP_CONNECTOR_UNKNOWN},
};
const struct sim_words copp_sim_connector_types = WORDS(connector_types);

static const struct sim_word bus_types[] = {
    {"unknown", COPP_BUS_UNKNOWN},         {"pci", COPP_BUS_PCI}, {"pci-x", COPP_BUS_PCIX},
    {"pci-express", COPP_BUS_PCI_EXPRESS}, {"agp", COPP_BUS_AGP},
};
const struct sim_words copp_sim_bus_types = WORDS(bus_types);

static const struct sim_word protection_types[] = {
    {"none", COPP_PROTECTION_TYPE_NONE},
    {"hdcp", COPP_PROTECTION_TYPE_HDCP},
    {"acp", COPP_PROTECTION_TYPE_ACP},
    {"cgms-a", COPP_PROTECTION_TYPE_CGMSA},
};
const struct sim_words copp_sim_protection_types = WORDS(protection_types);

static const struct sim_word multi_adapter_modes[] = {
    {"single", COPP_MODE_SINGLE},
    {"dualview", COPP_MODE_DUALVIEW},
    {"clone", COPP_MODE_CLONE},
    {"theatre", COPP_MODE_THEATRE},
};
const struct sim_words copp_sim_multi_adapter_modes = WORDS(multi_adapter_modes);

static const struct sim_word tv_types[] = {{"none", 0}, {"ntsc", 0x1}, {"pal", 0x10}}; /* AnalogVideo_NTSC_M, AnalogVideo_PAL_B */
const struct sim_words copp_sim_tv_types = WORDS(tv_types);

static const struct sim_word yes_no[] = {{"yes", 1}, {"no", 0}};
const struct sim_words copp_sim_yes_no = WORDS(yes_no);

static const struct sim_word receivers[] = {
    {"yes", SIM_RECEIVER_NAMED}, {"no", SIM_RECEIVER_NONE}, {"unnamed", SIM_RECEIVER_UNNAMED}};
const struct sim_words copp_sim_receivers = WORDS(receivers);

static const struct sim_word on_off[] = {{"on", 1}, {"off", 0}};
const struct sim_words copp_sim_on_off = WORDS(on_off);

static const struct sim_word acp_levels[] = {
    {"0", COPP_ACP_OFF}, {"1", COPP_ACP_LEVEL1}, {"2", COPP_ACP_LEVEL2}, {"3", COPP_ACP_LEVEL3}};
const struct sim_words copp_sim_acp_levels = WORDS(acp_levels);

static const struct sim_word hdcp_versions[] = {{"1.4", COPP_HDCP_VERSION_1}, {"2.2", COPP_HDCP_VERSION_2}};
const struct sim_words copp_sim_hdcp_versions = WORDS(hdcp_versions);

static const struct sim_word dvi_versions[] = {{"1.0", COPP_DVI_VERSION_1_0}, {"1.1", COPP_DVI_VERSION_1_1}};
const struct sim_words copp_sim_dvi_versions = WORDS(dvi_versions);

static const struct sim_word opm_features[] = {{"none", 0},
                                               {"type1", SIM_OPM_TYPE1},
                                               {"dpcp", SIM_OPM_DPCP},
                                               {"hardware-protection", SIM_OPM_HARDWARE_PROTECTION},
                                               {"no-blank", SIM_OPM_NO_BLANK}};
const struct sim_words copp_sim_opm_features = WORDS(opm_features);

bool copp_sim_refuse(struct copp_sim_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    make_printable(error->text); /* a description may come from anywhere, and a reason goes to a terminal */
    return false;
}

bool copp_sim_read_word(const char *text, const struct sim_words *words, uint32_t *value, struct copp_sim_error *error) {
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->list[i].text, text) == 0) {
            *value = words->list[i].value;
            return true;
        }
    }
    char allowed[sizeof error->text];
    size_t used = 0;
    for (size_t i = 0; i < words->count && used < sizeof allowed; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", i ? " " : "", words->list[i].text);
    return copp_sim_refuse(error, "\"%.20s\" is not one of: %s", text, allowed);
}

bool copp_sim_read_number(const char *text, uint64_t most, uint64_t *value, struct copp_sim_error *error) {
    if (!number_read(text, 0, most, value))
        return copp_sim_refuse(error, "\"%.20s\" is not a whole number from 0 to %llu", text, (unsigned long long)most);
    return true;
}

/* Digits at *text, from 1 to most; *text moves behind them. */
static bool take_number(const char **text, uint32_t most, uint32_t *value) {
    uint64_t number = 0;
    bool taken = number_take(text, most, &number) && number >= 1;
    *value = (uint32_t)number;
    return taken;
}

/* The widths that go without saying. */
static bool usual_width(uint32_t height, uint32_t *width) {
    static const uint32_t usual[][2] = {{480, 720}, {576, 720}, {720, 1280}, {1080, 1920}, {1440, 2560}, {2160, 3840}};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (usual[i][0] == height) {
            *width = usual[i][1];
            return true;
        }
    }
    return false;
}

static bool take_size(const char **text, struct copp_display *display) {
    const uint32_t most = 16384;
    if (!take_number(text, most, &display->height))
        return false;
    if (**text != 'x')
        return usual_width(display->height, &display->width);
    ++*text;
    display->width = display->height;
    return take_number(text, most, &display->height);
}

/* QRY-6: NTSC's 59.94 is 60000/1001, and so on. */
static bool read_rate(const char *text, struct copp_display *display) {
    static const struct sim_word ntsc[] = {
        {"23.976", 24000}, {"29.97", 30000}, {"47.952", 48000}, {"59.94", 60000}, {"119.88", 120000}};
    for (size_t i = 0; i < sizeof ntsc / sizeof ntsc[0]; i++) {
        if (strcmp(ntsc[i].text, text) == 0) {
            display->frequency_numerator = ntsc[i].value;
            display->frequency_denominator = 1001;
            return true;
        }
    }
    display->frequency_denominator = 1;
    return take_number(&text, 1000, &display->frequency_numerator) && !*text;
}

static unsigned sample_format(char scan, uint32_t height) {
    if (scan == 'p')
        return COPP_SAMPLE_PROGRESSIVE_FRAME;
    return height == 480 ? COPP_SAMPLE_INTERLEAVED_ODD_FIRST : COPP_SAMPLE_INTERLEAVED_EVEN_FIRST;
}

bool copp_sim_read_mode(const char *text, struct sim_mode *mode, struct copp_sim_error *error) {
    const char *at = text;
    struct copp_display display = {.d3d_format = COPP_D3DFMT_X8R8G8B8};
    if (strlen(text) >= sizeof mode->name || !take_size(&at, &display) || (*at != 'p' && *at != 'i') ||
        !read_rate(at + 1, &display))
        return copp_sim_refuse(error, "\"%.20s\" is not a mode; write 1080p60, 480i59.94 or 1024x768p75", text);
    const struct copp_format format = {.sample_format = sample_format(*at, display.height)};
    display.format = copp_format_pack(&format);
    strcpy(mode->name, text);
    mode->display = display;
    return true;
}

bool copp_sim_read_ksv(const char *text, uint8_t *ksv, struct copp_sim_error *error) {
    return hex_read(text, ksv, COPP_KSV_SIZE) ||
           copp_sim_refuse(error, "\"%.20s\" is not a KSV; write 10 hexadecimal digits, most significant byte first", text);
}

bool copp_sim_read_downstream(const char *text, struct sim_downstream *downstream, struct copp_sim_error *error) {
    char word[SIM_NAME_SIZE];
    struct sim_downstream read = {.count = 0};
    bool none = strcmp(text, "none") == 0;
    while (!none && copp_sim_next_word(&text, word, sizeof word)) {
        uint8_t ksv[COPP_KSV_SIZE];
        if (read.count == SIM_DOWNSTREAM_MAX)
            return copp_sim_refuse(error, "more than %u devices", SIM_DOWNSTREAM_MAX);
        if (!copp_sim_read_ksv(word, ksv, error))
            return false;
        copp_ksv_from_bksv(ksv, &read.bksvs[read.count++ * COPP_KSV_SIZE]); /* turned round, which works both ways */
    }
    *downstream = read;
    return true;
}

bool copp_sim_read_standard(const char *text, uint32_t *standard, struct copp_sim_error *error) {
    for (uint32_t bit = 1; bit & COPP_TV_STANDARD_MASK; bit <<= 1) {
        if (strcmp(copp_tv_standard_name(bit), text) == 0) {
            *standard = bit;
            return true;
        }
    }
    return copp_sim_refuse(
        error, "\"%.24s\" is not a TV standard; write one such as IEC61880_525i or CEA805A_TypeA_750p (docs/simulator.md)", text);
}

bool copp_sim_name_allowed(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(name);
    return length > 0 && length < SIM_NAME_SIZE && strspn(name, letters) == length;
}

bool copp_sim_next_word(const char **rest, char *word, size_t size) {
    static const char separators[] = " \t,";
    *rest += strspn(*rest, separators);
    size_t length = strcspn(*rest, separators);
    if (!length)
        return false;
    size_t kept = length < size ? length : size - 1;
    memcpy(word, *rest, kept);
    word[kept] = 0;
    *rest += length;
    return true;
}
