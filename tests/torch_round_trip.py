"""What PyTorch makes of hysteron's files: `torch_round_trip.py write|check FOLDER` (commands_test.cpp).

write: in.safetensors, the state_dict of a module with an nn.GRU and an nn.Linear, X.npy and Y.npy.
check: loads out.safetensors back into that module, and compares outputs, states, loss and gradients with those of
`hysteron infer` and `hysteron measure gradient`."""

import json
import struct
import sys

import numpy
import torch

UNITS, LAYERS, INPUTS, OUTPUTS, STEPS, BATCH = 12, 2, 2, 3, 20, 40


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.GRU(INPUTS, UNITS, LAYERS)
        self.head = torch.nn.Linear(UNITS, OUTPUTS)
        self.register_buffer("scale", torch.full((5,), 2.0, dtype=torch.float64))

    def forward(self, x):
        outputs, states = self.encoder(x)
        return self.head(outputs), states


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        raw = tensor.detach().numpy().tobytes()
        dtype = {torch.float32: "F32", torch.float64: "F64"}[tensor.dtype]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        dtype = {"F32": numpy.float32, "F64": numpy.float64}[entry["dtype"]]
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(raw[8 + length + begin : 8 + length + end], dtype).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def write(folder):
    torch.manual_seed(1)
    network = Network()
    write_safetensors(folder + "/in.safetensors", network.state_dict(), {"author": "somebody"})
    numpy.save(folder + "/X.npy", torch.randn(STEPS, BATCH, INPUTS).numpy())
    numpy.save(folder + "/Y.npy", torch.randn(STEPS, BATCH, OUTPUTS).numpy())


def close(name, found, expected, tolerance=1e-4):
    error = numpy.abs(found - expected).max() / numpy.abs(expected).max()
    assert found.shape == expected.shape and error < tolerance, f"{name}: {found.shape} {expected.shape} {error}"


def check(folder):
    before, metadata_before = read_safetensors(folder + "/in.safetensors")
    after, metadata = read_safetensors(folder + "/out.safetensors")
    assert list(after) == list(before), list(after)
    assert metadata == metadata_before, metadata
    for name in before:
        assert after[name].dtype == before[name].dtype and after[name].shape == before[name].shape, name
    assert torch.equal(after["scale"], before["scale"])
    assert not torch.equal(after["encoder.weight_hh_l0"], before["encoder.weight_hh_l0"])

    network = Network()
    network.load_state_dict(after, strict=True)
    x = torch.from_numpy(numpy.load(folder + "/X.npy"))
    y = torch.from_numpy(numpy.load(folder + "/Y.npy"))
    outputs, states = network(x)
    close("outputs", numpy.load(folder + "/outputs.npy"), outputs.detach().numpy())
    close("states", numpy.load(folder + "/states.npy"), torch.cat(list(states), dim=1).detach().numpy())

    loss = torch.nn.functional.mse_loss(outputs, y)
    loss.backward()
    gradients, _ = read_safetensors(folder + "/gradients.safetensors")
    for name, parameter in network.named_parameters():
        close(name, gradients[name].numpy(), parameter.grad.numpy(), 1e-3)
    total = sum(float(parameter.grad.square().sum()) for parameter in network.parameters()) ** 0.5

    # Step by step, so that the gradient at each layer's states can be read.
    below, kept = x, []
    for layer in range(LAYERS):
        cell = torch.nn.GRUCell(below.shape[2], UNITS)
        cell.load_state_dict({name: after[f"encoder.{name}_l{layer}"] for name in cell.state_dict()})
        state, states = torch.zeros(BATCH, UNITS), []
        for step in range(STEPS):
            state = cell(below[step], state)
            state.retain_grad()
            states.append(state)
        kept.append(states)
        below = torch.stack(states)
    torch.nn.functional.mse_loss(network.head(below), y).backward()
    norms = numpy.array([[float(state.grad.norm()) for state in states] for states in kept])
    close("state_grad_norm", gradients["state_grad_norm"].numpy(), norms, 1e-3)
    with open(folder + "/gradient.json") as file:
        printed = json.loads(file.read().strip().splitlines()[-1])
    assert abs(printed["loss"] - float(loss)) < 1e-4 * float(loss), printed["loss"]
    assert abs(printed["grad_norm"] - total) < 1e-3 * total, printed["grad_norm"]
    close("printed state_grad_norm", numpy.array(printed["state_grad_norm"]), norms, 1e-3)
    print("ok")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
