#!/usr/bin/env python3
"""Microseconds a step of nn.LSTM, nn.GRU and nn.RNN as PyTorch runs them on a GPU (cuDNN), forward and backward, with TF32
on and off: one layer, one input value, 1000 steps. Writes a line of JSON for each as soon as it is measured:
{"name": ..., "forward": microseconds a step, "backward": ...}, the first with the versions.

    compare_pytorch_gpu.py [--units 64,128] [--batches 1,32]

Exit code 3: there is no PyTorch, or it sees no GPU.
"""
import argparse
import json
import sys

STEPS = 1000
NO_PYTORCH = 3  # the exit code when there is none, or when it sees no GPU
CELLS = {"lstm": ("LSTM", {}), "gru": ("GRU", {}), "elman": ("RNN", {}), "elman_relu": ("RNN", {"nonlinearity": "relu"})}


def allow_tf32(torch, allowed):
    try:
        torch.backends.cudnn.allow_tf32 = allowed  # the way until PyTorch 2.9, still understood later
    except (AttributeError, RuntimeError):
        torch.backends.cudnn.rnn.fp32_precision = "tf32" if allowed else "ieee"


def microseconds(torch, work, repeats=5):
    work()
    best = float("inf")
    for _ in range(repeats):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        best = min(best, start.elapsed_time(end) * 1000)
    return best


def measure(torch, cell, units, batch, tf32):
    allow_tf32(torch, tf32)
    torch.manual_seed(1)
    module, options = CELLS[cell]
    layer = getattr(torch.nn, module)(1, units, **options).cuda()
    inputs = torch.randn(STEPS, batch, 1, device="cuda")
    forward = microseconds(torch, lambda: layer(inputs))

    def both():
        layer.zero_grad(set_to_none=True)
        outputs, _ = layer(inputs)
        outputs[-1].sum().backward()

    return {"forward": forward / STEPS, "backward": (microseconds(torch, both) - forward) / STEPS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", default="32,64,128,256,512,1024")
    parser.add_argument("--batches", default="1,16,32,128,512")
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit(NO_PYTORCH)
    if not torch.cuda.is_available():
        sys.exit(NO_PYTORCH)

    def say(name, values):
        print(json.dumps({"name": name, **values}), flush=True)

    say("versions", {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version()})
    for cell in CELLS:
        for units in map(int, arguments.units.split(",")):
            for batch in map(int, arguments.batches.split(",")):
                for tf32 in (False, True):
                    try:
                        values = measure(torch, cell, units, batch, tf32)
                    except RuntimeError as error:  # out of memory, or a shape that cuDNN refuses
                        values = {"error": str(error).splitlines()[0]}
                    say(f"{cell}/{'tf32' if tf32 else 'fp32'}/units:{units}/batch:{batch}", values)
                    torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
