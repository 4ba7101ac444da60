#ifndef COPP_PLUGINS_GSTREAMER_COPPGATE_H
#define COPP_PLUGINS_GSTREAMER_COPPGATE_H

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define COPP_TYPE_GATE (copp_gate_get_type())
G_DECLARE_FINAL_TYPE(CoppGate, copp_gate, COPP, GATE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(coppgate)

G_END_DECLS

#endif
