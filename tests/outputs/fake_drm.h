/*
 * A simulated graphics card: /dev/dri/card0 of a umockdev testbed, with the kernel's rules for content protection as
 * far as a program can see them. Run the test under umockdev-wrapper; the program may be a process of its own, under it as well.
 *
 * HDMI-A-1 (id 100) is on with 1080p59.94 and has both properties; DP-1 (101) is on with 480i59.94 and has "Content
 * Protection" alone; eDP-1 (102) is on with 1080p60 and has neither; VGA-1 (103) is off.
 */
#ifndef COPP_TEST_FAKE_DRM_H
#define COPP_TEST_FAKE_DRM_H

#include "../unit/harness.h"

#define FAKE_DRM_CONNECTORS 6u
enum { FAKE_HDMI, FAKE_DP, FAKE_EDP, FAKE_VGA, FAKE_DOCK };

#define FAKE_LEASE_REVOKED (1u << 31) /* of no connector */

/* What a driver makes of Desired where its property reads Enabled: real ones differ. */
enum fake_over {
    FAKE_OVER_KEEP, /* it stays Enabled (amdgpu) */
    FAKE_OVER_STICK, /* it is Desired from then on, though the link is encrypted (i915 before 2021) */
    FAKE_OVER_ANNOUNCE, /* Desired, and fake_drm_work says Enabled without authenticating (i915) */
    FAKE_OVER_ANEW, /* Desired, and it authenticates anew */
    FAKE_OVER_NEVER /* Desired, and nothing comes of it before the next Undesired */
};

struct fake_connector {
    uint32_t drm_type;
    bool connected;
    bool unknown; /* the driver cannot tell whether a display is there */
    uint32_t crtc; /* 0: none */
    uint32_t framebuffer; /* two may show the same one; 0: its primary plane shows none */
    uint32_t x; /* of what the CRTC shows of it */
    bool protection; /* the property is there */
    bool content_type;
    uint64_t protection_value;
    uint64_t type_value;
    unsigned long refuse_read; /* the ioctl that is answered EIO where it asks about this connector; 0: none */
    int refuse_desired; /* an errno that Desired gets at this connector alone; 0: none */
    unsigned writes; /* that were carried out */
    bool working; /* an authentication is under way, which fake_drm_work ends */
    uint32_t tile_blob; /* 0: none, else of tile */
    char tile[64];
    bool edid_property;
    uint32_t edid_blob; /* 0: none */
    uint8_t edid[256];
    size_t edid_size;
};

struct fake_drm;
struct fake_drm_setup {
    bool atomic; /* else the driver knows only the legacy calls */
    bool other_master; /* a compositor has had the card before */
    struct fake_drm *beside; /* another card of the same machine, card1; NULL: the first one */
};

struct fake_drm *fake_drm_new(const struct fake_drm_setup *setup);
void fake_drm_free(struct fake_drm **drm);

/* The card, until fake_drm_release: ioctls wait. */
struct fake_card {
    struct fake_connector connectors[FAKE_DRM_CONNECTORS];
    size_t count; /* of the connectors: 4; a fifth is a dock's */
    uint32_t leased; /* bits of the connectors that open files may use, which are a lessee's; 0: it is not a lease */
    uint32_t first_connector; /* the first one's id */
    bool master; /* the process under test is */
    bool other_master;
    bool privileged; /* CAP_SYS_ADMIN; without it only an open file that was master once may be it again */
    unsigned opened; /* how often */
    int refuse_write; /* an errno that property writes get; 0: none */
    int refuse_undesired; /* an errno that Undesired gets (anx7625: EINVAL unless Enabled); 0: none */
    unsigned refusals; /* writes that were refused */
    unsigned busy; /* so many writes more are answered EBUSY */
    bool edges; /* the driver authenticates on the change from Undesired to Desired, else whenever Desired is written */
    bool late; /* its worker says Enabled though Undesired was written meanwhile */
    enum fake_over over;
    const char *witness; /* a file that must be there whenever Desired is written; NULL: none */
    bool unwitnessed; /* and once was not */
    bool enable_at_once; /* authentication takes no time */
    unsigned taken_back; /* so often more what is written is undone at once, as Weston does at each frame */
    bool caps_set_again; /* a client capability was, of an open file that had it: somebody else has set another's */
    bool atomic_used;
    bool blocking_used; /* a commit that waits */
    bool probed; /* a connector was probed, which makes displays flicker */
    bool too_bold; /* a write without being master */
    unsigned blobs_read;
    unsigned asked[256]; /* how often each ioctl was, by its number */
    unsigned tests; /* commits that were TEST_ONLY */
    bool flip_event_asked;
    bool locked; /* whoever asks for a connector, or writes one, waits for fake_drm_unlock, as for another's commit */
    bool holds; /* the next commit that waits does not end before fake_drm_unlock, and locks the card for as long */
    bool holds_any; /* the same of the next write of any kind */
    bool locks; /* the next commit that is carried out leaves the card locked, as when another one follows at once */
    unsigned waiting; /* so many wait */
    bool gone; /* ENODEV for everything; a card that has come back is there for those who open it anew */
};
struct fake_card *fake_drm_hold(struct fake_drm *drm);
void fake_drm_release(struct fake_drm *drm);

void fake_drm_set_protection(struct fake_drm *drm, size_t connector, uint64_t value);
uint64_t fake_drm_protection(struct fake_drm *drm, size_t connector);
/* What locks the card has ended: whoever waits goes on, in turn. */
void fake_drm_unlock(struct fake_drm *drm);
/* How many wait now. */
unsigned fake_drm_waiting(struct fake_drm *drm);
/* Waits until that many do. */
void fake_drm_await(struct fake_drm *drm, unsigned waiting);
/* A display that the driver has read the EDID of, into the blob of that number. Tell of it by an uevent. */
void fake_drm_plug(struct fake_drm *drm, size_t connector, uint32_t blob, const uint8_t *edid, size_t size);
/* Another program, which is the card's master for that, writes the property. */
void fake_drm_other_writes(struct fake_drm *drm, size_t connector, uint64_t value);
/* The driver's worker ends what is under way at a connector: authentications succeed. */
void fake_drm_work(struct fake_drm *drm, size_t connector);
/* "change"; "add" and "remove": the card has come, has gone. */
void fake_drm_uevent(struct fake_drm *drm, const char *action);
/* The kernel tells that it has moved the connector's protection property. */
void fake_drm_tell(struct fake_drm *drm, size_t connector);
/* The same of any numbers, as texts: what drm would never write, too. */
void fake_drm_tell_raw(struct fake_drm *drm, const char *connector, const char *property);
/* Another program is the card's master from here on, and debugfs shows it under that name; NULL: nobody is. */
void fake_drm_other_master(struct fake_drm *drm, const char *name, unsigned pid);
/* Whoever is the card's master is it no more. (umockdev tells late that an open file is no more, if a child had it as well.) */
void fake_drm_masters_end(struct fake_drm *drm);
/* Who has the card open can read this line from it, in the place of a driver's event. */
void fake_drm_event(struct fake_drm *drm, const char *line);
/* Where the testbed's /sys is, which shows the card and no connectors (sysfs_kit.h adds some); free with free(). */
char *fake_drm_sysfs(struct fake_drm *drm);

#endif
