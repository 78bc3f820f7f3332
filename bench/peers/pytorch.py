"""PyTorch as a peer: eager mode, torch.optim.SGD in whichever of its three forms is the fastest here.

Speaks the line protocol of bench/protocol.ts on standard input and output: `pytorch.py THREADS`. The data file holds, in
little-endian 32-bit numbers and without gaps, each layer's parameters as bench/nets.ts lists them (dense weights [in, out], those
of an LSTM [in, gates]), then each batch's inputs and targets.
"""
import copy
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


class LastState(torch.nn.Module):
    """An LSTM over [batch, length, features]; PyTorch's second bias stays 0."""

    def __init__(self, features, units):
        super().__init__()
        self.lstm = torch.nn.LSTM(features, units, batch_first=True)
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x):
        return self.lstm(x)[1][0][0]


def module_of(layer, shape):
    """The module for a layer, and the shape of what it makes of one example."""
    kind = layer['kind']
    if kind == 'dense':
        return torch.nn.Linear(shape[0], layer['units']), [layer['units']]
    if kind == 'conv':
        size, padding = layer['kernel'], layer['padding']
        module = torch.nn.Conv2d(shape[0], layer['filters'], size, padding=padding, bias=layer['bias'])
        return module, [layer['filters'], *(n + 2 * padding - size + 1 for n in shape[1:])]
    if kind in ('maxPool', 'averagePool'):
        module = torch.nn.MaxPool2d if kind == 'maxPool' else torch.nn.AvgPool2d
        return module(layer['size']), [shape[0], *(n // layer['size'] for n in shape[1:])]
    if kind == 'batchNorm':
        return torch.nn.BatchNorm2d(shape[0]), shape
    if kind == 'lstm':
        return LastState(shape[1], layer['units']), [layer['units']]
    if kind == 'flatten':
        return torch.nn.Flatten(), [torch.Size(shape).numel()]
    return {'relu': torch.nn.ReLU, 'tanh': torch.nn.Tanh}[kind](), shape


def parameters_of(module):
    """The tensors to be filled, in the file's order, and whether they stand there transposed."""
    if isinstance(module, LastState):
        lstm = module.lstm
        return [(lstm.weight_ih_l0, True), (lstm.weight_hh_l0, True), (lstm.bias_ih_l0, False)]
    return [(p, p.dim() == 2) for p in (getattr(module, 'weight', None), getattr(module, 'bias', None)) if p is not None]


def read_case(spec, path):
    """The modules and the batches' (inputs, targets)."""
    with open(path, 'rb') as file:
        def take(shape, dtype=torch.float32):
            count = torch.Size(shape).numel()
            return torch.frombuffer(bytearray(file.read(4 * count)), dtype=dtype).reshape(shape)

        modules, shape = [], spec['inputShape']
        for layer in spec['layers']:
            module, shape = module_of(layer, shape)
            modules.append(module)
            with torch.no_grad():
                for parameter, transposed in parameters_of(module):
                    values = take(parameter.T.shape if transposed else parameter.shape)
                    parameter.copy_(values.T if transposed else values)
        rows, batches = spec['batchSize'], []
        while file.peek(1):
            inputs = take((rows, *spec['inputShape']))
            if spec['loss'] == 'softmaxCrossEntropy':
                batches.append((inputs, take((rows,), torch.int32).long()))
            else:
                batches.append((inputs, take((rows, *shape))))
    return modules, batches


class Training:
    def __init__(self, spec, modules, batches, form):
        self.model = torch.nn.Sequential(*(copy.deepcopy(module) for module in modules))
        self.loss_of = (
            torch.nn.functional.cross_entropy
            if spec['loss'] == 'softmaxCrossEntropy'
            else torch.nn.functional.mse_loss
        )
        self.optimizer = torch.optim.SGD(
            [p for p in self.model.parameters() if p.requires_grad],
            lr=spec['learningRate'],
            momentum=spec['momentum'],
            **FORMS[form],
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


def fastest_form(spec, modules, batches):
    """The form with the smallest median of interleaved trials of about 20 ms."""
    trials = {form: Training(spec, modules, batches, form) for form in FORMS}
    times = {form: [] for form in FORMS}
    for training in trials.values():
        training.step(3)
    count = max(1, round(20 / min(training.step(3) / 3 for training in trials.values())))
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
                modules, batches = read_case(request['spec'], request['data'])
                form = fastest_form(request['spec'], modules, batches)
                training = Training(request['spec'], modules, batches, form)
                say({'form': f'eager, SGD {form}, {torch.get_num_threads()} threads'})
            elif request['do'] == 'loss':
                say({'loss': training.loss.item()})
            else:
                training.step(request['settle'])
                say({'milliseconds': training.step(request['count']), 'cpu': time.process_time() * 1e3})
        except Exception as error:
            say({'error': f'{type(error).__name__}: {error}'})


main()
