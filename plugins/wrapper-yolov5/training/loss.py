"""YOLOv5's loss: which anchors of which cells answer for a box, and how wrong they are."""

from __future__ import annotations

import math

import torch
from network import ANCHORS, STRIDES
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as entropy

BOX, OBJECT, CLASS = 0.05, 1.0, 0.3
BALANCE = (1.0, 0.5)
"""How much the objectness of each scale counts; the coarse one has fewer empty cells."""
UNLIKE = 2.5
"""How many times larger or smaller than an anchor a box may be."""


def loss(raw: list[Tensor], targets: Tensor) -> Tensor:
    """Of a batch.

    Args:
        raw: What the network gives in training.
        targets: Rows of image, class, x, y, w, h; in pixels of the frame.
    """
    total = torch.zeros(())
    for scale, said in enumerate(raw):
        image, anchor, row, column, wanted, classes = responsible(targets, scale, said.shape[2])
        objectness = torch.zeros(said.shape[:4])
        if len(image):
            mine = said[image, anchor, row, column]
            xy = mine[:, 0:2].sigmoid() * 2 - 0.5 + torch.stack((column, row), 1)
            wh = (mine[:, 2:4].sigmoid() * 2) ** 2 * torch.tensor(ANCHORS[scale])[anchor] / STRIDES[scale]
            alike = ciou(torch.cat((xy, wh), 1), wanted)
            total = total + BOX * (1 - alike).mean()
            objectness[image, anchor, row, column] = alike.detach().clamp(0)
            hot = torch.zeros_like(mine[:, 5:])
            hot[torch.arange(len(classes)), classes] = 1
            total = total + CLASS * entropy(mine[:, 5:], hot)
        total = total + OBJECT * BALANCE[scale] * entropy(said[..., 4], objectness)
    return total * raw[0].shape[0]


def responsible(targets: Tensor, scale: int, side: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The cells and anchors that answer for each box: those of like size, in its cell and the two nearest.

    Returns:
        Image, anchor, row and column of each, what its box should be in cells, and its class.
    """
    anchors = torch.tensor(ANCHORS[scale]) / STRIDES[scale]
    boxes = targets[:, 2:] / STRIDES[scale]
    ratio = boxes[:, None, 2:] / anchors
    which, anchor = torch.nonzero(torch.maximum(ratio, 1 / ratio).amax(2) < UNLIKE, as_tuple=True)
    centre = boxes[which, :2]
    within = centre % 1
    found = []
    for step in ((0.0, 0.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)):
        cell = centre.floor() + torch.tensor(step)
        near = torch.ones(len(centre), dtype=torch.bool)
        for axis in (0, 1):
            if step[axis]:
                near = (within[:, axis] < 0.5) if step[axis] < 0 else (within[:, axis] > 0.5)
        near = near & (cell >= 0).all(1) & (cell < side).all(1)
        found.append((which[near], anchor[near], cell[near].long()))
    which, anchor, cell = (torch.cat([each[part] for each in found]) for part in range(3))
    rows = targets[which]
    return rows[:, 0].long(), anchor, cell[:, 1], cell[:, 0], boxes[which], rows[:, 1].long()


def ciou(one: Tensor, other: Tensor) -> Tensor:
    """Complete IoU of boxes given as x, y, w, h (Zheng et al., 2020)."""
    low = torch.maximum(one[:, :2] - one[:, 2:] / 2, other[:, :2] - other[:, 2:] / 2)
    high = torch.minimum(one[:, :2] + one[:, 2:] / 2, other[:, :2] + other[:, 2:] / 2)
    shared = (high - low).clamp(0).prod(1)
    iou = shared / (one[:, 2:].prod(1) + other[:, 2:].prod(1) - shared + 1e-7)
    outer_low = torch.minimum(one[:, :2] - one[:, 2:] / 2, other[:, :2] - other[:, 2:] / 2)
    outer_high = torch.maximum(one[:, :2] + one[:, 2:] / 2, other[:, :2] + other[:, 2:] / 2)
    diagonal = ((outer_high - outer_low) ** 2).sum(1) + 1e-7
    apart = ((one[:, :2] - other[:, :2]) ** 2).sum(1)
    shape = 4 / math.pi**2 * (torch.atan(other[:, 2] / other[:, 3]) - torch.atan(one[:, 2] / (one[:, 3] + 1e-7))) ** 2
    with torch.no_grad():
        weight = shape / (1 - iou + shape + 1e-7)
    return iou - apart / diagonal - weight * shape
