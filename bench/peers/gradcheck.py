"""torch.autograd.gradcheck on the MLP of bench/gradcheck.ts: 20-50-50-10, softmax loss, batch 5, float64.

On standard input one mode a line, 'slow' or 'fast'; on standard output the milliseconds of one check, as JSON, after a greeting.
"""
import json
import sys
import time


def say(reply):
    print(json.dumps(reply), flush=True)


try:
    import torch
except ImportError:
    say({'missing': f'no torch in {sys.executable}: pip install torch, or set RAPPEL_PYTHON'})
    sys.exit()

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
activation = {'tanh': torch.tanh, 'relu': torch.relu}[sys.argv[2]]
sizes = [20, 50, 50, 10]
weights = []
for rows, columns in zip(sizes, sizes[1:]):
    weights.append((torch.randn(rows, columns, dtype=torch.float64) * (2 / rows) ** 0.5).requires_grad_())
    weights.append(torch.zeros(columns, dtype=torch.float64).requires_grad_())
inputs = torch.randn(5, 20, dtype=torch.float64)
targets = torch.tensor([1, 2, 3, 4, 5])


def loss(w1, b1, w2, b2, w3, b3):
    hidden = activation(torch.addmm(b2, activation(torch.addmm(b1, inputs, w1)), w2))
    return torch.nn.functional.cross_entropy(torch.addmm(b3, hidden, w3), targets)


say({'version': torch.__version__})
for line in sys.stdin:
    start = time.perf_counter()
    passed = torch.autograd.gradcheck(loss, weights, fast_mode=line.strip() == 'fast')
    say({'milliseconds': (time.perf_counter() - start) * 1000, 'passed': passed})
