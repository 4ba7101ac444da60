/*
 * What OPM semantics have beside protocol.h: constants, request names, error codes, and structures of their own (OPM-WIRE, OPM-ERR).
 *
 * OPM shares most structures with COPP, so that the functions of protocol.h encode and decode them:
 *
 *   OPM_REQUESTED_INFORMATION        struct copp_status_output   (OPM-WIRE-2)
 *   OPM_CONFIGURE_PARAMETERS         struct copp_command         (OPM-WIRE-3)
 *   OPM_COPP_COMPATIBLE_GET_INFO_... struct copp_status_input    (OPM-WIRE-4)
 *   OPM_ENCRYPTED_INITIALIZATION_... struct copp_signature       (OPM-WIRE-5), big-endian
 *   OPM_STANDARD_INFORMATION         struct copp_status          (OPM-WIRE-6), both extended words 0
 *   OPM_ACTUAL_OUTPUT_FORMAT         struct copp_status_display  (OPM-WIRE-7), of format the SampleFormat alone
 *   OPM_SET_PROTECTION_LEVEL_...     struct copp_set_protection_level (OPM-WIRE-9)
 *   signaling, connected HDCP device COPP semantics alone        (OPM-WIRE-11..13)
 *
 * OPM_GET_INFO_PARAMETERS (OPM-WIRE-1) is 16 bytes of OMAC and then the bytes of a struct copp_status_input, over all of which the
 * OMAC is taken. The OMAC travels beside the request (struct copp_call).
 */
#ifndef COPP_OPM_H
#define COPP_OPM_H

#include "protocol.h"
#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes in bytes. */
#define COPP_OPM_GET_INFO_SIZE 4112u /* of OPM_GET_INFO_PARAMETERS: the OMAC and a struct copp_status_input */
#define COPP_OPM_OUTPUT_ID_SIZE 28u
#define COPP_OPM_SET_HDCP_SRM_SIZE 4u
#define COPP_OPM_ADDITIONAL_MAX 65536u /* more additional bytes than these are never copied (OPM-SET-3) */

/* Protection types of OPM alone, beside ACP, CGMSA and COPP_PROTECTION_TYPE_DPCP. */
#define COPP_PROTECTION_TYPE_OPM_HDCP 8u
#define COPP_PROTECTION_TYPE_ENFORCEMENT 0x20u /* OPM_PROTECTION_TYPE_TYPE_ENFORCEMENT_HDCP */
#define COPP_OPM_PROTECTION_TYPE_MASK 0x8000003Fu

/* Their levels. COPP_PROTECTION_TYPE_OPM_HDCP has COPP_HDCP_OFF and COPP_HDCP_ON. */
#define COPP_DPCP_OFF 0u
#define COPP_DPCP_ON 1u
#define COPP_ENFORCEMENT_OFF 0u
#define COPP_ENFORCEMENT_ON 1u /* HDCP, for devices of any type */
#define COPP_ENFORCEMENT_TYPE1 2u /* HDCP 2.2 or later, for devices that comply with Type 1 alone (OPM-HDCP-2) */

/* Flags of a status answer, beside COPP's. */
#define COPP_STATUS_TAMPERING_DETECTED 4u
#define COPP_STATUS_REVOKED_HDCP_DEVICE 8u /* never without COPP_STATUS_LINK_LOST (OPM-STA-3) */

/* Connector types of OPM alone. A value is compared as a whole: COPP_CONNECTOR_INTERNAL is not a flag here (OPM-CONST-2). */
#define COPP_CONNECTOR_RESERVED 14u
#define COPP_CONNECTOR_MIRACAST 15u
#define COPP_CONNECTOR_AGNOSTIC_DIGITAL_A 16u
#define COPP_CONNECTOR_AGNOSTIC_DIGITAL_B 17u

/* A bus under OPM (OPM-CONST-1): COPP_BUS_UNKNOWN to COPP_BUS_AGP, at most one modifier, and COPP_OPM_BUS_NON_STANDARD only with one. */
#define COPP_OPM_BUS_TYPE_MASK 0xFFFFu
#define COPP_OPM_BUS_MODIFIER_MASK 0x7FFF0000u
#define COPP_OPM_BUS_IN_CHIPSET 0x10000u /* with COPP_BUS_UNKNOWN alone */
#define COPP_OPM_BUS_TRACKS_TO_CHIP 0x20000u
#define COPP_OPM_BUS_TRACKS_TO_SOCKET 0x30000u
#define COPP_OPM_BUS_DAUGHTER_BOARD 0x40000u
#define COPP_OPM_BUS_DAUGHTER_BOARD_ENCLOSED 0x50000u
#define COPP_OPM_BUS_NON_STANDARD 0x80000000u

/* OPM_VIDEO_OUTPUT_SEMANTICS, and the driver's DXGKMDT_CERTIFICATE_TYPE, which numbers the two the other way round. */
#define COPP_OPM_VOS_COPP 0u
#define COPP_OPM_VOS_OPM 1u
#define COPP_OPM_VOS_INDIRECT_DISPLAY 2u
#define COPP_OPM_CERTIFICATE_OPM 0u
#define COPP_OPM_CERTIFICATE_COPP 1u
#define COPP_OPM_CERTIFICATE_UAB 2u
#define COPP_OPM_CERTIFICATE_INDIRECT_DISPLAY 3u

/* The semantics that either number names; COPP_SEMANTICS_NONE for those that a device cannot have. */
COPP_API enum copp_semantics copp_opm_semantics_of_vos(uint32_t vos);
COPP_API enum copp_semantics copp_opm_semantics_of_certificate(uint32_t type);

/* HRESULTs of OPM: 0xC02625nn, where the driver's NTSTATUS is 0xC01E05nn (OPM-ERR). COPP_HR_NO_MONITOR is one of them. */
#define COPP_HR_OPM_NOT_SUPPORTED 0xC0262500u
#define COPP_HR_OPM_COPP_NOT_SUPPORTED 0xC0262501u
#define COPP_HR_OPM_UAB_NOT_SUPPORTED 0xC0262502u
#define COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS 0xC0262503u
#define COPP_HR_OPM_NO_VIDEO_OUTPUTS_EXIST 0xC0262505u
#define COPP_HR_OPM_INTERNAL_ERROR 0xC026250Bu
#define COPP_HR_OPM_INVALID_HANDLE 0xC026250Cu
#define COPP_HR_OPM_INVALID_CERTIFICATE_LENGTH 0xC026250Eu
#define COPP_HR_OPM_SPANNING_MODE 0xC026250Fu
#define COPP_HR_OPM_THEATER_MODE 0xC0262510u
#define COPP_HR_OPM_HFS_FAILED 0xC0262511u
#define COPP_HR_OPM_INVALID_SRM 0xC0262512u
#define COPP_HR_OPM_NO_HDCP 0xC0262513u
#define COPP_HR_OPM_NO_ACP 0xC0262514u
#define COPP_HR_OPM_NO_CGMSA 0xC0262515u
#define COPP_HR_OPM_SRM_NEVER_SET 0xC0262516u
#define COPP_HR_OPM_RESOLUTION_TOO_HIGH 0xC0262517u
#define COPP_HR_OPM_HDCP_HARDWARE_IN_USE 0xC0262518u
#define COPP_HR_OPM_OUTPUT_GONE 0xC026251Au
#define COPP_HR_OPM_SESSION_TYPE_CHANGE 0xC026251Bu
#define COPP_HR_OPM_NOT_COPP_SEMANTICS 0xC026251Cu
#define COPP_HR_OPM_INVALID_INFORMATION_REQUEST 0xC026251Du
#define COPP_HR_OPM_DRIVER_INTERNAL_ERROR 0xC026251Eu
#define COPP_HR_OPM_NOT_OPM_SEMANTICS 0xC026251Fu
#define COPP_HR_OPM_SIGNALING_NOT_SUPPORTED 0xC0262520u
#define COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST 0xC0262521u
#define COPP_HR_I2C_NOT_SUPPORTED 0xC0262580u
#define COPP_HR_I2C_NO_DEVICE 0xC0262581u
#define COPP_HR_I2C_TRANSMITTING 0xC0262582u
#define COPP_HR_I2C_RECEIVING 0xC0262583u
#define COPP_HR_ONLY_CONSOLE_SESSION 0xC02625E0u
#define COPP_HR_NO_DISPLAY_DEVICE 0xC02625E1u
#define COPP_HR_NOT_ATTACHED_TO_DESKTOP 0xC02625E2u
#define COPP_HR_MIRRORING_DEVICE 0xC02625E3u
#define COPP_HR_GRAPHICS_INVALID_POINTER 0xC02625E4u
#define COPP_HR_ARRAY_TOO_SMALL 0xC02625E6u
#define COPP_HR_GRAPHICS_INTERNAL_ERROR 0xC02625E7u
#define COPP_HR_GRAPHICS_SESSION_TYPE_CHANGE 0xC02605E8u /* no slip: 05, not 25 */

/*
 * The driver's NTSTATUS for what a device answered, 0xC01E05nn for 0xC02625nn; and the interface's HRESULT for a NTSTATUS. What either
 * side does not know becomes 0xC01E051E and 0xC026251E, "driver internal error" (OPM-ERR).
 */
COPP_API uint32_t copp_opm_ntstatus(uint32_t hresult);
COPP_API uint32_t copp_opm_hresult(uint32_t ntstatus);

/*
 * The GUID and the name of a request under OPM semantics, such as "OPM_GET_CONNECTOR_TYPE": every value of enum copp_request has them,
 * also those that COPP semantics alone may use. NULL for a value out of range. Static.
 */
COPP_API const uint8_t *copp_opm_request_guid(enum copp_request request);
COPP_API const char *copp_opm_request_name(enum copp_request request);

/* The request that a GUID (16 bytes) names, of both semantics; false if none. copp_request_from_guid knows those of COPP alone. */
COPP_API COPP_NODISCARD bool copp_opm_request_from_guid(const uint8_t *guid, enum copp_request *request);

/* How the adapter sits on its bus, such as "inside the chipset"; "" without a modifier, "unknown" for others. Never NULL, static. */
COPP_API const char *copp_opm_bus_modifier_name(uint32_t bus);

/* OPM-WIRE-8: of the connector (OPM-GET-10). */
struct copp_opm_output_id {
    uint8_t r_app[COPP_RANDOM_SIZE];
    uint32_t flags;
    uint64_t id;
};

/* OPM-WIRE-10. The SRM itself goes beside the command, which its OMAC does not cover (OPM-SRM-2). */
struct copp_opm_set_hdcp_srm {
    uint32_t version;
};

/* As the decoders and encoders of protocol.h. */
COPP_API COPP_NODISCARD enum copp_result copp_opm_output_id_decode(const uint8_t *bytes, size_t size,
                                                                   struct copp_opm_output_id *value);
COPP_API COPP_NODISCARD enum copp_result copp_opm_set_hdcp_srm_decode(const uint8_t *bytes, size_t size,
                                                                      struct copp_opm_set_hdcp_srm *value);
COPP_API void copp_opm_output_id_encode(const struct copp_opm_output_id *value, uint8_t *bytes);
COPP_API void copp_opm_set_hdcp_srm_encode(const struct copp_opm_set_hdcp_srm *value, uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
