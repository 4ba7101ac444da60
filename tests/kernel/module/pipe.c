// SPDX-License-Identifier: GPL-2.0
/* One CRTC, plane and encoder for each connector. Nothing is shown; a timer beats where a screen would begin anew. */
#include "copp_drm.h"

#include <drm/drm_atomic_helper.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem_atomic_helper.h>
#include <drm/drm_vblank.h>

#define FRAME_NS (NSEC_PER_SEC / 60)

static struct output *output_of_pipe(struct drm_simple_display_pipe *pipe) {
    return container_of(pipe, struct output, pipe);
}

static enum hrtimer_restart on_vblank(struct hrtimer *timer) {
    struct output *output = container_of(timer, struct output, vblank);

    if (!READ_ONCE(output->vblank_on))
        return HRTIMER_NORESTART;
    drm_crtc_handle_vblank(&output->pipe.crtc);
    hrtimer_forward_now(timer, ns_to_ktime(FRAME_NS));
    return HRTIMER_RESTART;
}

static int enable_vblank(struct drm_simple_display_pipe *pipe) {
    struct output *output = output_of_pipe(pipe);

    WRITE_ONCE(output->vblank_on, true);
    hrtimer_start(&output->vblank, ns_to_ktime(FRAME_NS), HRTIMER_MODE_REL);
    return 0;
}

/* The timer's function may be waiting for a lock that is held here: it is not waited for. */
static void disable_vblank(struct drm_simple_display_pipe *pipe) {
    WRITE_ONCE(output_of_pipe(pipe)->vblank_on, false);
}

/* Whoever asked for an event of this commit gets it with the next frame, or at once if there will be none. */
static void finish_event(struct drm_crtc *crtc) {
    struct drm_pending_vblank_event *event = crtc->state->event;

    if (!event)
        return;
    crtc->state->event = NULL;
    spin_lock_irq(&crtc->dev->event_lock);
    if (crtc->state->active && drm_crtc_vblank_get(crtc) == 0)
        drm_crtc_arm_vblank_event(crtc, event);
    else
        drm_crtc_send_vblank_event(crtc, event);
    spin_unlock_irq(&crtc->dev->event_lock);
}

static void enable(struct drm_simple_display_pipe *pipe, struct drm_crtc_state *crtc, struct drm_plane_state *plane) {
    drm_crtc_vblank_on(&pipe->crtc);
}

static void disable(struct drm_simple_display_pipe *pipe) {
    drm_crtc_vblank_off(&pipe->crtc);
    if (!pipe->crtc.state->active)
        finish_event(&pipe->crtc);
}

static void update(struct drm_simple_display_pipe *pipe, struct drm_plane_state *old) {
    if (pipe->plane.state->fb != old->fb)
        output_of_pipe(pipe)->flips++;
    else if (pipe->plane.state->fb_damage_clips)
        output_of_pipe(pipe)->paints++;
    finish_event(&pipe->crtc);
}

static const struct drm_simple_display_pipe_funcs funcs = {
    .enable = enable,
    .disable = disable,
    .update = update,
    .enable_vblank = enable_vblank,
    .disable_vblank = disable_vblank,
};

static const u32 formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565};

int pipe_init(struct output *output) {
    hrtimer_init(&output->vblank, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
    output->vblank.function = on_vblank;
    return drm_simple_display_pipe_init(output->connector.dev, &output->pipe, &funcs, formats, ARRAY_SIZE(formats), NULL,
                                        &output->connector);
}
