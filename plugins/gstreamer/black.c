#include "black.h"

/* One black line in the form that the format's pack function takes: 8 or 16 bits a component, YUV or RGB. */
static gpointer black_line(const GstVideoInfo *info, gsize *size) {
    const GstVideoFormatInfo *unpacked = gst_video_format_get_info(info->finfo->unpack_format);
    const gboolean wide = GST_VIDEO_FORMAT_INFO_BITS(unpacked) > 8;
    const gboolean full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    const gboolean yuv = GST_VIDEO_FORMAT_INFO_IS_YUV(unpacked);
    const guint16 luma = yuv && !full ? 16 : 0;
    const guint16 chroma = yuv ? 128 : 0;
    const guint16 pixel[4] = {0xff, luma, chroma, chroma};
    gsize components = 4 * (gsize)GST_VIDEO_INFO_WIDTH(info);
    *size = components * (wide ? sizeof(guint16) : 1);
    gpointer line = g_malloc(*size);
    for (gsize i = 0; i < components; i++) {
        if (wide)
            ((guint16 *)line)[i] = (guint16)(pixel[i % 4] << 8);
        else
            ((guint8 *)line)[i] = (guint8)pixel[i % 4];
    }
    return line;
}

/* Subtitles and captions are content too; what says how the picture lies in memory stays, and so does what keeps that memory from being used for
 * the next picture. */
static gboolean drop_content(GstBuffer *buffer, GstMeta **meta, gpointer unused) {
    (void)buffer;
    (void)unused;
    const GType api = (*meta)->info->api;
    if (api != GST_VIDEO_META_API_TYPE && api != GST_VIDEO_CROP_META_API_TYPE && api != GST_PARENT_BUFFER_META_API_TYPE &&
        !GST_META_FLAG_IS_SET(*meta, GST_META_FLAG_LOCKED))
        *meta = NULL;
    return TRUE;
}

/* Whatever index a pixel has, it is black. */
static void black_palette(GstVideoFrame *frame) {
    guint32 *colours = GST_VIDEO_FRAME_PLANE_DATA(frame, 1);
    for (gsize i = 0; i < 256; i++)
        colours[i] = 0xff000000u;
}

/* A buffer may hold several pictures, one for each eye, or half of one: only what is mapped as one whole picture becomes black. */
static gboolean is_one_picture(GstBuffer *buffer, const GstVideoInfo *info) {
    return gst_buffer_get_n_meta(buffer, GST_VIDEO_META_API_TYPE) <= 1 &&
           GST_VIDEO_INFO_MULTIVIEW_MODE(info) != GST_VIDEO_MULTIVIEW_MODE_SEPARATED &&
           GST_VIDEO_INFO_INTERLACE_MODE(info) != GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* What is black is the frame that the buffer says it has, which may be larger than the caps say. */
gboolean black_fill(GstBuffer *buffer, const GstVideoInfo *info) {
    GstVideoFrame frame;
    gsize size;
    if (info->finfo == NULL || info->finfo->pack_func == NULL || GST_VIDEO_INFO_WIDTH(info) == 0 ||
        !is_one_picture(buffer, info) || !gst_video_frame_map(&frame, info, buffer, GST_MAP_WRITE))
        return FALSE;
    if (frame.info.finfo->pack_func == NULL) {
        gst_video_frame_unmap(&frame);
        return FALSE;
    }
    gpointer line = black_line(&frame.info, &size);
    for (gint y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); y += frame.info.finfo->pack_lines)
        frame.info.finfo->pack_func(frame.info.finfo, GST_VIDEO_PACK_FLAG_NONE, line, 0, frame.data, frame.info.stride,
                                    frame.info.chroma_site, y, GST_VIDEO_FRAME_WIDTH(&frame));
    g_free(line);
    if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE(frame.info.finfo))
        black_palette(&frame);
    gst_video_frame_unmap(&frame);
    gst_buffer_foreach_meta(buffer, drop_content, NULL);
    return TRUE;
}
