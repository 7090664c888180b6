"""A small YOLOv5: its blocks, its neck and its head, with two scales instead of three, for frames of 128 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 128
STRIDES = (8, 16)
ANCHORS = (((20.0, 20.0), (26.0, 26.0), (33.0, 33.0)), ((38.0, 38.0), (44.0, 44.0), (52.0, 52.0)))
"""Widths and heights in pixels, for each stride."""


class Conv(nn.Sequential):
    """Convolution, normalisation, SiLU."""

    def __init__(self, taken: int, given: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(taken, given, kernel, stride, (kernel - 1) // 2, bias=False), nn.BatchNorm2d(given), nn.SiLU()
        )


class Bottleneck(nn.Module):
    """Two convolutions, and a way past them where ``shortcut`` says so."""

    def __init__(self, width: int, shortcut: bool) -> None:
        super().__init__()
        self.both = nn.Sequential(Conv(width, width), Conv(width, width, 3))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return x + self.both(x) if self.shortcut else self.both(x)


class C3(nn.Module):
    """YOLOv5's block of two branches."""

    def __init__(self, taken: int, given: int, shortcut: bool = True) -> None:
        super().__init__()
        half = given // 2
        self.deep = nn.Sequential(Conv(taken, half), Bottleneck(half, shortcut))
        self.flat = Conv(taken, half)
        self.out = Conv(2 * half, given)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.cat((self.deep(x), self.flat(x)), 1))


class Sppf(nn.Module):
    """The same neighbourhood at three sizes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = Conv(width, width // 2)
        self.out = Conv(2 * width, width)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        found = [self.enter(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        return self.out(torch.cat(found, 1))


class Shapes(nn.Module):
    """The detector. In training it gives raw scales, in evaluation YOLOv5's rows: x, y, w, h, objectness, classes."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.early = nn.Sequential(Conv(3, 16, 6, 2), Conv(16, 24, 3, 2), C3(24, 24), Conv(24, 40, 3, 2), C3(40, 40))
        self.early[0][0].padding = (2, 2)
        self.late = nn.Sequential(Conv(40, 72, 3, 2), C3(72, 72), Sppf(72))
        self.narrow = Conv(72, 40)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.fine = C3(80, 40, shortcut=False)
        self.down = Conv(40, 40, 3, 2)
        self.coarse = C3(80, 72, shortcut=False)
        rows = len(ANCHORS[0]) * (5 + classes)
        self.heads = nn.ModuleList(nn.Conv2d(width, rows, 1) for width in (40, 72))
        self.register_buffer("anchors", torch.tensor(ANCHORS), persistent=False)
        for head, stride in zip(self.heads, STRIDES, strict=True):
            bias = head.bias.data.view(3, -1)  # as YOLOv5: a few objects in each image, each class as likely
            bias[:, 4] = torch.log(torch.tensor(4 / (SIDE / stride) ** 2))
            bias[:, 5:] = torch.log(torch.tensor(0.6 / (classes - 0.99)))

    def forward(self, x: Tensor) -> list[Tensor] | Tensor:
        early = self.early(x)
        narrow = self.narrow(self.late(early))
        fine = self.fine(torch.cat((self.up(narrow), early), 1))
        coarse = self.coarse(torch.cat((self.down(fine), narrow), 1))
        raw = []
        for head, level, stride in zip(self.heads, (fine, coarse), STRIDES, strict=True):
            side = SIDE // stride
            raw.append(head(level).view(-1, 3, 5 + self.classes, side, side).permute(0, 1, 3, 4, 2))
        return raw if self.training else torch.cat([self.rows(*each) for each in zip(raw, range(2), strict=True)], 1)

    def rows(self, raw: Tensor, scale: int) -> Tensor:
        """YOLOv5's decoding: boxes in pixels of the frame, scores between 0 and 1."""
        side, stride = SIDE // STRIDES[scale], STRIDES[scale]
        y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        grid = torch.stack((x, y), 2).float().view(1, 1, side, side, 2)
        said = raw.sigmoid()
        middles = (said[..., 0:2] * 2 - 0.5 + grid) * stride
        sizes = (said[..., 2:4] * 2) ** 2 * self.anchors[scale].view(1, 3, 1, 1, 2)
        return torch.cat((middles, sizes, said[..., 4:]), 4).view(-1, 3 * side * side, 5 + self.classes)
