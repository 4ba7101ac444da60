/*
 * A player with coppgate, for the cases for players: a pipeline of white pictures, whose sink says of each change whether what arrives
 * there is white. What the element tells on the bus is printed, too, and an error ends the player.
 *
 * usage: gate_player SOCKET ANCHOR OUTPUT SRM    SRM need not be there
 */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum picture { PICTURE_NONE, PICTURE_HIDDEN, PICTURE_SHOWN };

/* One line, whole, at once: two threads print. */
static void print(const char *text) {
    char line[512];
    int length = snprintf(line, sizeof line, "%.500s\n", text);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        exit(2);
}

/* In the streaming thread, for each picture that the sink is handed. */
static void on_picture(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user) {
    enum picture *last = user;
    GstMapInfo map;
    (void)sink, (void)pad;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return;
    enum picture now = PICTURE_HIDDEN;
    for (gsize i = 0; i < map.size; i++) {
        if (map.data[i] > 16) /* GRAY8: black is 0, or 16 */
            now = PICTURE_SHOWN;
    }
    gst_buffer_unmap(buffer, &map);
    if (now != *last)
        print(now == PICTURE_SHOWN ? "content is shown" : "content is hidden");
    *last = now;
}

static void print_news(const GstStructure *news) {
    char text[400];
    (void)snprintf(text, sizeof text, "%s: %s", gst_structure_get_string(news, "state"), gst_structure_get_string(news, "text"));
    print(text);
}

/* Until an error; what it says. */
static int run(GstElement *pipeline) {
    GstBus *bus = gst_element_get_bus(pipeline);
    for (;;) {
        GstMessage *message =
            gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT);
        GError *error = NULL;
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
            if (gst_message_has_name(message, "copp-protection"))
                print_news(gst_message_get_structure(message));
            gst_message_unref(message);
            continue;
        }
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
            gst_message_parse_error(message, &error, NULL);
        print(error != NULL ? error->message : "the end");
        g_clear_error(&error);
        gst_message_unref(message);
        gst_object_unref(bus);
        return 1;
    }
}

static void set_gate(GstElement *pipeline, char **argv) {
    GstElement *gate = gst_bin_get_by_name(GST_BIN(pipeline), "gate");
    gchar *device = g_strconcat("unix:", argv[1], NULL);
    g_object_set(gate, "device", device, "anchor", argv[2], "connector", argv[3], "srm",
                 access(argv[4], F_OK) == 0 ? argv[4] : NULL, NULL);
    g_free(device);
    gst_object_unref(gate);
}

int main(int argc, char **argv) {
    static enum picture last = PICTURE_NONE;
    GError *error = NULL;
    if (argc != 5)
        return 2;
    gst_init(NULL, NULL);
    GstElement *pipeline =
        gst_parse_launch("videotestsrc is-live=true pattern=white ! video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1 ! "
                         "coppgate name=gate ! fakesink name=sink signal-handoffs=true",
                         &error);
    if (pipeline == NULL || error != NULL) {
        print(error != NULL ? error->message : "no pipeline");
        return 2;
    }
    set_gate(pipeline, argv);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_signal_connect(sink, "handoff", G_CALLBACK(on_picture), &last);
    gst_object_unref(sink);
    int status = gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE ? 1 : run(pipeline);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return status;
}
