/* The simulated adapter: what its description may say, and what happens on it. */
#include <stdio.h>
#include <stdlib.h>

#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

struct scene {
    struct rig rig; /* for its key and its random numbers */
    struct copp_sim *sim;
    struct app app;
};

static enum copp_result make(struct scene *scene, const char *description, uint64_t now_ms, struct copp_sim_error *error) {
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = description,
                                           .chain_bytes = rig_chain,
                                           .chain_size = sizeof rig_chain,
                                           .key = &scene->rig.key.key,
                                           .random = &scene->rig.random.random,
                                           .now_ms = now_ms,
                                           .unbound = true};
    return copp_sim_new(&config, &scene->sim, error);
}

/* The sim, and a session on one of its connectors. */
static void begin(struct scene *scene, const char *description, const char *output) {
    struct copp_sim_error error;
    rig_init(&scene->rig, NULL);
    if (make(scene, description, 0, &error) != COPP_OK)
        fail_msg("line %u: %s", error.line, error.text);
    assert_int_equal(error.line, 0);
    assert_string_equal(error.text, "");
    assert_non_null(copp_sim_connector(scene->sim, output));
    app_begin(&scene->app, copp_sim_connector(scene->sim, output));
}

static void end(struct scene *scene) {
    copp_device_close(&scene->app.device);
    copp_sim_free(&scene->sim);
    assert_null(scene->sim);
    rig_end(&scene->rig);
}

static void happen(struct scene *scene, const char *event) {
    struct copp_sim_error error;
    if (copp_sim_event(scene->sim, event, &error) != COPP_OK)
        fail_msg("%s: %s", event, error.text);
}

/* --- descriptions --- */

static unsigned ones(const uint8_t *bytes, size_t size) {
    unsigned count = 0;
    for (size_t i = 0; i < size * 8; i++)
        count += bytes[i / 8] >> (i % 8) & 1;
    return count;
}

static void the_default_adapter(void) {
    static const struct {
        const char *name;
        uint32_t type, protections;
    } outputs[] = {{"HDMI-1", COPP_CONNECTOR_HDMI, HDCP},
                   {"DVI-I-1", COPP_CONNECTOR_DVI, HDCP | ACP | CGMSA},
                   {"Component-1", COPP_CONNECTOR_COMPONENT, ACP | CGMSA},
                   {"SVideo-1", COPP_CONNECTOR_SVIDEO, ACP | CGMSA},
                   {"eDP-1", COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | COPP_CONNECTOR_INTERNAL, 0}};
    struct scene s;
    begin(&s, NULL, "HDMI-1");
    assert_int_equal(copp_sim_count(s.sim), 5);
    assert_null(copp_sim_name(s.sim, 5));
    assert_null(copp_sim_connector(s.sim, "HDMI-2"));
    for (size_t i = 0; i < 5; i++) {
        struct app app;
        uint8_t answer[72];
        assert_string_equal(copp_sim_name(s.sim, i), outputs[i].name);
        app_begin(&app, copp_sim_connector(s.sim, outputs[i].name));
        assert_int_equal(app_word(&app, COPP_QUERY_CONNECTOR_TYPE), outputs[i].type);
        assert_int_equal(app_word(&app, COPP_QUERY_PROTECTION_TYPE), outputs[i].protections);
        assert_int_equal(app_word(&app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
        for (uint32_t type = HDCP; type <= CGMSA; type <<= 1) {
            if (outputs[i].protections & type)
                assert_int_equal(app_set_level(&app, type, 1), COPP_HR_OK); /* all of it works as it is */
        }
        if (outputs[i].protections & HDCP) {
            assert_int_equal(app_ask(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
            assert_int_equal(ones(answer + 24, COPP_KSV_SIZE), 20);
            assert_int_equal(get_u32(answer + 20), 0);
        }
        copp_device_close(&app.device);
    }
    assert_ptr_equal(copp_sim_connector(s.sim, "Composite-1"), copp_sim_connector(s.sim, "SVideo-1"));
    end(&s);
}

static void modes_of_the_field(void) {
    static const struct {
        const char *name;
        uint32_t width, height, sample, numerator, denominator;
    } modes[] = {
        {"1080p60", 1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 60, 1},
        {"720p59.94", 1280, 720, COPP_SAMPLE_PROGRESSIVE_FRAME, 60000, 1001},
        {"480i59.94", 720, 480, COPP_SAMPLE_INTERLEAVED_ODD_FIRST, 60000, 1001},
        {"576i50", 720, 576, COPP_SAMPLE_INTERLEAVED_EVEN_FIRST, 50, 1},
        {"1080i59.94", 1920, 1080, COPP_SAMPLE_INTERLEAVED_EVEN_FIRST, 60000, 1001},
        {"1080p23.976", 1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 24000, 1001},
        {"1080p29.97", 1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 30000, 1001},
        {"2160p60", 3840, 2160, COPP_SAMPLE_PROGRESSIVE_FRAME, 60, 1},
        {"1024x768p75", 1024, 768, COPP_SAMPLE_PROGRESSIVE_FRAME, 75, 1},
        {"1440p119.88", 2560, 1440, COPP_SAMPLE_PROGRESSIVE_FRAME, 120000, 1001},
    };
    struct scene s;
    char text[512] = "[output A]\ntype = hdmi\nmodes = ";
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        strcat(text, modes[i].name);
        strcat(text, i % 2 ? " " : ", ");
    }
    begin(&s, text, "A");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char event[64];
        uint8_t answer[44];
        (void)snprintf(event, sizeof event, "mode A %s", modes[i].name);
        happen(&s, event);
        assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
        assert_int_equal(s.app.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
        const uint32_t words[] = {modes[i].width, modes[i].height, modes[i].sample, 22, modes[i].numerator, modes[i].denominator};
        for (size_t word = 0; word < 6; word++)
            assert_int_equal(get_u32(answer + 20 + 4 * word), words[word]);
    }
    end(&s);
}

#define HDMI "[output A]\ntype = hdmi\nmodes = 1080p60\n"
#define ANALOG "[output A]\ntype = svideo\nmodes = 480i59.94\nprotections = cgms-a acp\ntv_standards = IEC61880_525i\n"

static void descriptions_that_are_refused(void) {
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        {"", 0, "no [output NAME]"},
        {"[adapter]\nbus = pci\n", 0, "no [output NAME]"},
        {"type = hdmi\n", 1, "before any section"},
        {"[screen A]\n", 1, "[adapter], [output NAME] and [script]"},
        {HDMI "[adapter]\n[adapter]\n", 5, "twice"},
        {HDMI "[script]\n[script]\n", 5, "twice"},
        {HDMI "[output A]\n", 4, "described twice"},
        {"[output ]\n", 1, "not a name"},
        {"[output A B]\n", 1, "not a name"},
        {"[output A\x1b]\n", 1, "not a name"},
        {"[output 01234567890123456789012345678901]\n", 1, "not a name"},
        {HDMI "bogus line\n", 4, "neither"},
        {HDMI "[script\n", 4, "neither"},
        {HDMI "bogus\ncolour = red\n", 4, "neither"},
        {HDMI "colour = red\n", 4, "unknown key \"colour\""},
        {HDMI "colour = red\n", 4, " pair display "}, /* and the list is whole: test_sim_opm.c has the end */
        {HDMI "type = dvi\n", 4, "type is given twice"},
        {HDMI "modes = 720p60\n", 4, "modes is given twice"},
        {"[output A]\ntype = HDMI\n", 2, "not one of: vga svideo composite component dvi hdmi"},
        {HDMI "internal = perhaps\n", 4, "internal: \"perhaps\" is not one of: yes no"},
        {HDMI "protections = hdcp dpcp\n", 4, "not one of: none hdcp acp cgms-a"},
        {HDMI "mode = 720p60\n", 1, "not among its modes"},
        {HDMI "mode = 01234567890123456789012345678901\n", 4, "longer than"},
        {HDMI "multi_adapter = quad\n", 4, "single dualview clone theatre"},
        {HDMI "plugged = 1\n", 4, "plugged"},
        {HDMI "display = 01234567890123456789012345678901\n", 4, "longer than 31"},
        {HDMI "display = a\x1b[2J\n", 4, "printable ASCII"},
        {HDMI "display = Fernseh\xc3\xa4r\n", 4, "printable ASCII"},
        {HDMI "receiver = on\n", 4, "receiver"},
        {HDMI "receiver = yes\n", 1, "needs a ksv"},
        {HDMI "ksv = b70361f7\n", 4, "10 hexadecimal digits"},
        {HDMI "ksv = b70361f71x\n", 4, "10 hexadecimal digits"},
        {HDMI "ksv = b70361f714\n", 1, "hdcp in protections"},
        {HDMI "repeater = maybe\n", 4, "repeater"},
        {HDMI "hdcp_delay = soon\n", 4, "whole number"},
        {HDMI "hdcp_delay = -1\n", 4, "whole number"},
        {HDMI "hdcp_delay = 3600001\n", 4, "from 0 to 3600000"},
        {HDMI "hdcp_delay = 99999999999999999999999999\n", 4, "whole number"},
        {HDMI "hdcp_delay =\n", 4, "whole number"},
        {HDMI "hdcp_fails = 1\n", 4, "hdcp_fails"},
        {HDMI "tv_standards = IEC61880\n", 4, "is not a TV standard"},
        {HDMI "tv_standards = IEC61880_525i\n", 1, "need each other"},
        {HDMI "protections = cgms-a\n", 1, "need each other"},
        {HDMI "tv_type = secam\n", 4, "none ntsc pal"},
        {HDMI "default_standard = ntsc\n", 4, "is not a TV standard"},
        {ANALOG "default_standard = EIA608B_525\n", 1, "not among its tv_standards"},
        {"[output A]\nmodes = 1080p60\n", 1, "type is missing"},
        {"[output A]\ntype = hdmi\n", 1, "modes is missing"},
        {"[output A]\ntype = hdmi\nmodes =\n", 1, "modes is missing"},
        {"[output A]\nmodes = 1080\n", 2, "not a mode"},
        {"[output A]\nmodes = 1080x60\n", 2, "not a mode"},
        {"[output A]\nmodes = 1080p\n", 2, "not a mode"},
        {"[output A]\nmodes = 1080p0\n", 2, "not a mode"},
        {"[output A]\nmodes = 1080p59.95\n", 2, "not a mode"},
        {"[output A]\nmodes = 1080p1001\n", 2, "not a mode"},
        {"[output A]\nmodes = 768p60\n", 2, "not a mode"},
        {"[output A]\nmodes = 0x768p60\n", 2, "not a mode"},
        {"[output A]\nmodes = 16385x768p60\n", 2, "not a mode"},
        {"[output A]\nmodes = 99999999999x768p60\n", 2, "not a mode"},
        {"[output A]\nmodes = x768p60\n", 2, "not a mode"},
        {"[output A]\nmodes = 000000000000000000000000000000001080p60\n", 2, "not a mode"},
        {"[output A]\nmodes = 1p1 1p2\n", 2, "not a mode"},
        {"[output A]\nmodes = 1x1p1 1x1p2 1x1p3 1x1p4 1x1p5 1x1p6 1x1p7 1x1p8 1x1p9 1x1p10 1x1p11 1x1p12 1x1p13 1x1p14 1x1p15 "
         "1x1p16 "
         "1x1p17\n",
         2, "more than 16 modes"},
        {HDMI "pair = B\n", 1, "names a composite one"},
        {ANALOG "pair = B\n", 1, "names a composite one"},
        {ANALOG "pair = B\n[output B]\ntype = vga\n", 1, "names a composite one"},
        {ANALOG "pair = B\n[output B]\nmodes = 480i59.94\n", 1, "names a composite one"},
        {ANALOG "pair = B\n[output B]\ntype = composite\nmodes = 480i59.94\n", 7, "no key but type"},
        {ANALOG "pair = 01234567890123456789012345678901\n", 6, "longer than"},
        {"[output A]\ntype = svideo\nprotections = hdcp\nmodes = 480i59.94\npair = B\n[output B]\ntype = composite\n", 1,
         "analog protections only"},
        {"[output A]\ntype = svideo\nmodes = 480i59.94\npair = B\n[output B]\ntype = composite\n"
         "[output C]\ntype = svideo\nmodes = 480i59.94\npair = B\n",
         7, "paired already"},
        {HDMI "[adapter]\nbus = isa\n", 5, "bus: \"isa\" is not one of: unknown pci pci-x pci-express agp"},
        {HDMI "[adapter]\nbus = pci\nbus = agp\n", 6, "bus is given twice"},
        {HDMI "[adapter]\nspeed = 16\n", 5, "bus integrated pending_limit"},
        {HDMI "[adapter]\nintegrated = 1\n", 5, "integrated"},
        {HDMI "[adapter]\npending_limit = 1h\n", 5, "pending_limit"},
        {HDMI "[script]\nsoon = unplug A\n", 5, "MILLISECONDS = EVENT"},
        {HDMI "[script]\n5 = unplug B\n", 5, "no output \"B\""},
        {HDMI "[script]\n9 = plug A\n5 = explode A\n", 6, "unknown event \"explode\"; known events: unplug plug"},
        {HDMI "[script]\n5 = \n", 5, "an event is missing"},
        {HDMI "[script]\n5 = unplug "
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
         5, "longer than 95"},
        {HDMI "# "
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
         4, "longer than 189"},
    };
    struct scene s;
    rig_init(&s.rig, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_sim_error error;
        memset(&error, 0xEE, sizeof error);
        enum copp_result result = make(&s, cases[i].text, 0, &error);
        assert_null(s.sim);
        if (result != COPP_E_INVALID || error.line != cases[i].line || !strstr(error.text, cases[i].says))
            fail_msg("%s: line %u: %s\n(wanted line %u: %s)", cases[i].text, error.line, error.text, cases[i].line,
                     cases[i].says);
        for (const char *c = error.text; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
        assert_int_equal(make(&s, cases[i].text, 0, NULL), COPP_E_INVALID);
    }
    rig_end(&s.rig);
}

static void too_much_of_anything(void) {
    struct scene s;
    struct copp_sim_error error;
    char *text = malloc(65536);
    assert_non_null(text);
    rig_init(&s.rig, NULL);
    size_t used = 0;
    for (unsigned i = 0; i < 17; i++)
        used += (size_t)snprintf(text + used, 65536 - used, "[output A%u]\ntype = hdmi\nmodes = 1080p60\n", i);
    assert_int_equal(make(&s, text, 0, &error), COPP_E_INVALID);
    assert_int_equal(error.line, 49);
    assert_string_equal(error.text, "more than 16 outputs");
    used = (size_t)snprintf(text, 65536, "%s[script]\n", HDMI);
    for (unsigned i = 0; i < 257; i++)
        used += (size_t)snprintf(text + used, 65536 - used, "%u = unplug A\n", i);
    assert_int_equal(make(&s, text, 0, &error), COPP_E_INVALID);
    assert_int_equal(error.line, 4 + 257);
    assert_string_equal(error.text, "more than 256 lines of script");
    free(text);
    rig_end(&s.rig);
}

static void how_a_description_may_be_written(void) {
    struct scene s;
    begin(&s,
          "\xef\xbb\xbf# a byte order mark, comments, indentation, CRLF, colons\r\n"
          "; another\r\n"
          "[script]\r\n"
          "  10 = unplug A ; an output described further down\r\n"
          "\r\n"
          "\t[output A]\r\n"
          "  type:   vga\r\n"
          "    internal = yes   ; the wall\r\n"
          "    modes = 1024x768p75 720p60\r\n"
          "    mode = 720p60\r\n"
          "[adapter]\r\n"
          "bus = agp\r\n"
          "integrated = yes",
          "A");
    uint8_t answer[44];
    assert_int_equal(app_word(&s.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_VGA | COPP_CONNECTOR_INTERNAL);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_AGP | COPP_BUS_INTEGRATED);
    assert_int_equal(app_word(&s.app, COPP_QUERY_PROTECTION_TYPE), 0);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), 720);
    copp_sim_dispatch(s.sim, 10);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    end(&s);
}

/* Editors of Windows' begin a file with a byte order mark, whatever its first line is. */
static void a_byte_order_mark(void) {
    static const char *const descriptions[] = {
        "\xef\xbb\xbf[output A]\r\ntype = vga\r\nmodes = 720p60\r\n",
        "\xef\xbb\xbf  [output A]\ntype = vga\nmodes = 720p60\n",
        "\xef\xbb\xbf; a comment\n[output A]\ntype = vga\nmodes = 720p60\n",
        "\xef\xbb\xbf\n[output A]\ntype = vga\nmodes = 720p60\n",
    };
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        struct scene s;
        begin(&s, descriptions[i], "A");
        assert_int_equal(app_word(&s.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_VGA);
        end(&s);
    }
    /* a line keeps its number */
    struct scene s;
    struct copp_sim_error error;
    rig_init(&s.rig, NULL);
    assert_int_equal(make(&s, "\xef\xbb\xbfnonsense\n", 0, &error), COPP_E_INVALID);
    assert_int_equal(error.line, 1);
    rig_end(&s.rig);
}

/* What docs/simulator.md shows as a description is one. */
static void the_example_of_the_manual(void) {
    static const char fence[] = "```ini\n";
    size_t size;
    char *page = (char *)read_test_file("../docs/simulator.md", &size);
    char *start = strstr(page, fence);
    assert_non_null(start);
    start += strlen(fence);
    char *stop = strstr(start, "```");
    assert_non_null(stop);
    *stop = 0;
    struct scene s;
    begin(&s, start, "HDMI-1");
    assert_int_equal(copp_sim_count(s.sim), 2);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 0); /* the outputs are told to begin with nothing in force */
    copp_sim_dispatch(s.sim, 0);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 2500);
    end(&s);
    free(page);
}

static void all_standards(void) {
    struct scene s;
    uint8_t answer[88];
    begin(&s, "[output A]\ntype = svideo\nprotections = cgms-a\nmodes = 480i59.94\ntv_standards = all\n", "A");
    assert_int_equal(app_ask(&s.app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), COPP_TV_STANDARD_MASK);
    assert_int_equal(get_u32(answer + 24), COPP_TV_STANDARD_NONE);
    end(&s);
}

static void what_is_no_config(void) {
    struct copp_sim *sim;
    struct copp_sim_error error;
    const struct copp_sim_config config = {.size = sizeof config, .description = HDMI};
    assert_int_equal(copp_sim_new(NULL, &sim, &error), COPP_E_ARGUMENT);
    assert_null(sim);
    assert_int_equal(copp_sim_new(&config, NULL, &error), COPP_E_ARGUMENT);
    assert_int_equal(copp_sim_new(&config, &sim, &error), COPP_E_ARGUMENT); /* neither key nor chain */
    assert_null(sim);
    copp_sim_free(NULL);
}

/* --- events --- */

static void events_that_are_refused(void) {
    static const struct {
        const char *event, *says;
    } cases[] = {
        {"", "an event is missing"},
        {"   ", "an event is missing"},
        {"jump HDMI-1", "unknown event \"jump\"; known events: unplug plug mode multi-adapter tamper refuse hdcp-fail"},
        {"unplug", "write: unplug NAME"},
        {"unplug HDMI-9", "there is no output \"HDMI-9\""},
        {"unplug HDMI-1 now", "unexpected \"now\"; write: unplug NAME"},
        {"mode HDMI-1", "write: mode NAME MODE"},
        {"mode HDMI-1 480i59.94", "not among the modes of output HDMI-1"},
        {"hdcp-fail Component-1", "Component-1 has no HDCP"},
        {"hdcp-hang HDMI-1 yes", "not one of: on off"},
        {"hdcp-refuse SVideo-1 on", "has no HDCP"},
        {"desktop-acp HDMI-1 1", "HDMI-1 has no ACP"},
        {"desktop-acp SVideo-1 4", "not one of: 0 1 2 3"},
        {"multi-adapter HDMI-1 both", "not one of: single dualview clone theatre"},
        {"repeater HDMI-1 perhaps", "not one of: on off"},
        {"ksv HDMI-1 123", "10 hexadecimal digits"},
        {"ksv HDMI-1", "write: ksv NAME HEX"},
    };
    struct scene s;
    begin(&s, NULL, "HDMI-1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_sim_error error;
        assert_int_equal(copp_sim_event(s.sim, cases[i].event, &error), COPP_E_INVALID);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: %s", cases[i].event, error.text);
        assert_int_equal(copp_sim_event(s.sim, cases[i].event, NULL), COPP_E_INVALID);
    }
    assert_int_equal(app_flags(&s.app), 0);
    end(&s);
}

static void unplug_and_plug(void) {
    struct scene s;
    uint8_t answer[72];
    begin(&s, NULL, "DVI-I-1");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    happen(&s, "unplug DVI-I-1");
    happen(&s, "unplug DVI-I-1"); /* once more is nothing */
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(s.app.flags, COPP_STATUS_LINK_LOST); /* told with the first answer */
    assert_int_equal(app_global(&s.app, ACP), 0);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK); /* analog pins do not notice */
    happen(&s, "plug DVI-I-1");
    happen(&s, "plug DVI-I-1");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    end(&s);
}

static void link_lost_of_unplug(void) {
    struct scene s;
    begin(&s, NULL, "HDMI-1");
    happen(&s, "unplug HDMI-1");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_flags(&s.app), 0);
    end(&s);
}

static void protections_that_fall_away(void) {
    struct scene s;
    begin(&s, NULL, "DVI-I-1");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, CGMSA, 4), COPP_HR_OK);
    happen(&s, "hdcp-fail DVI-I-1");
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(app_local(&s.app, CGMSA), 4);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    happen(&s, "tamper DVI-I-1");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, CGMSA), 0);
    end(&s);
}

static void modes_change(void) {
    struct scene s;
    begin(&s, NULL, "Component-1");
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, CGMSA, 4), COPP_HR_OK);
    happen(&s, "mode Component-1 576i50");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_local(&s.app, CGMSA), 0); /* IEC61880_525i is for 480i */
    assert_int_equal(app_local(&s.app, ACP), 1);
    happen(&s, "mode Component-1 1080i59.94");
    assert_int_equal(app_local(&s.app, ACP), 0);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_TOOBIGSIZE);
    happen(&s, "multi-adapter Component-1 theatre");
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_UNSUPPORTEDMODE);
    struct copp_device *device;
    assert_int_equal(copp_device_open(copp_sim_connector(s.sim, "Component-1"), &device), COPP_E_UNSUPPORTED_MODE);
    end(&s);
}

static void the_desktops_acp(void) {
    struct scene s;
    struct copp_sim_error error;
    begin(&s, NULL, "Component-1");
    happen(&s, "desktop-acp Component-1 2");
    assert_int_equal(app_global(&s.app, ACP), 2);
    assert_int_equal(app_local(&s.app, ACP), 0);
    happen(&s, "desktop-acp Component-1 0");
    assert_int_equal(app_global(&s.app, ACP), 0);
    happen(&s, "mode Component-1 720p59.94");
    assert_int_equal(copp_sim_event(s.sim, "desktop-acp Component-1 1", &error), COPP_E_INVALID);
    assert_non_null(strstr(error.text, copp_strerror(COPP_E_RESOLUTION)));
    happen(&s, "mode Component-1 480i59.94");
    happen(&s, "desktop-acp Component-1 2");
    happen(&s, "multi-adapter Component-1 clone"); /* ARB-6 */
    assert_int_equal(app_global(&s.app, ACP), 0);
    assert_int_equal(copp_sim_event(s.sim, "desktop-acp Component-1 1", &error), COPP_E_INVALID);
    assert_non_null(strstr(error.text, copp_strerror(COPP_E_UNSUPPORTED_MODE)));
    end(&s);
}

static void what_is_plugged_in(void) {
    struct scene s;
    begin(&s,
          "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nplugged = no\n"
          "[output S]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\npair = C\n[output C]\ntype = composite\n",
          "A");
    assert_false(copp_sim_plugged(s.sim, "A"));
    assert_false(copp_sim_plugged(s.sim, "B")); /* there is no such output */
    happen(&s, "plug A");
    assert_true(copp_sim_plugged(s.sim, "A"));
    happen(&s, "unplug A");
    assert_false(copp_sim_plugged(s.sim, "A"));
    assert_true(copp_sim_plugged(s.sim, "S"));
    assert_true(copp_sim_plugged(s.sim, "C"));
    happen(&s, "unplug C"); /* a pair is one connector */
    assert_false(copp_sim_plugged(s.sim, "S"));
    assert_false(copp_sim_plugged(s.sim, "C"));
    happen(&s, "plug C");
    happen(&s, "unplug S");
    assert_false(copp_sim_plugged(s.sim, "S"));
    assert_false(copp_sim_plugged(s.sim, "C"));
    end(&s);
}

static void displays_call_themselves(void) {
    struct scene s;
    begin(&s,
          "[output A]\ntype = hdmi\nmodes = 1080p60\ndisplay = 0123456789 123456789 12345678 ~\nplugged = no\n"
          "[output B]\ntype = hdmi\nmodes = 1080p60\n"
          "[output S]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\npair = C\ndisplay = TV\n"
          "[output C]\ntype = composite\n",
          "B");
    assert_string_equal(copp_sim_display(s.sim, "A"), "");
    assert_string_equal(copp_sim_display(s.sim, "B"), "");
    assert_string_equal(copp_sim_display(s.sim, "D"), "");
    happen(&s, "plug A");
    assert_string_equal(copp_sim_display(s.sim, "A"), "0123456789 123456789 12345678 ~");
    assert_string_equal(copp_sim_display(s.sim, "S"), "TV"); /* a pair is one connector */
    assert_string_equal(copp_sim_display(s.sim, "C"), "TV");
    happen(&s, "unplug C");
    assert_string_equal(copp_sim_display(s.sim, "S"), "");
    end(&s);
}

static void receivers(void) {
    struct scene s;
    uint8_t answer[72];
    begin(&s,
          "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = 0123456789\nrepeater = yes\n"
          "[output B]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = 0123456789\nreceiver = no\n"
          "[output C]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = 0123456789\nplugged = no\n",
          "A");
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), COPP_HDCP_REPEATER);
    assert_memory_equal(answer + 24, "\x89\x67\x45\x23\x01", 5); /* WIRE-9 turns it round */
    happen(&s, "repeater A off");
    happen(&s, "ksv A abcdef0123");
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), 0);
    assert_memory_equal(answer + 24, "\x23\x01\xef\xcd\xab", 5);
    for (int i = 0; i < 2; i++) {
        struct app app;
        app_begin(&app, copp_sim_connector(s.sim, i ? "C" : "B"));
        assert_int_equal(app_ask(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
        assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_UNEXPECTED);
        happen(&s, i ? "plug C" : "ksv B b70361f714");
        assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_OK);
        copp_device_close(&app.device);
    }
    end(&s);
}

static void a_receiver_without_a_name(void) {
    struct scene s;
    uint8_t answer[72];
    begin(&s, "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nreceiver = unnamed\n", "A");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_global(&s.app, HDCP), 1);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    happen(&s, "ksv A b70361f714");
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    end(&s);
}

static void svideo_and_composite(void) {
    struct scene s;
    begin(&s, NULL, "Composite-1");
    assert_int_equal(app_word(&s.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_SVIDEO);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    happen(&s, "refuse Composite-1 on");
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED); /* both or none */
    assert_int_equal(app_global(&s.app, ACP), 1);
    happen(&s, "refuse Composite-1 off");
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK);
    happen(&s, "mode Composite-1 576i50"); /* the mode of both */
    uint8_t answer[44];
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), 576);
    happen(&s, "desktop-acp Composite-1 1");
    happen(&s, "unplug Composite-1");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&s.app, ACP), 1); /* the desktop's */
    end(&s);
}

/* --- time --- */

#define SLOW "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nhdcp_delay = 500\n"

static void hdcp_takes_its_time(void) {
    struct scene s;
    begin(&s, SLOW, "A");
    copp_sim_dispatch(s.sim, 100);
    s.app.now_ms = 100;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 600);
    copp_sim_dispatch(s.sim, 599);
    assert_int_equal(app_result(&s.app), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 600);
    assert_int_equal(app_result(&s.app), COPP_HR_OK);
    assert_int_equal(app_global(&s.app, HDCP), 1);
    assert_int_equal(copp_sim_deadline_ms(s.sim), UINT64_MAX);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK); /* going down takes none */
    happen(&s, "hdcp-refuse A on");
    s.app.now_ms = 600;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 5000);
    assert_int_equal(app_result(&s.app), COPP_HR_UNEXPECTED);
    end(&s);
}

static void hdcp_never_answers(void) {
    struct scene s;
    begin(&s, SLOW "[adapter]\npending_limit = 3000\n", "A");
    happen(&s, "hdcp-hang A on");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 3000);
    copp_sim_dispatch(s.sim, 1000);
    happen(&s, "hdcp-hang A off"); /* it begins anew */
    assert_int_equal(copp_sim_deadline_ms(s.sim), 1500);
    happen(&s, "hdcp-hang A on");
    copp_sim_dispatch(s.sim, UINT64_MAX); /* over all of time in one leap */
    assert_int_equal(app_result(&s.app), COPP_HR_UNEXPECTED);
    end(&s);
}

static void hdcp_does_not_come_up(void) {
    struct scene s;
    begin(&s, "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nhdcp_fails = yes\n", "A");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNEXPECTED);
    happen(&s, "hdcp-refuse A off");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    end(&s);
}

static void an_unwilling_output(void) {
    struct scene s;
    begin(&s, NULL, "HDMI-1");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    happen(&s, "refuse HDMI-1 on");
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    copp_sim_dispatch(s.sim, 1000000000000u); /* many retries, one leap */
    assert_int_equal(app_global(&s.app, HDCP), 1);
    happen(&s, "refuse HDMI-1 off");
    copp_sim_dispatch(s.sim, 1000000001000u);
    assert_int_equal(app_global(&s.app, HDCP), 0);
    end(&s);
}

static void the_script_in_time_order(void) {
    struct scene s;
    begin(&s,
          SLOW "[script]\n"
               "3000 = plug A\n"
               "2500 = unplug A\n"
               "2500 = repeater A on\n"
               "400 = mode A 1080p60\n"
               "3500 = hdcp-fail A\n",
          "A");
    copp_sim_dispatch(s.sim, 399);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 400);
    assert_int_equal(app_flags(&s.app), 0);
    s.app.now_ms = 399;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 400);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_result(&s.app), COPP_HR_UNEXPECTED); /* the mode changed before HDCP was up */
    s.app.now_ms = 400;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 2600);
    assert_int_equal(app_result(&s.app), COPP_HR_OK); /* up at 900 */
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_local(&s.app, HDCP), 0); /* and gone at 2500 */
    copp_sim_dispatch(s.sim, 2000); /* time does not go back */
    s.app.now_ms = 2600;
    copp_sim_dispatch(s.sim, 3000);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 3500);
    end(&s);
}

static void the_script_starts_with_the_sim(void) {
    struct scene s;
    struct copp_sim_error error;
    rig_init(&s.rig, NULL);
    assert_int_equal(
        make(&s, "[output A]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\n[script]\n10 = tamper A\n", 5000, &error),
        COPP_OK);
    app_begin(&s.app, copp_sim_connector(s.sim, "A"));
    copp_sim_dispatch(s.sim, 5009);
    assert_int_equal(app_flags(&s.app), 0);
    copp_sim_dispatch(s.sim, 5010);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    end(&s);

    rig_init(&s.rig, NULL); /* at the end of time nothing happens any more */
    assert_int_equal(make(&s, "[output A]\ntype = vga\nmodes = 720p60\n[script]\n10 = tamper A\n", UINT64_MAX - 5, &error),
                     COPP_OK);
    app_begin(&s.app, copp_sim_connector(s.sim, "A"));
    copp_sim_dispatch(s.sim, UINT64_MAX);
    assert_int_equal(app_flags(&s.app), 0);
    end(&s);
}

static void a_scripted_event_that_cannot_happen(void) {
    struct scene s;
    begin(&s,
          "[output A]\ntype = component\nprotections = acp\nmodes = 720p60 480i59.94\n"
          "[script]\n1 = desktop-acp A 1\n2 = mode A 480i59.94\n3 = desktop-acp A 1\n",
          "A");
    copp_sim_dispatch(s.sim, 2);
    assert_int_equal(app_global(&s.app, ACP), 0);
    copp_sim_dispatch(s.sim, 3);
    assert_int_equal(app_global(&s.app, ACP), 1);
    end(&s);
}

/* --- connectors of a host's own adapter --- */

static const char paired[] = "[adapter]\nbus = agp\npending_limit = 700\n"
                             "[output H]\ntype = hdmi\nprotections = hdcp\nmodes = 720p60\nksv = b70361f714\nhdcp_delay = 500\n"
                             "[output C]\ntype = composite\n"
                             "[output S]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\npair = C\n";

/* As a host adds them; true if it got that far. */
static bool add_connector(struct scene *scene, struct copp_adapter *adapter, size_t index, struct copp_connector **connector) {
    struct copp_connector_config config = {.size = sizeof config};
    if (copp_sim_connector_config(scene->sim, index, &config))
        return false;
    assert_int_equal(copp_connector_add(adapter, &config, connector), COPP_OK);
    copp_sim_attach(scene->sim, index, *connector);
    return true;
}

static void outputs_for_a_hosts_adapter(void) {
    struct scene s;
    struct copp_connector *connectors[2];
    rig_init(&s.rig, NULL);
    const struct copp_sim_config config = {.size = sizeof config, .description = paired, .outputs_only = true};
    assert_int_equal(copp_sim_new(&config, &s.sim, NULL), COPP_OK);
    assert_null(copp_sim_adapter(s.sim));
    assert_int_equal(copp_sim_count(s.sim), 2);
    assert_null(copp_sim_connector(s.sim, "H"));
    assert_int_equal(copp_sim_deadline_ms(s.sim), UINT64_MAX);
    assert_int_equal(copp_sim_pending_limit_ms(s.sim), 700);
    assert_null(copp_sim_second_name(s.sim, 0));
    assert_string_equal(copp_sim_second_name(s.sim, 1), "C");
    assert_null(copp_sim_second_name(s.sim, 2));
    for (size_t i = 0; i < 2; i++)
        assert_true(add_connector(&s, s.rig.adapter, i, &connectors[i]));
    assert_ptr_equal(copp_sim_connector(s.sim, "H"), connectors[0]);
    assert_ptr_equal(copp_sim_connector(s.sim, "S"), connectors[1]);
    assert_ptr_equal(copp_sim_connector(s.sim, "C"), connectors[1]);
    app_begin(&s.app, connectors[0]);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_AGP);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 500);
    assert_int_equal(copp_device_command_result(s.app.device), COPP_HR_OK);
    happen(&s, "unplug H");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    copp_device_close(&s.app.device);
    app_begin(&s.app, connectors[1]);
    happen(&s, "tamper C");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    copp_sim_attach(s.sim, 1, NULL);
    happen(&s, "tamper S"); /* nobody is told */
    assert_int_equal(app_flags(&s.app), 0);
    end(&s);
}

static void outputs_that_no_host_may_take(void) {
    struct scene s;
    struct copp_connector_config config = {.size = sizeof config, .protection_types = HDCP};
    begin(&s, paired, "H");
    assert_int_equal(copp_sim_connector_config(s.sim, 2, &config), COPP_E_ARGUMENT);
    assert_int_equal(config.protection_types, 0);
    assert_int_equal(copp_sim_connector_config(s.sim, 0, &config), COPP_E_STATE);
    assert_null(config.output);
    struct copp_connector *own = copp_sim_connector(s.sim, "H");
    copp_sim_attach(s.sim, 0, NULL);
    assert_ptr_equal(copp_sim_connector(s.sim, "H"), own);
    end(&s);
}

static const struct test_case cases[] = {
    TEST(the_default_adapter, "QRY-6 ARB-6"),
    TEST(modes_of_the_field, "QRY-6 WIRE-8"),
    TEST(descriptions_that_are_refused, ""),
    TEST(too_much_of_anything, ""),
    TEST(how_a_description_may_be_written, ""),
    TEST(a_byte_order_mark, ""),
    TEST(the_example_of_the_manual, "ARB-4"),
    TEST(all_standards, "WIRE-10"),
    TEST(what_is_no_config, ""),
    TEST(events_that_are_refused, ""),
    TEST(unplug_and_plug, "EVT-1 EVT-3"),
    TEST(link_lost_of_unplug, "EVT-1 EVT-2"),
    TEST(protections_that_fall_away, "EVT-1 EVT-3"),
    TEST(modes_change, "EVT-1 EVT-3 CMD-4 ARB-6"),
    TEST(the_desktops_acp, "ARB-5 ARB-6"),
    TEST(what_is_plugged_in, "ARB-6"),
    TEST(displays_call_themselves, "ARB-6"),
    TEST(receivers, "WIRE-9 QRY-6"),
    TEST(a_receiver_without_a_name, "QRY-6"),
    TEST(svideo_and_composite, "ARB-6"),
    TEST(hdcp_takes_its_time, "CMD-6"),
    TEST(hdcp_never_answers, "CMD-6"),
    TEST(hdcp_does_not_come_up, "CMD-4"),
    TEST(an_unwilling_output, "CMD-4"),
    TEST(the_script_in_time_order, "CMD-6 EVT-1"),
    TEST(the_script_starts_with_the_sim, ""),
    TEST(a_scripted_event_that_cannot_happen, "ARB-5"),
    TEST(outputs_for_a_hosts_adapter, "ARB-6 CMD-6 EVT-1"),
    TEST(outputs_that_no_host_may_take, ""),
};

int main(void) {
    return RUN_SUITE("sim", cases);
}
