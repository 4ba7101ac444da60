/* The simulator's inside, shared by the files of this directory alone. */
#ifndef COPP_SIM_INTERNAL_H
#define COPP_SIM_INTERNAL_H

#include "copp/sim.h"
#include "copp/srm.h"

#define SIM_OUTPUTS_MAX 16u
#define SIM_MODES_MAX 16u
#define SIM_SCRIPT_MAX 256u
#define SIM_NAME_SIZE 32u /* with the NUL */
#define SIM_EVENT_SIZE 96u /* text of an event, with the NUL */
#define SIM_DOWNSTREAM_MAX 16u /* devices behind a repeater: as many as a line has room for */
#define SIM_NEVER UINT64_MAX

/* What OPM's sessions are offered beyond COPP's protections. */
#define SIM_OPM_TYPE1 1u
#define SIM_OPM_DPCP 2u
#define SIM_OPM_HARDWARE_PROTECTION 4u
#define SIM_OPM_NO_BLANK 8u /* the output cannot blank */

/* sim_values.c: texts and what they mean. */

struct sim_word {
    const char *text;
    uint32_t value;
};
struct sim_words {
    const struct sim_word *list;
    size_t count;
};
extern const struct sim_words copp_sim_connector_types;
extern const struct sim_words copp_sim_bus_types;
extern const struct sim_words copp_sim_protection_types;
extern const struct sim_words copp_sim_multi_adapter_modes;
extern const struct sim_words copp_sim_tv_types;
extern const struct sim_words copp_sim_yes_no;
extern const struct sim_words copp_sim_receivers; /* enum sim_receiver */
extern const struct sim_words copp_sim_on_off;
extern const struct sim_words copp_sim_acp_levels;
extern const struct sim_words copp_sim_hdcp_versions; /* enum copp_hdcp_version */
extern const struct sim_words copp_sim_dvi_versions;
extern const struct sim_words copp_sim_opm_features; /* SIM_OPM_* */

/* The devices behind a repeater, each as bksv of struct copp_output_state. */
struct sim_downstream {
    size_t count;
    uint8_t bksvs[SIM_DOWNSTREAM_MAX * COPP_KSV_SIZE];
};

/* Whether somebody is there to switch HDCP on with, and whether QueryHDCPKeyData tells who. */
enum sim_receiver { SIM_RECEIVER_NONE = 0, SIM_RECEIVER_NAMED, SIM_RECEIVER_UNNAMED };

struct sim_mode {
    char name[SIM_NAME_SIZE];
    struct copp_display display;
};

/* Writes a reason; answers false, for the caller to hand on. */
__attribute__((format(printf, 2, 3))) bool copp_sim_refuse(struct copp_sim_error *error, const char *format, ...);

/* "NAME: it is none of a, b, c": false with the reason unless text is one of the words. */
COPP_NODISCARD bool copp_sim_read_word(const char *text, const struct sim_words *words, uint32_t *value,
                                       struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_read_number(const char *text, uint64_t most, uint64_t *value, struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_read_mode(const char *text, struct sim_mode *mode, struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_read_ksv(const char *text, uint8_t *ksv, struct copp_sim_error *error);
/* A list of KSVs, or "none". */
COPP_NODISCARD bool copp_sim_read_downstream(const char *text, struct sim_downstream *downstream, struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_read_standard(const char *text, uint32_t *standard, struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_name_allowed(const char *name);

/* Cuts the next word, ended by white space or a comma, off *rest into word. False at the end; a word that does not fit
 * is cut off at size. */
COPP_NODISCARD bool copp_sim_next_word(const char **rest, char *word, size_t size);

/* sim_output.c */

struct sim_output {
    struct copp_output output;
    struct copp_sim *sim;
    char name[SIM_NAME_SIZE];

    /* as described */
    unsigned line; /* where its section begins */
    uint32_t keys; /* which ones have been given, by their place in the table of sim_keys.c */
    uint32_t connector_type;
    uint32_t protections;
    uint32_t tv_standards;
    uint32_t default_standard;
    uint32_t tv_type;
    uint32_t hdcp_delay_ms;
    struct sim_mode modes[SIM_MODES_MAX];
    size_t mode_count;
    char mode_name[SIM_NAME_SIZE];
    char pair_name[SIM_NAME_SIZE];
    char display[SIM_NAME_SIZE];
    bool internal;
    uint32_t opm; /* SIM_OPM_* */
    uint32_t dvi_version; /* COPP_DVI_VERSION_*; 0: not known */
    uint64_t output_id; /* 0: the adapter makes one */
    struct copp_output_pair pair; /* ARB-6: of the S-Video output */
    struct sim_output *composite; /* its other half */
    struct sim_output *svideo; /* the composite output's other half */
    struct copp_connector *connector;

    /* as it is now */
    size_t mode;
    uint32_t multi_adapter; /* enum copp_multi_adapter_mode */
    bool plugged;
    uint32_t receiver; /* enum sim_receiver */
    bool repeater;
    uint8_t ksv[COPP_KSV_SIZE]; /* most significant byte first */
    uint32_t hdcp_version; /* enum copp_hdcp_version: the newest that the receiver does */
    struct sim_downstream downstream;
    bool revoked; /* the hardware finds a revoked device by lists of its own */
    bool hdcp_busy; /* other outputs use all HDCP engines */
    bool dpcp_refuses; /* the display does no DPCP */
    bool blank; /* it shows black (OPM-STA-6) */
    bool refuses; /* every apply fails */
    bool hdcp_refuses; /* HDCP does not come up */
    bool hdcp_hangs; /* HDCP neither comes up nor fails */
    struct copp_protection in_force;

    /* an apply that was answered with COPP_E_PENDING */
    bool pending;
    uint64_t due_ms; /* SIM_NEVER while it hangs */
    struct copp_protection wanted;
};

extern const struct copp_output_ops copp_sim_output_ops;

/* NULL: there is no output of that name. */
COPP_NODISCARD struct sim_output *copp_sim_find(struct copp_sim *sim, const char *name);
/* Of those that have a connector; NULL beyond the last. */
COPP_NODISCARD struct sim_output *copp_sim_output_at(const struct copp_sim *sim, size_t index);
/* The pending apply ends. */
void copp_sim_output_land(struct sim_output *output);
/* Sets due_ms anew after hdcp_hangs has changed. */
void copp_sim_output_schedule(struct sim_output *output);
/* Types (an OR) fall away without the connector being told. */
void copp_sim_output_drop(struct sim_output *output, uint32_t types);

/* The protocol that HDCP comes up with, or would: the newest that both ends do. */
uint32_t copp_sim_output_protocol(const struct sim_output *output);

/* sim_event.c */

struct sim_verb;
struct sim_event {
    const struct sim_verb *verb;
    struct sim_output *output;
    uint32_t value;
    uint8_t ksv[COPP_KSV_SIZE];
    struct sim_downstream downstream;
};
COPP_NODISCARD bool copp_sim_event_parse(struct copp_sim *sim, const char *text, struct sim_event *event,
                                         struct copp_sim_error *error);
COPP_NODISCARD bool copp_sim_event_happen(const struct sim_event *event, struct copp_sim_error *error);

/* sim.c */

struct sim_script_line {
    unsigned line;
    uint64_t at_ms; /* after the start */
    char text[SIM_EVENT_SIZE];
    struct sim_event event;
};

struct copp_sim {
    struct copp_adapter *adapter; /* NULL: the connectors are the host's */
    uint64_t start_ms;
    uint64_t now_ms;
    uint32_t bus_type;
    uint64_t pending_limit_ms;
    struct sim_output outputs[SIM_OUTPUTS_MAX];
    size_t output_count;
    struct sim_script_line script[SIM_SCRIPT_MAX]; /* by time, then as written */
    size_t script_count;
    size_t script_done;
};

/* sim_keys.c */

COPP_NODISCARD bool copp_sim_read_key(struct sim_output *output, const char *name, const char *value,
                                      struct copp_sim_error *error);
/* Once all are described: joins pairs, and fills in what goes without saying. */
COPP_NODISCARD bool copp_sim_check_outputs(struct copp_sim *sim, struct copp_sim_error *error);

/* sim_ini.c: reads the description into sim and checks that it makes sense. */
COPP_NODISCARD enum copp_result copp_sim_describe(struct copp_sim *sim, const char *description, struct copp_sim_error *error);

#endif
