// SPDX-License-Identifier: GPL-2.0
/* The module, its cards, and how they commit. */
#include "copp_drm.h"

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_vblank.h>
#include <linux/module.h>

#define MAX_CARDS 4u

static unsigned cards = 1;
module_param(cards, uint, 0400);
MODULE_PARM_DESC(cards, "how many cards there are, 4 at most");

static unsigned plugged = 0x5;
module_param(plugged, uint, 0400);
MODULE_PARM_DESC(plugged, "which outputs have a display at first, a bit each: 1 HDMI-A-1, 2 HDMI-A-2, 4 DP-1, 8 VGA-1");

static bool atomic = true;
module_param(atomic, bool, 0400);
MODULE_PARM_DESC(atomic, "N: user space does not get atomic commits");

static bool no_type;
module_param(no_type, bool, 0400);
MODULE_PARM_DESC(no_type, "the property HDCP Content Type does not exist");

static bool tiled;
module_param(tiled, bool, 0400);
MODULE_PARM_DESC(tiled, "HDMI-A-1 and HDMI-A-2 lead to the two halves of one display");

static const struct output_kind {
    int type;
    bool protection;
} kinds[COPP_OUTPUTS] = {
    {DRM_MODE_CONNECTOR_HDMIA, true},
    {DRM_MODE_CONNECTOR_HDMIA, true},
    {DRM_MODE_CONNECTOR_DisplayPort, true},
    {DRM_MODE_CONNECTOR_VGA, false},
};

/* The helpers' order for commits, and HDCP before the new picture is shown: who authenticates meanwhile makes frames late. */
static void commit_tail(struct drm_atomic_state *state) {
    struct drm_device *drm = state->dev;
    struct drm_connector *connector;
    struct drm_connector_state *old;
    int i;

    drm_atomic_helper_commit_modeset_disables(drm, state);
    drm_atomic_helper_commit_modeset_enables(drm, state);
    for_each_old_connector_in_state(state, connector, old, i) link_commit(output_of(connector), state);
    drm_atomic_helper_commit_planes(drm, state, DRM_PLANE_COMMIT_ACTIVE_ONLY);
    drm_atomic_helper_fake_vblank(state);
    drm_atomic_helper_commit_hw_done(state);
    drm_atomic_helper_wait_for_vblanks(drm, state);
    drm_atomic_helper_cleanup_planes(drm, state);
}

static const struct drm_mode_config_funcs config_funcs = {
    .fb_create = drm_gem_fb_create_with_dirty, /* each DIRTYFB is a commit, as with cards that send pictures on */
    .atomic_check = drm_atomic_helper_check,
    .atomic_commit = drm_atomic_helper_commit,
};

static const struct drm_mode_config_helper_funcs config_helpers = {
    .atomic_commit_tail = commit_tail,
};

DEFINE_DRM_GEM_FOPS(files);

static const struct drm_driver driver = {
    .driver_features = DRIVER_MODESET | DRIVER_ATOMIC | DRIVER_GEM,
    .name = "copp_drm",
    .desc = "displays for tests of content protection",
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
    .date = "20260101",
#endif
    .major = 1,
    .fops = &files,
    .debugfs_init = control_card,
    DRM_GEM_SHMEM_DRIVER_OPS,
};

static int config_init(struct drm_device *drm) {
    int error = drmm_mode_config_init(drm);

    if (error)
        return error;
    drm->mode_config.max_width = 8192;
    drm->mode_config.max_height = 8192;
    drm->mode_config.funcs = &config_funcs;
    drm->mode_config.helper_private = &config_helpers;
    return 0;
}

static int outputs_init(struct card *card) {
    int error = 0;

    for (unsigned i = 0; i < COPP_OUTPUTS && !error; i++) {
        struct output *output = &card->outputs[i];

        output->connector.dev = &card->drm;
        output->number = i;
        output->status = plugged & 1u << i ? connector_status_connected : connector_status_disconnected;
        error = connector_init(output, kinds[i].type, kinds[i].protection);
        if (!error)
            error = pipe_init(output);
    }
    return error;
}

static int probe(struct platform_device *device) {
    struct card *card = devm_drm_dev_alloc(&device->dev, &driver, struct card, drm);
    int error;

    if (IS_ERR(card))
        return PTR_ERR(card);
    platform_set_drvdata(device, card);
    card->no_type = no_type;
    card->tiled = tiled;
    if (!atomic)
        card->drm.driver_features &= ~DRIVER_ATOMIC;
    error = config_init(&card->drm);
    if (!error)
        error = outputs_init(card);
    if (!error)
        error = drm_vblank_init(&card->drm, COPP_OUTPUTS);
    if (error)
        return error;
    drm_mode_config_reset(&card->drm);
    error = drm_dev_register(&card->drm, 0);
    for (unsigned i = 0; i < COPP_OUTPUTS && !error; i++)
        connector_probe(&card->outputs[i]);
    return error;
}

static void take_away(struct platform_device *device) {
    struct card *card = platform_get_drvdata(device);

    drm_dev_unplug(&card->drm);
    drm_atomic_helper_shutdown(&card->drm);
    for (unsigned i = 0; i < COPP_OUTPUTS; i++) {
        link_fini(&card->outputs[i]);
        hrtimer_cancel(&card->outputs[i].vblank);
    }
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define remove_card take_away
#else
static int remove_card(struct platform_device *device) {
    take_away(device);
    return 0;
}
#endif

static struct platform_driver platform = {
    .probe = probe,
    .remove = remove_card,
    .driver = {.name = "copp_drm"},
};

static struct platform_device *devices[MAX_CARDS];

static void unregister_devices(void) {
    for (unsigned i = 0; i < MAX_CARDS; i++)
        platform_device_unregister(devices[i]); /* which NULL may be */
}

static int __init begin(void) {
    int error;

    if (cards < 1 || cards > MAX_CARDS)
        return -EINVAL;
    error = platform_driver_register(&platform);
    if (error)
        return error;
    for (unsigned i = 0; i < cards; i++) {
        devices[i] = platform_device_register_simple("copp_drm", i, NULL, 0);
        if (IS_ERR(devices[i])) {
            error = PTR_ERR(devices[i]);
            devices[i] = NULL;
            unregister_devices();
            platform_driver_unregister(&platform);
            return error;
        }
    }
    return 0;
}

static void __exit end(void) {
    unregister_devices();
    platform_driver_unregister(&platform);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("A graphics card without hardware that does HDCP, for tests");
MODULE_LICENSE("GPL");
