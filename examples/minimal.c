#include "driver.h" /* <copp.h>, and a simulated driver with its clock */
#include <stdio.h>

int main(void) {
    struct copp_public_key anchor; /* whom to trust */
    struct copp_transport *driver = driver_open(&anchor);
    struct copp_session_config setup = {.size = sizeof setup, .anchor = &anchor, .lists = driver_lists(), .connector = "HDMI-1"};
    const struct copp_requirement film = {.size = sizeof film, .hdcp = COPP_HDCP_ON};
    struct copp_session *session = NULL;
    struct copp_verdict verdict = {.detail = ""};
    struct copp_poll watch = {.size = sizeof watch, .stop = COPP_STOP_NONE};
    char why[512];
    enum copp_result result = copp_session_new(&setup, driver, &session);
    result = result ? result : copp_session_establish(session, &verdict);
    watch.stop = result ? COPP_STOP_NONE : copp_session_protect(session, &film, driver_now());
    for (int poll = 0; !result && watch.stop == COPP_STOP_NONE && poll < 5; poll++) {
        copp_session_poll(session, driver_now(), &watch);
        puts(watch.state == COPP_POLL_PROTECTED ? "show the film" : "hide the film");
        driver_wait(driver_now() + COPP_POLL_MS / 4);
    }
    puts(copp_session_explain(session, result, &verdict, watch.stop, why, sizeof why));
    copp_session_free(&session);
    driver_close(&driver);
    return result || watch.stop != COPP_STOP_NONE;
}
