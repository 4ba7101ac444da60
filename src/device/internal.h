/* The driver's inside, shared by the files of this directory alone. */
#ifndef COPP_DEVICE_INTERNAL_H
#define COPP_DEVICE_INTERNAL_H

#include "base/fork.h"
#include "base/log.h"
#include "copp/device.h"
#include "copp/omac.h"
#include "copp/opm.h"
#include "crypto/history.h"
#include "device/refusals.h"
#include "device/srm_store.h"

#define COPP_TYPES 6u /* of both semantics: type i is bit i of the protection types */
#define COPP_LEVELS 5u /* CGMS-A has the most, without the redistribution control bit */
#define COPP_TYPE_HDCP 0u /* COPP's; three books over one link (OPM-ARB-2) */
#define COPP_TYPE_ACP 1u
#define COPP_TYPE_CGMSA 2u
#define COPP_TYPE_OPM_HDCP 3u
#define COPP_TYPE_DPCP 4u
#define COPP_TYPE_ENFORCEMENT 5u
#define COPP_ALL_TYPES (COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA) /* of COPP */
#define COPP_HDCP_TYPES (COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT)
#define COPP_EVERY_TYPE (COPP_ALL_TYPES | COPP_HDCP_TYPES | COPP_PROTECTION_TYPE_DPCP) /* of both semantics */

#define COPP_NEVER UINT64_MAX

/* A chain and the key of its leaf: freed once neither the adapter nor a device has it. */
struct copp_credentials {
    size_t holders;
    struct copp_private_key *key; /* the host's */
    uint32_t chain_size;
    uint8_t chain_bytes[];
};

struct copp_adapter {
    /* of the devices that are opened from now on, under COPP and under OPM semantics; NULL: there are no such devices */
    struct copp_credentials *credentials;
    struct copp_credentials *opm_credentials;
    uint32_t pending_limit_ms;
    uint32_t process; /* which one made it (base/fork.h) */
    struct copp_random *random;
    struct copp_log *log;
    struct copp_connector *connectors;
    struct copp_srm_store *srms; /* OPM-SRM-4; NULL: it keeps no lists */
    bool unbound; /* BIND-2 */
};

/* What SetSignaling chooses (CMD-5). */
struct copp_signaling {
    uint32_t standard;
    struct copp_masked aspect[COPP_ASPECT_WORDS]; /* mask: the bits that somebody has chosen */
};

enum copp_change_kind {
    COPP_CHANGE_LEVEL = 0, /* a device's level of one type */
    COPP_CHANGE_SIGNALING, /* the connector's signaling */
    COPP_CHANGE_DESKTOP_ACP, /* the desktop's level (ARB-5) */
};

/* Something that somebody wants changed on a connector. */
struct copp_change {
    enum copp_change_kind kind;
    struct copp_device *device; /* who commands it; NULL for the desktop */
    size_t type; /* for both kinds of levels */
    uint32_t level; /* for both kinds of levels */
    bool css; /* HDCP that does not come up does not fail the command (OPM-SET-6) */
    struct copp_signaling signaling;
};

/* An apply that its output has begun and not ended (CMD-6). */
enum copp_pending_kind {
    COPP_PENDING_NONE = 0,
    COPP_PENDING_COMMAND, /* change is carried out if it succeeds */
    COPP_PENDING_APPLY /* nobody waits for it */
};
struct copp_pending {
    enum copp_pending_kind kind;
    bool timed; /* deadline_ms holds; otherwise the next dispatch sets it */
    uint64_t deadline_ms;
    struct copp_change change;
    struct copp_protection wanted;
};

struct copp_connector {
    struct copp_connector_config config; /* its name is the one below */
    char name[COPP_CONNECTOR_NAME_SIZE]; /* filled up with zero bytes, as it is bound (BIND-1) */
    struct copp_adapter *adapter;
    struct copp_connector *next;
    struct copp_device *devices;
    size_t device_count;
    size_t holders[COPP_TYPES][COPP_LEVELS]; /* ARB-1: devices at each level */
    size_t redistribution; /* ARB-3: devices that ask for redistribution control */
    uint32_t desktop_acp; /* ARB-5 */
    struct copp_signaling signaling;
    struct copp_protection applied; /* what the output has in force */
    struct copp_pending pending;
    bool busy; /* as if a command were pending (copp_connector_set_busy) */
    bool anew; /* it was reconfigured, and what it has in force was not applied since (EVT-1) */
    bool reassert; /* the output must be told once more, even what it seems to have in force already */
    uint64_t retry_ms; /* not before this is an unwilling output asked again */
    bool dark; /* the output shows no frames (OPM-STA-6) */
    uint32_t losses; /* as in struct copp_connector_view */
    uint32_t revocations;
    uint32_t reconfigurations;
};

enum copp_device_state {
    COPP_DEVICE_OPENED = 0,
    COPP_DEVICE_CERT_LENGTH_RETURNED,
    COPP_DEVICE_KEY_EXCHANGED,
    COPP_DEVICE_ACTIVE,
    COPP_DEVICE_GONE /* its output is: copp_device_abandon (OPM-STA-7) */
};

/* What every query touches stands first. */
struct copp_device {
    struct copp_connector *connector;
    struct copp_omac *omac; /* keyed once ACTIVE */
    struct copp_oaep *oaep; /* what opening a handshake takes under OPM semantics; it serves once (OPM-INI-8) */
    enum copp_device_state state;
    enum copp_semantics semantics;
    uint32_t types; /* that it may hold, an OR */
    uint32_t broken; /* types that it has lost, an OR: no frames are shown until it sets them again (OPM-STA-6) */
    uint32_t css; /* types that it holds according to CSS, an OR (OPM-SET-6) */
    bool revoked; /* with a LinkLost beside it, for the next query of a level of HDCP (OPM-STA-4) */
    uint32_t flags; /* COPP_STATUS_* not delivered yet (EVT-2) */
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t level[COPP_TYPES]; /* COPP_NO_PROTECTION_LEVEL_AVAILABLE of types that it may not hold (SES-1) */
    uint32_t result; /* of the last command that was pending */
    enum copp_codes pending_codes; /* in which its result is reported */
    uint32_t process; /* which one opened it (base/fork.h) */
    struct copp_credentials *credentials; /* the adapter's when it was opened */
    struct copp_history history; /* BIND-3 */
    char name[COPP_CONNECTOR_NAME_SIZE]; /* under which it was opened (BIND-7) */
    uint8_t pending_head[COPP_REQUEST_HEAD_SIZE]; /* of the command that is pending */
    struct copp_srm_given srm; /* OPM-GET-9 */
    bool random_spent; /* SES-8, OPM-INI-8 */
    uint8_t random[COPP_RANDOM_SIZE];
    struct copp_device *previous;
    struct copp_device *next;
};

/* False in a process forked after the device was opened: a second driver would answer to the same key and numbers (QRY-3,
 * CMD-3). Every entry point asks. */
COPP_NODISCARD static inline bool copp_device_is_ours(const struct copp_device *device) {
    return device->process == copp_process();
}

/* adapter.c */

/* Returns the same, which now has one holder more; each gives it back by copp_credentials_drop. */
struct copp_credentials *copp_credentials_hold(struct copp_credentials *credentials);
void copp_credentials_drop(struct copp_credentials *credentials);

/* device.c */

/* The tag over a message's 4080 bytes after its MAC (CMD-1, QRY-2). message has COPP_MESSAGE_SIZE bytes. */
COPP_NODISCARD enum copp_result copp_device_mac(struct copp_device *device, const uint8_t *message, uint8_t *tag);

/* history.c */

/* A command has ended, or a status request was refused, with hresult (BIND-3); head is as of copp_history_add. */
void copp_device_note(struct copp_device *device, enum copp_history_kind kind, const uint8_t *head, uint32_t hresult);

/* connector_view.c */

bool copp_connector_has_type(const struct copp_connector *connector, size_t type); /* one of COPP's */

/* Tells the adapter's log something of the connector, which has no name here but its type. words may be followed by more. */
void copp_connector_log(const struct copp_connector *connector, enum copp_log_level level, const char *words, const char *more);

/* What is on the connector now. */
void copp_connector_state(const struct copp_connector *connector, struct copp_output_state *state);

/* What is in force, whoever has asked for it (QRY-5). */
void copp_connector_global(const struct copp_connector *connector, struct copp_protection *global);
uint32_t copp_protection_level(const struct copp_protection *protection, size_t type);
/* The types that are on, an OR; HDCP by COPP's name. */
uint32_t copp_protection_types(const struct copp_protection *protection);

/* semantics.c: what a device sees of its connector, by its semantics. */

/* The types that it may hold, an OR (QRY-6, OPM-GET-7). */
uint32_t copp_device_offered(const struct copp_connector *connector, enum copp_semantics semantics);
/* The type that a word from an application names; a refusal unless it is exactly one that the device may hold (OPM-GET-6). */
enum copp_refusal copp_device_type_index(const struct copp_device *device, uint32_t word, size_t *type);
uint32_t copp_device_connector_type(const struct copp_device *device);
/* Whether a connector type is one that COPP does not have. */
bool copp_connector_is_opm_only(uint32_t type);
uint32_t copp_device_bus_type(const struct copp_device *device);

/* picture.c */

/* Shows frames, or none while a session is broken (OPM-STA-6). */
void copp_connector_show(struct copp_connector *connector);
/* Whether the output has still to be told. */
bool copp_connector_show_due(const struct copp_connector *connector);

/* arbitration.c */

static inline bool copp_device_has_type(const struct copp_device *device, size_t type) {
    return device->types & (1u << type);
}

/* Moves the device between the counts (ARB-1). The output is not told yet. */
void copp_connector_hold(struct copp_device *device, size_t type, uint32_t level);

/* What is not in force any more (EVT-1). */
struct copp_loss {
    uint32_t types; /* an OR; HDCP is lost to all who hold it, whichever their semantics */
    bool copp_only; /* what OPM's sessions hold goes on (OPM-OUT-6) */
    bool tampered; /* OPM's sessions are told so, and not of a lost link (OPM-STA-2) */
    bool revoked; /* to be told to OPM's sessions as well (OPM-SRM-5) */
};
/* EVT-1 and EVT-3 for every device. The output is not told yet. */
void copp_connector_lose(struct copp_connector *connector, const struct copp_loss *loss);

/* The level of highest precedence among all holders, and the signaling (ARB-2..5, OPM-ARB-2). */
void copp_connector_effective(const struct copp_connector *connector, struct copp_protection *effective);

/* outcome.c */

/* What a device's command comes to, by what has become of its change, which is counted already if it succeeded. */
enum copp_refusal copp_command_outcome(const struct copp_change *change, enum copp_result result);

/* connector.c */

/* Whether a device that receives, directly or behind a repeater, is on the adapter's lists (OPM-SRM-7, OPM-HDCP-1). */
bool copp_connector_is_revoked(const struct copp_connector *connector);
/* Looks up who receives while HDCP is on: a revoked device ends it for everybody (OPM-SRM-3, OPM-SRM-5). */
void copp_connector_look_up(struct copp_connector *connector);

void copp_connector_join(struct copp_connector *connector, struct copp_device *device);
/* Ends what the device has pending and gives back what it holds. In a forked process the output is told nothing: what it has in force is
 * the parent's business. */
void copp_connector_leave(struct copp_device *device);

/*
 * Carries the change out: counts, and what the output applies. COPP_E_PENDING only for a device's change: its
 * command then ends later. On every other error nothing has changed.
 */
COPP_NODISCARD enum copp_result copp_connector_change(const struct copp_change *change, struct copp_connector *connector,
                                                      uint64_t now_ms);

/* Makes the output apply the effective levels if it does not; what it refuses is tried again on a later dispatch. Answers
 * what the output did, COPP_OK where it had nothing to do. */
enum copp_result copp_connector_apply_effective(struct copp_connector *connector);

/* Cancels what is pending; a command fails by it. */
void copp_connector_cancel_pending(struct copp_connector *connector);

/* What is pending has ended, for better or worse. */
void copp_connector_completed(struct copp_connector *connector, enum copp_result result);

void copp_connector_dispatch(struct copp_connector *connector, uint64_t now_ms);
uint64_t copp_connector_deadline_ms(const struct copp_connector *connector);

/* signal_rules.c: what the signal on a connector can carry. */

bool copp_signal_carries_acp(const struct copp_connector *connector, const struct copp_output_state *state);
bool copp_signal_fits_standard(const struct copp_connector *connector, const struct copp_output_state *state, uint32_t standard);
/* Whether the mode is one in which a session may protect: not theatre, and under COPP not clone (ARB-6, OPM-OUT-6). */
bool copp_signal_is_single(const struct copp_output_state *state, enum copp_semantics semantics);

#endif
