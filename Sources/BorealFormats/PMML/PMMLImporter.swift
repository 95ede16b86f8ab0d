import BorealBase
import BorealBoost
import BorealGraph

/// Makes a graph of a PMML document.
struct PMMLImporter {
    /// The element <PMML>.
    private let root: XMLElement
    /// The first model of the document.
    private let model: XMLElement
    /// Of the standard.
    private let version: String

    /// The model in a file.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedFormat`, `.unsupportedVersion`,
    ///   `.notAModel`, `.tooLarge`, `.invalidModel`.
    static func read(_ bytes: [UInt8]) throws(FormatError) -> ImportedModel {
        let document = try XMLReader.read(bytes, format: .pmml)
        let importer = try PMMLImporter(XMLElement(document: document, index: 0, format: .pmml))
        return try importer.imported()
    }

    /// Nothing is laid out yet.
    private init(_ root: XMLElement) throws(FormatError) {
        guard root.name == "PMML" else { throw .notAModel(.pmml, found: "<\(root.name)>") }
        self.root = root
        version = root.string("version") ?? ""
        guard version.hasPrefix("4.") else { throw .unsupportedVersion(.pmml, version: version) }
        let models = root.children.filter { PMMLCompiler.modelNames.contains($0.name) }
        guard let model = models.first else { throw .notAModel(.pmml, found: "no model element") }
        self.model = model
    }

    /// Compiles the model, and has it pass its own verification.
    private func imported() throws(FormatError) -> ImportedModel {
        let compiler = try PMMLCompiler(root)
        let result = try compiler.model(model, nil, PMMLContext())
        var builder = PMMLGraphBuilder(compiler: compiler, result: result)
        let graph = try builder.graph(objective: objective)
        if let verification = model.child("ModelVerification") {
            try PMMLVerification(verification, graph).check()
        }
        let inspection = ModelInspection(
            format: .pmml,
            library: library,
            formatVersion: version,
            estimator: model.name,
            objective: objective,
            graph: graph
        )
        return ImportedModel(graph: graph, inspection: inspection)
    }

    /// What the writer calls the algorithm, else the question.
    private var objective: String? {
        model.string("algorithmName") ?? model.string("functionName")
    }

    /// The program that wrote the file.
    private var library: String {
        guard let application = root.child("Header")?.child("Application"),
            let name = application.string("name")
        else { return "PMML" }
        return [name, application.string("version")].compactMap { $0 }.joined(separator: " ")
    }
}

/// Lays out the operators and outputs of a compiled document.
private struct PMMLGraphBuilder {
    /// The compiled document.
    let compiler: PMMLCompiler
    /// Where its answers stand.
    let result: PMMLResult
    /// In the order in which they run.
    private var operators: [any GraphOperator] = []
    /// Declared ones first.
    private var outputs: [GraphOutput] = []
    /// Tensors so far, the features among them.
    private var tensorCount = 1
    /// Where the slots are after the last stage.
    private var slots = TensorID.features

    /// Nothing is laid out yet.
    init(compiler: PMMLCompiler, result: PMMLResult) {
        self.compiler = compiler
        self.result = result
    }

    /// The next tensor.
    private mutating func newTensor() -> TensorID {
        defer { tensorCount += 1 }
        return TensorID(tensorCount)
    }

    /// The graph of the program.
    mutating func graph(objective: String?) throws(FormatError) -> ModelGraph {
        compiler.program.steps = compiler.steps
        do throws(GraphError) {
            try addStages()
            addNativeOutputs()
            addRoles()
            var metadata = ModelMetadata()
            metadata.objective = objective
            return try ModelGraph(
                inputs: compiler.inputs,
                operators: operators,
                outputs: outputs,
                task: task,
                labels: labels,
                metadata: metadata
            )
        } catch { throw .invalidModel(error) }
    }

    // MARK: - Stages

    /// The ensembles that every row comes to, by step.
    private func cuts(_ program: RowProgram) -> [(step: Int, ensemble: Int)] {
        var cuts: [(step: Int, ensemble: Int)] = []
        var index = 0
        while index < program.steps.count {
            switch program.steps[index] {
            case .ensemble(let ensemble): cuts.append((index, Int(ensemble)))
            case .skip(let count), .skipUnless(_, let count): index += Int(count)
            default: break
            }
            index += 1
        }
        return cuts
    }

    /// Cuts the program where trees run for every row, and puts tree ensembles there.
    private mutating func addStages() throws(GraphError) {
        var program = compiler.program
        let cuts = cuts(program)
        let hoisted = Set(cuts.map(\.ensemble))
        for place in program.ensembles.indices where !hoisted.contains(place) {
            program.ensembles[place].kernel = EnsembleKernel(program.ensembles[place].ensemble)
        }
        let ensembles = program.ensembles
        // Stages do not need the trees that run between them.
        for place in hoisted { program.ensembles[place].ensemble.trees = [] }
        var scores: [(tensor: TensorID, slot: Int, count: Int)] = []
        var start = 0
        for cut in cuts {
            addStage(program, start..<cut.step, scores)
            let ensemble = ensembles[cut.ensemble]
            let features = newTensor()
            operators.append(
                ColumnsOperator(
                    ensemble.features.map(Int.init),
                    of: slots,
                    type: TensorType(.double, [program.initial.count]),
                    output: features
                )
            )
            let sums = newTensor()
            operators.append(
                try TreeEnsembleOperator(ensemble.ensemble, input: features, output: sums)
            )
            scores = [(sums, Int(ensemble.to), ensemble.ensemble.scoresPerRow)]
            start = cut.step + 1
        }
        addStage(program, start..<program.steps.count, scores)
    }

    /// The steps of a range, over the slots of the stage before.
    private mutating func addStage(
        _ program: RowProgram,
        _ range: Range<Int>,
        _ scores: [(tensor: TensorID, slot: Int, count: Int)]
    ) {
        let output = newTensor()
        let isFirst = slots == .features
        operators.append(
            RowProgramOperator(
                program: program,
                range: range,
                source: slots,
                featureCount: isFirst ? compiler.inputs.count : nil,
                firstInput: compiler.firstInput,
                scores: scores,
                output: output
            )
        )
        slots = output
    }

    // MARK: - Outputs

    /// A tensor of some slots.
    private mutating func pick(_ from: [Int32], _ form: RowResultOperator.Form) -> TensorID {
        let output = newTensor()
        operators.append(
            RowResultOperator(
                input: slots,
                output: output,
                slotCount: compiler.program.initial.count,
                slots: from,
                form: form
            )
        )
        return output
    }

    /// Whether classes or clusters are answered.
    private var hasClasses: Bool { result.function != .regression }

    /// The classes, as the target's type has them.
    private var labels: Labels? {
        guard hasClasses else { return nil }
        if result.function == .classification, result.value.type.isNumber {
            let whole = result.classes.compactMap { Int64($0) }
            if whole.count == result.classes.count { return .integer(whole) }
            let numbers = result.classes.compactMap { Double($0) }
            if numbers.count == result.classes.count { return .double(numbers) }
        }
        return .text(result.classes)
    }

    /// The question, as graphs name it.
    private var task: GraphTask {
        switch result.function {
        case .regression: .regression
        case .clustering: .clustering
        case .classification: result.classes.count == 2 ? .binary : .multiclass
        }
    }

    /// The target, the declared outputs, and the mark of rows without an answer.
    private mutating func addNativeOutputs() {
        let truth = Labels.text(["false", "true"])
        let texts = Labels.text(compiler.strings.texts)
        var names = Set<String>()
        func declare(_ name: String, _ tensor: TensorID, _ dictionary: Labels?) {
            outputs.append(
                GraphOutput(
                    name: name,
                    role: .other,
                    tensor: tensor,
                    columnNames: [name],
                    isNative: true,
                    dictionary: dictionary
                )
            )
        }
        if let name = result.targetName, names.insert(name).inserted {
            if hasClasses {
                declare(name, pick([result.label], .code), labels)
            } else {
                declare(name, pick([result.value.slot], .number), nil)
            }
        }
        for output in result.outputs where output.isFinal && names.insert(output.name).inserted {
            let slot = [output.value.slot]
            switch output.value.type {
            case .string: declare(output.name, pick(slot, .code), texts)
            case .boolean: declare(output.name, pick(slot, .code), truth)
            case .float: declare(output.name, pick(slot, .float), nil)
            case .integer, .double: declare(output.name, pick(slot, .number), nil)
            }
        }
        if names.insert("row_error").inserted {
            declare("row_error", pick([RowProgram.failure], .failure), nil)
        }
    }

    /// What SQL asks for by role: the value, the class, probabilities.
    private mutating func addRoles() {
        func add(_ role: GraphOutput.Role, _ tensor: TensorID, _ columns: [String]) {
            outputs.append(GraphOutput(role, tensor, columns))
        }
        guard hasClasses else {
            let value = pick([result.value.slot], .number)
            add(.value, value, ["pred"])
            add(.prediction, value, ["predicted_results"])
            return
        }
        let label = pick([result.label], .code)
        add(.value, label, ["pred"])
        add(.prediction, label, ["predicted_results"])
        add(.label, label, ["label"])
        guard let first = result.probabilities, !result.classes.isEmpty else { return }
        let all = result.classes.indices.map { first + Int32(truncatingIfNeeded: $0) }
        add(.probabilities, pick(all, .number), result.classes.map { "proba_\($0)" })
    }
}
