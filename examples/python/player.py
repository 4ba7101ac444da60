#!/usr/bin/python3
"""A player that shows no frame unless the display is protected: player.py CONNECTOR [FRAMES].

coppd's socket and whom to trust stand in $COPP_DEVICE and $COPP_ANCHOR. A real player draws where this one prints.
"""

import sys

import copp

FRAME_S = 1 / 25


def show(session: copp.Session, frames: int) -> None:
    """Shows frames while they are protected, and looks before each whether they are."""
    frame = 1
    session.protect(hdcp=1)
    if session.simulated:
        print("player: this output is simulated and protects nothing", file=sys.stderr)
    while frame <= frames:
        if session.look().protected:
            print(f"frame {frame}", flush=True)
            frame += 1
            session.wait(FRAME_S)  # or less, if the driver reports something
        else:
            print("black", flush=True)  # the next look sets the levels again


def main() -> int:
    """Plays until the last frame, or until it cannot be protected any more."""
    if len(sys.argv) not in (2, 3):
        print("Usage: player.py CONNECTOR [FRAMES]", file=sys.stderr)
        return 2
    frames = int(sys.argv[2]) if len(sys.argv) == 3 else 100
    try:
        with copp.connect(connector=sys.argv[1]) as session:
            show(session, frames)
    except copp.CoppError as error:
        print("black", flush=True)
        print(f"player: {error}", file=sys.stderr)
        return 1
    print("black", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
