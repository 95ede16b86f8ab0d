import Glibc

/// Products of probabilities, summed as logarithms.
struct RowBayes: RowKernel {
    /// A distribution of a number within one class.
    enum Density: Sendable {
        case gaussian(mean: Double, deviation: Double)
        case poisson(mean: Double)
        case uniform(low: Double, high: Double)
    }

    /// A field that probabilities are multiplied by.
    struct Input: Sendable {
        /// Slot of what is asked, or changed in place.
        let slot: Int32
        /// One a class, nil for none; empty for categories.
        let densities: [Density?]
        /// In ascending order.
        let keys: [Double]
        /// `[keys.count * classCount]`: logarithms.
        let logarithms: [Double]
    }

    /// One a class.
    let priors: [Double]
    /// One a field.
    let inputs: [Input]
    /// The bound that the document sets.
    let threshold: Double
    /// The first of a run of slots.
    let first: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(!priors.isEmpty, "no class")
        let values = slots + Int(first)
        for place in priors.indices { values[place] = priors[place] }
        for input in inputs {
            let x = slots[Int(input.slot)]
            if x.isNaN { continue }
            if input.densities.isEmpty {
                guard let key = RowLookup.position(of: x, in: input.keys) else { continue }
                for place in priors.indices {
                    values[place] += input.logarithms[key * priors.count + place]
                }
            } else {
                for place in priors.indices {
                    guard let density = input.densities[place] else { continue }
                    values[place] += log(max(Self.value(density, x), threshold))
                }
            }
        }
        var greatest = -Double.infinity
        for place in priors.indices { greatest = max(greatest, values[place]) }
        var sum = 0.0
        for place in priors.indices {
            values[place] = exp(values[place] - greatest)
            sum += values[place]
        }
        for place in priors.indices { values[place] /= sum }
    }

    /// The density at a number.
    private static func value(_ density: Density, _ x: Double) -> Double {
        switch density {
        case .gaussian(let mean, let deviation):
            let z = (x - mean) / deviation
            return exp(-0.5 * z * z - (log(deviation) + 0.5 * log(2 * Double.pi)))
        case .poisson(let mean):
            let count = x.rounded(.towardZero)
            guard count >= 0 else { return 0 }
            guard mean > 0 else { return count == 0 ? 1 : 0 }
            return exp(count * log(mean) - mean - lgamma(count + 1))
        case .uniform(let low, let high): return x >= low && x <= high ? 1 / (high - low) : 0
        }
    }
}

extension PMMLModelCompiler {
    /// A <NaiveBayesModel>. Missing values, and categories that no count names, say nothing; no
    /// density counts for less than the threshold, and a count of 0 counts for just that.
    func naiveBayes() throws(FormatError) -> PMMLResult {
        let threshold = try element.require(number: "threshold")
        let output = try element.require("BayesOutput")
        var classes: [String] = []
        var priors: [Double] = []
        for (name, count) in try counts(try output.require("TargetValueCounts")) {
            classes.append(name)
            priors.append(log(count))
        }
        guard !classes.isEmpty else { throw output.fail("no class") }
        var inputs: [RowBayes.Input] = []
        let list = try element.require("BayesInputs")
        var elements = list.children("BayesInput")
        elements += inputsInExtensions(list)
        for input in elements { inputs.append(try bayesInput(input, classes, threshold)) }
        let first = try compiler.newSlot(classes.count)
        try compiler.emit(
            kernel: RowBayes(priors: priors, inputs: inputs, threshold: threshold, first: first)
        )
        let label = try compiler.newSlot()
        try compiler.emit(kernel: RowWinner(first: first, count: classes.count, label: label))
        return try aligned(classes, first, label)
    }

    /// Inputs with densities, which writers of versions before 4.2 put into extensions.
    private func inputsInExtensions(_ list: XMLElement) -> [XMLElement] {
        var found: [XMLElement] = []
        let nodes = list.document.nodes
        var next = Int(nodes[list.index].firstChild)
        while next >= 0 {
            let child = XMLElement(document: list.document, index: next, format: .pmml)
            if child.name == "Extension" { found += child.children("BayesInput") }
            next = Int(nodes[next].next)
        }
        return found
    }

    /// The counts of a list, by class.
    private func counts(
        _ element: XMLElement
    ) throws(FormatError) -> [(name: String, count: Double)] {
        var counts: [(name: String, count: Double)] = []
        for child in element.children("TargetValueCount") {
            let count = try child.require(number: "count")
            guard count >= 0 else { throw child.fail("count=\"\(count)\"") }
            counts.append((try child.require(string: "value"), count))
        }
        return counts
    }

    /// A field with its counts or densities, as logarithms.
    private func bayesInput(
        _ element: XMLElement,
        _ classes: [String],
        _ threshold: Double
    ) throws(FormatError) -> RowBayes.Input {
        let name = try element.require(string: "fieldName", or: "field")
        var value = try field(name, at: element)
        if let stats = element.child("TargetValueStats") {
            guard value.type != .string else { throw element.fail("a density of text") }
            let densities = try self.densities(stats, classes)
            return .init(slot: value.slot, densities: densities, keys: [], logarithms: [])
        }
        if let derived = element.child("DerivedField") {
            let discretize = try derived.require("Discretize")
            value = try compiler.discretize(discretize, from: value.slot)
            if derived.string("dataType") != nil {
                value = try compiler.cast(value, to: try derived.type(), at: derived)
            }
        }
        var rows: [Double: [Double]] = [:]
        var sums = [Double](repeating: 0, count: classes.count)
        for pair in element.children("PairCounts") {
            let text = try pair.require(string: "value")
            let key = try compiler.literal(text, value.type, at: pair)
            try compiler.charge(2 * classes.count)
            var row = [Double](repeating: .nan, count: classes.count)
            for (name, count) in try counts(try pair.require("TargetValueCounts")) {
                let place = Int(try position(of: name, in: classes, at: pair))
                row[place] = count
                sums[place] += count
            }
            rows[key] = row
        }
        let keys = rows.keys.sorted()
        var logarithms: [Double] = []
        for key in keys {
            for (place, count) in (rows[key] ?? []).enumerated() {
                // A class without a count is passed over, one with none at all gets the threshold.
                logarithms.append(
                    count.isNaN ? 0 : log(count == 0 ? threshold : count / sums[place])
                )
            }
        }
        return .init(slot: value.slot, densities: [], keys: keys, logarithms: logarithms)
    }

    /// The distributions of a continuous field, one a class.
    private func densities(
        _ stats: XMLElement,
        _ classes: [String]
    ) throws(FormatError) -> [RowBayes.Density?] {
        var densities = [RowBayes.Density?](repeating: nil, count: classes.count)
        for stat in stats.children("TargetValueStat") {
            let place = Int(
                try position(of: try stat.require(string: "value"), in: classes, at: stat)
            )
            for child in stat.children {
                switch child.name {
                case "GaussianDistribution":
                    let variance = try child.require(number: "variance")
                    guard variance > 0 else { throw child.fail("variance=\"\(variance)\"") }
                    densities[place] = .gaussian(
                        mean: try child.require(number: "mean"),
                        deviation: variance.squareRoot()
                    )
                case "PoissonDistribution":
                    densities[place] = .poisson(mean: try child.require(number: "mean"))
                case "UniformDistribution":
                    densities[place] = .uniform(
                        low: try child.require(number: "lower"),
                        high: try child.require(number: "upper")
                    )
                default: throw child.unsupported("the density '\(child.name)'")
                }
            }
        }
        return densities
    }
}
