/*
 * Output protection for a program that drives the display itself: a DRM master or lessee, such as a console player, a compositor
 * or a screen with an injected lease. Link with libcopp-kms and libcopp.
 *
 * You hand in your open DRM file and the connectors that may be protected. For each of them you get what an adapter of libcopp
 * needs: copp_kms_connector fills in the configuration for copp_connector_add, copp_kms_attach says where to report. The adapter,
 * its certificate chain and the sessions on it are yours (copp/device.h). HDCP is switched by the connector's properties
 * "Content Protection" and "HDCP Content Type"; only what the kernel reports as Enabled counts (CMD-4).
 *
 * The open file stays yours. This library reads resources, connectors (without probing them), encoders, CRTCs, properties and
 * EDID blobs by it, and writes the two properties if you leave that to it. It sets no client capability, neither takes nor drops
 * mastership, neither reads from the descriptor nor changes its flags, asks for no page-flip event, and does not close it.
 * Uevents come by a socket of the library's own.
 *
 * One picture must not be on several displays (ARB-6): where another connector shows the same framebuffer, or another part of it, sessions
 * are refused with COPP_E_UNSUPPORTED_MODE, since other connectors are never written to for a session's sake.
 *
 * Everything that belongs to one struct copp_kms, its adapter included, belongs to one thread at a time. Times are milliseconds
 * of one monotonic clock. NULL for a struct copp_kms, and an index beyond the connectors, are answered and never followed.
 */
#ifndef COPP_KMS_H
#define COPP_KMS_H

#include "copp/device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct copp_kms;

#define COPP_KMS_CONNECTORS_MAX 16u
#define COPP_KMS_COMMIT_MS 50u /* how long a change of the properties may wait for a commit of the host's */

/* Who writes the properties, and how. */
enum copp_kms_commits {
    COPP_KMS_DETECT = 0, /* the library, one of the next two: found by a commit that is TEST_ONLY and changes nothing */
    COPP_KMS_LEGACY = 1, /* the library, by the legacy call: blocking, which on some drivers takes as long as an authentication */
    COPP_KMS_ATOMIC = 2, /* the library, by a non-blocking atomic commit: your file has DRM_CLIENT_CAP_ATOMIC */
    COPP_KMS_HOST = 3 /* you, within your own atomic commits: copp_kms_next_properties, copp_kms_committed */
};

struct copp_kms_fd_config {
    size_t size; /* sizeof this struct */
    int fd; /* a card's open file; borrowed: it has to stay open until copp_kms_close */
    enum copp_kms_commits commits;
    const uint32_t *connectors; /* their object ids, at most COPP_KMS_CONNECTORS_MAX; copied */
    size_t connector_count;
    bool type1; /* ask for HDCP content type 1 (HDCP 2.2 and later) and believe nothing less */
    struct copp_log *log; /* told what a person should know; NULL: nobody */
};

/*
 * Opens the connectors; an index below is a place in config->connectors. You need not be master at this moment. The kernel lets
 * only masters and lessees write; while you are neither, as after a switch to another console, commands fail and what is to be
 * taken down is tried again later.
 * COPP_E_ARGUMENT: the config cannot be, fd is not the open file of a DRM card, or a connector is named twice. COPP_E_NOT_FOUND:
 * the file shows no such connector; a lessee's shows those of its lease. COPP_E_IO: uevents cannot be listened to.
 * COPP_E_MEMORY. *kms is NULL on failure.
 */
COPP_API COPP_NODISCARD enum copp_result copp_kms_open_fd(const struct copp_kms_fd_config *config, struct copp_kms **kms);

/*
 * Frees everything; free the adapter before. Where the library writes, it tries once to take down what it has switched on. With
 * COPP_KMS_HOST nobody is left to write: before this call close the sessions and commit until copp_kms_commit_deadline_ms answers
 * UINT64_MAX, else HDCP stays on. NULL-safe; clears the pointer.
 */
COPP_API void copp_kms_close(struct copp_kms **kms);

/*
 * Fills in *config, whose size you have set, for copp_connector_add. The output and the name in it ("card0-HDMI-A-1") live as
 * long as kms; real is true (BIND-6). A connector without the properties offers no HDCP (QRY-6). COPP_E_ARGUMENT: no such index,
 * or a size that was forgotten.
 */
COPP_API COPP_NODISCARD enum copp_result copp_kms_connector(struct copp_kms *kms, size_t index,
                                                            struct copp_connector_config *config);
/* Says whom to tell what happens at the connector (EVT-1), borrowed; NULL: nobody, to be said before the adapter is freed. */
COPP_API void copp_kms_attach(struct copp_kms *kms, size_t index, struct copp_connector *connector);

/* Whether a display is there, as of the last dispatch. */
COPP_API bool copp_kms_plugged(const struct copp_kms *kms, size_t index);
/* What the display there calls itself in its EDID, in printable ASCII; "" if that is not known. Nothing vouches for it. Valid
 * until the next dispatch. */
COPP_API const char *copp_kms_display(const struct copp_kms *kms, size_t index);

/* A descriptor to poll for reading, the same until copp_kms_close, which closes it: call copp_kms_dispatch once it is readable.
 * Never read from it. -1 for NULL. */
COPP_API int copp_kms_fd(const struct copp_kms *kms);
/* When copp_kms_dispatch has something to do though the descriptor is not readable; may be in the past. UINT64_MAX: never. Ask
 * again after every call of kms, of the adapter or of a device. */
COPP_API uint64_t copp_kms_deadline_ms(const struct copp_kms *kms);
/*
 * Does what is due: looks at the connectors that are in use, and tells their copp_connector what has happened (EVT-1). A demotion
 * that the kernel announces is told at the dispatch that follows the uevent, a silent one within half a second. Call
 * copp_adapter_dispatch after it. To learn whether something was told, compare copp_connector_inspect's counts before and after:
 * poll the sessions at once if they differ.
 */
COPP_API void copp_kms_dispatch(struct copp_kms *kms, uint64_t now_ms);

/* One property of one object, for drmModeAtomicAddProperty. */
struct copp_kms_property {
    uint32_t object;
    uint32_t property;
    uint64_t value;
};

#define COPP_KMS_PROPERTIES_MAX 2u

/* What one commit of the host's is to write. */
struct copp_kms_request {
    size_t size; /* sizeof this struct */
    uint32_t count; /* of properties; 0: nothing is to be written */
    struct copp_kms_property properties[COPP_KMS_PROPERTIES_MAX];
};

/*
 * For COPP_KMS_HOST: fills in *request with what your next atomic commit is to write to the connector. Add these properties to it,
 * and no others of the same names. Allow it DRM_MODE_ATOMIC_ALLOW_MODESET, which some drivers require for them.
 *
 * Asking changes nothing: ask as often as you like, also for commits that are TEST_ONLY, which write nothing and are reported to
 * nobody. The same is asked for until a commit that was not TEST_ONLY has been reported. Switching HDCP on may take two commits:
 * where the property is left at Desired, drivers authenticate only once it was Undesired. Ask for each commit anew.
 * COPP_E_STATE: the library writes itself. COPP_E_ARGUMENT: as copp_kms_connector. request->count is 0 then, if it can be.
 */
COPP_API COPP_NODISCARD enum copp_result copp_kms_next_properties(const struct copp_kms *kms, size_t index,
                                                                  struct copp_kms_request *request);
/*
 * Reports how the commit ended that had *request in it, TEST_ONLY ones excepted. error is 0, once the kernel has accepted it (also if
 * it is non-blocking: no need to wait for its page flip), or the errno that it got. After EBUSY and EAGAIN the same is asked for
 * again, in COPP_KMS_BUSY_MAX commits at most; after any other error it is given up, and the command fails (CMD-4): a commit that
 * failed for a reason of your own counts as EAGAIN. A request without properties, and one that is out of date, changes nothing.
 * Then call copp_kms_dispatch: copp_kms_deadline_ms has come.
 * Returns as copp_kms_next_properties; COPP_E_ARGUMENT also for a negative error and a request that was never given.
 */
COPP_API COPP_NODISCARD enum copp_result copp_kms_committed(struct copp_kms *kms, size_t index,
                                                            const struct copp_kms_request *request, int error);
#define COPP_KMS_BUSY_MAX 100u
/*
 * By when a commit is wanted though no frame may be due: COPP_KMS_COMMIT_MS after a change was asked for, or after the last commit
 * that was busy. A host that shows nothing new commits the connector's present state once more. May be in the past. UINT64_MAX: no
 * commit is wanted. Ask again whenever you ask for copp_kms_deadline_ms.
 */
COPP_API uint64_t copp_kms_commit_deadline_ms(const struct copp_kms *kms);

#ifdef __cplusplus
}
#endif

#endif
