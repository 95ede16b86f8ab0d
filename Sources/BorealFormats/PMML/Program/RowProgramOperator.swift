import BorealGraph

/// Runs some of the steps of a program for every row, between its inputs or a former stage on one
/// side and its results or tree ensembles on the other.
struct RowProgramOperator: GraphOperator {
    /// The name in listings.
    static let kind = "RowProgram"
    /// Shared by all stages: copies share their memory.
    let program: RowProgram
    /// The steps of this stage.
    let range: Range<Int>
    /// The features for the first stage, else the slots of the stage before.
    let source: TensorID
    /// The number of features that the first stage copies to the slots from `firstInput` on; nil
    /// for later stages.
    let featureCount: Int?
    /// The slot of the first feature.
    let firstInput: Int
    /// Scores of trees that ran between: where from, where to, how many.
    let scores: [(tensor: TensorID, slot: Int, count: Int)]
    /// All slots of a row: Double.
    let output: TensorID

    /// What it reads.
    var inputs: [TensorID] { [source] + scores.map(\.tensor) }
    /// What it writes.
    var outputs: [TensorID] { [output] }

    /// Numbers that a row has while the program runs.
    private var slotCount: Int { program.initial.count }

    /// Checks the inputs and answers the type of the output.
    func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let width = featureCount ?? slotCount
        guard inputTypes.count == scores.count + 1, inputTypes[0].width == width,
            inputTypes.allSatisfy({ $0.element == .double }),
            zip(inputTypes.dropFirst(), scores).allSatisfy({ $0.width == $1.count })
        else { throw .invalidGraph(reason: "row program over \(inputTypes)") }
        return [TensorType(.double, [slotCount])]
    }

    /// Computes the output for every row of the chunk.
    func run(rowCount: Int, memory: TensorMemory) {
        let from = memory.elements(source, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        let count = slotCount
        for row in 0..<rowCount {
            let slots = target + row * count
            if let featureCount {
                program.initial.withUnsafeBufferPointer {
                    guard let base = $0.baseAddress else { return }
                    slots.update(from: base, count: count)
                }
                (slots + firstInput).update(from: from + row * featureCount, count: featureCount)
            } else {
                slots.update(from: from + row * count, count: count)
            }
            for (tensor, slot, width) in scores {
                let made = memory.elements(tensor, as: Double.self) + row * width
                (slots + slot).update(from: made, count: width)
            }
            program.run(range, slots)
        }
    }
}

/// Takes results out of the slots, each as the type it has outside; a row without an answer has
/// only missing ones.
struct RowResultOperator: GraphOperator {
    /// The name in listings.
    static let kind = "RowResult"

    /// What a result is outside.
    enum Form {
        case number
        case float
        /// A position in a list of strings, -1 for none.
        case code
        /// The mark itself: 1 where the row has no answer.
        case failure
    }

    /// The slots after the last stage.
    let input: TensorID
    /// All slots of a row: Double.
    let output: TensorID
    /// Numbers that a row has while the program runs.
    let slotCount: Int
    /// What is taken out, in order.
    let slots: [Int32]
    /// As which type.
    let form: Form

    /// What it reads.
    var inputs: [TensorID] { [input] }
    /// What it writes.
    var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [TensorType(.double, [slotCount])],
            slots.allSatisfy({ $0 >= 0 && Int($0) < slotCount })
        else { throw .invalidGraph(reason: "row result of \(inputTypes)") }
        let shape = slots.count == 1 ? [] : [slots.count]
        switch form {
        case .number: return [TensorType(.double, shape)]
        case .float: return [TensorType(.float, shape)]
        case .code: return [TensorType(.code, shape)]
        case .failure: return [TensorType(.int64, shape)]
        }
    }

    /// Computes the output for every row of the chunk.
    func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        switch form {
        case .number:
            let target = memory.elements(output, as: Double.self)
            pick(source, rowCount) { target[$0] = $1 }
        case .float:
            let target = memory.elements(output, as: Float.self)
            pick(source, rowCount) { target[$0] = Float($1) }
        case .code:
            let target = memory.elements(output, as: Int32.self)
            pick(source, rowCount) { target[$0] = $1 >= 0 && $1 < 2_147_483_648 ? Int32($1) : -1 }
        case .failure:
            let target = memory.elements(output, as: Int64.self)
            for row in 0..<rowCount { target[row] = source[row * slotCount] == 0 ? 0 : 1 }
        }
    }

    @inline(__always)
    private func pick(_ source: Slots, _ rowCount: Int, _ write: (Int, Double) -> Void) {
        for row in 0..<rowCount {
            let values = source + row * slotCount
            let hasFailed = values[Int(RowProgram.failure)] != 0
            for (place, slot) in slots.enumerated() {
                write(row * slots.count + place, hasFailed ? .nan : values[Int(slot)])
            }
        }
    }
}
