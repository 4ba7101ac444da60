#!/usr/bin/python3
"""mpv_player.py PLUGIN SOCKET ANCHOR OUTPUT SRM: mpv with the plugin as a player for the cases, which says on its standard output whether it shows
content. SRM need not be there."""
import json
import os
import socket
import subprocess
import sys

plugin, device, anchor, output, srm = sys.argv[1:]
options = [f"device=unix:{device}", f"anchor={anchor}", f"connector={output}"] + ([f"srm={srm}"] if os.path.exists(srm) else [])
ours, its = socket.socketpair()
with its:
    mpv = subprocess.Popen(
        ["mpv", "--no-config", "--vo=null", "--ao=null", "--really-quiet", f"--script={plugin}", f"--input-ipc-client=fd://{its.fileno()}",
         *[f"--script-opts-append=copp-{option}" for option in options], "av://lavfi:testsrc=size=64x64:rate=25"],
        stdin=subprocess.DEVNULL, pass_fds=[its.fileno()])
# a video output is there as long as there are pictures to show, and no longer
ours.sendall(b'{"command": ["observe_property", 1, "vo-configured"]}\n')
for line in ours.makefile():
    message = json.loads(line)
    if message.get("event") == "property-change":
        print("content is shown" if message.get("data") else "content is hidden", flush=True)
    elif message.get("event") == "client-message" and message["args"][0] == "copp-protection":
        print(*message["args"][2:], flush=True)
sys.exit(1 if mpv.wait() == 0 else 2)  # such a film has no end: it was not played, or not on
