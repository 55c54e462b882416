#!/usr/bin/env python3
"""Makes the golden files of tests/golden_test.cpp beside itself. Needs torch and numpy; written with torch 1.13,
elman_relu with 2.0.

elman, elman_relu, lstm and gru are torch.nn's own modules on packed sequences. mgu, brc, nbrc, janet and lmn are their papers'
equations, one line each, differentiated by autograd. Everything is float64, and the same on every run.

For each cell:
  CELL.model.safetensors  the parameters of a network of two layers and a linear read-out, named as torch's state_dict
  CELL.safetensors        inputs [steps, batch, inputs], lengths [batch], initial [layers, batch, state];
                          mse.*: the read-out of every step, the mean over the steps within the lengths; cross_entropy.*:
                          the read-out of each sequence's last step. Of both: outputs, loss, gradient.PARAMETER,
                          gradient.initial; and last [layers, batch, state], the last states.
An LSTM's state is h and c side by side. double.*: a gru of double layers, whose states are those of the first half of
layer 0, of its second half, and so on. adam.safetensors: torch.optim.Adam after torch.nn.utils.clip_grad_norm_.
"""
import functools
import json
import pathlib
import struct

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent
STEPS, BATCH, INPUTS, UNITS, LAYERS, OUTPUTS = 6, 3, 3, 5, 2, 4
LENGTHS = [4, 6, 2]

torch.set_default_dtype(torch.float64)


def write_safetensors(name, tensors):
    """The format of https://github.com/huggingface/safetensors, which Debian does not package."""
    header, blobs, at = {}, [], 0
    for key, value in tensors.items():
        array = np.ascontiguousarray(value.detach().numpy() if torch.is_tensor(value) else value)
        blob = array.tobytes()
        dtype = {"float64": "F64", "int64": "I64"}[str(array.dtype)]
        header[key] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / name).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class TorchCell(torch.nn.Module):
    """torch's own recurrent modules; they take and give all layers' states together."""

    def __init__(self, kind):
        super().__init__()
        self.rnn = kind(INPUTS, UNITS, LAYERS)
        self.readout = torch.nn.Linear(UNITS, OUTPUTS)
        self.two = kind is torch.nn.LSTM
        self.state = 2 * UNITS if self.two else UNITS

    def run(self, inputs, initial):
        packed = torch.nn.utils.rnn.pack_padded_sequence(inputs, torch.tensor(LENGTHS), enforce_sorted=False)
        given = tuple(part.contiguous() for part in initial.split(UNITS, 2)) if self.two else initial
        states, last = self.rnn(packed, given)
        states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, total_length=STEPS)
        return states, torch.cat(last, 2) if self.two else last


def mgu(x, h, w_ih, w_hh, b):
    (W_f, W_h), (U_f, U_h), (b_f, b_h) = w_ih.chunk(2), w_hh.chunk(2), b.chunk(2)
    f = torch.sigmoid(x @ W_f.T + h @ U_f.T + b_f)
    return (1 - f) * h + f * torch.tanh(x @ W_h.T + (f * h) @ U_h.T + b_h)


def brc(x, h, w_ih, w_hh, b):
    (U_c, U_a, U_h), (w_c, w_a), (b_c, b_a, b_h) = w_ih.chunk(3), w_hh.chunk(2), b.chunk(3)
    c = torch.sigmoid(x @ U_c.T + w_c * h + b_c)
    a = 1 + torch.tanh(x @ U_a.T + w_a * h + b_a)
    return c * h + (1 - c) * torch.tanh(x @ U_h.T + a * h + b_h)


def nbrc(x, h, w_ih, w_hh, b):
    (U_c, U_a, U_h), (W_c, W_a), (b_c, b_a, b_h) = w_ih.chunk(3), w_hh.chunk(2), b.chunk(3)
    c = torch.sigmoid(x @ U_c.T + h @ W_c.T + b_c)
    a = 1 + torch.tanh(x @ U_a.T + h @ W_a.T + b_a)
    return c * h + (1 - c) * torch.tanh(x @ U_h.T + a * h + b_h)


def janet(x, h, w_ih, w_hh, b):
    (W_f, W_c), (U_f, U_c), (b_f, b_c) = w_ih.chunk(2), w_hh.chunk(2), b.chunk(2)
    s = x @ W_f.T + h @ U_f.T + b_f
    return torch.sigmoid(s) * h + (1 - torch.sigmoid(s - 1)) * torch.tanh(x @ W_c.T + h @ U_c.T + b_c)


def lmn(x, m, w_ih, w_hh, b):
    W_xh, (W_mh, W_mm, W_hm), (b_h, b_m) = w_ih, w_hh.chunk(3), b.chunk(2)
    h = torch.tanh(x @ W_xh.T + m @ W_mh.T + b_h)
    return h @ W_hm.T + m @ W_mm.T + b_m


class EquationCell(torch.nn.Module):
    """Layers of one equation, each of one part, or of several that read the same and whose outputs stand side by side.
    Past its length a sequence keeps its state."""

    def __init__(self, equation, shapes, parts=("rnn",)):
        super().__init__()
        self.equation, self.names, self.state = equation, list(shapes), UNITS
        if len(parts) > 1:
            self.rnn = torch.nn.Module()
        for part in parts:
            self.add_part(part.split("."), len(parts), shapes)
        self.parts = [self.get_submodule(part) for part in parts]
        self.readout = torch.nn.Linear(len(parts) * UNITS, OUTPUTS)

    def add_part(self, path, parts, shapes):
        owner = self if len(path) == 1 else self.rnn
        module = torch.nn.Module()
        owner.add_module(path[-1], module)
        for layer in range(LAYERS):
            width = INPUTS if layer == 0 else parts * UNITS
            for name, shape in shapes.items():
                full = [width if extent is None else extent * UNITS for extent in shape]
                module.register_parameter(f"{name}_l{layer}", torch.nn.Parameter(torch.empty(full)))

    def run(self, inputs, initial):
        below, last = inputs, []
        for layer in range(LAYERS):
            beside = []
            for index, part in enumerate(self.parts):
                weights = [getattr(part, f"{name}_l{layer}") for name in self.names]
                state, states = initial[layer * len(self.parts) + index], []
                for step in range(STEPS):
                    within = torch.tensor([[step < length] for length in LENGTHS])
                    state = torch.where(within, self.equation(below[step], state, *weights), state)
                    states.append(state)
                beside.append(torch.stack(states))
                last.append(state)
            below = torch.cat(beside, 2)
        return below, torch.stack(last)


def make_cell(name, network):
    torch.manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    inputs = torch.randn(STEPS, BATCH, INPUTS)
    initial = 0.5 * torch.randn(LAYERS * len(getattr(network, "parts", "1")), BATCH, network.state)
    targets, labels = torch.randn(STEPS, BATCH, OUTPUTS), torch.tensor([2, 0, 3])
    initial.requires_grad_()
    golden = {"inputs": inputs, "lengths": np.array(LENGTHS), "initial": initial, "targets": targets, "labels": labels}
    within = torch.tensor([[step < length for length in LENGTHS] for step in range(STEPS)])
    for kind in ("mse", "cross_entropy"):
        network.zero_grad()
        initial.grad = None
        states, last = network.run(inputs, initial)
        if kind == "mse":
            outputs = network.readout(states)
            loss = torch.nn.functional.mse_loss(outputs[within], targets[within])
        else:
            outputs = network.readout(states[torch.tensor(LENGTHS) - 1, torch.arange(BATCH)])
            loss = torch.nn.functional.cross_entropy(outputs, labels)
        loss.backward()
        golden |= {f"{kind}.outputs": outputs, f"{kind}.loss": loss, f"{kind}.gradient.initial": initial.grad.clone()}
        golden |= {f"{kind}.gradient.{key}": value.grad.clone() for key, value in network.named_parameters()}
    golden["last"] = last
    write_safetensors(f"{name}.safetensors", golden)
    write_safetensors(f"{name}.model.safetensors", network.state_dict())


def make_adam():
    """Two parameters of one network, clipped together; some gradients are shorter than the clip, and are not clipped."""
    torch.manual_seed(2)
    rates, clip, decay, steps = [1e-2, 0.3], 1.5, 0.1, 6
    start, golden = [torch.randn(4, 3), torch.randn(4)], {}
    gradients = [[scale * torch.randn_like(p) for p in start] for scale in (0.1, 3.0, 1e-3, 0.0, 20.0, 0.5)]
    flat = lambda tensors: torch.cat([t.flatten() for t in tensors])
    golden = {"rates": torch.tensor(rates), "start": flat(start), "gradients": torch.stack([flat(g) for g in gradients])}
    values, norms = [], []
    for rate in rates:
        parameters = [torch.nn.Parameter(p.clone()) for p in start]
        optimizer = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=decay)
        for step in range(steps):
            for parameter, gradient in zip(parameters, gradients[step]):
                parameter.grad = gradient.clone()
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, clip))
            optimizer.step()
            values.append(flat(parameters))
    golden |= {"clip": torch.tensor(clip), "weight_decay": torch.tensor(decay)}
    golden |= {"values": torch.stack(values).reshape(len(rates), steps, -1),
               "norms": torch.stack(norms).reshape(len(rates), steps)}
    write_safetensors("adam.safetensors", golden)


if __name__ == "__main__":
    relu = functools.partial(torch.nn.RNN, nonlinearity="relu")
    for name, kind in (("elman", torch.nn.RNN), ("elman_relu", relu), ("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU)):
        make_cell(name, TorchCell(kind))
    one = lambda gates, recurrent, biases: {"weight_ih": (gates, None), "weight_hh": recurrent, "bias_ih": (biases,)}
    make_cell("mgu", EquationCell(mgu, one(2, (2, 1), 2)))
    make_cell("brc", EquationCell(brc, one(3, (2,), 3)))
    make_cell("nbrc", EquationCell(nbrc, one(3, (2, 1), 3)))
    make_cell("janet", EquationCell(janet, one(2, (2, 1), 2)))
    make_cell("lmn", EquationCell(lmn, one(1, (3, 1), 2)))
    two = {"weight_ih": (3, None), "weight_hh": (3, 1), "bias_ih": (3,), "bias_hh": (3,)}
    make_cell("double", EquationCell(torch.gru_cell, two, ("rnn.first", "rnn.second")))
    make_adam()
