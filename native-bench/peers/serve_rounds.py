"""The protocol of ../serve-rounds.ts: ready, then one answer for every line on standard input."""

import json
import sys


def serve(run, about):
    """Serves rounds until standard input ends.

    run: does the work once and answers with its rate.
    about: versions and chosen settings, for the report.
    """
    say({"ready": True, "about": about})
    for line in sys.stdin:
        if line.strip():
            say({"value": run()})


def say(message):
    print(json.dumps(message), flush=True)
