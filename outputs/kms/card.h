/* One graphics card as the kernel shows it: its connectors, their signals and their content protection. */
#ifndef COPP_OUTPUTS_KMS_CARD_H
#define COPP_OUTPUTS_KMS_CARD_H

#include "outputs/backend.h"
#include "outputs/link/link.h"

#define KMS_CONNECTORS 32u
#define KMS_DEVICE_SIZE 256u

struct kms_connector {
    uint32_t id; /* 0: it is no more */
    char name[COPP_BACKEND_NAME_SIZE]; /* as in /sys/class/drm: "card0-HDMI-A-1" */
    uint32_t type; /* COPP_CONNECTOR_* */
    bool panel; /* it is inside the machine, and needs no HDCP (APP-4); type alone does not tell */
    uint32_t protection_property; /* "Content Protection"; 0: none */
    uint32_t type_property; /* "HDCP Content Type"; 0: none */
    uint32_t edid_property; /* "EDID"; 0: none */
    uint32_t tile_property; /* "TILE"; 0: none */
    bool type1; /* HDCP is to be switched on with content type 1 (OPM-HDCP-2) */
    uint32_t edid_blob; /* what display was read from; 0: it is to be read */
    char display[EDID_DISPLAY_SIZE]; /* what the display calls itself; "": not known */
    struct seldom warnings; /* of what the driver refuses */
};

/* Whose the open file is, and with it the mastership. */
enum kms_access {
    KMS_OWN = 0, /* ours, which is never DRM master: whatever writes opens the card for itself (own.h) */
    /* Somebody else's, who is master or lessee. We neither take nor give up mastership, set no client capability, and do not close it. */
    KMS_BORROWED = 1
};

struct kms_lent;
struct kms_own;
struct kms_reading;

struct kms_card {
    enum kms_access access;
    int fd; /* -1: it is no more */
    unsigned losses; /* so often it was no more: another device may have its name since */
    int lock_fd; /* the open file that has its lock (kms_card_claim), which is fd; -1: not ours */
    struct kms_lent *lent; /* by its owner, who is DRM master or lessee (lending.h); NULL: it is not */
    struct kms_own *own; /* how it is written to (own.h); NULL: through somebody else's file, or not at all */
    struct kms_reading *reading; /* by a process of its own (reading.h); NULL: it is read here */
    char name[COPP_BACKEND_NAME_SIZE]; /* "card0" */
    char path[COPP_BACKEND_NAME_SIZE]; /* "/dev/dri/card0"; "" for somebody else's open file */
    char device[KMS_DEVICE_SIZE]; /* what it is a part of, below /sys, as udev knows it; "": not known */
    bool atomic;
    bool type1; /* HDCP content type 1 is asked for, and nothing less believed */
    struct seldom warnings; /* of who keeps us from writing */
    uint64_t now_ms; /* for the warnings; whoever owns the card keeps it true */
    uint32_t bus_type; /* COPP_BUS_* */
    struct copp_backend_log *log;
    size_t count;
    struct kms_connector connectors[KMS_CONNECTORS];
};

/* Opens a device such as /dev/dri/card0 and is not its DRM master afterwards. COPP_E_NOT_FOUND: it has no connectors. */
COPP_NODISCARD enum copp_result kms_card_open(const char *path, uint32_t bus_type, struct copp_backend_log *log,
                                              struct kms_card **card);
/* The same without a look at its connectors, so that nothing waits for a driver: kms_card_scan, or a process, finds them. */
COPP_NODISCARD enum copp_result kms_card_open_unread(const char *path, uint32_t bus_type, struct copp_backend_log *log,
                                                     struct kms_card **card);
/* Over an open file of somebody else's, which outlives the card; atomic: whether it has DRM_CLIENT_CAP_ATOMIC. */
COPP_NODISCARD enum copp_result kms_card_over(int fd, bool atomic, const char *name, uint32_t bus_type,
                                              struct copp_backend_log *log, struct kms_card **card);
/* NULL-safe; clears the pointer. */
void kms_card_close(struct kms_card **card);

/* Looks for connectors that have come. One that comes back is the one of that name. Displays are asked anew who they are. */
void kms_card_scan(struct kms_card *card);

/* The device is no more, and not kept open: else the kernel would give its name to no other one. */
void kms_card_gone(struct kms_card *card);
/* A device of that name is there, perhaps still the same. Whether it is another one, whose connectors are to be scanned. */
bool kms_card_returned(struct kms_card *card, const char *path);

/*
 * One coppd a card (claim.h): whether it is ours, from here on. Somebody else's open file needs no lock. Says who has it.
 */
bool kms_card_claim(struct kms_card *card);

/*
 * Says that the driver does not switch to value, and why: an errno. On and off are refused for different reasons, though by the same number;
 * some drivers refuse for ever. owner: through whose open file that was asked for; NULL: ours.
 */
void kms_card_warn_of_refusal(struct kms_card *card, size_t index, enum hdcp_value value, int error, const char *owner);

/* Whether there is a property that can be written: a connector may go, and come back with less. */
bool kms_card_can_write(const struct kms_card *card, size_t index);
/* QRY-6: whether HDCP is offered there, which is also with content type 1 where that is asked for. */
bool kms_card_can_protect(const struct kms_card *card, const struct kms_connector *connector);

/* What is at a connector of the card's. */
void kms_card_observe(struct kms_card *card, size_t index, struct hdcp_observation *observation);

#endif
