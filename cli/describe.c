#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "encode.h"
#include "report.h"

const uint32_t protection_types[PROTECTION_TYPES] = {COPP_PROTECTION_TYPE_HDCP, COPP_PROTECTION_TYPE_ACP,
                                                     COPP_PROTECTION_TYPE_CGMSA};
const uint32_t all_protection_types[ALL_PROTECTION_TYPES] = {COPP_PROTECTION_TYPE_HDCP,        COPP_PROTECTION_TYPE_OPM_HDCP,
                                                             COPP_PROTECTION_TYPE_ENFORCEMENT, COPP_PROTECTION_TYPE_DPCP,
                                                             COPP_PROTECTION_TYPE_ACP,         COPP_PROTECTION_TYPE_CGMSA};

static void describe_numbers(const uint8_t *modulus, uint32_t modulus_size, uint32_t exponent, char *text, size_t size) {
    char start[17];
    hex_encode(modulus, 8, start);
    snprintf(text, size, "RSA %u, exponent %u, modulus %s...", (unsigned)modulus_size * 8, (unsigned)exponent, start);
}

static json_t *json_numbers(const uint8_t *modulus, uint32_t modulus_size, uint32_t exponent) {
    return json_pack("{sI sI so}", "bits", (json_int_t)modulus_size * 8, "exponent", (json_int_t)exponent, "modulus",
                     json_hex(modulus, modulus_size));
}

void describe_key(const struct copp_public_key *key, char *text, size_t size) {
    if (key != NULL)
        describe_numbers(key->modulus, key->modulus_size, key->exponent, text, size);
    else
        snprintf(text, size, "not readable");
}

json_t *json_key(const struct copp_public_key *key) {
    return json_numbers(key->modulus, key->modulus_size, key->exponent);
}

void describe_rsa_key(const struct copp_rsa_key *key, char *text, size_t size) {
    describe_numbers(key->modulus, key->modulus_size, key->exponent, text, size);
}

json_t *json_rsa_key(const struct copp_rsa_key *key) {
    return json_numbers(key->modulus, key->modulus_size, key->exponent);
}

/* Adds a word to a list in text, cut off at size. */
static void add_word(char *text, size_t size, const char *word) {
    size_t used = strlen(text);
    if (used < size)
        snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", word);
}

const char *opm_role_name(enum copp_opm_role role) {
    switch (role) {
    case COPP_OPM_ROLE_LEAF:
        return "driver";
    case COPP_OPM_ROLE_CA:
        return "CA";
    case COPP_OPM_ROLE_ROOT:
        return "root";
    case COPP_OPM_ROLE_NONE:
        break;
    }
    return "";
}

void describe_level(uint32_t type, uint32_t level, char *text, size_t size) {
    text[0] = '\0';
    add_word(text, size, copp_level_name(type, level));
    if (type == COPP_PROTECTION_TYPE_CGMSA && level != COPP_NO_PROTECTION_LEVEL_AVAILABLE &&
        (level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED) != 0)
        add_word(text, size, "redistribution control");
}

void describe_types(uint32_t types, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        if ((types & all_protection_types[i]) != 0)
            add_word(text, size, copp_protection_type_name(all_protection_types[i]));
    }
    if (text[0] == '\0')
        add_word(text, size, "none");
}

json_t *json_types(uint32_t types) {
    json_t *array = json_array();
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        if ((types & all_protection_types[i]) != 0)
            json_add(&array, json_string(copp_protection_type_name(all_protection_types[i])));
    }
    return array;
}

static bool is_interlaced(const struct copp_display *display) {
    unsigned sample = copp_format_unpack(display->format).sample_format;
    return sample >= COPP_SAMPLE_INTERLEAVED_EVEN_FIRST && sample <= COPP_SAMPLE_SINGLE_ODD_FIELD;
}

void describe_display(const struct copp_display *display, char *text, size_t size) {
    if (display->width == 0 || display->height == 0 || display->frequency_denominator == 0) {
        snprintf(text, size, "none");
        return;
    }
    double hertz = (double)display->frequency_numerator / (double)display->frequency_denominator;
    snprintf(text, size, "%ux%u%c %.4g Hz", (unsigned)display->width, (unsigned)display->height,
             is_interlaced(display) ? 'i' : 'p', hertz);
}

json_t *json_display(const struct copp_display *display) {
    return json_pack("{sI sI sb sI sI}", "width", (json_int_t)display->width, "height", (json_int_t)display->height, "interlaced",
                     is_interlaced(display), "frequency_numerator", (json_int_t)display->frequency_numerator,
                     "frequency_denominator", (json_int_t)display->frequency_denominator);
}

void describe_output(const char *name, bool real, bool plugged, char *text, size_t size) {
    const char *mark = real ? " (unplugged)" : plugged ? " (simulated)" : " (simulated, unplugged)";
    snprintf(text, size, "%s%s", name, real && plugged ? "" : mark);
}

void describe_connector(uint32_t type, char *text, size_t size) {
    bool internal = type != COPP_CONNECTOR_UNKNOWN && (type & COPP_CONNECTOR_INTERNAL) != 0;
    snprintf(text, size, "%s%s", internal ? "internal " : "", copp_connector_type_name(type));
}

static const struct {
    uint32_t flag;
    const char *name;
} flags[] = {{COPP_STATUS_LINK_LOST, "LinkLost"},
             {COPP_STATUS_RENEGOTIATION_REQUIRED, "RenegotiationRequired"},
             {COPP_STATUS_TAMPERING_DETECTED, "TamperingDetected"},
             {COPP_STATUS_REVOKED_HDCP_DEVICE, "RevokedHDCPDevice"}};

void describe_events(uint32_t events, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((events & flags[i].flag) != 0)
            add_word(text, size, flags[i].name);
    }
    if (text[0] == '\0')
        add_word(text, size, "-");
}

json_t *json_events(uint32_t events) {
    json_t *array = json_array();
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((events & flags[i].flag) != 0)
            json_add(&array, json_string(flags[i].name));
    }
    return array;
}

bool read_cgmsa(const char *text, uint32_t *level) {
    size_t size = strcspn(text, ",");
    if (text[size] != '\0' && strcmp(text + size, ",redistribution") != 0)
        return false;
    for (uint32_t l = COPP_CGMSA_DISABLED; l <= COPP_CGMSA_COPY_NEVER; l++) {
        const char *name = copp_level_name(COPP_PROTECTION_TYPE_CGMSA, l);
        if (strlen(name) == size && strncmp(name, text, size) == 0) {
            *level = l | (text[size] != '\0' ? COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED : 0);
            return true;
        }
    }
    return false;
}
