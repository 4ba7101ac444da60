#include "copp/base.h"
#include "copp/protocol.h"
#include "wire/requests.h"

struct request {
    const char *name;
    uint8_t guid[COPP_GUID_SIZE]; /* as it lies in a message: Data1..3 little-endian, Data4 as written */
};

static const struct request requests[COPP_REQUEST_COUNT] = {
    [COPP_SET_PROTECTION_LEVEL] = {"SetProtectionLevel",
                                   {0x7c, 0x32, 0xb9, 0x9b, 0xb5, 0x4e, 0x27, 0x47, 0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0,
                                    0xda}},
    [COPP_SET_SIGNALING] = {"SetSignaling",
                            {0xa5, 0x31, 0xa6, 0x09, 0x84, 0xd6, 0x60, 0x4c, 0x8e, 0x4d, 0xd3, 0xbb, 0x0f, 0x0b, 0xe3, 0xee}},
    [COPP_QUERY_CONNECTOR_TYPE] = {"QueryConnectorType",
                                   {0xd5, 0xbf, 0xd0, 0x81, 0xfe, 0x6a, 0xc2, 0x48, 0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5,
                                    0xda}},
    [COPP_QUERY_PROTECTION_TYPE] = {"QueryProtectionType",
                                    {0x01, 0xa8, 0xf2, 0x38, 0x6c, 0x9a, 0xbb, 0x48, 0x91, 0x07, 0xb6, 0x69, 0x6e, 0x6f, 0x17,
                                     0x97}},
    [COPP_QUERY_LOCAL_PROTECTION_LEVEL] = {"QueryLocalProtectionLevel",
                                           {0x57, 0x58, 0x07, 0xb2, 0xda, 0x3e, 0x5d, 0x4d, 0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a,
                                            0x05, 0x49}},
    [COPP_QUERY_GLOBAL_PROTECTION_LEVEL] = {"QueryGlobalProtectionLevel",
                                            {0x0a, 0x21, 0x57, 0x19, 0x66, 0x77, 0x2a, 0x45, 0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54,
                                             0xf0, 0x3a}},
    [COPP_QUERY_DISPLAY_DATA] = {"QueryDisplayData",
                                 {0xa3, 0x1b, 0xbf, 0xd7, 0x13, 0xad, 0x8e, 0x4f, 0xaf, 0x98, 0x0d, 0xcb, 0x3c, 0xa2, 0x04,
                                  0xcc}},
    [COPP_QUERY_HDCP_KEY_DATA] = {"QueryHDCPKeyData",
                                  {0x74, 0x9d, 0xb5, 0x0d, 0x92, 0xa9, 0x2e, 0x49, 0xa0, 0xbd, 0xc2, 0x3f, 0xda, 0x56, 0x4e,
                                   0x00}},
    [COPP_QUERY_BUS_DATA] = {"QueryBusData",
                             {0x73, 0xd6, 0xf4, 0xc6, 0x74, 0x61, 0x84, 0x41, 0x8e, 0x35, 0xf6, 0xdb, 0x52, 0x00, 0xbc, 0xba}},
    [COPP_QUERY_SIGNALING] = {"QuerySignaling",
                              {0x91, 0xa5, 0x29, 0x66, 0x79, 0x3b, 0xf3, 0x4c, 0x92, 0x4a, 0x11, 0xe8, 0xe7, 0x81, 0x16, 0x71}},
};

static bool known(enum copp_request request) {
    return (unsigned)request < COPP_REQUEST_COUNT;
}

const uint8_t *copp_request_guid(enum copp_request request) {
    return known(request) ? requests[request].guid : NULL;
}

const char *copp_request_name(enum copp_request request) {
    return known(request) ? requests[request].name : NULL;
}

bool copp_request_from_guid(const uint8_t *guid, enum copp_request *request) {
    for (unsigned i = 0; guid && request && i < COPP_REQUEST_COUNT; i++) {
        if (copp_equal(guid, requests[i].guid, COPP_GUID_SIZE)) {
            *request = (enum copp_request)i;
            return true;
        }
    }
    return false;
}

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
        {COPP_HR_NO_MONITOR, "ERROR_GRAPHICS_NO_MONITORS_CORRESPOND_TO_DISPLAY_DEVICE"},
        {COPP_HR_PENDING, "E_PENDING"},
    };
    return FIND(names, hresult, "unknown HRESULT");
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

const char *copp_protection_type_name(uint32_t type) {
    static const struct name names[] = {
        {COPP_PROTECTION_TYPE_NONE, "none"},    {COPP_PROTECTION_TYPE_HDCP, "HDCP"}, {COPP_PROTECTION_TYPE_ACP, "ACP"},
        {COPP_PROTECTION_TYPE_CGMSA, "CGMS-A"}, {COPP_PROTECTION_TYPE_DPCP, "DPCP"},
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

/* Each type's levels in falling precedence (ARB-2); the last one is off. */
static const struct name hdcp_levels[] = {{COPP_HDCP_ON, "on"}, {COPP_HDCP_OFF, "off"}};
static const struct name acp_levels[] = {
    {COPP_ACP_LEVEL2, "level 2"}, {COPP_ACP_LEVEL3, "level 3"}, {COPP_ACP_LEVEL1, "level 1"}, {COPP_ACP_OFF, "off"}};
static const struct name cgmsa_levels[] = {{COPP_CGMSA_COPY_NEVER, "copy-never"},
                                           {COPP_CGMSA_COPY_NO_MORE, "copy-no-more"},
                                           {COPP_CGMSA_COPY_ONE_GENERATION, "copy-one-generation"},
                                           {COPP_CGMSA_COPY_FREELY, "copy-freely"},
                                           {COPP_CGMSA_DISABLED, "off"}};

static const struct name *levels_of(uint32_t type, size_t *count) {
    switch (type) {
    case COPP_PROTECTION_TYPE_HDCP:
        *count = sizeof hdcp_levels / sizeof hdcp_levels[0];
        return hdcp_levels;
    case COPP_PROTECTION_TYPE_ACP:
        *count = sizeof acp_levels / sizeof acp_levels[0];
        return acp_levels;
    case COPP_PROTECTION_TYPE_CGMSA:
        *count = sizeof cgmsa_levels / sizeof cgmsa_levels[0];
        return cgmsa_levels;
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
