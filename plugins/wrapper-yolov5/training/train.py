"""Trains the network that the plugin ships, and exports it: ``python plugins/wrapper-yolov5/training/train.py``."""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from loss import loss
from network import SIDE, STRIDES, Shapes
from torch import Tensor

from athena_wrapper_yolov5.letterbox import letterboxed
from athena_wrapper_yolov5.scenes import NAMES, scenes

SEED = 5
IMAGES, EPOCHS, BATCH = 4000, 24, 32
RATE, DECAY = 4e-3, 0.02
AVERAGED = 0.995
"""How much of itself the averaged network keeps at each step; it is the one that is exported."""
OPSET = 12
HERE = Path(__file__).parent
SHIPPED = HERE.parent / "athena_wrapper_yolov5" / "shapes.onnx"


def main() -> None:
    """Draw, train, export, and write down how long it took."""
    parser = argparse.ArgumentParser(description="Train the shapes detector.")
    parser.add_argument("--to", type=Path, default=SHIPPED)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    given = parser.parse_args()
    torch.manual_seed(SEED)
    # More threads would add in another order, and give other weights; for a network this small they are no faster.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    began = time.perf_counter()
    pixels, targets = drawn(SEED, IMAGES)
    trained = train(pixels, targets, given.epochs)
    export(trained, given.to)
    said = {
        "seed": SEED,
        "images": IMAGES,
        "epochs": given.epochs,
        "weights": sum(weights.numel() for weights in trained.parameters()),
        "bytes": given.to.stat().st_size,
        "seconds": round(time.perf_counter() - began),
        "torch": torch.__version__,
    }
    (HERE / "trained.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(said))


def drawn(seed: int, count: int) -> tuple[Tensor, list[Tensor]]:
    """Images in their frames as the plugin puts them there, and the boxes: class, x, y, w, h."""
    frames, targets = [], []
    for each in scenes(seed, count):
        frame, fit = letterboxed(each.pixels, SIDE, SIDE)
        boxes = fit.framed(each.boxes)
        middles, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        frames.append(frame.transpose(2, 0, 1))
        targets.append(torch.tensor(np.concatenate([each.classes[:, None], middles, sizes], 1), dtype=torch.float32))
    return torch.from_numpy(np.stack(frames)), targets


def train(pixels: Tensor, targets: list[Tensor], epochs: int) -> Shapes:
    """AdamW under one cosine, with a warm-up; images and boxes are mirrored at random."""
    network = Shapes(len(NAMES)).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * (len(pixels) // BATCH)
    step = 0
    for epoch in range(epochs):
        network.train()
        began, total = time.perf_counter(), 0.0
        for chosen in torch.randperm(len(pixels))[: len(pixels) // BATCH * BATCH].view(-1, BATCH):
            rate = RATE * min(1, (step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)
            for group in optimiser.param_groups:
                group["lr"] = rate
            images, boxes = batch(pixels, targets, chosen)
            wrong = loss(network(images), boxes)
            optimiser.zero_grad()
            wrong.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
            optimiser.step()
            step += 1
            average(averaged, network, min(AVERAGED, step / (step + 50)))
            total += wrong.item()
        print(
            f"epoch {epoch + 1}: loss {total * BATCH / len(pixels):.3f}, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    return averaged.eval()


def batch(pixels: Tensor, targets: list[Tensor], chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Images from 0 to 1, half of them mirrored left to right and half upside down, and the rows of their boxes."""
    images = pixels[chosen].float() / 255
    flips = torch.rand(len(chosen), 2) < 0.5
    rows = []
    for number, which in enumerate(chosen.tolist()):
        boxes = targets[which].clone()
        for axis, place in ((2, 1), (1, 2)):
            if flips[number, place - 1]:
                images[number] = images[number].flip(axis)
                boxes[:, place] = SIDE - boxes[:, place]
        rows.append(torch.cat((torch.full((len(boxes), 1), float(number)), boxes), 1))
    return images.contiguous(memory_format=torch.channels_last), torch.cat(rows)


@torch.no_grad()
def average(averaged: Shapes, network: Shapes, kept: float) -> None:
    """Move the averaged network towards the one that is trained."""
    for mine, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mine.dtype.is_floating_point:
            mine.mul_(kept).add_(new, alpha=1 - kept)


def export(network: Shapes, path: Path) -> None:
    """As YOLOv5's export.py does: one input ``images``, one output ``output0``, names and stride as metadata."""
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(path),
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={"images": {0: "batch"}, "output0": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    for key, value in {"stride": str(max(STRIDES)), "names": str(dict(enumerate(NAMES)))}.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, str(path))


if __name__ == "__main__":
    main()
