/*
 * A driver of another process: that of a case of copp test player, which listens at a pipe (docs/windows.md). Its devices answer in the place
 * of this process's own. What the case's driver does wrong is done there; nothing here changes an answer.
 *
 * A driver's directory that has conformance.ini names one.
 */
#ifndef COPP_WIN32_REMOTE_H
#define COPP_WIN32_REMOTE_H

#include <stdbool.h>
#include <windows.h>

#include "copp.h"

#define REMOTE_PIPE_MAX 256u

struct remote; /* one device there */

/* The pipe that the directory names; "" if it names none. False, said why: it cannot be used, and there is no driver. */
bool remote_find(HMODULE module, WCHAR pipe[REMOTE_PIPE_MAX]);

/* Opens a device. S_OK, or what the driver answers; NO_COPP_HW (COPP's) or OPM_NOT_SUPPORTED where there is none. */
HRESULT remote_open(const WCHAR *pipe, bool opm, struct remote **remote);
void remote_close(struct remote **remote);

/* The calls of host.h. One at a time on a device; each waits for its answer. A driver that has gone answers as one that was taken away. */
HRESULT remote_key_exchange(struct remote *remote, void *random, BYTE **chain_bytes, DWORD *chain_size);
HRESULT remote_sequence_start(struct remote *remote, const struct copp_signature *signature);
HRESULT remote_command(struct remote *remote, const struct copp_command *command);
HRESULT remote_configure(struct remote *remote, const struct copp_command *parameters, const uint8_t *additional,
                         size_t additional_size);

enum remote_question {
    REMOTE_STATUS, /* IAMCertifiedOutputProtection's: 4096 bytes */
    REMOTE_COPP_INFORMATION, /* COPPCompatibleGetInformation: the same */
    REMOTE_INFORMATION /* GetInformation: COPP_OPM_GET_INFO_SIZE bytes */
};
HRESULT remote_ask(struct remote *remote, enum remote_question question, const uint8_t *parameters,
                   struct copp_status_output *answer);

#endif
