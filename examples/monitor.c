/* Which of coppd's connectors a display is at: monitor NAME [SYSFS], where NAME is what a person or a player calls the display. */
#include <copp.h>
#include <stdio.h>
#include <string.h>

/* connector gets the name for copp_socket_transport_open, and for struct copp_session_config, which holds answers to it (BIND-7). */
static enum copp_result find_connector(const struct copp_monitors_config *config, const char *display,
                                       char connector[COPP_CONNECTOR_NAME_SIZE]) {
    const struct copp_monitor_query query = {.size = sizeof query, .text = display};
    struct copp_monitor monitor = {.size = sizeof monitor};
    char why[COPP_MONITOR_WHY_SIZE];
    enum copp_result result = copp_monitor_choose(config, &query, &monitor, why, sizeof why);
    if (result)
        fprintf(stderr, "%s\n", why[0] ? why : copp_strerror(result)); /* never guess: it names the candidates */
    strcpy(connector, monitor.connector);
    return result;
}

int main(int argc, char **argv) {
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = argc > 2 ? argv[2] : NULL};
    char connector[COPP_CONNECTOR_NAME_SIZE];
    if (argc < 2) {
        fprintf(stderr, "usage: monitor NAME [SYSFS]\n");
        return 2;
    }
    if (find_connector(&config, argv[1], connector))
        return 1;
    printf("%s\n", connector);
    return 0;
}
