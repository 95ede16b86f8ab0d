import BorealBoost
import BorealGraph

/// The numbers of one row: inputs, derived fields, results. A missing value is NaN; text is a code
/// in the table of the program's strings, -1 for text that is in no table.
typealias Slots = UnsafeMutablePointer<Double>

/// A part of a program that is more than one step: it reads and writes slots.
protocol RowKernel: Sendable {
    /// Runs for one row. Must be safe for any numbers in the slots.
    func run(_ slots: Slots, _ predicates: RowPredicates)
}

/// One step of a program.
enum RowStep {
    /// Puts one slot's number into another.
    case copy(Int32, to: Int32)
    /// Puts a constant into a slot.
    case set(Double, to: Int32)
    /// A function of one slot.
    case unary(RowFunction, Int32, to: Int32)
    /// A function of two slots.
    case binary(RowOperator, Int32, Int32, to: Int32)
    /// Missing when the condition is.
    case select(Int32, Int32, Int32, to: Int32)
    /// Over `operands[first ..< first + count]`.
    case aggregate(RowAggregation, first: Int32, count: Int32, to: Int32)
    /// What a table has for the code in a slot.
    case table(Int32, Int32, to: Int32)
    /// What a table has for a pair of codes, `width` columns wide.
    case pair(Int32, Int32, Int32, width: Int32, to: Int32)
    /// The answer of a condition.
    case predicate(Int32, to: Int32)
    /// Passes over the next steps unless the predicate is true.
    case skipUnless(predicate: Int32, count: Int32)
    /// Passes over the next steps.
    case skip(count: Int32)
    /// The row has no answer when the slot is missing.
    case failIfMissing(Int32)
    /// The row has no answer when the slot holds the mark of an invalid value.
    case failIfInvalid(Int32)
    /// The row has no answer.
    case fail
    /// Runs a kernel of the program.
    case kernel(Int32)
    /// Runs a tree ensemble; hoisted out of the program where it always runs.
    case ensemble(Int32)
}

/// What a code stands for.
struct RowTable: Sendable {
    /// By code.
    var values: [Double]
    /// For NaN.
    var missing = Double.nan
    /// For -1, and for codes beyond the table.
    var unknown = -1.0

    @inline(__always)
    func value(_ code: Double) -> Double {
        if code.isNaN { return missing }
        return code >= 0 && code < Double(values.count) ? values[Int(code)] : unknown
    }
}

/// Trees of a program: which slots they read, where their scores go.
struct RowEnsemble: Sendable {
    /// As the kernel for trees wants it.
    var ensemble: TreeEnsemble
    /// Nil for trees that run between two stages of the program.
    var kernel: EnsembleKernel?
    /// The slot of each feature of the trees.
    var features: [Int32]
    /// The first slot of its scores.
    var to: Int32
}

/// What a PMML document becomes: steps over the slots of one row.
struct RowProgram: Sendable {
    /// Slot of the mark that a row has no answer.
    static let failure: Int32 = 0
    /// What a table holds for a value that is invalid.
    static let invalid = -2.0

    /// In the order in which they run.
    var steps: [RowStep] = []
    /// What every row begins with: constants, and NaN for all else.
    var initial: [Double] = [0]
    /// Slots that aggregations read, run by run.
    var operands: [Int32] = []
    /// What codes stand for.
    var tables: [RowTable] = []
    /// The conditions that steps and kernels ask.
    var predicates = RowPredicates()
    /// What is more than one step.
    var kernels: [any RowKernel] = []
    /// Trees for the fast kernel.
    var ensembles: [RowEnsemble] = []

    /// Runs the steps of a range for one row.
    func run(_ range: Range<Int>, _ slots: Slots) {
        assert(range.upperBound <= steps.count, "a stage ends behind the program")
        var index = range.lowerBound
        while index < range.upperBound {
            switch steps[index] {
            case .copy(let from, let to): slots[Int(to)] = slots[Int(from)]
            case .set(let value, let to): slots[Int(to)] = value
            case .unary(let function, let a, let to):
                slots[Int(to)] = function.value(slots[Int(a)], slots)
            case .binary(let function, let a, let b, let to):
                slots[Int(to)] = function.value(slots[Int(a)], slots[Int(b)], slots)
            case .select(let condition, let a, let b, let to):
                let flag = slots[Int(condition)]
                slots[Int(to)] = flag.isNaN ? .nan : slots[Int(flag != 0 ? a : b)]
            case .aggregate(let function, let first, let count, let to):
                slots[Int(to)] = aggregate(function, Int(first), Int(count), slots)
            case .table(let table, let code, let to):
                slots[Int(to)] = tables[Int(table)].value(slots[Int(code)])
            case .pair(let table, let a, let b, let width, let to):
                slots[Int(to)] = pair(Int(table), slots[Int(a)], slots[Int(b)], Double(width))
            case .predicate(let predicate, let to):
                slots[Int(to)] = predicates.value(Int(predicate), slots)
            case .skipUnless(let predicate, let count):
                if predicates.value(Int(predicate), slots) != 1 { index += Int(count) }
            case .skip(let count): index += Int(count)
            case .failIfMissing(let slot): if slots[Int(slot)].isNaN { slots[0] = 1 }
            case .failIfInvalid(let slot): if slots[Int(slot)] == Self.invalid { slots[0] = 1 }
            case .fail: slots[0] = 1
            case .kernel(let kernel): kernels[Int(kernel)].run(slots, predicates)
            case .ensemble(let ensemble): run(ensembles[Int(ensemble)], slots)
            }
            index += 1
        }
    }

    /// What a table has for two codes: the first chooses the row of the table, the second the
    /// column.
    private func pair(_ table: Int, _ a: Double, _ b: Double, _ width: Double) -> Double {
        guard a >= 0, b >= 0, b < width else {
            return a.isNaN || b.isNaN ? tables[table].missing : tables[table].unknown
        }
        return tables[table].value(a * width + b)
    }

    /// A function of the numbers in a run of slots.
    private func aggregate(
        _ function: RowAggregation,
        _ first: Int,
        _ count: Int,
        _ slots: Slots
    ) -> Double {
        operands.withUnsafeBufferPointer {
            function.value(UnsafeBufferPointer(rebasing: $0[first..<first + count]), slots)
        }
    }

    /// Trees within a part that not every row comes to.
    private func run(_ ensemble: RowEnsemble, _ slots: Slots) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: ensemble.features.count + 1) {
            row in
            for (place, slot) in ensemble.features.enumerated() { row[place] = slots[Int(slot)] }
            guard let base = row.baseAddress, let kernel = ensemble.kernel else { return }
            kernel.runOne(UnsafePointer(base), into: slots + Int(ensemble.to))
        }
    }
}
