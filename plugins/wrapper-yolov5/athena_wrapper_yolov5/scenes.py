"""Images of squares, circles and triangles in noise: what the shipped network learnt from and is tested with."""

from __future__ import annotations

import math

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .letterbox import Boxes, Pixels

__all__ = ["NAMES", "Scene", "scene", "scenes"]

NAMES = ("circle", "square", "triangle")
SIDES = (96, 256)
"""The longer side of an image, in pixels; the shorter is at least 0.6 of it."""
MOST = 6
SMALLEST, LARGEST = 0.14, 0.42
"""How large a shape is, of the image's longer side."""
COVERED = 0.25
"""How much of a shape another may cover."""
CONTRAST = 90.0
"""How far, in RGB, a shape's colour is at least from what lies behind it."""

Generator = np.random.Generator


@frozen
class Scene:
    """An image and what is in it.

    Attributes:
        pixels: The image.
        boxes: Where the shapes are.
        classes: What they are: indices of :data:`NAMES`.
    """

    pixels: Pixels = field(eq=False, repr=False)
    boxes: Boxes = field(eq=False)
    classes: NDArray[np.int64] = field(eq=False)


def scenes(seed: int, count: int) -> list[Scene]:
    """So many images of mixed sizes; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return [scene(rng) for _ in range(count)]


def scene(rng: Generator) -> Scene:
    """One image with 1 to 6 shapes, drawn over each other a little, over clutter, under noise."""
    longer = int(rng.integers(SIDES[0], SIDES[1] + 1))
    shorter = int(longer * rng.uniform(0.6, 1.0))
    width, height = (longer, shorter) if rng.random() < 0.5 else (shorter, longer)
    image = _background(rng, width, height)
    draw = ImageDraw.Draw(image)
    boxes: list[tuple[float, float, float, float]] = []
    classes: list[int] = []
    wanted = int(rng.integers(1, MOST + 1))
    for _ in range(40):  # tries; a crowded image ends with fewer
        if len(boxes) == wanted:
            break
        kind = int(rng.integers(len(NAMES)))
        points = _outline(rng, kind, longer * rng.uniform(SMALLEST, LARGEST), width, height)
        box = _around(points)
        if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height or any(_hidden(box, each) for each in boxes):
            continue
        draw.polygon([tuple(point) for point in points], fill=_colour(rng, image, box))
        boxes.append(box)
        classes.append(kind)
    return Scene(_noisy(rng, image), np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int64))


def _outline(rng: Generator, kind: int, size: float, width: int, height: int) -> NDArray[np.float64]:
    """Corners of a shape somewhere in the image, turned by any angle; a circle has many."""
    corners = {0: 48, 1: 4, 2: 3}[kind]
    angles = rng.uniform(0, 2 * math.pi) + np.arange(corners) * 2 * math.pi / corners
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points *= size / np.ptp(points, axis=0).max()
    middle = rng.uniform((0, 0), (width, height))
    placed: NDArray[np.float64] = points + middle
    return placed


def _around(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _hidden(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether one covers too much of the other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across > 0 and down > 0 and across * down > COVERED * smaller


def _background(rng: Generator, width: int, height: int) -> Image.Image:
    """Soft blobs of colour with strokes over them."""
    blobs = rng.integers(0, 256, (int(rng.integers(2, 8)), int(rng.integers(2, 8)), 3)).astype(np.uint8)
    image = Image.fromarray(blobs).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(0, 9))):
        ends = rng.uniform((0, 0, 0, 0), (width, height, width, height))
        red, green, blue = rng.integers(0, 256, 3).tolist()
        draw.line(ends.tolist(), fill=(red, green, blue), width=int(rng.integers(1, 4)))
    return image


def _colour(rng: Generator, image: Image.Image, box: tuple[float, float, float, float]) -> tuple[int, int, int]:
    """One that can be told from what lies behind."""
    behind = np.asarray(image.resize((12, 12), Image.Resampling.NEAREST, box), np.float32).reshape(-1, 1, 3)
    colours = rng.integers(0, 256, (16, 3))
    # How far each is from nine tenths of what lies behind.
    apart = np.sort(np.linalg.norm(behind - colours, axis=2), axis=0)[len(behind) // 10]
    enough = np.flatnonzero(apart >= CONTRAST)
    red, green, blue = colours[enough[0] if len(enough) else int(apart.argmax())].tolist()
    return red, green, blue


def _noisy(rng: Generator, image: Image.Image) -> Pixels:
    pixels = np.asarray(image, np.float32)
    pixels = pixels + rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(2, 24))
    noisy: Pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return noisy
