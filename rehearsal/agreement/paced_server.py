"""The model stand-in at a pace of choice: `paced_server.py FIRST_TOKEN_SECONDS TOKEN_SECONDS MODEL ...`.

The stand-in's own pace is quick, so that rehearsals are; a millisecond of a client's own work is then
5 % of the time to the first token. A real model takes a tenth of a second and more.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "model"))

import engine  # noqa: E402
from server import main  # noqa: E402

if __name__ == "__main__":
    engine.SECONDS_FIRST_TOKEN = float(sys.argv[1])
    engine.SECONDS_A_TOKEN = float(sys.argv[2])
    sys.exit(main(sys.argv[3:]))
