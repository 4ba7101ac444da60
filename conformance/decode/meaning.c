/* The protocol's values in words (protocol.md, Constants and OPM-CONST). */
#include <stdio.h>
#include <string.h>

#include "fields.h"

static void append(struct meaning *meaning, const char *separator, const char *text) {
    size_t used = strlen(meaning->text);
    (void)snprintf(meaning->text + used, sizeof meaning->text - used, "%s%s", used > 0 ? separator : "", text);
}

struct bit_name {
    uint32_t bit;
    const char *name;
};

/* Those of the bits that have names, and then the others as a number; none as it says. */
static const char *name_bits(struct meaning *meaning, uint32_t bits, const struct bit_name *names, size_t count,
                             const char *none) {
    char rest[16];
    meaning->text[0] = '\0';
    if (bits == 0)
        append(meaning, "", none);
    for (size_t i = 0; i < count; i++) {
        if ((bits & names[i].bit) == 0)
            continue;
        append(meaning, ", ", names[i].name);
        bits &= ~names[i].bit;
    }
    (void)snprintf(rest, sizeof rest, "0x%lX", (unsigned long)bits);
    if (bits != 0)
        append(meaning, ", ", rest);
    return meaning->text;
}

const char *meaning_types(struct meaning *meaning, uint32_t types) {
    static const struct bit_name names[] = {
        {COPP_PROTECTION_TYPE_HDCP, "HDCP"},       {COPP_PROTECTION_TYPE_ACP, "ACP"},
        {COPP_PROTECTION_TYPE_CGMSA, "CGMS-A"},    {COPP_PROTECTION_TYPE_OPM_HDCP, "HDCP (OPM)"},
        {COPP_PROTECTION_TYPE_DPCP, "DPCP"},       {COPP_PROTECTION_TYPE_ENFORCEMENT, "type enforcement"},
        {COPP_PROTECTION_TYPE_UNKNOWN, "unknown"},
    };
    return name_bits(meaning, types, names, sizeof names / sizeof names[0], "none");
}

const char *meaning_flags(struct meaning *meaning, uint32_t flags) {
    static const struct bit_name names[] = {
        {COPP_STATUS_LINK_LOST, "LinkLost"},
        {COPP_STATUS_RENEGOTIATION_REQUIRED, "RenegotiationRequired"},
        {COPP_STATUS_TAMPERING_DETECTED, "TamperingDetected"},
        {COPP_STATUS_REVOKED_HDCP_DEVICE, "RevokedHDCPDevice"},
    };
    return name_bits(meaning, flags, names, sizeof names / sizeof names[0], "normal");
}

const char *meaning_level(struct meaning *meaning, uint32_t type, uint32_t level) {
    bool known = copp_level_valid(type, level);
    (void)snprintf(meaning->text, sizeof meaning->text, "%s%s", known ? copp_level_name(type, level) : "invalid level",
                   known && type == COPP_PROTECTION_TYPE_CGMSA && (level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED) != 0
                       ? ", redistribution control"
                       : "");
    return meaning->text;
}

const char *meaning_connector(struct meaning *meaning, uint32_t type, bool opm) {
    bool internal = !opm && type != COPP_CONNECTOR_UNKNOWN && (type & COPP_CONNECTOR_INTERNAL) != 0;
    (void)snprintf(meaning->text, sizeof meaning->text, "%s%s", internal ? "internal " : "", copp_connector_type_name(type));
    return meaning->text;
}

const char *meaning_bus(struct meaning *meaning, uint32_t bus, bool opm) {
    const char *modifier = opm ? copp_opm_bus_modifier_name(bus) : (bus & COPP_BUS_INTEGRATED) != 0 ? "integrated" : "";
    (void)snprintf(meaning->text, sizeof meaning->text, "%s%s%s",
                   copp_bus_type_name(opm ? bus & COPP_OPM_BUS_TYPE_MASK : bus & ~COPP_BUS_INTEGRATED),
                   *modifier != '\0' ? ", " : "", modifier);
    return meaning->text;
}

const char *meaning_standards(struct meaning *meaning, uint32_t standards) {
    char rest[16];
    meaning->text[0] = '\0';
    if (standards == 0)
        append(meaning, "", "none");
    for (uint32_t bit = 1; bit <= COPP_TV_STANDARD_MASK; bit <<= 1) {
        if ((standards & bit) != 0)
            append(meaning, ", ", copp_tv_standard_name(bit));
    }
    (void)snprintf(rest, sizeof rest, "0x%lX", (unsigned long)(standards & ~COPP_TV_STANDARD_MASK));
    if ((standards & ~COPP_TV_STANDARD_MASK) != 0)
        append(meaning, ", ", rest);
    return meaning->text;
}

const char *meaning_hresult(struct meaning *meaning, uint32_t hresult) {
    (void)snprintf(meaning->text, sizeof meaning->text, "%s (0x%08lX)", copp_hresult_name(hresult), (unsigned long)hresult);
    return hresult == COPP_HR_OK ? copp_hresult_name(hresult) : meaning->text;
}

const char *meaning_format(struct meaning *meaning, uint32_t format) {
    static const char *const names[] = {
        [COPP_SAMPLE_UNKNOWN] = "unknown scan",
        [COPP_SAMPLE_PROGRESSIVE_FRAME] = "progressive",
        [COPP_SAMPLE_INTERLEAVED_EVEN_FIRST] = "interlaced, even field first",
        [COPP_SAMPLE_INTERLEAVED_ODD_FIRST] = "interlaced, odd field first",
        [COPP_SAMPLE_SINGLE_EVEN_FIELD] = "single even field",
        [COPP_SAMPLE_SINGLE_ODD_FIELD] = "single odd field",
    };
    unsigned sample = copp_format_unpack(format).sample_format;
    const char *name = sample < sizeof names / sizeof names[0] ? names[sample] : NULL;
    (void)snprintf(meaning->text, sizeof meaning->text, "%s", name != NULL ? name : "unknown scan");
    return meaning->text;
}
