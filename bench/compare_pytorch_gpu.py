#!/usr/bin/env python3
"""Microseconds a step of nn.LSTM, nn.GRU and nn.RNN as PyTorch runs them on a GPU (cuDNN), forward and backward, with TF32
on and off: one layer, one input value, 1000 steps. Writes one JSON object to stdout: name -> microseconds a step.

    compare_pytorch_gpu.py [--units 64,128] [--batches 1,32]
"""
import argparse
import json

STEPS = 1000
CELLS = {"lstm": "LSTM", "gru": "GRU", "elman": "RNN"}


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
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.manual_seed(1)
    layer = getattr(torch.nn, CELLS[cell])(1, units).cuda()
    inputs = torch.randn(STEPS, batch, 1, device="cuda")
    forward = microseconds(torch, lambda: layer(inputs))

    def both():
        layer.zero_grad(set_to_none=True)
        outputs, _ = layer(inputs)
        outputs[-1].sum().backward()

    return forward / STEPS, (microseconds(torch, both) - forward) / STEPS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", default="32,64,128,256,512,1024")
    parser.add_argument("--batches", default="1,16,32,128,512")
    arguments = parser.parse_args()
    import torch

    results = {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version()}
    for cell in CELLS:
        for units in map(int, arguments.units.split(",")):
            for batch in map(int, arguments.batches.split(",")):
                for tf32 in (False, True):
                    name = f"{cell}/{'tf32' if tf32 else 'fp32'}/units:{units}/batch:{batch}"
                    try:
                        forward, backward = measure(torch, cell, units, batch, tf32)
                        results[name] = {"forward": forward, "backward": backward}
                    except torch.cuda.OutOfMemoryError as error:
                        results[name] = {"error": str(error).splitlines()[0]}
                    torch.cuda.empty_cache()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
