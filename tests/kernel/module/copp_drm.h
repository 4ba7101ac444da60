/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A graphics card without hardware, whose displays do HDCP: for tests, in a machine of their own. Its connectors follow the rules of
 * drivers that have drm_hdcp's helpers; debugfs decides what becomes of an authentication and what a receiver answers.
 */
#ifndef COPP_DRM_H
#define COPP_DRM_H

#include <drm/display/drm_dp_helper.h>
#include <drm/drm_connector.h>
#include <drm/drm_device.h>
#include <drm/drm_simple_kms_helper.h>
#include <linux/hrtimer.h>
#include <linux/i2c.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#define COPP_OUTPUTS 4u

/* What becomes of Desired that is written over Enabled. Drivers differ. */
enum over_enabled {
    OVER_KEEP, /* amdgpu: it stays Enabled */
    OVER_STICK, /* i915: Desired, until a worker sets Enabled again, which was in force all the time */
    OVER_REAUTHENTICATE, /* Desired, and all is done anew */
    OVER_NEVER, /* i915 before 2021: Desired for ever */
};

/* Of one card; files of the card's directory in debugfs. Errno values are positive. */
struct quirks {
    enum over_enabled over_enabled;
    bool refuse_undesired; /* anx7625: EINVAL for Undesired over Desired */
    u32 refuse_all_undesired; /* an errno for Undesired; 0: none */
    u32 refuse_write; /* an errno for any other value of the two properties; 0: none */
    bool late_enabled; /* a worker that was on its way writes Enabled after Undesired */
    u32 slow_commit_ms; /* the authentication takes place inside the commit, which takes that long */
    bool demote_on_modeset; /* i915: Enabled becomes Desired with a mode set, and no event tells */
    bool needs_modeset; /* a change of the property is one, for which a commit has to allow it */
};

/* The link of a connector and its receiver. Changes under the lock of connectors (connection_mutex), commits aside. */
struct link {
    struct delayed_work work;
    bool wanted; /* by the last commit, to be protected while it is shown */
    bool shown;
    u64 type;
    bool up; /* authenticated, whatever the property says */
    bool late; /* the worker is to write Enabled although nobody wants it any more */
    u32 delay_ms; /* how long an authentication takes */
    u32 retry_ms; /* after a failure the driver tries again; 0: never */
    bool fail;
    u32 authentications; /* begun so far */
    u32 failures;
};

#define RECEIVER_LOG 128u
struct access {
    bool aux;
    bool write;
    u32 offset; /* a register or a DPCD address */
    u32 size;
    int result;
};

/* What a display answers by DDC (I2C) or AUX (DisplayPort). */
struct receiver {
    struct mutex lock;
    struct i2c_adapter ddc; /* not of DisplayPort's */
    struct drm_dp_aux aux; /* DisplayPort's */
    u8 edid[256];
    size_t edid_size;
    u8 edid_at;
    u8 hdcp[256]; /* I2C, at address 0x3A */
    u8 hdcp_at;
    u8 dpcd[0x100]; /* from 0x00000 on */
    u8 dpcd_hdcp[0x100]; /* from 0x68000 on */
    u8 dpcd_hdcp2[0x400]; /* from 0x69000 on */
    u8 fifo[127 * 5];
    size_t fifo_size;
    size_t fifo_at;
    u32 nak; /* so many of the next accesses to HDCP's registers are refused; U32_MAX: all */
    u32 nak_at; /* an access that begins there is refused; U32_MAX: none */
    u32 defer; /* so many of the next AUX transfers are put off */
    u32 transfer_ms; /* what an access takes */
    struct access log[RECEIVER_LOG];
    u32 logged; /* how many there were */
};

struct output {
    struct drm_connector connector;
    struct drm_simple_display_pipe pipe;
    unsigned number;
    enum drm_connector_status status; /* what a probe finds */
    struct hrtimer vblank;
    bool vblank_on;
    u32 flips;
    u32 paints; /* into the picture that is shown, told by DIRTYFB */
    u32 probes;
    struct link link;
    struct receiver receiver;
};

struct card {
    struct drm_device drm;
    struct quirks quirks;
    bool no_type; /* no "HDCP Content Type" */
    bool tiled; /* the first two outputs lead to one display */
    struct output outputs[COPP_OUTPUTS];
};

static inline struct card *card_of(struct drm_device *drm) {
    return container_of(drm, struct card, drm);
}

static inline struct output *output_of(struct drm_connector *connector) {
    return container_of(connector, struct output, connector);
}

static inline bool is_displayport(const struct output *output) {
    return output->connector.connector_type == DRM_MODE_CONNECTOR_DisplayPort;
}

/* pipe.c */
int pipe_init(struct output *output);

/* link.c */
void link_init(struct output *output);
void link_fini(struct output *output);
int link_check(struct output *output, struct drm_atomic_state *state);
void link_commit(struct output *output, struct drm_atomic_state *state);
void link_plugged(struct output *output); /* also when it is no longer */
enum link_order { LINK_ENABLE, LINK_DEMOTE, LINK_DEMOTE_SILENTLY, LINK_GLITCH, LINK_ANNOUNCE };
void link_order(struct output *output, enum link_order order);

/* connector.c */
int connector_init(struct output *output, int type, bool protection);
void connector_probe(struct output *output);
void connector_plug(struct output *output, enum drm_connector_status status);

/* edid.c */
size_t edid_make(u8 edid[256], unsigned number, bool hdmi);

/* receiver.c; those below are called with the lock held */
void receiver_init(struct output *output);
void receiver_wait(struct receiver *receiver); /* without it */
bool receiver_refuses(struct receiver *receiver, u32 offset);
void receiver_log(struct receiver *receiver, bool write, u32 offset, size_t size, int result);
void receiver_read_fifo(struct receiver *receiver, u8 *bytes, size_t size);
void receiver_read_edid(struct receiver *receiver, u8 *bytes, size_t size);
int receiver_poke(struct output *output, u32 offset, const u8 *bytes, size_t size);

/* ddc.c, aux.c */
int ddc_add(struct output *output);
void aux_init(struct output *output);

/* control.c */
void control_card(struct drm_minor *minor);
void control_output(struct drm_connector *connector, struct dentry *directory);

#endif
