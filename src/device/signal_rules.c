/* What the signal on a connector can carry (CMD-4, CMD-5). */
#include "device/internal.h"

/* The signals that standards are made for. */
struct signal {
    uint32_t standards;
    uint32_t height; /* lines of a frame that hold picture */
    bool interlaced;
};
static const struct signal signals[] = {
    {COPP_TV_STANDARD_IEC61880_525I | COPP_TV_STANDARD_IEC61880_2_525I | COPP_TV_STANDARD_EIA608B_525 |
         COPP_TV_STANDARD_ARIBTRB15_525I,
     480, true},
    {COPP_TV_STANDARD_EN300294_625I, 576, true},
    {COPP_TV_STANDARD_CEA805A_TYPEA_525P | COPP_TV_STANDARD_CEA805A_TYPEB_525P | COPP_TV_STANDARD_ARIBTRB15_525P, 480, false},
    {COPP_TV_STANDARD_IEC62375_625P, 576, false},
    {COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEB_750P | COPP_TV_STANDARD_ARIBTRB15_750P, 720, false},
    {COPP_TV_STANDARD_CEA805A_TYPEA_1125I | COPP_TV_STANDARD_CEA805A_TYPEB_1125I | COPP_TV_STANDARD_ARIBTRB15_1125I, 1080, true},
};

static uint32_t kind_of(const struct copp_connector *connector) {
    return connector->config.connector_type & ~COPP_CONNECTOR_INTERNAL;
}

/* S-Video and composite carry one television signal, whatever the desktop's resolution. */
static bool is_fixed(const struct copp_connector *connector) {
    uint32_t kind = kind_of(connector);
    return kind == COPP_CONNECTOR_SVIDEO || kind == COPP_CONNECTOR_COMPOSITE;
}

/* D-Terminal is component video in another plug. */
static bool is_component(const struct copp_connector *connector) {
    uint32_t kind = kind_of(connector);
    return kind == COPP_CONNECTOR_COMPONENT || kind == COPP_CONNECTOR_D_JPN;
}

bool copp_signal_carries_acp(const struct copp_connector *connector, const struct copp_output_state *state) {
    return !is_component(connector) || state->display.height < 720;
}

static bool is_interlaced(const struct copp_output_state *state) {
    unsigned sample_format = copp_format_unpack(state->display.format).sample_format;
    return sample_format >= COPP_SAMPLE_INTERLEAVED_EVEN_FIRST && sample_format <= COPP_SAMPLE_SINGLE_ODD_FIELD;
}

bool copp_signal_fits_standard(const struct copp_connector *connector, const struct copp_output_state *state, uint32_t standard) {
    if (standard == COPP_TV_STANDARD_NONE || is_fixed(connector))
        return true;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (signals[i].standards & standard)
            return signals[i].height == state->display.height && signals[i].interlaced == is_interlaced(state);
    }
    return false;
}

bool copp_signal_is_single(const struct copp_output_state *state, enum copp_semantics semantics) {
    return state->mode == COPP_MODE_SINGLE || state->mode == COPP_MODE_DUALVIEW ||
           (state->mode == COPP_MODE_CLONE && semantics == COPP_SEMANTICS_OPM);
}
