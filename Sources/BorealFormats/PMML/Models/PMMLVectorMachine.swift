import Glibc

/// The score of an isolation forest out of the mean length of its paths (F. T. Liu et al.,
/// "Isolation Forest", 2008, equations 1 and 2).
struct RowIsolation: RowKernel {
    /// Slot that is read.
    let from: Int32
    /// Slot of the answer.
    let to: Int32
    /// Rows that a tree was grown on.
    let sampleSize: Double

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        slots[Int(to)] = exp2(-slots[Int(from)] / Self.meanPath(sampleSize))
    }

    /// The mean length of an unsuccessful search among so many rows.
    private static func meanPath(_ count: Double) -> Double {
        if count == 2 { return 1 }
        guard count > 2 else { return 0 }
        return 2 * (log(count - 1) + 0.577_215_664_901_532_9) - 2 * (count - 1) / count
    }
}

/// Sums over support vectors, and what they say together.
struct RowVectorMachines: RowKernel {
    /// The kernel functions of the standard, with their parameters.
    enum Kernel: Sendable {
        case linear
        case polynomial(gamma: Double, coefficient: Double, degree: Double)
        case radial(gamma: Double)
        case sigmoid(gamma: Double, coefficient: Double)
    }

    /// One machine: vectors, coefficients, and the classes that it tells apart.
    struct Machine: Sendable {
        /// Positions of its vectors; empty where coefficients belong to fields.
        var vectors: [Int32]
        /// One a vector, or one a field.
        var coefficients: [Double]
        /// The absolute coefficient.
        var constant: Double
        /// Positions of the classes; -1 for none.
        var target: Int
        /// The class on the other side; -1 for all others.
        var alternate: Int
        /// What its number is compared with.
        var threshold: Double
    }

    /// What is made of the numbers of the machines.
    enum Decision: Sendable {
        case number
        /// A vote of every machine for one of two classes.
        case oneAgainstOne(maxWins: Bool)
        /// The class of the machine with the least number, or the greatest.
        case oneAgainstAll(maxWins: Bool)
        /// The rounded number says which of two classes it is.
        case rounded(other: Int)
    }

    /// A number of the vector that is compared: a field, or 1 where a field has a value.
    struct Field: Sendable {
        /// Where it stands.
        var slot: Int32
        /// NaN for the field itself.
        var category: Double
    }

    /// The numbers of a vector, in order.
    var fields: [Field]
    /// How vectors are compared.
    var kernel: Kernel
    /// `[vector * fields.count]`
    var vectors: [Double]
    /// In the order of the document.
    var machines: [Machine]
    /// What they say together.
    var decision: Decision
    /// Whether every step is rounded to 32 bits, as the model asks for.
    var isFloat: Bool
    /// The number, or the position of the class.
    var to: Int32
    /// The first of as many shares or numbers as classes.
    var shares: Int32
    /// Classes; 0 where a number is answered.
    var classCount: Int

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(vectors.count % max(1, fields.count) == 0, "a vector of another length")
        let vectorCount = vectors.count / max(1, fields.count)
        let capacity = fields.count + vectorCount + machines.count + 1
        withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { memory in
            for (place, field) in fields.enumerated() {
                let x = slots[Int(field.slot)]
                if x.isNaN {
                    slots[0] = 1
                    slots[Int(to)] = .nan
                    return
                }
                let value = field.category.isNaN ? x : (x == field.category ? 1 : 0)
                memory[place] = rounded(value)
            }
            let kernels = fields.count
            for vector in 0..<vectorCount { memory[kernels + vector] = value(vector, memory) }
            let scores = kernels + vectorCount
            for (place, machine) in machines.enumerated() {
                memory[scores + place] = score(machine, memory)
            }
            decide(UnsafeMutableBufferPointer(rebasing: memory[scores...]), slots)
        }
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }

    /// The kernel function of the row and one of the vectors.
    private func value(_ vector: Int, _ memory: UnsafeMutableBufferPointer<Double>) -> Double {
        let first = vector * fields.count
        var sum = 0.0
        if case .radial(let gamma) = kernel {
            for place in fields.indices {
                let difference = rounded(memory[place] - vectors[first + place])
                sum = rounded(sum + rounded(difference * difference))
            }
            return rounded(exp(rounded(-sum * gamma)))
        }
        for place in fields.indices {
            sum = rounded(sum + rounded(memory[place] * vectors[first + place]))
        }
        switch kernel {
        case .polynomial(let gamma, let coefficient, let degree):
            return rounded(pow(rounded(rounded(sum * gamma) + coefficient), degree))
        case .sigmoid(let gamma, let coefficient):
            return rounded(tanh(rounded(rounded(sum * gamma) + coefficient)))
        default: return sum
        }
    }

    /// The number of one machine.
    private func score(
        _ machine: Machine,
        _ memory: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        var sum = 0.0
        if machine.vectors.isEmpty {
            for (place, coefficient) in machine.coefficients.enumerated() {
                sum = rounded(sum + rounded(coefficient * memory[place]))
            }
        } else {
            for (place, vector) in machine.vectors.enumerated() {
                let kernel = memory[fields.count + Int(vector)]
                sum = rounded(sum + rounded(machine.coefficients[place] * kernel))
            }
        }
        return rounded(sum + machine.constant)
    }

    /// Writes down the number, or the class and what speaks for each.
    private func decide(_ scores: UnsafeMutableBufferPointer<Double>, _ slots: Slots) {
        for place in 0..<classCount { slots[Int(shares) + place] = 0 }
        switch decision {
        case .number: slots[Int(to)] = scores[0]
        case .rounded(let other):
            let value = RowFunction.roundHalfUp(scores[0])
            let label = value == 1 ? machines[0].target : (value == 0 ? other : -1)
            guard label >= 0 else {
                slots[0] = 1
                return
            }
            slots[Int(to)] = Double(label)
            slots[Int(shares) + label] = 1
        case .oneAgainstAll(let maxWins):
            var best = 0
            for (place, machine) in machines.enumerated() {
                slots[Int(shares) + machine.target] = scores[place]
                let isBetter =
                    maxWins ? scores[place] > scores[best] : scores[place] < scores[best]
                if isBetter { best = place }
            }
            slots[Int(to)] = Double(machines[best].target)
        case .oneAgainstOne(let maxWins):
            vote(scores, maxWins, slots)
        }
    }

    /// Each machine votes for one of its two classes; of equals the first wins.
    private func vote(
        _ scores: UnsafeMutableBufferPointer<Double>,
        _ maxWins: Bool,
        _ slots: Slots
    ) {
        let votes = slots + Int(shares)
        for (place, machine) in machines.enumerated() {
            let isTarget =
                maxWins ? scores[place] > machine.threshold : scores[place] < machine.threshold
            votes[isTarget ? machine.target : machine.alternate] += 1
        }
        var best = 0
        for place in 0..<classCount where votes[place] > votes[best] { best = place }
        slots[Int(to)] = Double(best)
        for place in 0..<classCount { votes[place] /= Double(machines.count) }
    }
}

extension PMMLModelCompiler {
    /// A <SupportVectorMachineModel>: any kernel, numbers or classes.
    func supportVectors() throws(FormatError) -> PMMLResult {
        let machines = element.children("SupportVectorMachine")
        let isClassifier = try function() == .classification
        guard !machines.isEmpty, isClassifier || machines.count == 1 else {
            throw element.fail("\(machines.count) machines")
        }
        let classes = isClassifier ? self.classes(machineClasses(machines)) : []
        var (row, vectorPlaces) = try vectorDictionary()
        for machine in machines {
            row.machines.append(try self.machine(machine, classes, vectorPlaces, row.fields.count))
        }
        row.isFloat = isFloat
        row.to = try compiler.newSlot()
        row.classCount = classes.count
        row.shares = try compiler.newSlot(classes.count)
        row.decision = isClassifier ? try decision(row.machines, classes) : .number
        try compiler.emit(kernel: row)
        guard isClassifier else { return try regression(from: row.to) }
        var result = try classification(classes, first: row.shares, label: row.to)
        if case .oneAgainstAll = row.decision {
            // These are numbers of machines, no probabilities.
            for (place, name) in classes.enumerated() {
                result.affinities[name] = row.shares + Int32(truncatingIfNeeded: place)
            }
            result.probabilities = nil
        }
        return result
    }

    /// The classes that machines name, in order.
    private func machineClasses(_ machines: [XMLElement]) -> [String] {
        var names: [String] = []
        let others = [element.string("alternateBinaryTargetCategory")]
        for name in machines.flatMap({
            [$0.string("targetCategory"), $0.string("alternateTargetCategory")]
        }) + others {
            if let name, !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// How classes are decided. Files of old writers do not name the method; machines of two
    /// classes each mean one against one.
    private func decision(
        _ machines: [RowVectorMachines.Machine],
        _ classes: [String]
    ) throws(FormatError) -> RowVectorMachines.Decision {
        let maxWins = try element.flag("maxWins", default: false)
        guard machines.allSatisfy({ $0.target >= 0 }) else {
            throw element.fail("a machine without a class")
        }
        if let other = element.string("alternateBinaryTargetCategory") {
            guard machines.count == 1 else { throw element.fail("\(machines.count) machines") }
            return .rounded(other: Int(try position(of: other, in: classes, at: element)))
        }
        let arePairs = machines.allSatisfy { $0.alternate >= 0 }
        let method = element.string("classificationMethod")
        guard [nil, "OneAgainstOne", "OneAgainstAll"].contains(method) else {
            throw element.fail("classificationMethod=\"\(method ?? "")\"")
        }
        if method == "OneAgainstOne" || method == nil && arePairs || machines.count == 1 && arePairs
        {
            guard arePairs else { throw element.fail("a machine of one class") }
            return .oneAgainstOne(maxWins: maxWins)
        }
        return .oneAgainstAll(maxWins: maxWins)
    }

    /// One machine of the document.
    private func machine(
        _ element: XMLElement,
        _ classes: [String],
        _ places: [String: Int32],
        _ fieldCount: Int
    ) throws(FormatError) -> RowVectorMachines.Machine {
        let list = try element.require("Coefficients")
        var coefficients: [Double] = []
        for child in list.children("Coefficient") {
            coefficients.append(try child.number("value") ?? 0)
        }
        var vectors: [Int32] = []
        for child in element.child("SupportVectors")?.children("SupportVector") ?? [] {
            let id = try child.require(string: "vectorId")
            guard let place = places[id] else { throw child.fail("no vector '\(id)'") }
            vectors.append(place)
        }
        let isByField = self.element.string("representation") == "Coefficients"
        guard coefficients.count == (isByField ? fieldCount : vectors.count),
            !isByField || vectors.isEmpty
        else { throw element.fail("\(coefficients.count) coefficients") }
        func place(_ attribute: String) throws(FormatError) -> Int {
            guard let name = element.string(attribute), !classes.isEmpty else { return -1 }
            return Int(try position(of: name, in: classes, at: element))
        }
        return .init(
            vectors: vectors,
            coefficients: coefficients,
            constant: try list.number("absoluteValue") ?? 0,
            target: try place("targetCategory"),
            alternate: try place("alternateTargetCategory"),
            threshold: try element.number("threshold", or: self.element) ?? 0
        )
    }

    /// The fields and vectors of the dictionary, and the places of its vectors by name.
    private func vectorDictionary() throws(FormatError) -> (RowVectorMachines, [String: Int32]) {
        let dictionary = try element.require("VectorDictionary")
        var row = RowVectorMachines(
            fields: [],
            kernel: try kernel(),
            vectors: [],
            machines: [],
            decision: .number,
            isFloat: false,
            to: 0,
            shares: 0,
            classCount: 0
        )
        for child in try dictionary.require("VectorFields").children {
            switch child.name {
            case "FieldRef":
                let slot = try number(try child.require(string: "field"), at: child)
                row.fields.append(.init(slot: slot, category: .nan))
            case "CategoricalPredictor":
                let name = try child.require(string: "name", or: "field")
                let value = try field(name, at: child)
                let text = try child.require(string: "value")
                let category = try compiler.literal(text, value.type, at: child)
                row.fields.append(.init(slot: value.slot, category: category))
            default: break
            }
        }
        guard !row.fields.isEmpty else { throw dictionary.fail("no fields") }
        var places: [String: Int32] = [:]
        for (place, instance) in dictionary.children("VectorInstance").enumerated() {
            guard let array = instance.children.first(where: { $0.name.hasSuffix("Array") }) else {
                throw instance.fail("no array")
            }
            let numbers = try compiler.numbers(array)
            guard numbers.count == row.fields.count else {
                throw instance.fail("\(numbers.count) numbers for \(row.fields.count) fields")
            }
            row.vectors += numbers
            places[try instance.require(string: "id")] = Int32(truncatingIfNeeded: place)
        }
        return (row, places)
    }

    /// The kernel that the document names.
    private func kernel() throws(FormatError) -> RowVectorMachines.Kernel {
        for child in element.children {
            switch child.name {
            case "LinearKernelType": return .linear
            case "PolynomialKernelType":
                return .polynomial(
                    gamma: try child.number("gamma") ?? 1,
                    coefficient: try child.number("coef0") ?? 1,
                    degree: try child.number("degree") ?? 1
                )
            case "RadialBasisKernelType": return .radial(gamma: try child.number("gamma") ?? 1)
            case "SigmoidKernelType":
                return .sigmoid(
                    gamma: try child.number("gamma") ?? 1,
                    coefficient: try child.number("coef0") ?? 1
                )
            default: continue
            }
        }
        throw element.fail("no kernel")
    }
}
