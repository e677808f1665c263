"""Runs the script of seed 001 as it is; then says, as JSON, what stands in its figure, and saves the figure.

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
            "submitted": [left_behind["response"].status_code, left_behind["operation_url"]],
            "answer": left_behind["analysis"],
            "polygons": [patch.get_xy().tolist() for patch in axes.patches],
            "texts": [text.get_text() for text in axes.texts],
            "image": axes.images[0].get_size(),
        }
    )
)
