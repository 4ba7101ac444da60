/* GStreamer's coppgate against a coppd with a simulated adapter (APP-3, EVT-1, EVT-4). GST_PLUGIN_PATH leads to the plugin. */
#include "../daemon/daemon_kit.h"

#include <signal.h>
#include <stdatomic.h>

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/gstreamer/black.h"

#define RAW_CAPS "video/x-raw,format=I420,width=64,height=64,framerate=25/1"
#define PICTURE_SIZE (64 * 64 * 3 / 2)
#define LUMA 200 /* of a test's pictures; black's is 16 */

static struct kit kit;

/* An element in a harness, with the messages it posts. */
struct gate {
    GstHarness *harness;
    GstElement *element;
    GstBus *bus;
};

static void set_anchor(GstElement *element) {
    gchar *device = g_strconcat("unix:", kit.socket, NULL);
    gchar *anchor = g_strconcat(kit.directory, "/test-driver/anchor.b64", NULL);
    g_object_set(element, "device", device, "anchor", anchor, "connector", "HDMI-1", NULL);
    g_free(device);
    g_free(anchor);
}

static void gate_make(struct gate *gate) {
    gate->element = gst_element_factory_make("coppgate", NULL);
    assert_non_null(gate->element);
    gst_object_ref_sink(gate->element);
    set_anchor(gate->element);
    gate->bus = gst_bus_new();
    gst_element_set_bus(gate->element, gate->bus);
}

static void gate_start(struct gate *gate, const char *caps) {
    gate->harness = gst_harness_new_with_element(gate->element, "sink", "src");
    gst_element_set_bus(gate->element, gate->bus);
    gst_harness_set_src_caps_str(gate->harness, caps);
}

static void gate_begin(struct gate *gate, const char *caps) {
    gate_make(gate);
    gate_start(gate, caps);
}

static void gate_end(struct gate *gate) {
    gst_harness_teardown(gate->harness);
    gst_element_set_bus(gate->element, NULL);
    gst_object_unref(gate->element);
    gst_object_unref(gate->bus);
}

static GstBuffer *picture(void) {
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, PICTURE_SIZE, NULL);
    gst_buffer_memset(buffer, 0, LUMA, PICTURE_SIZE);
    return buffer;
}

static GstFlowReturn push(struct gate *gate) {
    return gst_harness_push(gate->harness, picture());
}

/* The first luma sample of the only picture that has passed; -1: none has. */
static int passed(struct gate *gate) {
    guint8 luma;
    GstBuffer *buffer = gst_harness_try_pull(gate->harness);
    if (buffer == NULL)
        return -1;
    assert_null(gst_harness_try_pull(gate->harness));
    assert_int_equal(gst_buffer_extract(buffer, 64 * 63, &luma, 1), 1);
    gst_buffer_unref(buffer);
    return luma;
}

/* Waits until an element message with this state has come; it is the caller's. */
static GstMessage *wait_for_state(struct gate *gate, const char *state) {
    for (;;) {
        GstMessage *message = gst_bus_timed_pop_filtered(gate->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT);
        assert_non_null(message);
        const GstStructure *fields = gst_message_get_structure(message);
        assert_true(gst_structure_has_name(fields, "copp-protection"));
        if (strcmp(gst_structure_get_string(fields, "state"), state) == 0)
            return message;
        gst_message_unref(message);
    }
}

static void expect_state(struct gate *gate, const char *state) {
    gst_message_unref(wait_for_state(gate, state));
}

/* The text of the error that was posted; free it. */
static gchar *posted(struct gate *gate, GstMessageType type) {
    GError *error = NULL;
    GstMessage *message = gst_bus_pop_filtered(gate->bus, type);
    assert_non_null(message);
    if (type == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, &error, NULL);
    else
        gst_message_parse_warning(message, &error, NULL);
    gchar *text = g_strdup(error->message);
    g_error_free(error);
    gst_message_unref(message);
    return text;
}

static void expect_posted(struct gate *gate, GstMessageType type, const char *words) {
    gchar *text = posted(gate, type);
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, text);
    g_free(text);
}

/* --- */

static void first_picture_passes_once_protected(void) {
    struct gate gate;
    struct player player;
    gate_begin(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(player_global(&player, COPP_PROTECTION_TYPE_HDCP), COPP_HDCP_ON);
    player_end(&player);
    GstMessage *message = wait_for_state(&gate, "protected");
    const GstStructure *fields = gst_message_get_structure(message);
    gboolean hdcp = FALSE;
    gboolean simulated = FALSE;
    assert_true(gst_structure_get_boolean(fields, "hdcp", &hdcp) && hdcp);
    assert_true(gst_structure_get_boolean(fields, "simulated", &simulated) && simulated);
    assert_string_equal(gst_structure_get_string(fields, "connector"), "HDMI-1");
    assert_string_equal(gst_structure_get_string(fields, "stop"), "");
    gst_message_unref(message);
    gate_end(&gate);
    kit_wait_sessions(&kit, 0); /* what it held is given back */
}

static gpointer push_one(gpointer gate) {
    return GINT_TO_POINTER(push(gate));
}

/* CMD-6: while the level is pending the first picture is held, and neither a flush nor the end waits for it. */
static void pending_command_holds_the_first_picture_and_nothing_else(void) {
    struct gate gate;
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    gate_begin(&gate, RAW_CAPS);
    GThread *thread = g_thread_new("push", push_one, &gate);
    kit_wait_sessions(&kit, 1);
    assert_int_equal(gst_harness_buffers_received(gate.harness), 0);
    assert_true(gst_harness_push_event(gate.harness, gst_event_new_flush_start()));
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), GST_FLOW_FLUSHING);
    assert_true(gst_harness_push_event(gate.harness, gst_event_new_flush_stop(TRUE)));
    gst_harness_set_src_caps_str(gate.harness, RAW_CAPS);
    thread = g_thread_new("push", push_one, &gate);
    assert_int_equal(gst_element_set_state(gate.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    assert_int_equal(GPOINTER_TO_INT(g_thread_join(thread)), GST_FLOW_FLUSHING);
    assert_int_equal(gst_harness_buffers_received(gate.harness), 0);
    gate_end(&gate);
    kit_event(&kit, "hdcp-hang HDMI-1 off");
    kit_wait_sessions(&kit, 0);
}

static void loss_passes_black_until_protected_again(void) {
    struct gate gate;
    gate_begin(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    kit_event(&kit, "unplug HDMI-1");
    GstMessage *message = wait_for_state(&gate, "lost");
    const GstStructure *fields = gst_message_get_structure(message);
    assert_string_equal(gst_structure_get_string(fields, "rule"), "EVT-4");
    assert_non_null(strstr(gst_structure_get_string(fields, "text"), "EVT-4"));
    gst_message_unref(message);
    GstBuffer *shared = picture(); /* the decoder keeps it: it must stay as it is */
    gst_buffer_ref(shared);
    assert_int_equal(gst_harness_push(gate.harness, shared), GST_FLOW_OK);
    assert_int_equal(passed(&gate), 16);
    guint8 kept = 0;
    gst_buffer_extract(shared, 0, &kept, 1);
    assert_int_equal(kept, LUMA);
    gst_buffer_unref(shared);
    kit_event(&kit, "plug HDMI-1");
    expect_state(&gate, "protected");
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    gate_end(&gate);
}

/* EVT-4: after a change of mode the levels are set again, and pictures pass again. */
static void renegotiation_is_followed(void) {
    struct gate gate;
    gate_begin(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    expect_state(&gate, "protected");
    kit_event(&kit, "mode HDMI-1 720p60");
    expect_state(&gate, "lost");
    expect_state(&gate, "protected");
    assert_int_equal(passed(&gate), LUMA);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    gate_end(&gate);
}

/* Pictures at 60 Hz, pushed by a thread of their own. */
struct stream {
    struct gate *gate;
    _Atomic bool stop;
    _Atomic int begun; /* pictures whose way has begun */
    int last_clear; /* the number of the last one that passed as it was */
};

static gpointer run_stream(gpointer argument) {
    struct stream *stream = argument;
    while (!stream->stop) {
        int number = stream->begun++;
        assert_int_equal(push(stream->gate), GST_FLOW_OK);
        if (passed(stream->gate) == LUMA)
            stream->last_clear = number;
        sleep_ms(16);
    }
    return NULL;
}

static void wait_for_pictures(const struct stream *stream, int count) {
    for (int end = stream->begun + count; stream->begun < end;)
        sleep_ms(5);
}

/* One loss. Returns how many pictures passed as they were whose way began when coppd was told of the event, or later. */
static int count_after_event(struct gate *gate) {
    struct stream stream = {.gate = gate, .last_clear = -1};
    GThread *thread = g_thread_new("stream", run_stream, &stream);
    wait_for_pictures(&stream, 5);
    int event = stream.begun;
    kit_event(&kit, "unplug HDMI-1");
    expect_state(gate, "lost");
    int told = stream.begun;
    wait_for_pictures(&stream, 5);
    stream.stop = true;
    g_thread_join(thread);
    assert_true(stream.last_clear >= 0 && stream.last_clear < told);
    kit_event(&kit, "plug HDMI-1");
    expect_state(gate, "protected");
    return stream.last_clear >= event ? stream.last_clear - event + 1 : 0;
}

/* After the message no picture passes as it is, not one of those that are on their way at 60 Hz. How many do before it is measured. */
static void no_picture_passes_after_the_message(void) {
    struct gate gate;
    int most = 0;
    int all = 0;
    gate_begin(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    expect_state(&gate, "protected");
    for (int i = 0; i < 10; i++) {
        int after = count_after_event(&gate);
        most = after > most ? after : most;
        all += after;
    }
    print_message("10 losses: %d pictures passed after coppd's event, at most %d after one\n", all, most);
    gate_end(&gate);
}

/* Begins, loses protection, and pushes one picture; what passes is left to pull. */
static GstFlowReturn lose(struct gate *gate, const char *on_loss, const char *caps) {
    gate_make(gate);
    gst_util_set_object_arg(G_OBJECT(gate->element), "on-loss", on_loss);
    gate_start(gate, caps);
    assert_int_equal(push(gate), GST_FLOW_OK);
    assert_true(passed(gate) >= 0);
    kit_event(&kit, "unplug HDMI-1");
    expect_state(gate, "lost");
    return push(gate);
}

static void lose_end(struct gate *gate) {
    assert_int_equal(passed(gate), -1);
    gate_end(gate);
    kit_event(&kit, "plug HDMI-1");
}

static void loss_may_drop(void) {
    struct gate gate;
    assert_int_equal(lose(&gate, "drop", RAW_CAPS), GST_FLOW_OK);
    lose_end(&gate);
}

static void loss_may_be_an_error(void) {
    struct gate gate;
    assert_int_equal(lose(&gate, "error", RAW_CAPS), GST_FLOW_ERROR);
    expect_posted(&gate, GST_MESSAGE_ERROR, "EVT-4");
    lose_end(&gate);
}

static void loss_may_end_the_stream(void) {
    struct gate gate;
    assert_int_equal(lose(&gate, "eos", RAW_CAPS), GST_FLOW_EOS);
    lose_end(&gate);
}

/* What cannot be made black does not pass. */
static void compressed_pictures_are_dropped(void) {
    struct gate gate;
    assert_int_equal(lose(&gate, "black", "video/x-h264,width=64,height=64"), GST_FLOW_OK);
    expect_posted(&gate, GST_MESSAGE_WARNING, "dropped");
    lose_end(&gate);
}

static void refuse(struct gate *gate, const char *words) {
    gate_start(gate, RAW_CAPS);
    assert_int_equal(push(gate), GST_FLOW_ERROR);
    expect_posted(gate, GST_MESSAGE_ERROR, words);
    assert_int_equal(passed(gate), -1);
    gate_end(gate);
}

/* Nothing passes where protection never was in force, whatever on-loss says. */
static void what_cannot_begin_is_an_error(void) {
    struct gate gate;
    gate_make(&gate);
    g_object_set(gate.element, "device", "unix:/nonexistent/socket", NULL);
    refuse(&gate, "start it");
    gate_make(&gate);
    g_object_set(gate.element, "device", "tcp:localhost", NULL);
    refuse(&gate, "unix:PATH");
    gate_make(&gate);
    g_object_set(gate.element, "anchor", "microsoft", NULL); /* not the test driver's */
    refuse(&gate, "CERT-12");
    gate_make(&gate);
    g_object_set(gate.element, "anchor", "/nonexistent", NULL);
    refuse(&gate, "/nonexistent");
    gate_make(&gate);
    g_object_set(gate.element, "connector", "Component-1", NULL);
    refuse(&gate, "does not offer");
    gate_make(&gate);
    g_object_set(gate.element, "connector", NULL, NULL);
    refuse(&gate, "HDMI-1");
    gate_make(&gate);
    g_object_set(gate.element, "srm", kit.config, NULL);
    refuse(&gate, "SRM");
    gate_make(&gate);
    g_object_set(gate.element, "hdcp", FALSE, NULL);
    refuse(&gate, "demand HDCP, ACP or CGMS-A");
    gate_make(&gate);
    g_object_set(gate.element, "drm-fd", kit.fifo, NULL);
    refuse(&gate, "graphics card");
}

/* Puts a list of another hierarchy where `copp crl install` puts them. */
static void store_foreign_list(void) {
    gchar *list = NULL;
    gsize size = 0;
    gchar *from = g_strconcat(g_getenv("VECTORS"), "/crl-v7-empty.bin", NULL);
    gchar *to = g_strconcat(kit.directory, "/revocation.crl", NULL);
    assert_true(g_file_get_contents(from, &list, &size, NULL));
    assert_true(g_file_set_contents(to, list, (gssize)size, NULL));
    g_free(list);
    g_free(from);
    g_free(to);
}

static void remove_list(void) {
    gchar *path = g_strconcat(kit.directory, "/revocation.crl", NULL);
    assert_int_equal(g_unlink(path), 0);
    g_free(path);
}

/* CRL-4: a stored list that does not validate under the anchor is not one that revokes nothing. The simulated adapter's hierarchy is made
 * for each session, so that no stored list is about it. */
static void foreign_list_stops_all_but_the_simulated_adapter(void) {
    struct gate gate;
    store_foreign_list();
    gate_make(&gate);
    refuse(&gate, "the stored revocation list cannot be used");
    gate_make(&gate);
    g_object_set(gate.element, "device", "embedded", "anchor", NULL, NULL);
    gate_start(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    remove_list(); /* and its going is not a loss */
    expect_state(&gate, "protected");
    assert_null(
        gst_bus_timed_pop_filtered(gate.bus, 1500 * GST_MSECOND, GST_MESSAGE_ELEMENT)); /* lists are looked at each second */
    gate_end(&gate);
}

/* OPM-OUT-4: a certificate as the anchor asks for OPM. */
static void certificate_means_opm(void) {
    struct gate gate;
    gchar *anchor = g_strconcat(kit.directory, "/test-driver-opm/anchor.der", NULL);
    gate_make(&gate);
    g_object_set(gate.element, "anchor", anchor, "unnamed-receiver", TRUE, NULL);
    g_free(anchor);
    gate_start(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    kit_event(&kit, "mode HDMI-1 1080p60"); /* OPM-STA-8: ends the session; another follows */
    expect_state(&gate, "lost");
    expect_state(&gate, "protected");
    gate_end(&gate);
}

/* APP-3: a daemon that has stopped answering is not protection: what passes after its last look no longer counts is black. */
static void silent_daemon_is_a_loss(void) {
    struct gate gate;
    gate_begin(&gate, RAW_CAPS);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), LUMA);
    uint64_t began = clock_ms();
    assert_int_equal(kill(kit.pid, SIGSTOP), 0);
    while (clock_ms() < began + COPP_POLL_MS) /* by then no look can count any more */
        sleep_ms(50);
    assert_int_equal(push(&gate), GST_FLOW_OK);
    assert_int_equal(passed(&gate), 16);
    assert_int_equal(gst_element_set_state(gate.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    assert_int_equal(kill(kit.pid, SIGCONT), 0);
    gate_end(&gate);
    kit_wait_sessions(&kit, 0);
}

/* The picture in the form that people see it in, by GStreamer's own converter. */
static void check_black(GstVideoFormat format) {
    GstVideoInfo info;
    GstVideoInfo rgb;
    GstVideoFrame from;
    GstVideoFrame to;
    gst_video_info_set_format(&info, format, 48, 32);
    gst_video_info_set_format(&rgb, GST_VIDEO_FORMAT_xRGB, 48, 32);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    GstBuffer *seen = gst_buffer_new_allocate(NULL, rgb.size, NULL);
    gst_buffer_memset(buffer, 0, 0xa5, info.size);
    gst_buffer_add_video_caption_meta(buffer, GST_VIDEO_CAPTION_TYPE_CEA608_RAW, (const guint8 *)"\x20\x21", 2);
    if (!black_fill(buffer, &info))
        fail_msg("%s is not filled", gst_video_format_to_string(format));
    assert_null(gst_buffer_get_video_caption_meta(buffer));
    GstVideoConverter *converter = gst_video_converter_new(&info, &rgb, NULL);
    assert_non_null(converter);
    assert_true(gst_video_frame_map(&from, &info, buffer, GST_MAP_READ));
    assert_true(gst_video_frame_map(&to, &rgb, seen, GST_MAP_WRITE));
    gst_video_converter_frame(converter, &from, &to);
    const guint8 *pixels = GST_VIDEO_FRAME_PLANE_DATA(&to, 0);
    for (gsize i = 0; i < rgb.size; i++) {
        if (i % 4 != 0 && pixels[i] > 2)
            fail_msg("%s: byte %zu is %u", gst_video_format_to_string(format), i, pixels[i]);
    }
    gst_video_frame_unmap(&to);
    gst_video_frame_unmap(&from);
    gst_video_converter_free(converter);
    gst_buffer_unref(seen);
    gst_buffer_unref(buffer);
}

static void every_raw_format_is_made_black(void) {
    guint count = 0;
    const GstVideoFormat *formats = gst_video_formats_raw(&count);
    assert_true(count > 60);
    for (guint i = 0; i < count; i++)
        check_black(formats[i]);
}

/* A decoder's frame is often larger than what is shown of it. */
static void the_frame_of_the_buffer_is_made_black(void) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, 8, 8);
    const gsize width = 4096;
    const gsize size = width * 16;
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, size, NULL);
    gst_buffer_memset(buffer, 0, 0xa5, size);
    gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, (guint)width, 16);
    GstBuffer *parent = gst_buffer_new();
    gst_buffer_add_parent_buffer_meta(buffer, parent);
    gst_buffer_unref(parent);
    assert_true(black_fill(buffer, &info));
    assert_non_null(gst_buffer_get_parent_buffer_meta(buffer)); /* its pool would use the memory again */
    guint8 *bytes = g_malloc(size);
    assert_int_equal(gst_buffer_extract(buffer, 0, bytes, size), size);
    for (gsize i = 0; i < size; i++)
        assert_true(bytes[i] <= 16); /* black, in either range */
    g_free(bytes);
    gst_buffer_unref(buffer);
}

/* Half of a picture, or one for each eye, would be black in part, or written beyond its end. */
static void what_is_not_one_picture_is_not_made_black(void) {
    GstVideoInfo info;
    gst_video_info_set_interlaced_format(&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_ALTERNATE, 64, 64);
    GstBuffer *field = gst_buffer_new_allocate(NULL, info.size, NULL);
    assert_false(black_fill(field, &info));
    gst_buffer_unref(field);
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, 64, 64);
    GstBuffer *eyes = gst_buffer_new_allocate(NULL, 2 * info.size, NULL);
    for (gsize i = 0; i < 2; i++) {
        gsize offset[GST_VIDEO_MAX_PLANES] = {i * info.size};
        gint stride[GST_VIDEO_MAX_PLANES] = {64};
        GstVideoMeta *meta =
            gst_buffer_add_video_meta_full(eyes, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 64, 64, 1, offset, stride);
        meta->id = (gint)i;
    }
    assert_false(black_fill(eyes, &info));
    gst_buffer_unref(eyes);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        TEST(first_picture_passes_once_protected, ""),
        TEST(pending_command_holds_the_first_picture_and_nothing_else, "CMD-6"),
        TEST(loss_passes_black_until_protected_again, "EVT-4"),
        TEST(renegotiation_is_followed, "EVT-4"),
        TEST(no_picture_passes_after_the_message, "EVT-4"),
        TEST(loss_may_drop, ""),
        TEST(loss_may_be_an_error, ""),
        TEST(loss_may_end_the_stream, ""),
        TEST(compressed_pictures_are_dropped, ""),
        TEST(what_cannot_begin_is_an_error, ""),
        TEST(foreign_list_stops_all_but_the_simulated_adapter, "CRL-4"),
        TEST(certificate_means_opm, "OPM-OUT-4 OPM-STA-8"),
        TEST(silent_daemon_is_a_loss, "APP-3"),
        TEST(every_raw_format_is_made_black, ""),
        TEST(the_frame_of_the_buffer_is_made_black, ""),
        TEST(what_is_not_one_picture_is_not_made_black, ""),
    };
    gst_init(&argc, &argv);
    kit_make(&kit, "");
    setenv("COPP_STATE_DIR", kit.directory, 1); /* not this machine's */
    kit_start(&kit);
    int failed = RUN_SUITE("coppgate", cases);
    kit_stop(&kit);
    kit_end(&kit);
    gst_deinit();
    return failed;
}
