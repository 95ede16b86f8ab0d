"""The network of class bst in plain PyTorch, on processors alone."""
import math

import numpy
import torch
from torch import nn


class Network(nn.Module):
    """Scores of the later of two classes for `[rows][length]` ids."""

    def __init__(self, ids, length):
        super().__init__()
        # What `auto_heads=1` makes of 900 ids and 100 events: 42 numbers, 3 heads.
        width, heads = math.isqrt(ids) + math.isqrt(length) + 2, 3
        self.vectors = nn.Embedding(ids, width)
        self.positions = nn.Embedding(length, width)
        places = torch.arange(length).float()[:, None]
        turns = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2).float() / width)
        with torch.no_grad():
            self.positions.weight[:, 0::2] = torch.sin(places * turns)
            self.positions.weight[:, 1::2] = torch.cos(places * turns)
        self.block = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0,
                                                batch_first=True)
        self.head = nn.Sequential(nn.Linear(2 * width, 128), nn.ReLU(), nn.Linear(128, 64),
                                  nn.ReLU(), nn.Linear(64, 1))
        # Positions are counted from the end.
        self.order = torch.arange(length - 1, -1, -1)

    def forward(self, ids):
        tokens = self.block(self.vectors(ids) + self.positions(self.order))
        return self.head(torch.cat([tokens.mean(1), tokens[:, -1]], 1)).squeeze(1)


class SequenceReference:
    """fit(x, y) and predict(x) over ids as floats, as `train_peer` calls them."""

    def __init__(self, ids, length, epochs, batch, rate, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.epochs, self.batch, self.rate = epochs, batch, rate
        self.network = Network(ids, length)

    def fit(self, x, y):
        ids, labels = torch.from_numpy(x.astype(numpy.int64)), torch.from_numpy(y).float()
        measure = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        for _ in range(self.epochs):
            order = torch.randperm(len(ids))
            for start in range(0, len(ids), self.batch):
                taken = order[start:start + self.batch]
                optimizer.zero_grad()
                measure(self.network(ids[taken]), labels[taken]).backward()
                optimizer.step()

    def predict(self, x):
        ids = torch.from_numpy(x.astype(numpy.int64))
        self.network.eval()
        with torch.inference_mode():
            parts = [self.network(ids[start:start + 256]) for start in range(0, len(ids), 256)]
        return torch.sigmoid(torch.cat(parts)).numpy()
