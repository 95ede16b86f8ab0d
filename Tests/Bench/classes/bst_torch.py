#!/usr/bin/env python3
"""The network of class bst in plain PyTorch, to hold seconds of training against: sequences of 100
of 900 ids, in which id 0 stands before id 1 or behind it.

    bst_torch.py ROWS THREADS EPOCHS [BATCH]
"""
import math
import sys
import time

import numpy
import torch
from torch import nn

IDS, LENGTH, WIDTH, HEADS = 900, 100, 42, 3


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.vectors = nn.Embedding(IDS, WIDTH)
        self.positions = nn.Embedding(LENGTH, WIDTH)
        places = torch.arange(LENGTH).float()[:, None]
        turns = torch.exp(-math.log(10000.0) * torch.arange(0, WIDTH, 2).float() / WIDTH)
        with torch.no_grad():
            self.positions.weight[:, 0::2] = torch.sin(places * turns)
            self.positions.weight[:, 1::2] = torch.cos(places * turns)
        self.block = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, dropout=0.0,
                                                batch_first=True)
        self.head = nn.Sequential(nn.Linear(2 * WIDTH, 128), nn.ReLU(), nn.Linear(128, 64),
                                  nn.ReLU(), nn.Linear(64, 1))
        self.order = torch.arange(LENGTH - 1, -1, -1)

    def forward(self, ids):
        tokens = self.block(self.vectors(ids) + self.positions(self.order))
        return self.head(torch.cat([tokens.mean(1), tokens[:, -1]], 1)).squeeze(1)


def rows(count):
    draw = numpy.random.default_rng(1)
    ids = draw.integers(2, IDS, (count, LENGTH))
    first = draw.integers(0, LENGTH, count)
    second = draw.integers(0, LENGTH - 1, count)
    second = numpy.where(second < first, second, second + 1)
    ids[numpy.arange(count), first] = 0
    ids[numpy.arange(count), second] = 1
    return torch.from_numpy(ids), torch.from_numpy((first < second).astype(numpy.float32))


def main():
    count, threads, epochs = (int(text) for text in sys.argv[1:4])
    batch = int(sys.argv[4]) if len(sys.argv) > 4 else 128
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    ids, labels = rows(count)
    network, measure = Network(), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.0002)
    for epoch in range(epochs):
        wall, used, total = time.time(), time.process_time(), 0.0
        order = torch.randperm(count)
        for start in range(0, count, batch):
            taken = order[start:start + batch]
            optimizer.zero_grad()
            loss = measure(network(ids[taken]), labels[taken])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(taken)
        print(f"epoch {epoch + 1}: loss {total / count:.4f}, {time.time() - wall:.2f} s, "
              f"{time.process_time() - used:.2f} s of CPU", flush=True)


main()
