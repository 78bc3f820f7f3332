"""PyTorch as a peer: eager mode, torch.optim.SGD in whichever of its three forms is the fastest here.

Speaks the line protocol of bench/protocol.ts on standard input and output: `pytorch.py THREADS`. The data file holds, in
little-endian 32-bit numbers and without gaps, each layer's weight [in, out] and bias, then each batch's inputs and targets.
"""
import json
import sys
import time


def say(reply):
    print(json.dumps(reply), flush=True)


try:
    import torch
except ImportError:
    say({'version': 'none', 'available': f'no torch in {sys.executable}: pip install torch, or set RAPPEL_PYTHON'})
    sys.exit()

FORMS = {'single': {'foreach': False}, 'foreach': {'foreach': True}, 'fused': {'fused': True}}


def read_case(spec, path):
    """The layers' (weight, bias) and the batches' (inputs, targets)."""
    with open(path, 'rb') as file:
        def take(shape, dtype=torch.float32):
            count = 1
            for size in shape:
                count *= size
            return torch.frombuffer(bytearray(file.read(4 * count)), dtype=dtype).reshape(shape)

        sizes, rows = spec['sizes'], spec['batchSize']
        layers = [(take((a, b)), take((b,))) for a, b in zip(sizes, sizes[1:])]
        batches = []
        while file.peek(1):
            inputs = take((rows, sizes[0]))
            if spec['loss'] == 'softmaxCrossEntropy':
                batches.append((inputs, take((rows,), torch.int32).long()))
            else:
                batches.append((inputs, take((rows, sizes[-1]))))
    return layers, batches


class Training:
    def __init__(self, spec, layers, batches, form):
        modules = []
        for weight, bias in layers:
            linear = torch.nn.Linear(*weight.shape)
            with torch.no_grad():
                linear.weight.copy_(weight.T)
                linear.bias.copy_(bias)
            modules += [linear, torch.nn.ReLU() if spec['activation'] == 'relu' else torch.nn.Tanh()]
        self.model = torch.nn.Sequential(*modules[:-1])
        self.loss_of = (
            torch.nn.functional.cross_entropy
            if spec['loss'] == 'softmaxCrossEntropy'
            else torch.nn.functional.mse_loss
        )
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=spec['learningRate'], momentum=spec['momentum'], **FORMS[form]
        )
        self.batches = batches
        self.taken = 0
        self.loss = None

    def step(self, count):
        """`count` steps; milliseconds that they took. On the CPU each call returns when its work is done."""
        start = time.perf_counter()
        for _ in range(count):
            inputs, targets = self.batches[self.taken % len(self.batches)]
            self.taken += 1
            self.optimizer.zero_grad()
            self.loss = self.loss_of(self.model(inputs), targets)
            self.loss.backward()
            self.optimizer.step()
        return (time.perf_counter() - start) * 1e3


def fastest_form(spec, layers, batches):
    """The form with the smallest median of interleaved trials of about 20 ms."""
    trials = {form: Training(spec, layers, batches, form) for form in FORMS}
    times = {form: [] for form in FORMS}
    for training in trials.values():
        training.step(20)
    count = max(1, round(20 / min(training.step(5) / 5 for training in trials.values())))
    for _ in range(11):
        for form, training in trials.items():
            times[form].append(training.step(count))
    return min(FORMS, key=lambda form: sorted(times[form])[5])


def main():
    torch.set_num_threads(int(sys.argv[1]))
    say({'version': torch.__version__, 'available': True})
    training = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request['do'] == 'prepare':
                layers, batches = read_case(request['spec'], request['data'])
                form = fastest_form(request['spec'], layers, batches)
                training = Training(request['spec'], layers, batches, form)
                say({'form': f'eager, SGD {form}, {torch.get_num_threads()} threads'})
            elif request['do'] == 'loss':
                say({'loss': training.loss.item()})
            else:
                training.step(request['settle'])
                say({'milliseconds': training.step(request['count']), 'cpu': time.process_time() * 1e3})
        except Exception as error:
            say({'error': f'{type(error).__name__}: {error}'})


main()
