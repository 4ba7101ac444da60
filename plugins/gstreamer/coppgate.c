/**
 * SECTION:element-coppgate
 * @title: coppgate
 * @short_description: passes pictures only while the display that shows them is protected
 *
 * coppgate asks coppd, the daemon of libcopp, to protect the display, by HDCP for instance. It holds the first picture until that is in
 * force. From then on it looks again and again whether it still is. Once it is not, no further picture passes: #CoppGate:on-loss says
 * what does instead. It tries to protect the display again, and pictures pass again once that succeeds.
 *
 * Put it right before the sink: pictures that a queue behind it holds have passed already. While a pipeline is paused no picture
 * passes, so the last one stays on the screen whatever happens. An application that pauses should hide its window, or stop the pipeline, when it
 * receives the message below.
 *
 * Each change is posted on the bus as an element message named copp-protection, with the fields state (string: beginning, protected,
 * lost or ended), stop (string: why content must not be shown; empty if it may), rule (string: the rule of the protocol behind it), hdcp (boolean), connector (string),
 * text (string: the reason with its remedy) and simulated (boolean: the output protects nothing).
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 playbin uri=file:///film.mkv video-filter="coppgate connector=card0-HDMI-A-1"
 * gst-launch-1.0 videotestsrc ! coppgate device=embedded ! autovideosink
 * ]| The second one uses a simulated adapter, which protects nothing.
 */
#include "coppgate.h"

#include <string.h>

#include "black.h"
#include "plugins/common/protection.h"

GST_DEBUG_CATEGORY_STATIC(copp_gate_debug);
#define GST_CAT_DEFAULT copp_gate_debug

enum {
    PROP_0,
    PROP_DEVICE,
    PROP_CONNECTOR,
    PROP_ANCHOR,
    PROP_HDCP,
    PROP_ACP,
    PROP_CGMSA,
    PROP_UNNAMED_RECEIVER,
    PROP_SRM,
    PROP_DRM_FD,
    PROP_ON_LOSS,
    PROP_STATE
};

enum on_loss { ON_LOSS_BLACK, ON_LOSS_DROP, ON_LOSS_ERROR, ON_LOSS_EOS };

struct _CoppGate {
    GstBaseTransform parent;

    /* Properties. They count from the next READY to PAUSED on. The object's lock is theirs. */
    gchar *device;
    gchar *connector;
    gchar *anchor;
    gchar *srm;
    gboolean hdcp;
    guint acp;
    guint cgmsa;
    gboolean unnamed_receiver;
    gint drm_fd;
    enum on_loss on_loss;

    struct protection *protection; /* from READY to PAUSED until back */
    GMutex mutex; /* of what follows */
    GCond changed;
    enum protection_state state;
    gboolean flushing; /* nothing may wait, until the flush ends */
    gboolean stopping; /* nothing may wait any more */
    gchar *text; /* why it is not in force */

    gboolean late; /* it begins with the first picture */

    /* the streaming thread's */
    GstVideoInfo info;
    gboolean raw; /* info says how the pictures are made */
    gboolean warned; /* that pictures are dropped since they cannot be made black */
};

G_DEFINE_TYPE(CoppGate, copp_gate, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(coppgate, "coppgate", GST_RANK_NONE, COPP_TYPE_GATE)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GType on_loss_type(void) {
    static const GEnumValue values[] = {
        {ON_LOSS_BLACK, "Pass black pictures until it is protected again", "black"},
        {ON_LOSS_DROP, "Pass nothing, which leaves the last picture on the screen", "drop"},
        {ON_LOSS_ERROR, "Stop with an error", "error"},
        {ON_LOSS_EOS, "End the stream", "eos"},
        {0, NULL, NULL},
    };
    static gsize type = 0;
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("CoppGateOnLoss", values));
    return (GType)type;
}

/* --- what the protection's thread tells --- */

static void post_report(CoppGate *gate, const struct protection_report *report) {
    GstStructure *fields =
        gst_structure_new("copp-protection", "state", G_TYPE_STRING, protection_state_name(report->state), "stop", G_TYPE_STRING,
                          report->stop == COPP_STOP_NONE ? "" : copp_stop_text(report->stop), "rule", G_TYPE_STRING,
                          report->rule == COPP_RULE_NONE ? "" : copp_rule_id(report->rule), "hdcp", G_TYPE_BOOLEAN,
                          report->hdcp == COPP_HDCP_ON, "connector", G_TYPE_STRING, report->connector, "text", G_TYPE_STRING,
                          report->text, "simulated", G_TYPE_BOOLEAN, report->simulated, NULL);
    gst_element_post_message(GST_ELEMENT(gate), gst_message_new_element(GST_OBJECT(gate), fields));
}

static void on_change(void *user, const struct protection_report *report) {
    CoppGate *gate = user;
    g_mutex_lock(&gate->mutex);
    gate->state = report->state;
    g_free(gate->text);
    gate->text = g_strdup(report->text);
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->mutex);
    GST_INFO_OBJECT(gate, "%s: %s %s", report->connector, protection_state_name(report->state), report->text);
    post_report(gate, report);
    g_object_notify(G_OBJECT(gate), "state");
    if (report->simulated)
        GST_ELEMENT_WARNING(gate, RESOURCE, SETTINGS, ("%s is simulated and protects nothing", report->connector), (NULL));
}

/* --- beginning and end --- */

static gboolean begin(CoppGate *gate) {
    GST_OBJECT_LOCK(gate);
    const struct protection_config config = {
        .device = gate->device,
        .connector = gate->connector,
        .anchor = gate->anchor,
        .srm = gate->srm,
        .card_fd = gate->drm_fd,
        .requirement = {.size = sizeof config.requirement,
                        .hdcp = gate->hdcp ? COPP_HDCP_ON : COPP_HDCP_OFF,
                        .acp = gate->acp,
                        .cgmsa = gate->cgmsa,
                        .unnamed_receiver = gate->unnamed_receiver},
        .changed = on_change,
        .user = gate,
    };
    enum copp_result result = protection_start(&config, &gate->protection);
    GST_OBJECT_UNLOCK(gate);
    if (result != COPP_OK)
        GST_ELEMENT_ERROR(gate, RESOURCE, FAILED, ("Protection cannot begin: %s", copp_strerror(result)), (NULL));
    return result == COPP_OK;
}

/* A sink that is DRM master sets its mode when it learns of the pictures' size. Before that no display can be protected: it begins with the
 * first picture there. */
static gboolean prepare(CoppGate *gate) {
    gate->state = PROTECTION_BEGINNING;
    gate->flushing = FALSE;
    gate->stopping = FALSE;
    GST_OBJECT_LOCK(gate);
    gate->late = gate->drm_fd >= 0;
    GST_OBJECT_UNLOCK(gate);
    return gate->late || begin(gate);
}

/* Whoever waits for protection goes on without it, and passes nothing. */
static void set_flag(CoppGate *gate, gboolean *flag, gboolean value) {
    g_mutex_lock(&gate->mutex);
    *flag = value;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->mutex);
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange transition) {
    CoppGate *gate = COPP_GATE(element);
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !prepare(gate))
        return GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
        set_flag(gate, &gate->stopping, TRUE); /* before the pads' threads are waited for */
    GstStateChangeReturn result = GST_ELEMENT_CLASS(copp_gate_parent_class)->change_state(element, transition);
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
        (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE)) {
        protection_stop(&gate->protection);
        g_clear_pointer(&gate->text, g_free);
    }
    return result;
}

static gboolean sink_event(GstBaseTransform *transform, GstEvent *event) {
    CoppGate *gate = COPP_GATE(transform);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START)
        set_flag(gate, &gate->flushing, TRUE);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
        set_flag(gate, &gate->flushing, FALSE);
    return GST_BASE_TRANSFORM_CLASS(copp_gate_parent_class)->sink_event(transform, event);
}

/* --- pictures --- */

static gboolean set_caps(GstBaseTransform *transform, GstCaps *in, GstCaps *out) {
    CoppGate *gate = COPP_GATE(transform);
    (void)out;
    gst_video_info_init(&gate->info);
    gate->raw = gst_structure_has_name(gst_caps_get_structure(in, 0), "video/x-raw") && gst_video_info_from_caps(&gate->info, in);
    return TRUE;
}

/* Waits until it has been in force for the first time. GST_FLOW_OK: it has. */
static GstFlowReturn wait_for_beginning(CoppGate *gate) {
    g_mutex_lock(&gate->mutex);
    while (gate->state == PROTECTION_BEGINNING && !gate->flushing && !gate->stopping)
        g_cond_wait(&gate->changed, &gate->mutex);
    gboolean flushing = gate->flushing || gate->stopping;
    g_mutex_unlock(&gate->mutex);
    return flushing ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

static gchar *reason(CoppGate *gate) {
    g_mutex_lock(&gate->mutex);
    gchar *text = g_strdup(gate->text != NULL && *gate->text != '\0' ? gate->text : "protection is not in force");
    g_mutex_unlock(&gate->mutex);
    return text;
}

static GstFlowReturn fail(CoppGate *gate) {
    gchar *text = reason(gate);
    GST_ELEMENT_ERROR(gate, STREAM, DECRYPT, ("Content must not be shown: %s", text), (NULL));
    g_free(text);
    return GST_FLOW_ERROR;
}

/* A picture that cannot be written, in a graphics card's memory for instance, is dropped. */
static GstFlowReturn make_black(CoppGate *gate, GstBuffer *buffer) {
    if (gate->raw && black_fill(buffer, &gate->info))
        return GST_FLOW_OK;
    if (!gate->warned)
        GST_ELEMENT_WARNING(gate, STREAM, FORMAT,
                            ("Pictures of this kind cannot be made black, so they are dropped: the last one stays on the screen"),
                            ("put coppgate behind the decoder, on video/x-raw in system memory"));
    gate->warned = TRUE;
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

static GstFlowReturn transform_ip(GstBaseTransform *transform, GstBuffer *buffer) {
    CoppGate *gate = COPP_GATE(transform);
    if (gate->late && !begin(gate))
        return GST_FLOW_ERROR;
    gate->late = FALSE;
    GstFlowReturn waited = wait_for_beginning(gate);
    if (waited != GST_FLOW_OK)
        return waited;
    if (protection_in_force(gate->protection)) {
        gate->warned = FALSE;
        return GST_FLOW_OK;
    }
    GST_OBJECT_LOCK(gate);
    const enum on_loss on_loss = gate->on_loss;
    GST_OBJECT_UNLOCK(gate);
    g_mutex_lock(&gate->mutex);
    const gboolean never = gate->state == PROTECTION_ENDED; /* at the beginning, or for good: it does not come back */
    g_mutex_unlock(&gate->mutex);
    if (on_loss == ON_LOSS_ERROR || never)
        return fail(gate);
    if (on_loss == ON_LOSS_EOS)
        return GST_FLOW_EOS;
    return on_loss == ON_LOSS_BLACK ? make_black(gate, buffer) : GST_BASE_TRANSFORM_FLOW_DROPPED;
}

/* --- properties --- */

static void set_text(gchar **text, const GValue *value) {
    g_free(*text);
    *text = g_value_dup_string(value);
    if (*text != NULL && **text == '\0')
        g_clear_pointer(text, g_free);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
    CoppGate *gate = COPP_GATE(object);
    GST_OBJECT_LOCK(gate);
    switch (id) {
    case PROP_DEVICE:
        set_text(&gate->device, value);
        break;
    case PROP_CONNECTOR:
        set_text(&gate->connector, value);
        break;
    case PROP_ANCHOR:
        set_text(&gate->anchor, value);
        break;
    case PROP_SRM:
        set_text(&gate->srm, value);
        break;
    case PROP_HDCP:
        gate->hdcp = g_value_get_boolean(value);
        break;
    case PROP_ACP:
        gate->acp = g_value_get_uint(value);
        break;
    case PROP_CGMSA:
        gate->cgmsa = g_value_get_uint(value);
        break;
    case PROP_UNNAMED_RECEIVER:
        gate->unnamed_receiver = g_value_get_boolean(value);
        break;
    case PROP_DRM_FD:
        gate->drm_fd = g_value_get_int(value);
        break;
    case PROP_ON_LOSS:
        gate->on_loss = (enum on_loss)g_value_get_enum(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(gate);
}

static const char *state_name(CoppGate *gate) {
    g_mutex_lock(&gate->mutex);
    const char *name = protection_state_name(gate->state);
    g_mutex_unlock(&gate->mutex);
    return name;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
    CoppGate *gate = COPP_GATE(object);
    GST_OBJECT_LOCK(gate);
    switch (id) {
    case PROP_DEVICE:
        g_value_set_string(value, gate->device);
        break;
    case PROP_CONNECTOR:
        g_value_set_string(value, gate->connector);
        break;
    case PROP_ANCHOR:
        g_value_set_string(value, gate->anchor);
        break;
    case PROP_SRM:
        g_value_set_string(value, gate->srm);
        break;
    case PROP_HDCP:
        g_value_set_boolean(value, gate->hdcp);
        break;
    case PROP_ACP:
        g_value_set_uint(value, gate->acp);
        break;
    case PROP_CGMSA:
        g_value_set_uint(value, gate->cgmsa);
        break;
    case PROP_UNNAMED_RECEIVER:
        g_value_set_boolean(value, gate->unnamed_receiver);
        break;
    case PROP_DRM_FD:
        g_value_set_int(value, gate->drm_fd);
        break;
    case PROP_ON_LOSS:
        g_value_set_enum(value, (gint)gate->on_loss);
        break;
    case PROP_STATE:
        g_value_set_static_string(value, state_name(gate));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(gate);
}

static void finalize(GObject *object) {
    CoppGate *gate = COPP_GATE(object);
    protection_stop(&gate->protection);
    g_free(gate->device);
    g_free(gate->connector);
    g_free(gate->anchor);
    g_free(gate->srm);
    g_free(gate->text);
    g_mutex_clear(&gate->mutex);
    g_cond_clear(&gate->changed);
    G_OBJECT_CLASS(copp_gate_parent_class)->finalize(object);
}

#define SETTABLE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void install_names(GObjectClass *class) {
    /**
     * CoppGate:device:
     *
     * coppd's socket as unix:PATH; embedded, a simulated adapter inside this process, which protects nothing; or nothing, which is coppd's own socket.
     */
    g_object_class_install_property(
        class, PROP_DEVICE,
        g_param_spec_string(
            "device", "Device",
            "coppd's socket as unix:PATH, or embedded, a simulated adapter that protects nothing (none: coppd's own socket)",
            NULL, SETTABLE));
    /**
     * CoppGate:connector:
     *
     * The connector of the display that shows the pictures, by its name at coppd. Nothing: the only connector with a display; if there are
     * several, that is an error which names them.
     */
    g_object_class_install_property(
        class, PROP_CONNECTOR,
        g_param_spec_string("connector", "Connector",
                            "Connector of the display that shows the pictures (none: the only one with a display)", NULL,
                            SETTABLE));
    /**
     * CoppGate:anchor:
     *
     * Whom to trust: a file with a public key asks for COPP, one with a root's certificate for OPM. Nothing: $COPP_ANCHOR, else Microsoft's key.
     */
    g_object_class_install_property(
        class, PROP_ANCHOR,
        g_param_spec_string(
            "anchor", "Anchor",
            "File with the key (COPP) or certificate (OPM) to trust, or microsoft (none: $COPP_ANCHOR, else microsoft)", NULL,
            SETTABLE));
}

static void install_levels(GObjectClass *class) {
    /**
     * CoppGate:hdcp:
     *
     * Whether HDCP is demanded.
     */
    g_object_class_install_property(class, PROP_HDCP, g_param_spec_boolean("hdcp", "HDCP", "Demand HDCP", TRUE, SETTABLE));
    /**
     * CoppGate:acp:
     *
     * The level of analog copy protection that is demanded; 0: none.
     */
    g_object_class_install_property(
        class, PROP_ACP, g_param_spec_uint("acp", "ACP", "Analog copy protection to demand; 0: none", 0, 3, 0, SETTABLE));
    /**
     * CoppGate:cgmsa:
     *
     * The level of CGMS-A that is demanded, as copp/protocol.h names them; 0: none.
     */
    g_object_class_install_property(
        class, PROP_CGMSA, g_param_spec_uint("cgmsa", "CGMS-A", "CGMS-A level to demand; 0: none", 0, G_MAXUINT, 0, SETTABLE));
    /**
     * CoppGate:unnamed-receiver:
     *
     * Whether HDCP is enough where the driver does not name the receiver. Repeaters and revoked displays are not found there.
     */
    g_object_class_install_property(
        class, PROP_UNNAMED_RECEIVER,
        g_param_spec_boolean(
            "unnamed-receiver", "Unnamed receiver",
            "Play even where the driver does not name the receiver, so that repeaters and revoked displays are not found", FALSE,
            SETTABLE));
}

static void install_rest(GObjectClass *class) {
    /**
     * CoppGate:srm:
     *
     * A file with the HDCP renewability message that came with the content. Receivers on its list are refused.
     */
    g_object_class_install_property(
        class, PROP_SRM,
        g_param_spec_string("srm", "SRM", "File with the HDCP renewability message that came with the content", NULL, SETTABLE));
    /**
     * CoppGate:drm-fd:
     *
     * The open file of the graphics card that the sink is DRM master of. It is lent to coppd, which switches HDCP through it; -1: none.
     * Protection then begins with the first picture, since the sink has to set its mode before.
     */
    g_object_class_install_property(
        class, PROP_DRM_FD,
        g_param_spec_int("drm-fd", "DRM file",
                         "Open file of the graphics card that the sink is master of, lent to coppd; -1: none", -1, G_MAXINT, -1,
                         SETTABLE));
    /**
     * CoppGate:on-loss:
     *
     * What passes once the display is not protected any more.
     */
    g_object_class_install_property(
        class, PROP_ON_LOSS,
        g_param_spec_enum("on-loss", "On loss", "What passes while the display is not protected any more", on_loss_type(),
                          ON_LOSS_BLACK, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
    /**
     * CoppGate:state:
     *
     * beginning, protected, lost (it is being protected again) or ended.
     */
    g_object_class_install_property(class, PROP_STATE,
                                    g_param_spec_string("state", "State", "beginning, protected, lost or ended", "beginning",
                                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void copp_gate_class_init(CoppGateClass *class) {
    GstElementClass *element = GST_ELEMENT_CLASS(class);
    GstBaseTransformClass *transform = GST_BASE_TRANSFORM_CLASS(class);
    GST_DEBUG_CATEGORY_INIT(copp_gate_debug, "coppgate", 0, "output protection");
    G_OBJECT_CLASS(class)->set_property = set_property;
    G_OBJECT_CLASS(class)->get_property = get_property;
    G_OBJECT_CLASS(class)->finalize = finalize;
    install_names(G_OBJECT_CLASS(class));
    install_levels(G_OBJECT_CLASS(class));
    install_rest(G_OBJECT_CLASS(class));
    gst_type_mark_as_plugin_api(on_loss_type(), 0);
    element->change_state = change_state;
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(element, "Output protection gate", "Filter/Video",
                                          "Passes pictures only while the display is protected (COPP, OPM)",
                                          "the libcopp authors");
    transform->set_caps = set_caps;
    transform->sink_event = sink_event;
    transform->transform_ip = transform_ip;
    transform->transform_ip_on_passthrough = TRUE;
}

static void copp_gate_init(CoppGate *gate) {
    g_mutex_init(&gate->mutex);
    g_cond_init(&gate->changed);
    gate->hdcp = TRUE;
    gate->drm_fd = -1;
    gst_base_transform_set_in_place(GST_BASE_TRANSFORM(gate), TRUE);
    gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(gate), FALSE);
}
