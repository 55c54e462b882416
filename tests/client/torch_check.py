"""PyTorch loads what client.cpp wrote, and computes the same: `torch_check.py FOLDER`."""

import pathlib
import sys

import numpy
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from torch_round_trip import read_safetensors  # noqa: E402


class Network(torch.nn.Module):
    def __init__(self, inputs, units, layers, outputs):
        super().__init__()
        self.rnn = torch.nn.GRU(inputs, units, layers)
        self.readout = torch.nn.Linear(units, outputs)

    def forward(self, x):
        return self.readout(self.rnn(x)[0])


folder = sys.argv[1]
tensors, metadata = read_safetensors(folder + "/model.safetensors")
network = Network(*(int(metadata[key]) for key in ("inputs", "units", "layers", "outputs")))
network.load_state_dict(tensors, strict=True)
with torch.no_grad():
    expected = network(torch.from_numpy(numpy.load(folder + "/X.npy"))).numpy()
found = numpy.load(folder + "/Y.npy")
error = numpy.abs(found - expected).max()
assert found.shape == expected.shape and error <= 1e-5, (found.shape, expected.shape, error)
print(f"PyTorch {torch.__version__} computes the same within {error:.1e}")
