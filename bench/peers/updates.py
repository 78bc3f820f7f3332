"""One step of PyTorch's fused optimisers: `updates.py RULE LENGTH THREADS`. A line on standard input is one step; the answer its milliseconds, as JSON."""
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

rule, length, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
values = (torch.arange(length, dtype=torch.float32) % 1013 - 506.5) / 1000
x = values.clone().requires_grad_()
x.grad = values.clone()
if rule == 'momentum':
    optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.9, fused=True)
else:
    optimizer = torch.optim.Adam([x], lr=0.001, fused=True)
say({'version': torch.__version__})
for _ in sys.stdin:
    start = time.perf_counter()
    optimizer.step()
    say({'milliseconds': (time.perf_counter() - start) * 1000})
