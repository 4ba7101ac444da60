// SPDX-License-Identifier: GPL-2.0
/* Connectors: a display is there or is not, as debugfs says, and its EDID is read as any driver reads it. */
#include "copp_drm.h"

#include <drm/display/drm_hdcp_helper.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_state_helper.h>
#include <drm/drm_edid.h>
#include <drm/drm_probe_helper.h>

static enum drm_connector_status detect(struct drm_connector *connector, bool force) {
    output_of(connector)->probes++;
    return output_of(connector)->status;
}

static int late_register(struct drm_connector *connector) {
    struct drm_dp_aux *aux = &output_of(connector)->receiver.aux;

    if (!is_displayport(output_of(connector)))
        return 0;
    aux->dev = connector->kdev;
    return drm_dp_aux_register(aux);
}

static void early_unregister(struct drm_connector *connector) {
    if (is_displayport(output_of(connector)))
        drm_dp_aux_unregister(&output_of(connector)->receiver.aux);
}

static const struct drm_connector_funcs funcs = {
    .detect = detect,
    .fill_modes = drm_helper_probe_single_connector_modes,
    .late_register = late_register,
    .early_unregister = early_unregister,
    .reset = drm_atomic_helper_connector_reset,
    .atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
    .atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
    .destroy = drm_connector_cleanup,
    .debugfs_init = control_output,
};

/* The left or the right half of a display; after its EDID, which does not say so. */
static int tile(struct drm_connector *connector) {
    static const char topology[9] = "COPPTILE";

    connector->tile_group = drm_mode_get_tile_group(connector->dev, topology);
    if (!connector->tile_group)
        connector->tile_group = drm_mode_create_tile_group(connector->dev, topology);
    connector->has_tile = connector->tile_group != NULL;
    connector->tile_is_single_monitor = true;
    connector->num_h_tile = 2;
    connector->num_v_tile = 1;
    connector->tile_h_loc = output_of(connector)->number;
    connector->tile_h_size = 640;
    connector->tile_v_size = 480;
    return drm_connector_set_tile_property(connector);
}

static int get_modes(struct drm_connector *connector) {
    struct receiver *receiver = &output_of(connector)->receiver;
    struct edid *edid = drm_get_edid(connector, is_displayport(output_of(connector)) ? &receiver->aux.ddc : &receiver->ddc);
    int count;

    drm_connector_update_edid_property(connector, edid);
    count = drm_add_edid_modes(connector, edid);
    kfree(edid);
    if (card_of(connector->dev)->tiled && output_of(connector)->number < 2 && tile(connector))
        return 0;
    if (!count) {
        count = drm_add_modes_noedid(connector, 1024, 768);
        drm_set_preferred_mode(connector, 640, 480);
    }
    return count;
}

static int check(struct drm_connector *connector, struct drm_atomic_state *state) {
    return link_check(output_of(connector), state);
}

static const struct drm_connector_helper_funcs helpers = {
    .get_modes = get_modes,
    .atomic_check = check,
};

int connector_init(struct output *output, int type, bool protection) {
    struct drm_connector *connector = &output->connector;
    struct card *card = card_of(connector->dev);
    int error;

    connector->connector_type = type;
    receiver_init(output);
    if (type == DRM_MODE_CONNECTOR_DisplayPort)
        aux_init(output);
    else if ((error = ddc_add(output)))
        return error;
    /* as drivers do, no "ddc" for DisplayPort: its adapter is there only once the connector is */
    error = drm_connector_init_with_ddc(connector->dev, connector, &funcs, type,
                                        type == DRM_MODE_CONNECTOR_DisplayPort ? NULL : &output->receiver.ddc);
    if (error)
        return error;
    drm_connector_helper_add(connector, &helpers);
    connector->polled = DRM_CONNECTOR_POLL_HPD;
    link_init(output);
    return protection ? drm_connector_attach_content_protection_property(connector, !card->no_type) : 0;
}

/* What the console of other drivers does when they are loaded and when something is plugged in. */
void connector_probe(struct output *output) {
    struct drm_connector *connector = &output->connector;

    mutex_lock(&connector->dev->mode_config.mutex);
    connector->funcs->fill_modes(connector, connector->dev->mode_config.max_width, connector->dev->mode_config.max_height);
    mutex_unlock(&connector->dev->mode_config.mutex);
}

void connector_plug(struct output *output, enum drm_connector_status status) {
    output->status = status;
    link_plugged(output);
    connector_probe(output);
    drm_kms_helper_connector_hotplug_event(&output->connector);
}
