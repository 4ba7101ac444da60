/* The requests of both semantics: their GUIDs and names. */
#include "wire/requests.h"

#include "copp/opm.h"

struct request {
    const char *name; /* in COPP; NULL for one of OPM alone */
    const char *opm_name;
    uint8_t guid[COPP_GUID_SIZE]; /* as it lies in a message: Data1..3 little-endian, Data4 as written */
};

static const struct request requests[COPP_OPM_REQUEST_COUNT] = {
    [COPP_SET_PROTECTION_LEVEL] = {"SetProtectionLevel",
                                   "OPM_SET_PROTECTION_LEVEL",
                                   {0x7c, 0x32, 0xb9, 0x9b, 0xb5, 0x4e, 0x27, 0x47, 0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0,
                                    0xda}},
    [COPP_SET_SIGNALING] = {"SetSignaling",
                            "OPM_SET_ACP_AND_CGMSA_SIGNALING",
                            {0xa5, 0x31, 0xa6, 0x09, 0x84, 0xd6, 0x60, 0x4c, 0x8e, 0x4d, 0xd3, 0xbb, 0x0f, 0x0b, 0xe3, 0xee}},
    [COPP_QUERY_CONNECTOR_TYPE] = {"QueryConnectorType",
                                   "OPM_GET_CONNECTOR_TYPE",
                                   {0xd5, 0xbf, 0xd0, 0x81, 0xfe, 0x6a, 0xc2, 0x48, 0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5,
                                    0xda}},
    [COPP_QUERY_PROTECTION_TYPE] = {"QueryProtectionType",
                                    "OPM_GET_SUPPORTED_PROTECTION_TYPES",
                                    {0x01, 0xa8, 0xf2, 0x38, 0x6c, 0x9a, 0xbb, 0x48, 0x91, 0x07, 0xb6, 0x69, 0x6e, 0x6f, 0x17,
                                     0x97}},
    [COPP_QUERY_LOCAL_PROTECTION_LEVEL] = {"QueryLocalProtectionLevel",
                                           "OPM_GET_VIRTUAL_PROTECTION_LEVEL",
                                           {0x57, 0x58, 0x07, 0xb2, 0xda, 0x3e, 0x5d, 0x4d, 0x88, 0xdb, 0x74, 0x8f, 0x8c, 0x1a,
                                            0x05, 0x49}},
    [COPP_QUERY_GLOBAL_PROTECTION_LEVEL] = {"QueryGlobalProtectionLevel",
                                            "OPM_GET_ACTUAL_PROTECTION_LEVEL",
                                            {0x0a, 0x21, 0x57, 0x19, 0x66, 0x77, 0x2a, 0x45, 0xb9, 0x9a, 0xd2, 0x7a, 0xed, 0x54,
                                             0xf0, 0x3a}},
    [COPP_QUERY_DISPLAY_DATA] = {"QueryDisplayData",
                                 "OPM_GET_ACTUAL_OUTPUT_FORMAT",
                                 {0xa3, 0x1b, 0xbf, 0xd7, 0x13, 0xad, 0x8e, 0x4f, 0xaf, 0x98, 0x0d, 0xcb, 0x3c, 0xa2, 0x04,
                                  0xcc}},
    [COPP_QUERY_HDCP_KEY_DATA] = {"QueryHDCPKeyData",
                                  "OPM_GET_CONNECTED_HDCP_DEVICE_INFORMATION",
                                  {0x74, 0x9d, 0xb5, 0x0d, 0x92, 0xa9, 0x2e, 0x49, 0xa0, 0xbd, 0xc2, 0x3f, 0xda, 0x56, 0x4e,
                                   0x00}},
    [COPP_QUERY_BUS_DATA] = {"QueryBusData",
                             "OPM_GET_ADAPTER_BUS_TYPE",
                             {0x73, 0xd6, 0xf4, 0xc6, 0x74, 0x61, 0x84, 0x41, 0x8e, 0x35, 0xf6, 0xdb, 0x52, 0x00, 0xbc, 0xba}},
    [COPP_QUERY_SIGNALING] = {"QuerySignaling",
                              "OPM_GET_ACP_AND_CGMSA_SIGNALING",
                              {0x91, 0xa5, 0x29, 0x66, 0x79, 0x3b, 0xf3, 0x4c, 0x92, 0x4a, 0x11, 0xe8, 0xe7, 0x81, 0x16, 0x71}},
    [COPP_OPM_QUERY_SRM_VERSION] = {NULL,
                                    "OPM_GET_CURRENT_HDCP_SRM_VERSION",
                                    {0xff, 0xce, 0xc5, 0x99, 0x1d, 0x5f, 0x79, 0x48, 0x81, 0xc1, 0xc5, 0x24, 0x43, 0xc9, 0x48,
                                     0x2b}},
    [COPP_OPM_QUERY_OUTPUT_ID] = {NULL,
                                  "OPM_GET_OUTPUT_ID",
                                  {0xf3, 0x6d, 0xcb, 0x72, 0x4f, 0x24, 0xce, 0x40, 0xb0, 0x9e, 0x20, 0x50, 0x6a, 0xf6, 0x30,
                                   0x2f}},
    [COPP_OPM_QUERY_DVI_CHARACTERISTICS] = {NULL,
                                            "OPM_GET_DVI_CHARACTERISTICS",
                                            {0xbb, 0xb3, 0x70, 0xa4, 0xd7, 0x5d, 0x72, 0x41, 0x83, 0x9c, 0x3d, 0x37, 0x76, 0xe0,
                                             0xeb, 0xf5}},
    [COPP_OPM_QUERY_HARDWARE_PROTECTION] = {NULL,
                                            "OPM_GET_OUTPUT_HARDWARE_PROTECTION_SUPPORT",
                                            {0x89, 0x95, 0x12, 0x3b, 0xf8, 0x2a, 0xf0, 0x4e, 0x96, 0xa2, 0x70, 0x4a, 0x84, 0x5a,
                                             0x21, 0x8e}},
    [COPP_OPM_SET_PROTECTION_LEVEL_CSS] = {NULL,
                                           "OPM_SET_PROTECTION_LEVEL_ACCORDING_TO_CSS_DVD",
                                           {0x3e, 0x33, 0xce, 0x39, 0xc0, 0x4c, 0xae, 0x44, 0xbf, 0xcc, 0xda, 0x50, 0xb5, 0xf8,
                                            0x2e, 0x72}},
    [COPP_OPM_SET_HDCP_SRM] = {NULL,
                               "OPM_SET_HDCP_SRM",
                               {0xd1, 0xf5, 0x5e, 0x8b, 0x0d, 0xc3, 0xff, 0x44, 0x84, 0xa5, 0xea, 0x71, 0xdc, 0xe7, 0x8f, 0x13}},
};

const uint8_t *copp_opm_request_guid(enum copp_request request) {
    return (unsigned)request < COPP_OPM_REQUEST_COUNT ? requests[request].guid : NULL;
}

const char *copp_opm_request_name(enum copp_request request) {
    return (unsigned)request < COPP_OPM_REQUEST_COUNT ? requests[request].opm_name : NULL;
}

const uint8_t *copp_request_guid(enum copp_request request) {
    return (unsigned)request < COPP_REQUEST_COUNT ? requests[request].guid : NULL;
}

const char *copp_request_name(enum copp_request request) {
    return (unsigned)request < COPP_REQUEST_COUNT ? requests[request].name : NULL;
}

/* Among the first count requests: COPP's come first. */
static bool find(const uint8_t *guid, unsigned count, enum copp_request *request) {
    for (unsigned i = 0; guid && request && i < count; i++) {
        if (copp_equal(guid, requests[i].guid, COPP_GUID_SIZE)) {
            *request = (enum copp_request)i;
            return true;
        }
    }
    return false;
}

bool copp_request_from_guid(const uint8_t *guid, enum copp_request *request) {
    return find(guid, COPP_REQUEST_COUNT, request);
}

bool copp_opm_request_from_guid(const uint8_t *guid, enum copp_request *request) {
    return find(guid, COPP_OPM_REQUEST_COUNT, request);
}
