/* Protocol values in words and in JSON. */
#ifndef COPP_CLI_DESCRIBE_H
#define COPP_CLI_DESCRIBE_H

#include <jansson.h>

#include "copp.h"

/* "RSA 2048, exponent 65537, modulus 8f1c2a..." (the first 8 bytes), into text. */
void describe_key(const struct copp_public_key *key, char *text, size_t size);
json_t *json_key(const struct copp_public_key *key);
/* The same of a key in an X.509 certificate. */
void describe_rsa_key(const struct copp_rsa_key *key, char *text, size_t size);
json_t *json_rsa_key(const struct copp_rsa_key *key);

/* What a certificate is in an OPM driver's chain: "driver", "CA", "root"; "" if the chain has no path. */
const char *opm_role_name(enum copp_opm_role role);

/* COPP's three protection types, most usual first. */
#define PROTECTION_TYPES 3
extern const uint32_t protection_types[PROTECTION_TYPES];
/* Those of COPP and OPM, in the order in which they are told. HDCP has a number in each, of which an output offers one. */
#define ALL_PROTECTION_TYPES 6
extern const uint32_t all_protection_types[ALL_PROTECTION_TYPES];

/* "copy-never, redistribution control" for CGMS-A, "on" for HDCP, "level 2" for ACP. */
void describe_level(uint32_t type, uint32_t level, char *text, size_t size);

/* "HDCP, CGMS-A", or "none". */
void describe_types(uint32_t types, char *text, size_t size);
json_t *json_types(uint32_t types);

/* "1920x1080p 60 Hz"; "none" where there is no signal. */
void describe_display(const struct copp_display *display, char *text, size_t size);
json_t *json_display(const struct copp_display *display);

/* An output's name and what must not be overlooked about it: "HDMI-1", "HDMI-1 (simulated)", "HDMI-1 (simulated, unplugged)". */
void describe_output(const char *name, bool real, bool plugged, char *text, size_t size);

/* "HDMI", or "internal LVDS". */
void describe_connector(uint32_t type, char *text, size_t size);

/* "LinkLost, RenegotiationRequired", or "-"; of OPM also "TamperingDetected" and "RevokedHDCPDevice". */
void describe_events(uint32_t events, char *text, size_t size);
json_t *json_events(uint32_t events);

/* "copy-never" or "copy-never,redistribution"; false for anything else. */
bool read_cgmsa(const char *text, uint32_t *level);

#endif
