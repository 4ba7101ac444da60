#include "copp.h"

#include "coppgate.h"

static gboolean plugin_init(GstPlugin *plugin) {
    return GST_ELEMENT_REGISTER(coppgate, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, copp,
                  "Protects a video output and passes pictures only while that is in force", plugin_init, COPP_VERSION, "BSD",
                  "libcopp", "https://libcopp.invalid/")
