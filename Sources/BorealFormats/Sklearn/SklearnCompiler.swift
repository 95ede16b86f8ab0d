import BorealBase
import BorealGraph

/// Compiles records of estimators into the operators of a graph, one call an estimator.
///
/// Estimators that hold others call `compile` again, so a nested model is compiled in the order in
/// which its numbers flow. Depth and number of the calls are bounded, because a file may name one
/// estimator in many places.
struct SklearnCompiler {
    let document: PickleDocument
    let format: ModelFormat
    /// The version that wrote the file.
    let version: SklearnVersion
    /// Reads a model of another library that stands within a pipeline.
    let foreign: (PickleRef) throws(FormatError) -> ModelGraph
    var builder: GraphBuilder
    /// For each text feature the texts that the model knows of it, in the order of their codes.
    var vocabularies: [Int: SklearnVocabulary] = [:]
    private var depth = 0
    private var budget = FormatLimits.estimatorsMax

    init(
        document: PickleDocument,
        format: ModelFormat,
        version: SklearnVersion,
        featureCount: Int,
        foreign: @escaping (PickleRef) throws(FormatError) -> ModelGraph
    ) {
        self.document = document
        self.format = format
        self.version = version
        self.foreign = foreign
        builder = GraphBuilder(featureCount: featureCount)
    }

    /// The estimator behind `ref` over the numbers of `flow`.
    ///
    /// - Throws: `FormatError.unsupportedFormat` naming the class or what of it is not supported,
    ///   `.malformed` naming the attribute, `.invalidModel`.
    mutating func compile(
        _ ref: PickleRef,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        depth += 1
        defer { depth -= 1 }
        budget -= 1
        guard depth <= FormatLimits.estimatorNestingMax else {
            let limit = FormatLimits.estimatorNestingMax
            throw .tooLarge(format, what: "estimators within estimators", limit: limit)
        }
        guard budget >= 0 else {
            throw .tooLarge(format, what: "estimators", limit: FormatLimits.estimatorsMax)
        }
        if document.isNone(ref) || document.string(ref) == "passthrough" {
            return SklearnAnswer(flow)
        }
        guard let object = document.object(ref) else {
            throw .notAModel(format, found: document.kind(ref))
        }
        guard object.type == .member else { return try compileForeign(ref, flow) }
        let estimator = SklearnObject(document: document, format: format, object: object)
        if !estimator.name.hasPrefix("Dummy"),
            let width = estimator.optionalNumber("n_features_in_"), width != Double(flow.width)
        {
            throw estimator.damaged("\(flow.width) features for n_features_in_ \(width)")
        }
        if let answer = try linear(estimator, flow) { return answer }
        if let answer = try trees(estimator, flow) { return answer }
        if let answer = try ensemble(estimator, flow) { return answer }
        if let answer = try machine(estimator, flow) { return answer }
        if let answer = try structure(estimator, flow) { return answer }
        if let answer = try preparation(estimator, flow) { return answer }
        throw .unsupportedFormat(format, detail: object.className)
    }

    /// The features that a step makes.
    mutating func transform(
        _ ref: PickleRef,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnFlow {
        guard let features = try compile(ref, flow).features else {
            throw .malformed(
                format,
                offset: 0,
                reason: "\(document.kind(ref)) as a step that makes features"
            )
        }
        return features
    }

    /// For each feature whether an operator reads it.
    var usedFeatures: [Bool] {
        var isUsed = [Bool](repeating: false, count: builder.width(of: .features))
        for step in builder.operators where step.inputs.contains(.features) {
            guard let columns = step as? ColumnsOperator else {
                return isUsed.map { _ in true }
            }
            for source in columns.sources where columns.inputs[source.input] == .features {
                isUsed[source.column] = true
            }
        }
        return isUsed
    }

    // MARK: - Building

    /// Adds to the graph; what does not fit is a damaged model.
    mutating func build<Result>(
        _ body: (inout GraphBuilder) throws(GraphError) -> Result
    ) throws(FormatError) -> Result {
        do throws(GraphError) { return try body(&builder) } catch { throw .invalidModel(error) }
    }

    mutating func add(
        _ make: (TensorID) throws(GraphError) -> any GraphOperator
    ) throws(FormatError) -> TensorID {
        try build { builder throws(GraphError) in try builder.add(make) }
    }

    /// The same features, some columns of them.
    mutating func select(
        _ columns: [Int],
        of flow: SklearnFlow
    ) throws(FormatError) -> SklearnFlow {
        guard columns.allSatisfy({ flow.columns.indices.contains($0) }) else {
            throw .malformed(format, offset: 0, reason: "a column beyond \(flow.width)")
        }
        let tensor = try build { builder throws(GraphError) in
            try builder.columns(columns, of: flow.tensor)
        }
        return SklearnFlow(tensor: tensor, columns: columns.map { flow.columns[$0] })
    }

    /// Several features side by side.
    mutating func join(_ flows: [SklearnFlow]) throws(FormatError) -> SklearnFlow {
        let tensors = flows.filter { $0.width > 0 }.map(\.tensor)
        guard !tensors.isEmpty else {
            throw .unsupportedFormat(format, detail: "a step that leaves no features")
        }
        let tensor = try build { builder throws(GraphError) in try builder.join(tensors) }
        return SklearnFlow(tensor: tensor, columns: flows.flatMap(\.columns))
    }

    /// Features computed of all columns by an operator of as many columns.
    mutating func columnwise(
        _ flow: SklearnFlow,
        _ make: (TensorID) throws(GraphError) -> any GraphOperator
    ) throws(FormatError) -> SklearnAnswer {
        SklearnAnswer(features: try add(make), width: flow.width)
    }

    // MARK: - Classes

    /// A classifier of one answer with the class of the greatest score.
    mutating func classifier(
        _ classes: Labels,
        greatest scores: TensorID
    ) throws(FormatError) -> SklearnAnswer {
        guard builder.width(of: scores) == classes.count else {
            throw .malformed(
                format,
                offset: 0,
                reason: "\(builder.width(of: scores)) scores of \(classes.count) classes"
            )
        }
        var answer = SklearnAnswer(.classifier)
        answer.classes = [classes]
        answer.codes = try build { builder throws(GraphError) in try builder.greatest(scores) }
        return answer
    }

    /// A classifier between two classes by the sign of a score.
    mutating func classifier(
        _ classes: Labels,
        sign score: TensorID,
        threshold: Double = 0,
        includesThreshold: Bool = false
    ) throws(FormatError) -> SklearnAnswer {
        guard classes.count == 2 || classes.count == 1 else {
            throw .malformed(format, offset: 0, reason: "one score of \(classes.count) classes")
        }
        var answer = SklearnAnswer(.classifier)
        answer.classes = [classes]
        answer.codes = try add {
            ThresholdCodeOperator(
                input: score,
                output: $0,
                width: 1,
                threshold: threshold,
                includesThreshold: includesThreshold
            )
        }
        return answer
    }

    /// An outlier detector by the sign of a score: -1 or 1.
    mutating func outlierDetector(
        sign score: TensorID,
        includesThreshold: Bool
    ) throws(FormatError) -> SklearnAnswer {
        var answer = try classifier(
            .integer([-1, 1]),
            sign: score,
            includesThreshold: includesThreshold
        )
        answer.kind = .outlierDetector
        answer.decision = score
        return answer
    }

    /// For each class of an inner estimator its position among the outer ones. Inner classes are
    /// positions already where the outer estimator trained on encoded labels.
    func positions(_ inner: Labels, areEncoded: Bool, in outer: Labels) -> [Int32]? {
        var found: [Int32] = []
        for index in 0..<inner.count {
            let position: Int?
            switch inner {
            case .integer(let values) where areEncoded: position = Int(exactly: values[index])
            case .double(let values) where areEncoded: position = Int(exactly: values[index])
            default: position = outer.index(ofText: inner.text(at: index))
            }
            guard let position, position >= 0, position < outer.count else { return nil }
            found.append(Int32(truncatingIfNeeded: position))
        }
        return found
    }

    /// Codes of an inner estimator as positions among the outer classes.
    mutating func outerCodes(
        _ answer: SklearnAnswer,
        areEncoded: Bool,
        in outer: Labels
    ) throws(FormatError) -> TensorID {
        guard let codes = answer.codes, answer.classes.count == 1, let inner = answer.classes.first,
            let positions = positions(inner, areEncoded: areEncoded, in: outer)
        else { throw .malformed(format, offset: 0, reason: "an inner classifier's classes") }
        if positions.elementsEqual(0..<Int32(outer.count)) { return codes }
        return try add {
            CodeTableOperator(input: codes, output: $0, tables: [.codes(positions)])
        }
    }

    /// Probabilities of an inner estimator, those of outer classes that it does not know being 0.
    mutating func outerProbabilities(
        _ answer: SklearnAnswer,
        areEncoded: Bool,
        in outer: Labels,
        filling: Double = 0
    ) throws(FormatError) -> TensorID {
        guard let shares = answer.probabilities, answer.classes.count == 1,
            let inner = answer.classes.first,
            let positions = positions(inner, areEncoded: areEncoded, in: outer)
        else {
            throw .malformed(format, offset: 0, reason: "an inner classifier's probabilities")
        }
        let probabilities = try doubles(shares)
        if positions.elementsEqual(0..<Int32(outer.count)) { return probabilities }
        let width = builder.width(of: probabilities)
        let padding = try add {
            ConstantOperator(
                input: probabilities,
                output: $0,
                inputWidth: width,
                values: [filling]
            )
        }
        let types = [probabilities, padding].map { builder.type(of: $0) }
        let sources = (0..<outer.count).map { position in
            positions.firstIndex(of: Int32(position)).map { .init(input: 0, column: $0) }
                ?? ColumnsOperator.Source(input: 1, column: 0)
        }
        return try add {
            ColumnsOperator(
                inputs: [probabilities, padding],
                output: $0,
                types: types,
                sources: sources
            )
        }
    }

    /// Numbers of other libraries may have 32 bits; what is computed with them has 64.
    mutating func doubles(_ tensor: TensorID) throws(FormatError) -> TensorID {
        let type = builder.type(of: tensor)
        guard type.element == .float else { return tensor }
        return try add { CastOperator(input: tensor, output: $0, type: type, to: .double) }
    }

    // MARK: - Other libraries

    /// A model of another library as one step.
    private mutating func compileForeign(
        _ ref: PickleRef,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let graph = try foreign(ref)
        guard graph.inputs.allSatisfy({ !hasDictionary($0) }) else {
            throw .unsupportedFormat(
                format,
                detail: "\(document.kind(ref)) with named categories within a pipeline"
            )
        }
        var step: SubgraphOperator?
        let input = flow.tensor
        _ = try build { builder throws(GraphError) in
            try builder.add(count: SubgraphOperator.outputCount(graph)) { tensors in
                let made = SubgraphOperator(graph, input: input, outputs: tensors)
                step = made
                return made
            }
        }
        guard let step else { throw .notAModel(format, found: document.kind(ref)) }
        var answer = SklearnAnswer(graph.answersLabel ? .classifier : .regressor)
        if graph.answersLabel, let labels = graph.labels {
            answer.classes = [labels]
            answer.codes = step.tensor(.label) ?? step.tensor(.prediction)
            answer.probabilities = step.tensor(.probabilities)
            answer.decision = step.tensor(.raw)
        } else {
            answer.numbers = step.tensor(.value)
        }
        answer.leaves = step.tensor(.leaf)
        return answer
    }

    private func hasDictionary(_ input: GraphInput) -> Bool {
        if case .category = input.kind { true } else { false }
    }
}

/// The texts that a model knows of one feature.
struct SklearnVocabulary {
    private(set) var texts: [String] = []
    private var codes: [[UInt8]: Int] = [:]

    /// The code of a text, a new one when it was not known.
    mutating func code(_ text: String) -> Int {
        let key = Array(text.utf8)
        if let code = codes[key] { return code }
        codes[key] = texts.count
        texts.append(text)
        return texts.count - 1
    }
}
