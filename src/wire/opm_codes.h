/* The names of OPM's error codes, for copp_hresult_name. */
#ifndef COPP_OPM_CODES_H
#define COPP_OPM_CODES_H

#include <stdint.h>

/* NULL if it is not one of them. Static. */
const char *copp_opm_code_name(uint32_t hresult);

#endif
