"""What a shell at a terminal makes of a line and a TAB: complete_in.py bash|zsh|fish DIRECTORY LINE

DIRECTORY holds what `copp --completion SHELL` printed, by the names bash, _copp and fish. bash and zsh are given the keys, and
print their line as it is then; fish prints what it offers, a line each."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios

SECONDS = 60  # for a shell on a busy machine; its answer ends the wait
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        r"""PS1= PS2=; source '{0}/bash'; bind 'set enable-bracketed-paste off'; """
        r"""bind -x '"\C-xp": printf "\n\133\133%s\135\135\n" "$READLINE_LINE"'""",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        r"""PS1= PS2=; unset zle_bracketed_paste; fpath=('{0}' $fpath); autoload -Uz compinit; compinit -D -u; """
        r"""show() {{ print; print -r -- $'\x5b\x5b'"$BUFFER"$'\x5d\x5d' }}; zle -N show; bindkey '^Xp' show""",
    ),
}


def read_until(fd, end):
    got = b""
    while end not in got:
        if not select.select([fd], [], [], SECONDS)[0]:
            sys.exit("the shell does not answer: " + repr(got))
        got += os.read(fd, 65536)
    return got


def at_terminal(shell, directory, line):
    command, setup = SHELLS[shell]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, dict(os.environ, TERM="xterm", HISTFILE="", HOME=directory))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 2000, 0, 0))
    os.write(fd, setup.format(directory).encode() + b"; echo set''up\n")
    read_until(fd, b"setup\r\n")
    os.write(fd, line.encode() + b"\t\x18p")
    answer = read_until(fd, b"]]\r")
    os.write(fd, b"\x15exit\n")
    os.close(fd)
    os.waitpid(pid, 0)
    return answer.rsplit(b"[[", 1)[1].rsplit(b"]]", 1)[0].decode()


def main():
    shell, directory, line = sys.argv[1:]
    if shell == "fish":
        script = "source $argv[1]; complete -C $argv[2]"
        environment = dict(os.environ, HOME=directory)
        done = subprocess.run(["fish", "--no-config", "-c", script, directory + "/fish", line], env=environment, check=True,
                              stdout=subprocess.PIPE, timeout=SECONDS)
        print("\n".join(row.split("\t")[0] for row in done.stdout.decode().splitlines()))
    else:
        print(at_terminal(shell, directory, line))


main()
