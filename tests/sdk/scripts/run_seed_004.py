"""Runs the seed script as it is; then says, as JSON, what it printed and what its figure shows, and saves the figure.

Arguments: the script, the picture to write.
"""

# ruff: noqa: T201 - printing is how it answers

import contextlib
import io
import json
import runpy
import sys

import matplotlib.pyplot as plt

script, picture = sys.argv[1:]
said = io.StringIO()
with contextlib.redirect_stdout(said):
    left_behind = runpy.run_path(script)
figure = plt.gcf()
figure.savefig(picture)
(axes,) = figure.axes
print(
    json.dumps(
        {
            "answer": left_behind["response"].json(),
            "printed": json.loads(said.getvalue()),
            "title": axes.get_title(),
            "image": axes.images[0].get_size(),
        }
    )
)
