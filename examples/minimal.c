#include "driver.h" /* <copp.h>, and a simulated driver with its clock */
#include <stdio.h>

int main(void) {
    struct copp_public_key anchor; /* whom to trust */
    struct copp_transport *driver = driver_open(&anchor);
    const struct copp_session_config config = {.anchor = &anchor};
    const struct copp_requirement film = {.hdcp = COPP_HDCP_ON};
    struct copp_session *session = NULL;
    struct copp_verdict verdict = {.detail = "no driver"};
    struct copp_watch watch = {.stop = COPP_STOP_INTERNAL};
    if (copp_session_new(&config, driver, &session) || copp_session_establish(session, &verdict))
        printf("no session: %s %s\n", copp_rule_id(verdict.rule), verdict.detail);
    else
        watch.stop = copp_session_protect(session, &film, driver_now());
    for (int poll = 0; !watch.stop && poll < 5; poll++) {
        copp_session_watch(session, driver_now(), &watch);
        puts(watch.state == COPP_WATCH_PROTECTED ? "show the film" : "hide the film");
        driver_wait(watch.next_ms);
    }
    printf("%s\n", copp_stop_text(watch.stop));
    copp_session_free(&session);
    driver_close(&driver);
    return watch.stop != COPP_STOP_NONE;
}
