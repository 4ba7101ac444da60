#include "copp/base.h"
#include "copp/opm.h"
#include "copp/protocol.h"
#include "wire/opm_codes.h"

struct name {
    uint32_t value;
    const char *text;
};

static const char *find(const struct name *names, size_t count, uint32_t value, const char *otherwise) {
    for (size_t i = 0; i < count; i++) {
        if (names[i].value == value)
            return names[i].text;
    }
    return otherwise;
}

#define FIND(names, value, otherwise) find(names, sizeof(names) / sizeof((names)[0]), value, otherwise)

const char *copp_hresult_name(uint32_t hresult) {
    static const struct name names[] = {
        {COPP_HR_OK, "S_OK"},
        {COPP_HR_UNEXPECTED, "E_UNEXPECTED"},
        {COPP_HR_INVALIDARG, "E_INVALIDARG"},
        {COPP_HR_NOTIMPL, "E_NOTIMPL"},
        {COPP_HR_POINTER, "E_POINTER"},
        {COPP_HR_OUTOFMEMORY, "E_OUTOFMEMORY"},
        {COPP_HR_ACCESSDENIED, "E_ACCESSDENIED"},
        {COPP_HR_NOEXCLUSIVEMODE, "DDERR_NOEXCLUSIVEMODE"},
        {COPP_HR_EXCLUSIVEMODEALREADYSET, "DDERR_EXCLUSIVEMODEALREADYSET"},
        {COPP_HR_TOOBIGSIZE, "DDERR_TOOBIGSIZE"},
        {COPP_HR_UNSUPPORTEDMODE, "DDERR_UNSUPPORTEDMODE"},
        {COPP_HR_NO_COPP_HW, "VFW_E_NO_COPP_HW"},
        {COPP_HR_PENDING, "E_PENDING"},
    };
    const char *opm = copp_opm_code_name(hresult);
    return opm ? opm : FIND(names, hresult, "unknown HRESULT");
}

const char *copp_connector_type_name(uint32_t type) {
    static const struct name names[] = {
        {COPP_CONNECTOR_VGA, "VGA"},
        {COPP_CONNECTOR_SVIDEO, "S-Video"},
        {COPP_CONNECTOR_COMPOSITE, "Composite"},
        {COPP_CONNECTOR_COMPONENT, "Component"},
        {COPP_CONNECTOR_DVI, "DVI"},
        {COPP_CONNECTOR_HDMI, "HDMI"},
        {COPP_CONNECTOR_LVDS, "LVDS"},
        {COPP_CONNECTOR_TMDS, "TMDS"},
        {COPP_CONNECTOR_D_JPN, "D-JPN"},
        {COPP_CONNECTOR_SDI, "SDI"},
        {COPP_CONNECTOR_DISPLAYPORT_EXTERNAL, "DisplayPort"},
        {COPP_CONNECTOR_DISPLAYPORT_EMBEDDED, "embedded DisplayPort"},
        {COPP_CONNECTOR_UDI_EXTERNAL, "UDI"},
        {COPP_CONNECTOR_UDI_EMBEDDED, "embedded UDI"},
        {COPP_CONNECTOR_RESERVED, "reserved"},
        {COPP_CONNECTOR_MIRACAST, "Miracast"},
        {COPP_CONNECTOR_AGNOSTIC_DIGITAL_A, "digital, transport-agnostic, mode A"},
        {COPP_CONNECTOR_AGNOSTIC_DIGITAL_B, "digital, transport-agnostic, mode B"},
    };
    /* every bit set is "unknown", not an unknown type with the INTERNAL bit */
    return type == COPP_CONNECTOR_UNKNOWN ? "unknown" : FIND(names, type & ~COPP_CONNECTOR_INTERNAL, "unknown");
}

const char *copp_bus_type_name(uint32_t type) {
    static const struct name names[] = {
        {COPP_BUS_PCI, "PCI"},
        {COPP_BUS_PCIX, "PCI-X"},
        {COPP_BUS_PCI_EXPRESS, "PCI Express"},
        {COPP_BUS_AGP, "AGP"},
    };
    return FIND(names, type & ~COPP_BUS_INTEGRATED, "unknown");
}

const char *copp_opm_bus_modifier_name(uint32_t bus) {
    static const struct name names[] = {
        {0, ""},
        {COPP_OPM_BUS_IN_CHIPSET, "inside the chipset"},
        {COPP_OPM_BUS_TRACKS_TO_CHIP, "tracks on the motherboard to a chip"},
        {COPP_OPM_BUS_TRACKS_TO_SOCKET, "tracks on the motherboard to a socket"},
        {COPP_OPM_BUS_DAUGHTER_BOARD, "connector of a daughter board"},
        {COPP_OPM_BUS_DAUGHTER_BOARD_ENCLOSED, "connector of a daughter board inside a closed enclosure"},
    };
    return FIND(names, bus & COPP_OPM_BUS_MODIFIER_MASK, "unknown"); /* OPM-CONST-1 */
}

const char *copp_protection_type_name(uint32_t type) {
    static const struct name names[] = {
        {COPP_PROTECTION_TYPE_NONE, "none"},
        {COPP_PROTECTION_TYPE_HDCP, "HDCP"},
        {COPP_PROTECTION_TYPE_ACP, "ACP"},
        {COPP_PROTECTION_TYPE_CGMSA, "CGMS-A"},
        {COPP_PROTECTION_TYPE_OPM_HDCP, "HDCP"},
        {COPP_PROTECTION_TYPE_DPCP, "DPCP"},
        {COPP_PROTECTION_TYPE_ENFORCEMENT, "HDCP type enforcement"},
    };
    return FIND(names, type, "unknown");
}

const char *copp_tv_standard_name(uint32_t standard) {
    static const struct name names[] = {
        {COPP_TV_STANDARD_NONE, "none"},
        {COPP_TV_STANDARD_IEC61880_525I, "IEC61880_525i"},
        {COPP_TV_STANDARD_IEC61880_2_525I, "IEC61880_2_525i"},
        {COPP_TV_STANDARD_IEC62375_625P, "IEC62375_625p"},
        {COPP_TV_STANDARD_EIA608B_525, "EIA608B_525"},
        {COPP_TV_STANDARD_EN300294_625I, "EN300294_625i"},
        {COPP_TV_STANDARD_CEA805A_TYPEA_525P, "CEA805A_TypeA_525p"},
        {COPP_TV_STANDARD_CEA805A_TYPEA_750P, "CEA805A_TypeA_750p"},
        {COPP_TV_STANDARD_CEA805A_TYPEA_1125I, "CEA805A_TypeA_1125i"},
        {COPP_TV_STANDARD_CEA805A_TYPEB_525P, "CEA805A_TypeB_525p"},
        {COPP_TV_STANDARD_CEA805A_TYPEB_750P, "CEA805A_TypeB_750p"},
        {COPP_TV_STANDARD_CEA805A_TYPEB_1125I, "CEA805A_TypeB_1125i"},
        {COPP_TV_STANDARD_ARIBTRB15_525I, "ARIBTRB15_525i"},
        {COPP_TV_STANDARD_ARIBTRB15_525P, "ARIBTRB15_525p"},
        {COPP_TV_STANDARD_ARIBTRB15_750P, "ARIBTRB15_750p"},
        {COPP_TV_STANDARD_ARIBTRB15_1125I, "ARIBTRB15_1125i"},
    };
    return FIND(names, standard, "unknown");
}

/* Each type's levels in falling precedence (ARB-2, OPM-ARB-1); the last one is off. */
static const struct name hdcp_levels[] = {{COPP_HDCP_ON, "on"}, {COPP_HDCP_OFF, "off"}};
static const struct name acp_levels[] = {
    {COPP_ACP_LEVEL2, "level 2"}, {COPP_ACP_LEVEL3, "level 3"}, {COPP_ACP_LEVEL1, "level 1"}, {COPP_ACP_OFF, "off"}};
static const struct name cgmsa_levels[] = {{COPP_CGMSA_COPY_NEVER, "copy-never"},
                                           {COPP_CGMSA_COPY_NO_MORE, "copy-no-more"},
                                           {COPP_CGMSA_COPY_ONE_GENERATION, "copy-one-generation"},
                                           {COPP_CGMSA_COPY_FREELY, "copy-freely"},
                                           {COPP_CGMSA_DISABLED, "off"}};

static const struct name dpcp_levels[] = {{COPP_DPCP_ON, "on"}, {COPP_DPCP_OFF, "off"}};
static const struct name enforcement_levels[] = {
    {COPP_ENFORCEMENT_TYPE1, "Type 1"}, {COPP_ENFORCEMENT_ON, "on"}, {COPP_ENFORCEMENT_OFF, "off"}}; /* OPM-ARB-3 */

static const struct name *levels_of(uint32_t type, size_t *count) {
    switch (type) {
    case COPP_PROTECTION_TYPE_HDCP:
    case COPP_PROTECTION_TYPE_OPM_HDCP:
        *count = sizeof hdcp_levels / sizeof hdcp_levels[0];
        return hdcp_levels;
    case COPP_PROTECTION_TYPE_ACP:
        *count = sizeof acp_levels / sizeof acp_levels[0];
        return acp_levels;
    case COPP_PROTECTION_TYPE_CGMSA:
        *count = sizeof cgmsa_levels / sizeof cgmsa_levels[0];
        return cgmsa_levels;
    case COPP_PROTECTION_TYPE_DPCP:
        *count = sizeof dpcp_levels / sizeof dpcp_levels[0];
        return dpcp_levels;
    case COPP_PROTECTION_TYPE_ENFORCEMENT:
        *count = sizeof enforcement_levels / sizeof enforcement_levels[0];
        return enforcement_levels;
    default:
        *count = 0;
        return NULL;
    }
}

static uint32_t without_redistribution(uint32_t type, uint32_t level) {
    return type == COPP_PROTECTION_TYPE_CGMSA ? level & ~COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED : level;
}

const char *copp_level_name(uint32_t type, uint32_t level) {
    size_t count;
    const struct name *levels = levels_of(type, &count);
    if (level == COPP_NO_PROTECTION_LEVEL_AVAILABLE)
        return "not available";
    return find(levels, count, without_redistribution(type, level), "unknown");
}

bool copp_level_valid(uint32_t type, uint32_t level) {
    size_t count;
    const struct name *levels = levels_of(type, &count);
    return find(levels, count, without_redistribution(type, level), NULL) != NULL;
}

unsigned copp_level_rank(uint32_t type, uint32_t level) {
    size_t count;
    const struct name *levels = levels_of(type, &count);
    for (size_t i = 0; i < count; i++) {
        if (levels[i].value == without_redistribution(type, level))
            return (unsigned)(count - 1 - i);
    }
    return 0;
}
