"""Alpha that follows the edges of the picture: the guided filter, made fast.

Method: He, Sun, Tang 2013, "Guided image filtering", with the colours as guide; the coefficients are found on a
reduced picture and applied to the larger one (He, Sun 2015, "Fast guided filter").
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.scene.colours import reduced
from readstone.engines.scene.segment.networks import Plane

_SIDE = 512
_RADIUS = 4  # of the reduced picture: how far an edge may be from where the networks put it
_SMOOTHNESS = 1e-4  # variance of the colours (0 to 1) from which on there is an edge


def along_edges(alpha: Plane, pixels: RgbPixels) -> Plane:
    """`alpha`, of the same picture at any size, as large as `pixels` and as sharp as its edges are; 0 to 1."""
    small = np.asarray(reduced(pixels, _SIDE) / np.float32(255), np.float32)
    rows, columns = small.shape[:2]
    rough = np.asarray(cv2.resize(alpha, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    slopes, offset = _coefficients(small, rough)
    height, width = pixels.shape[:2]
    # One plane after the other: of a large picture, all of them together would be too much at once.
    fine = np.asarray(cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    for channel, slope in enumerate(slopes):
        fine += cv2.resize(slope / 255, (width, height), interpolation=cv2.INTER_LINEAR) * pixels[:, :, channel]
    return np.clip(fine, 0, 1, out=fine)


def _coefficients(guide: NDArray[np.float32], alpha: Plane) -> tuple[tuple[Plane, Plane, Plane], Plane]:
    """For each pixel the red, green and blue slope and the offset of the line that fits `alpha` around it best."""
    red, green, blue = (np.ascontiguousarray(guide[:, :, channel]) for channel in range(3))
    means = [_mean(channel) for channel in (red, green, blue)]
    level = _mean(alpha)
    rr = _mean(red * red) - means[0] * means[0] + _SMOOTHNESS
    gg = _mean(green * green) - means[1] * means[1] + _SMOOTHNESS
    bb = _mean(blue * blue) - means[2] * means[2] + _SMOOTHNESS
    rg = _mean(red * green) - means[0] * means[1]
    rb = _mean(red * blue) - means[0] * means[2]
    gb = _mean(green * blue) - means[1] * means[2]
    with_red, with_green, with_blue = (
        _mean(channel * alpha) - mean * level for channel, mean in zip((red, green, blue), means, strict=True)
    )
    # The inverse of the symmetric 3 x 3 matrix of covariances, by its cofactors.
    cofactors = (
        gg * bb - gb * gb,
        gb * rb - rg * bb,
        rg * gb - gg * rb,
        rr * bb - rb * rb,
        rb * rg - rr * gb,
        rr * gg - rg * rg,
    )
    determinant = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2]
    slopes = (
        (cofactors[0] * with_red + cofactors[1] * with_green + cofactors[2] * with_blue) / determinant,
        (cofactors[1] * with_red + cofactors[3] * with_green + cofactors[4] * with_blue) / determinant,
        (cofactors[2] * with_red + cofactors[4] * with_green + cofactors[5] * with_blue) / determinant,
    )
    offset = level - sum(slope * mean for slope, mean in zip(slopes, means, strict=True))
    return (_mean(slopes[0]), _mean(slopes[1]), _mean(slopes[2])), _mean(offset)


def _mean(plane: Plane) -> Plane:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
