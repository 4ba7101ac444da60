/* with_card EXAMPLE: runs a program on a graphics card made by umockdev, and on its HDMI-A-1. Ends as the program does. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../outputs/fake_drm.h"

int main(int argc, char **argv) {
    int status = 0;
    if (argc != 2)
        return 2;
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    pid_t example = fork();
    if (example == 0) {
        (void)execl(argv[1], argv[1], "/dev/dri/card0", "100", (char *)NULL);
        _exit(99);
    }
    bool good = example > 0 && waitpid(example, &status, 0) == example && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    fake_drm_free(&drm);
    return good ? 0 : 1;
}
