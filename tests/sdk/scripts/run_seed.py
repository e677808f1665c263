"""Runs the seed script as it is; then says, as JSON, what stands in its figure, and saves the figure.

Arguments: the script, the picture to write.
"""

# ruff: noqa: T201 - printing is how it answers

import json
import runpy
import sys

import matplotlib.pyplot as plt

script, picture = sys.argv[1:]
left_behind = runpy.run_path(script)
figure = plt.gcf()
figure.savefig(picture)
(axes,) = figure.axes
print(
    json.dumps(
        {
            "answer": left_behind["response"].json(),
            "rectangles": [[*patch.get_xy(), patch.get_width(), patch.get_height()] for patch in axes.patches],
            "words": [text.get_text() for text in axes.texts],
            "origins": [text.get_position() for text in axes.texts],
            "image": axes.images[0].get_size(),
        }
    )
)
