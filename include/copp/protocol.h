/*
 * The protocol's constants, and its structures between bytes and C (WIRE-1..10).
 *
 * Messages are packed and little-endian on every machine. A message type such as struct copp_command
 * holds the bytes as they travel (a Windows AMCOPPCommand is the same 4096 bytes); the *_fields and the
 * data structures hold host integers. Decoders read no byte beyond the size they are given.
 */
#ifndef COPP_PROTOCOL_H
#define COPP_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes in bytes. */
#define COPP_MAC_SIZE 16u
#define COPP_GUID_SIZE 16u
#define COPP_RANDOM_SIZE 16u
#define COPP_KEY_SIZE 16u
#define COPP_KSV_SIZE 5u
#define COPP_SIGNATURE_SIZE 256u
#define COPP_MESSAGE_SIZE 4096u
#define COPP_AUTHENTICATED_SIZE 4080u /* all of a message after its MAC */
#define COPP_COMMAND_DATA_SIZE 4056u
#define COPP_STATUS_DATA_SIZE 4056u
#define COPP_STATUS_ANSWER_SIZE 4076u
#define COPP_SET_PROTECTION_LEVEL_SIZE 16u
#define COPP_SET_SIGNALING_SIZE 64u
#define COPP_STATUS_SIZE 32u
#define COPP_STATUS_DISPLAY_SIZE 44u
#define COPP_STATUS_HDCP_KEY_SIZE 72u
#define COPP_STATUS_SIGNALING_SIZE 88u
#define COPP_CONNECTOR_NAME_SIZE 64u /* of a connector's name, with its NUL (BIND-1) */

/* What a bound answer says of the connector (BIND-6); what is not set is not promised. */
#define COPP_BOUND_REAL 1u /* it is not simulated */
#define COPP_BOUND_PLUGGED 2u /* a display is there */
#define COPP_BOUND_RECEIVER 4u /* an HDCP receiver is named (QRY-6) */

/* Protection types. A connector's types are an OR of these. */
#define COPP_PROTECTION_TYPE_NONE 0u
#define COPP_PROTECTION_TYPE_HDCP 1u
#define COPP_PROTECTION_TYPE_ACP 2u
#define COPP_PROTECTION_TYPE_CGMSA 4u
#define COPP_PROTECTION_TYPE_DPCP 0x10u /* OPM only; never offered under COPP */
#define COPP_PROTECTION_TYPE_UNKNOWN 0x80000000u
#define COPP_PROTECTION_TYPE_MASK 0x80000007u

/* Levels. */
#define COPP_HDCP_OFF 0u
#define COPP_HDCP_ON 1u
#define COPP_ACP_OFF 0u
#define COPP_ACP_LEVEL1 1u
#define COPP_ACP_LEVEL2 2u
#define COPP_ACP_LEVEL3 3u
#define COPP_CGMSA_DISABLED 0u
#define COPP_CGMSA_COPY_FREELY 1u
#define COPP_CGMSA_COPY_NO_MORE 2u
#define COPP_CGMSA_COPY_ONE_GENERATION 3u
#define COPP_CGMSA_COPY_NEVER 4u
#define COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED 8u
#define COPP_NO_PROTECTION_LEVEL_AVAILABLE 0xFFFFFFFFu

/* Flags of a status answer. */
#define COPP_STATUS_NORMAL 0u
#define COPP_STATUS_LINK_LOST 1u
#define COPP_STATUS_RENEGOTIATION_REQUIRED 2u

#define COPP_HDCP_REPEATER 1u

/* Connector types; COPP_CONNECTOR_INTERNAL is or-ed in for a permanent, unreachable link. */
#define COPP_CONNECTOR_VGA 0u
#define COPP_CONNECTOR_SVIDEO 1u
#define COPP_CONNECTOR_COMPOSITE 2u
#define COPP_CONNECTOR_COMPONENT 3u
#define COPP_CONNECTOR_DVI 4u
#define COPP_CONNECTOR_HDMI 5u
#define COPP_CONNECTOR_LVDS 6u
#define COPP_CONNECTOR_TMDS 7u
#define COPP_CONNECTOR_D_JPN 8u
#define COPP_CONNECTOR_SDI 9u
#define COPP_CONNECTOR_DISPLAYPORT_EXTERNAL 10u
#define COPP_CONNECTOR_DISPLAYPORT_EMBEDDED 11u
#define COPP_CONNECTOR_UDI_EXTERNAL 12u
#define COPP_CONNECTOR_UDI_EMBEDDED 13u
#define COPP_CONNECTOR_UNKNOWN 0xFFFFFFFFu
#define COPP_CONNECTOR_INTERNAL 0x80000000u

/* Bus types; COPP_BUS_INTEGRATED is or-ed in. */
#define COPP_BUS_UNKNOWN 0u
#define COPP_BUS_PCI 1u
#define COPP_BUS_PCIX 2u
#define COPP_BUS_PCI_EXPRESS 3u
#define COPP_BUS_AGP 4u
#define COPP_BUS_INTEGRATED 0x80000000u

/* TV protection standards, one bit each. */
#define COPP_TV_STANDARD_NONE 0u
#define COPP_TV_STANDARD_IEC61880_525I 0x1u
#define COPP_TV_STANDARD_IEC61880_2_525I 0x2u
#define COPP_TV_STANDARD_IEC62375_625P 0x4u
#define COPP_TV_STANDARD_EIA608B_525 0x8u
#define COPP_TV_STANDARD_EN300294_625I 0x10u
#define COPP_TV_STANDARD_CEA805A_TYPEA_525P 0x20u
#define COPP_TV_STANDARD_CEA805A_TYPEA_750P 0x40u
#define COPP_TV_STANDARD_CEA805A_TYPEA_1125I 0x80u
#define COPP_TV_STANDARD_CEA805A_TYPEB_525P 0x100u
#define COPP_TV_STANDARD_CEA805A_TYPEB_750P 0x200u
#define COPP_TV_STANDARD_CEA805A_TYPEB_1125I 0x400u
#define COPP_TV_STANDARD_ARIBTRB15_525I 0x800u
#define COPP_TV_STANDARD_ARIBTRB15_525P 0x1000u
#define COPP_TV_STANDARD_ARIBTRB15_750P 0x2000u
#define COPP_TV_STANDARD_ARIBTRB15_1125I 0x4000u
#define COPP_TV_STANDARD_MASK 0x7FFFu
#define COPP_TV_STANDARD_CEA805A_MASK 0x7E0u
#define COPP_TV_STANDARD_UNKNOWN 0x80000000u

/* EN 300 294 aspect ratios, within mask 7. */
#define COPP_ASPECT_EN300294_MASK 7u
#define COPP_ASPECT_EN300294_4_3_FULL 0u
#define COPP_ASPECT_EN300294_14_9_CENTRE 1u
#define COPP_ASPECT_EN300294_14_9_TOP 2u
#define COPP_ASPECT_EN300294_16_9_BOX_CENTRE 3u
#define COPP_ASPECT_EN300294_16_9_BOX_TOP 4u
#define COPP_ASPECT_EN300294_OVER_16_9_BOX_CENTRE 5u
#define COPP_ASPECT_EN300294_4_3_FULL_PROTECTED_14_9 6u
#define COPP_ASPECT_EN300294_16_9_ANAMORPHIC 7u
#define COPP_ASPECT_WORDS 3u

/* SampleFormat of struct copp_format. */
#define COPP_SAMPLE_UNKNOWN 0u
#define COPP_SAMPLE_PROGRESSIVE_FRAME 2u
#define COPP_SAMPLE_INTERLEAVED_EVEN_FIRST 3u
#define COPP_SAMPLE_INTERLEAVED_ODD_FIRST 4u
#define COPP_SAMPLE_SINGLE_EVEN_FIELD 5u
#define COPP_SAMPLE_SINGLE_ODD_FIELD 6u

#define COPP_D3DFMT_X8R8G8B8 22u

/* HRESULTs: what a device's calls answer, and nothing else in libcopp. */
#define COPP_HR_OK 0u
#define COPP_HR_UNEXPECTED 0x8000FFFFu /* wrong state, MAC or random number */
#define COPP_HR_INVALIDARG 0x80070057u /* bad parameter, unknown GUID, wrong sequence number */
#define COPP_HR_NOTIMPL 0x80004001u /* reserved for later */
#define COPP_HR_POINTER 0x80004003u /* a NULL pointer; checked before all else */
#define COPP_HR_OUTOFMEMORY 0x8007000Eu
#define COPP_HR_ACCESSDENIED 0x80070005u /* E_ACCESSDENIED: this user may not lend coppd a card; no device answers it */
#define COPP_HR_NOEXCLUSIVEMODE 0x887600E1u /* DDERR_NOEXCLUSIVEMODE: a card that is lent without being DRM master or lessee */
#define COPP_HR_EXCLUSIVEMODEALREADYSET 0x88760245u /* DDERR_EXCLUSIVEMODEALREADYSET: somebody lends this card already */
#define COPP_HR_TOOBIGSIZE 0x887601E0u /* DDERR_TOOBIGSIZE: resolution too high for the protection */
#define COPP_HR_UNSUPPORTEDMODE 0x8876024Eu /* DDERR_UNSUPPORTEDMODE: clone or theatre mode */
#define COPP_HR_NO_COPP_HW 0x8004029Bu /* VFW_E_NO_COPP_HW, of the interface, not of a device */
#define COPP_HR_NO_MONITOR 0xC02625E5u /* no monitor corresponds to the display device */
#define COPP_HR_PENDING 0x8000000Au /* E_PENDING: to the device's host only, never to an application (CMD-6) */

/* "E_UNEXPECTED" and so on; "unknown HRESULT" for others. Static. */
COPP_API const char *copp_hresult_name(uint32_t hresult);

/* The commands and queries. */
enum copp_request {
    COPP_SET_PROTECTION_LEVEL = 0,
    COPP_SET_SIGNALING,
    COPP_QUERY_CONNECTOR_TYPE,
    COPP_QUERY_PROTECTION_TYPE,
    COPP_QUERY_LOCAL_PROTECTION_LEVEL,
    COPP_QUERY_GLOBAL_PROTECTION_LEVEL,
    COPP_QUERY_DISPLAY_DATA,
    COPP_QUERY_HDCP_KEY_DATA,
    COPP_QUERY_BUS_DATA,
    COPP_QUERY_SIGNALING,
    /* under OPM semantics alone (opm.h) */
    COPP_OPM_QUERY_SRM_VERSION,
    COPP_OPM_QUERY_OUTPUT_ID,
    COPP_OPM_QUERY_DVI_CHARACTERISTICS,
    COPP_OPM_QUERY_HARDWARE_PROTECTION,
    COPP_OPM_SET_PROTECTION_LEVEL_CSS,
    COPP_OPM_SET_HDCP_SRM
};

/* The GUID of a request of COPP's as its 16 bytes lie in a message; NULL for any other value. Static. */
COPP_API const uint8_t *copp_request_guid(enum copp_request request);

/* The request of COPP's that a GUID (16 bytes) names; false if none. */
COPP_API COPP_NODISCARD bool copp_request_from_guid(const uint8_t *guid, enum copp_request *request);

/* The name in the field of a request of COPP's, such as "QueryConnectorType"; NULL for any other value. Static. */
COPP_API const char *copp_request_name(enum copp_request request);

/* Names for people; never NULL, static. */
COPP_API const char *copp_connector_type_name(uint32_t type); /* without the INTERNAL bit */
COPP_API const char *copp_bus_type_name(uint32_t type); /* without the INTEGRATED bit */
COPP_API const char *copp_protection_type_name(uint32_t type); /* one type: "HDCP" */
COPP_API const char *copp_tv_standard_name(uint32_t standard); /* one standard: "CEA805A_TypeA_750p" */
COPP_API const char *copp_level_name(uint32_t type, uint32_t level); /* "copy-never"; REDISTRIBUTION is left out */

/* True if level is one of the type's levels (CMD-4); false for an unknown type. */
COPP_API COPP_NODISCARD bool copp_level_valid(uint32_t type, uint32_t level);

/*
 * The rank of a level within its type (ARB-2): the connector applies the held level with the highest rank.
 * 0 is off. REDISTRIBUTION_CONTROL_REQUIRED is left out of account. An invalid level ranks 0.
 */
COPP_API unsigned copp_level_rank(uint32_t type, uint32_t level);

/* Messages as they travel. */
struct copp_signature {
    uint8_t bytes[COPP_SIGNATURE_SIZE]; /* WIRE-1: AMCOPPSignature */
};
struct copp_command {
    uint8_t bytes[COPP_MESSAGE_SIZE]; /* WIRE-2: AMCOPPCommand */
};
struct copp_status_input {
    uint8_t bytes[COPP_MESSAGE_SIZE]; /* WIRE-3: AMCOPPStatusInput */
};
struct copp_status_output {
    uint8_t bytes[COPP_MESSAGE_SIZE]; /* WIRE-4: AMCOPPStatusOutput */
};

/* The fields of a struct copp_command. size is as received: a device checks it (CMD-2). */
struct copp_command_fields {
    uint8_t mac[COPP_MAC_SIZE];
    uint8_t guid[COPP_GUID_SIZE];
    uint32_t sequence;
    uint32_t size;
    const uint8_t *data; /* decoded: COPP_COMMAND_DATA_SIZE bytes inside the message */
};
struct copp_status_input_fields {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint8_t guid[COPP_GUID_SIZE];
    uint32_t sequence;
    uint32_t size;
    const uint8_t *data; /* decoded: COPP_STATUS_DATA_SIZE bytes inside the message */
};
struct copp_status_output_fields {
    uint8_t mac[COPP_MAC_SIZE];
    uint32_t size;
    const uint8_t *data; /* decoded: COPP_STATUS_ANSWER_SIZE bytes inside the message */
};

/* Zero-fills the message, then writes fields and the first fields->size bytes of fields->data.
 * COPP_E_TOO_LARGE if they do not fit; the message is then untouched. data may be NULL when size is 0. */
COPP_API COPP_NODISCARD enum copp_result copp_command_encode(const struct copp_command_fields *fields,
                                                             struct copp_command *message);
COPP_API COPP_NODISCARD enum copp_result copp_status_input_encode(const struct copp_status_input_fields *fields,
                                                                  struct copp_status_input *message);
COPP_API COPP_NODISCARD enum copp_result copp_status_output_encode(const struct copp_status_output_fields *fields,
                                                                   struct copp_status_output *message);

/* fields->data points into message, which must live as long. Cannot fail: every value of the fields is representable. */
COPP_API void copp_command_decode(const struct copp_command *message, struct copp_command_fields *fields);
COPP_API void copp_status_input_decode(const struct copp_status_input *message, struct copp_status_input_fields *fields);
COPP_API void copp_status_output_decode(const struct copp_status_output *message, struct copp_status_output_fields *fields);

/* WIRE-5 */
struct copp_set_protection_level {
    uint32_t type;
    uint32_t level;
    uint32_t extended_info_change_mask;
    uint32_t extended_info_data;
};

struct copp_masked {
    uint32_t mask;
    uint32_t data;
};

/* WIRE-6 */
struct copp_set_signaling {
    uint32_t standard;
    struct copp_masked aspect[COPP_ASPECT_WORDS];
    uint32_t extended_info_change_mask[4];
    uint32_t extended_info_data[4];
    uint32_t reserved;
};

/* WIRE-7 */
struct copp_status {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint32_t flags;
    uint32_t data;
    uint32_t extended_info_valid_mask;
    uint32_t extended_info_data;
};

/* The signal on a connector, not the desktop (QRY-6). */
struct copp_display {
    uint32_t width; /* pixels */
    uint32_t height; /* lines of a frame */
    uint32_t format; /* DXVA_ExtendedFormat: see struct copp_format */
    uint32_t d3d_format;
    uint32_t frequency_numerator; /* Hz; NTSC is 60000/1001 */
    uint32_t frequency_denominator;
};

/* WIRE-8 */
struct copp_status_display {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint32_t flags;
    struct copp_display display;
};

/* WIRE-9. bksv holds the KSV in its first 5 bytes, least significant first; see copp_ksv_from_bksv. */
struct copp_status_hdcp_key {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint32_t flags;
    uint32_t hdcp_flags;
    uint8_t bksv[16];
    uint8_t reserved1[16];
    uint8_t reserved2[16];
};

/* WIRE-10 */
struct copp_status_signaling {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint32_t flags;
    uint32_t available_standards;
    uint32_t active_standard;
    uint32_t tv_type;
    struct copp_masked aspect[COPP_ASPECT_WORDS];
    uint32_t extended_info_valid_mask[4];
    uint32_t extended_info_data[4];
};

/* Decode from the first bytes of size bytes: COPP_E_TRUNCATED if size is smaller than the structure.
 * Encode writes exactly the structure's size. */
COPP_API COPP_NODISCARD enum copp_result copp_set_protection_level_decode(const uint8_t *bytes, size_t size,
                                                                          struct copp_set_protection_level *value);
COPP_API COPP_NODISCARD enum copp_result copp_set_signaling_decode(const uint8_t *bytes, size_t size,
                                                                   struct copp_set_signaling *value);
COPP_API COPP_NODISCARD enum copp_result copp_status_decode(const uint8_t *bytes, size_t size, struct copp_status *value);
COPP_API COPP_NODISCARD enum copp_result copp_status_display_decode(const uint8_t *bytes, size_t size,
                                                                    struct copp_status_display *value);
COPP_API COPP_NODISCARD enum copp_result copp_status_hdcp_key_decode(const uint8_t *bytes, size_t size,
                                                                     struct copp_status_hdcp_key *value);
COPP_API COPP_NODISCARD enum copp_result copp_status_signaling_decode(const uint8_t *bytes, size_t size,
                                                                      struct copp_status_signaling *value);
COPP_API void copp_set_protection_level_encode(const struct copp_set_protection_level *value, uint8_t *bytes);
COPP_API void copp_set_signaling_encode(const struct copp_set_signaling *value, uint8_t *bytes);
COPP_API void copp_status_encode(const struct copp_status *value, uint8_t *bytes);
COPP_API void copp_status_display_encode(const struct copp_status_display *value, uint8_t *bytes);
COPP_API void copp_status_hdcp_key_encode(const struct copp_status_hdcp_key *value, uint8_t *bytes);
COPP_API void copp_status_signaling_encode(const struct copp_status_signaling *value, uint8_t *bytes);

/* DXVA_ExtendedFormat, from bit 0. */
struct copp_format {
    unsigned sample_format; /* 8 bits, COPP_SAMPLE_* */
    unsigned chroma_subsampling; /* 4 bits */
    unsigned nominal_range; /* 3 bits */
    unsigned transfer_matrix; /* 3 bits */
    unsigned lighting; /* 4 bits */
    unsigned primaries; /* 5 bits */
    unsigned transfer_function; /* 5 bits */
};
COPP_API uint32_t copp_format_pack(const struct copp_format *format); /* surplus bits of a field are dropped */
COPP_API struct copp_format copp_format_unpack(uint32_t word);

#ifdef __cplusplus
}
#endif

#endif
