"""DeepFM (Guo et al. 2017) in NumPy: the reference that the class `deepfm` is held against.

The same model, initial distributions, optimizer and rows as the class by default: vectors of 8
numbers and a linear weight for each category and number, a factorization machine and dense layers
of 256 and 128 rectified units over the vectors, binary cross-entropy, Adam with Keras's constants
on batches of 64 (rows of tables move only when a batch names them), six epochs, a fifth of the rows
to judge by, the weights of the epoch that judges best. Random numbers are NumPy's own.
"""
import numpy

RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def adam(weights, gradient, first, second, rate):
    """One step, in place."""
    first += (gradient - first) * numpy.float32(1 - BETA_1)
    second += (gradient * gradient - second) * numpy.float32(1 - BETA_2)
    weights -= first * rate / (numpy.sqrt(second) + numpy.float32(EPSILON))


class Network:
    """The model over columns that choose rows of tables: places and factors, [n, fields] each."""

    def __init__(self, table_rows, width=8, hidden=(256, 128), penalty=1e-5, seed=1, start=0.0):
        random = numpy.random.default_rng(seed)
        self.width, self.penalty = width, numpy.float32(penalty)
        self.fields = len(table_rows)
        self.offsets = numpy.concatenate([[0], numpy.cumsum(table_rows)[:-1]]).astype(numpy.int64)
        total = int(sum(table_rows))
        # Vectors, and behind each its linear weight.
        self.table = numpy.zeros((total, width + 1), numpy.float32)
        self.table[:, :width] = random.uniform(-0.05, 0.05, (total, width))
        self.bias = numpy.full(1, start, numpy.float32)
        self.layers = []
        sizes = [self.fields * width, *hidden, 1]
        for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            limit = numpy.sqrt(6 / (inputs + outputs))
            matrix = random.uniform(-limit, limit, (inputs, outputs)).astype(numpy.float32)
            has_bias = number < len(hidden)
            self.layers.append([matrix, numpy.zeros(outputs, numpy.float32) if has_bias else None])
        self.parameters = [p for layer in self.layers for p in layer if p is not None]
        self.parameters.append(self.bias)
        self.moments = [(numpy.zeros_like(p), numpy.zeros_like(p)) for p in self.parameters]
        self.table_moments = (numpy.zeros_like(self.table), numpy.zeros_like(self.table))
        self.random, self.step = random, 0

    def forward(self, places, factors):
        """Scores of rows, and what the way back needs."""
        rows = self.table[places] * factors[:, :, None]
        vectors, linear = rows[:, :, : self.width], rows[:, :, self.width]
        sums = vectors.sum(1)
        score = self.bias[0] + linear.sum(1)
        score = score + 0.5 * (sums * sums - (vectors * vectors).sum(1)).sum(1)
        values = [numpy.ascontiguousarray(vectors).reshape(len(places), -1)]
        for matrix, bias in self.layers:
            value = values[-1] @ matrix
            if bias is not None:
                value += bias
                numpy.maximum(value, 0, out=value)
            values.append(value)
        return score + values[-1][:, 0], vectors, sums, values

    def learn(self, places, factors, labels):
        """One step against the gradient of the mean loss of a batch."""
        self.step += 1
        score, vectors, sums, values = self.forward(places, factors)
        delta = ((1 / (1 + numpy.exp(-score)) - labels) / len(labels)).astype(numpy.float32)
        gradients, back = [], delta[:, None]
        for (matrix, bias), value in zip(self.layers[::-1], values[-2::-1]):
            if bias is not None:
                gradients.append(back.sum(0))
            gradients.append(value.T @ back)
            back = back @ matrix.T
            if value is not values[0]:
                back *= value > 0
        gradients = gradients[::-1] + [delta.sum(keepdims=True)]
        rate = numpy.float32(
            RATE * numpy.sqrt(1 - BETA_2**self.step) / (1 - BETA_1**self.step)
        )
        for parameter, gradient, (first, second) in zip(self.parameters, gradients, self.moments):
            adam(parameter, gradient, first, second, rate)
        rows = numpy.empty((len(labels), self.fields, self.width + 1), numpy.float32)
        rows[:, :, : self.width] = back.reshape(vectors.shape)
        rows[:, :, : self.width] += delta[:, None, None] * (sums[:, None, :] - vectors)
        rows[:, :, self.width] = delta[:, None]
        rows *= factors[:, :, None]
        named, inverse = numpy.unique(places, return_inverse=True)
        gradient = numpy.zeros((len(named), self.width + 1), numpy.float32)
        numpy.add.at(gradient, inverse.reshape(-1), rows.reshape(-1, self.width + 1))
        weights = self.table[named]
        gradient += 2 * self.penalty * weights
        first, second = (moment[named] for moment in self.table_moments)
        adam(weights, gradient, first, second, rate)
        self.table[named] = weights
        self.table_moments[0][named], self.table_moments[1][named] = first, second

    def scores(self, places, factors):
        """Scores of many rows."""
        parts = range(0, len(places), 4096)
        return numpy.concatenate([self.forward(places[i:i + 4096], factors[i:i + 4096])[0]
                               for i in parts])

    def weights(self):
        """All weights, copied."""
        return [p.copy() for p in [*self.parameters, self.table]]

    def restore(self, weights):
        """Goes back to weights."""
        for parameter, kept in zip([*self.parameters, self.table], weights):
            parameter[...] = kept


def encode(x, tables):
    """Rows of the tables, all in one, and factors; `tables` are those that `find_tables` found."""
    places, factors, first = [], [], 0
    for column, (names, mean, deviation) in zip(x.T, tables):
        if names is None:
            place, factor = numpy.zeros(len(column), int), (column - mean) / deviation
        else:
            place = numpy.minimum(numpy.searchsorted(names, column), len(names) - 1)
            place = numpy.where(names[place] == column, place, len(names))
            factor = numpy.ones(len(column))
        places.append(place + first)
        factors.append(factor)
        first += 1 if names is None else len(names) + 1
    return numpy.stack(places, 1), numpy.stack(factors, 1).astype(numpy.float32)


def find_tables(x, categories):
    """By column its categories, or mean and deviation of its numbers."""
    return [(numpy.unique(column), 0, 1) if number in categories
            else (None, column.mean(), column.std() or 1) for number, column in enumerate(x.T)]


def loss(scores, labels):
    """Mean binary cross-entropy."""
    scores = scores.astype(numpy.float64)
    return float(numpy.mean(numpy.logaddexp(0, scores) - scores * labels))


class DeepFMReference:
    """The model as libraries have them: `fit`, then `predict` for the probability of 1."""

    def __init__(self, categories, epochs=6, batch=64, split=0.2, seed=1):
        self.categories, self.epochs, self.batch = categories, epochs, batch
        self.split, self.seed = split, seed

    def fit(self, x, y):
        random = numpy.random.default_rng(self.seed)
        judged = random.random(len(y)) < self.split
        learnt = numpy.flatnonzero(~judged)
        self.tables = find_tables(x[learnt], self.categories)
        places, factors = encode(x, self.tables)
        sizes = [1 if names is None else len(names) + 1 for names, _, _ in self.tables]
        odds = numpy.mean(y[learnt])
        self.net = Network(sizes, seed=self.seed, start=numpy.log(odds / (1 - odds)))
        target = y.astype(numpy.float32)
        best, kept = numpy.inf, None
        for _ in range(self.epochs):
            order = random.permutation(learnt)
            for start in range(0, len(order), self.batch):
                rows = order[start:start + self.batch]
                self.net.learn(places[rows], factors[rows], target[rows])
            self.fill_unseen(sizes, numpy.bincount(places[learnt].ravel(), minlength=sum(sizes)))
            found = loss(self.net.scores(places[judged], factors[judged]), y[judged])
            if found < best:
                best, kept = found, self.net.weights()
        self.net.restore(kept)

    def fill_unseen(self, sizes, counts):
        """Vectors that no training row names are the mean of those that some do."""
        for start, size, (names, _, _) in zip(self.net.offsets, sizes, self.tables):
            share, rows = counts[start:start + size], self.net.table[start:start + size]
            if names is not None:
                rows[share == 0] = (share @ rows / share.sum()).astype(numpy.float32)

    def predict(self, x):
        return 1 / (1 + numpy.exp(-self.net.scores(*encode(x, self.tables))))
