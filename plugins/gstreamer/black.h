/* Pictures without their content: what is shown where protection is not in force. */
#ifndef COPP_PLUGINS_GSTREAMER_BLACK_H
#define COPP_PLUGINS_GSTREAMER_BLACK_H

#include <gst/video/video.h>

/*
 * Makes every pixel of a writable buffer black, and takes from it what would be shown as well: subtitles, captions and other metadata of the
 * content. Returns FALSE where the picture cannot be written; it is then as it was, and must not be passed on.
 */
gboolean black_fill(GstBuffer *buffer, const GstVideoInfo *info);

#endif
