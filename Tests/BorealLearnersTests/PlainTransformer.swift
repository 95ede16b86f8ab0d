import BorealBoost
import BorealGraph
import Glibc

@testable import BorealLearners

/// The behaviour sequence transformer in plain loops of Double, to hold the real one against.
struct PlainTransformer {
    /// All weights, array after array.
    var weights: [Double] = []
    private let form: SequenceNetwork.Form
    private var starts: [Int] = []

    init(_ network: SequenceNetwork) {
        form = network.form
        for array in Self.arrays(network) {
            starts.append(weights.count)
            weights += array
        }
    }

    /// What a network has learnt, without its filling.
    static func arrays(_ network: SequenceNetwork) -> [[Double]] {
        func layer(_ layer: DenseLayer) -> [[Double]] { [layer.matrix, layer.biasValues] }
        var arrays: [[Double]] = []
        for encoder in network.encoders {
            let width = encoder.shape.attention.width
            for table in [encoder.table, encoder.positions] {
                arrays.append(
                    (0..<table.rowCount).flatMap { row in
                        (0..<width).map { Double(table.vector(row)[$0]) }
                    }
                )
            }
            for block in encoder.blocks {
                for part in [block.query, block.joined, block.expanded, block.contracted] {
                    arrays += layer(part)
                }
                for norm in [block.firstNorm, block.secondNorm] {
                    for part in [norm.gain, norm.bias] {
                        arrays.append(part.weights.values.prefix(width).map(Double.init))
                    }
                }
            }
        }
        for part in network.stack.layers { arrays += layer(part) }
        return arrays
    }

    /// Where each array begins.
    var arrayStarts: [Int] { starts }

    /// `y = x W + b` of the arrays at `index` and behind it.
    private func dense(_ x: [Double], _ index: Int, _ outputs: Int) -> [Double] {
        (0..<outputs).map { output in
            var sum = weights[starts[index + 1] + output]
            for i in x.indices { sum += x[i] * weights[starts[index] + output * x.count + i] }
            return sum
        }
    }

    private func norm(_ x: [Double], _ index: Int) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
        return x.indices.map {
            (x[$0] - mean) / (variance + 1e-5).squareRoot() * weights[starts[index] + $0]
                + weights[starts[index + 1] + $0]
        }
    }

    private func block(_ x: [[Double]], _ shape: AttentionShape, _ index: Int) -> [[Double]] {
        let (width, each) = (shape.width, shape.headWidth)
        let queries = x.map { dense($0, index, 3 * width) }
        var found = [[Double]](repeating: [], count: x.count)
        for head in 0..<shape.heads {
            let range = (0..<each).map { head * each + $0 }
            for (token, query) in queries.enumerated() {
                let scores = queries.map { key in
                    range.reduce(0) { $0 + query[$1] * key[width + $1] }
                        / Double(each).squareRoot()
                }
                let powers = scores.map { Glibc.exp($0) }
                let total = powers.reduce(0, +)
                found[token] += range.map { place in
                    zip(powers, queries).reduce(0) {
                        $0 + $1.0 / total * $1.1[2 * width + place]
                    }
                }
            }
        }
        return zip(x, found).map { token, found in
            let attended = dense(found, index + 2, width)
            let middle = norm(zip(token, attended).map { $0 + $1 }, index + 8)
            let hidden = dense(middle, index + 4, shape.hidden).map { max($0, 0) }
            let output = dense(hidden, index + 6, width)
            return norm(zip(middle, output).map { $0 + $1 }, index + 10)
        }
    }

    /// The scores of a row.
    func scores(_ rows: SequenceRows, _ row: Int) -> [Double] {
        var (index, said, counts) = (0, [Double](), [Double]())
        for (column, shape) in form.encoders.enumerated() {
            let width = shape.attention.width
            let list = Array(
                rows.lists[column][Int(rows.handles[column][row])].suffix(shape.length)
            )
            var tokens = list.enumerated().map { (Int($1), list.count - 1 - $0) }
            if let target = shape.target { tokens.append((target, shape.length)) }
            var values = tokens.map { id, position in
                (0..<width).map {
                    weights[starts[index] + id * width + $0]
                        + weights[starts[index + 1] + position * width + $0]
                }
            }
            index += 2
            for _ in 0..<shape.blocks {
                values = block(values, shape.attention, index)
                index += 12
            }
            for i in 0..<width {
                let sum = values.reduce(0) { $0 + $1[i] }
                said.append(values.isEmpty ? 0 : sum / Double(values.count))
            }
            said += values.last ?? [Double](repeating: 0, count: width)
            if form.countsIDs {
                counts += (0..<shape.ids).map { id in
                    Glibc.log(1 + Double(list.count { Int($0) == id }))
                }
            }
        }
        let numbers = rows.numbers[row * form.numberWidth..<(row + 1) * form.numberWidth]
        var x = said + numbers.map(Double.init) + counts
        for (layer, units) in (form.hidden + [form.outputs]).enumerated() {
            x = dense(x, index + 2 * layer, units)
            if layer < form.hidden.count { x = x.map { max($0, 0) } }
        }
        return x
    }

    /// The mean loss of all rows.
    func loss(_ rows: SequenceRows) -> Double {
        (0..<rows.rowCount).reduce(0) { sum, row in
            let (scores, label) = (scores(rows, row), Double(rows.labels[row]))
            let loss =
                switch form.loss {
                case .logistic: Glibc.log(1 + Glibc.exp(scores[0])) - scores[0] * label
                case .softmax:
                    Glibc.log(scores.reduce(0) { $0 + Glibc.exp($1) }) - scores[Int(label)]
                case .squared: (scores[0] - label) * (scores[0] - label)
                case .absolute: abs(scores[0] - label)
                }
            return sum + loss * Double(rows.weights?[row] ?? 1)
        } / Double(rows.rowCount)
    }
}
