import BorealBase
import BorealGraph

/// Makes a model of a pickle whose object is an estimator of scikit-learn.
struct SklearnImporter {
    let document: PickleDocument
    let format: ModelFormat
    /// Reads a model of another library that stands within a pipeline.
    let foreign: (PickleRef) throws(FormatError) -> ModelGraph

    /// - Throws: `FormatError.unsupportedFormat`, `.malformed`, `.invalidModel`, `.notAModel`.
    func read() throws(FormatError) -> ImportedModel {
        guard let object = document.object(document.root), object.type == .member else {
            throw .notAModel(format, found: document.kind(document.root))
        }
        let root = SklearnObject(document: document, format: format, object: object)
        let versionText = try writtenBy(root)
        let width = try featureCount(root)
        var compiler = SklearnCompiler(
            document: document,
            format: format,
            version: SklearnVersion(versionText),
            featureCount: width,
            foreign: foreign
        )
        let flow = SklearnFlow(tensor: .features, columns: (0..<width).map { $0 })
        var answer = try compiler.compile(document.root, flow)
        if let features = answer.features, features.tensor == .features {
            // What is handed back untouched still has to be written.
            answer.features?.tensor = try compiler.add {
                ColumnsOperator(
                    Array(0..<width),
                    of: .features,
                    type: TensorType(.double, [width]),
                    output: $0
                )
            }
        }
        let (outputs, labels) = try outputs(answer, &compiler)
        let graph: ModelGraph
        do throws(GraphError) {
            graph = try ModelGraph(
                inputs: try inputs(root, width, compiler),
                operators: compiler.builder.operators,
                outputs: outputs,
                task: task(answer),
                labels: labels
            )
        } catch { throw .invalidModel(error) }
        return ImportedModel(
            graph: graph,
            inspection: inspection(root, graph, versionText)
        )
    }

    private func inspection(
        _ root: SklearnObject,
        _ graph: ModelGraph,
        _ version: String?
    ) -> ModelInspection {
        ModelInspection(
            format: format,
            library: "scikit-learn",
            formatVersion: version ?? "unknown",
            estimator: estimatorName(root),
            objective: root.text("loss"),
            graph: graph
        )
    }

    /// The class, and what a pipeline ends in.
    private func estimatorName(_ root: SklearnObject) -> String {
        guard root.name == "Pipeline", let last = document.objectElements(root["steps"])?.last,
            let pair = document.elements(last), pair.count == 2,
            let object = document.object(pair[1])
        else { return root.object.className }
        return "\(root.object.className) (\(object.className))"
    }

    // MARK: - What the file says about itself

    /// The version that wrote the file. Before 0.18 none was written; of later ones than are known,
    /// what is read is read as the last known one.
    private func writtenBy(_ root: SklearnObject) throws(FormatError) -> String? {
        guard let text = root.text("_sklearn_version") else { return nil }
        guard SklearnVersion(text) >= SklearnVersion(0, 22) else {
            throw .unsupportedVersion(format, version: "scikit-learn \(text.prefix(32))")
        }
        return text
    }

    /// The first estimator, among those that see the features as the model gets them, for which
    /// `body` holds.
    private func first(
        _ root: SklearnObject,
        _ body: (SklearnObject) -> Bool
    ) -> SklearnObject? {
        search(root, body)?.estimator
    }

    private func search(
        _ root: SklearnObject,
        _ body: (SklearnObject) -> Bool
    ) -> (estimator: SklearnObject, ref: PickleRef)? {
        var pending = [(estimator: root, ref: document.root)]
        var next = 0
        // Those that hold others come before what they hold; a file may name one in many places.
        while next < pending.count, next < FormatLimits.estimatorsSearchedMax {
            let current = pending[next]
            if body(current.estimator) { return current }
            next += 1
            for ref in inner(current.estimator) {
                guard let object = document.object(ref) else { continue }
                let one = SklearnObject(document: document, format: format, object: object)
                pending.append((one, ref))
            }
        }
        return nil
    }

    /// The estimators that see the features as `o` gets them.
    private func inner(_ o: SklearnObject) -> [PickleRef] {
        switch o.name {
        case "Pipeline": return firstStep(o).map { [$0] } ?? []
        case "FeatureUnion":
            let parts = document.objectElements(o["transformer_list"]) ?? []
            return parts.compactMap { document.elements($0)?.last }
        default:
            let keys = [
                "best_estimator_", "estimator_", "regressor_", "estimator", "base_estimator",
            ]
            var refs = keys.compactMap { o[$0] }
            for key in ["estimators_", "calibrated_classifiers_"] {
                let some = document.objectElements(o[key]) ?? []
                refs += some.prefix(FormatLimits.estimatorNestingMax)
            }
            return refs
        }
    }

    /// The first step of a pipeline; those that leave the number of features open are passed over.
    private func firstStep(_ o: SklearnObject) -> PickleRef? {
        for step in document.objectElements(o["steps"]) ?? [] {
            guard let pair = document.elements(step), pair.count == 2,
                let object = document.object(pair[1])
            else { continue }
            let one = SklearnObject(document: document, format: format, object: object)
            if one.name != "FunctionTransformer" || one.has("n_features_in_") { return pair[1] }
        }
        return nil
    }

    private func featureCount(_ root: SklearnObject) throws(FormatError) -> Int {
        let ofOne = ["LabelEncoder", "LabelBinarizer", "IsotonicRegression"]
        if ofOne.contains(root.name) { return 1 }
        let keys = ["n_features_in_", "n_features_", "_n_features", "n_features"]
        for key in keys {
            guard let found = first(root, { $0.optionalNumber(key) != nil }),
                let count = found.optionalNumber(key).flatMap({ Int(exactly: $0) })
            else { continue }
            guard count > 0, count <= Limits.modelFeaturesMax else {
                throw found.damaged("\(count) features")
            }
            return count
        }
        // Models of other libraries know their features themselves.
        if let found = search(root, { $0.object.type != .member }) {
            return try foreign(found.ref).inputs.count
        }
        // Up to 1.3 these did not count what they do not look at.
        if root.name.hasPrefix("Dummy"), root.has("n_outputs_") { return 1 }
        throw .notAModel(format, found: "\(root.object.className) that was not fitted")
    }

    private func inputs(
        _ root: SklearnObject,
        _ width: Int,
        _ compiler: SklearnCompiler
    ) throws(GraphError) -> [GraphInput] {
        let isUsed = compiler.usedFeatures
        let named = first(root) { $0.has("feature_names_in_") }
        let names = document.plainValues(named?["feature_names_in_"])?.compactMap { value in
            if case .text(let text) = value { text } else { nil }
        }
        var inputs: [GraphInput] = []
        for index in 0..<width {
            let known = names.flatMap { $0.count == width ? $0[index] : nil }
            var input = GraphInput(name: known ?? "x\(index)")
            if let vocabulary = compiler.vocabularies[index] {
                input.kind = .category(try CategoryDictionary(.text(vocabulary.texts)))
                input.unseen = .marked
            } else if !isUsed[index] {
                // Nothing reads the column, so it may hold anything.
                input.kind = .category(try CategoryDictionary(.text([])))
            }
            inputs.append(input)
        }
        return inputs
    }

    private func task(_ answer: SklearnAnswer) -> GraphTask {
        switch answer.kind {
        case .classifier:
            answer.classes.first?.count == 2 && answer.classes.count == 1 ? .binary : .multiclass
        case .regressor: .regression
        case .clusterer: .clustering
        case .outlierDetector: .outlierDetection
        case .transformer: .transformation
        }
    }

    // MARK: - Outputs

    private func outputs(
        _ answer: SklearnAnswer,
        _ compiler: inout SklearnCompiler
    ) throws(FormatError) -> (outputs: [GraphOutput], labels: Labels?) {
        var list = OutputList()
        var labels: Labels?
        switch answer.kind {
        case .regressor: addNumbers(answer, &list, compiler)
        case .transformer:
            let texts = answer.features?.columns.compactMap { $0 } ?? []
            guard texts.allSatisfy({ compiler.vocabularies[$0] == nil }) else {
                throw .unsupportedFormat(format, detail: "text as the answer of a step")
            }
            addFeatures(answer, &list, compiler, isMain: true)
        case .classifier, .outlierDetector, .clusterer:
            labels = try addClasses(answer, &list, &compiler)
            addFeatures(answer, &list, compiler, isMain: false)
        }
        if let decision = answer.decision {
            let width = compiler.builder.width(of: decision)
            list.add(.raw, decision, names: names("raw", width, labels))
        }
        if let scores = answer.scores {
            list.add(other: "score_samples", scores, width: compiler.builder.width(of: scores))
        }
        if let leaves = answer.leaves {
            let width = compiler.builder.width(of: leaves)
            list.add(.leaf, leaves, names: (0..<width).map { "leaf_\($0)" })
        }
        guard !list.outputs.isEmpty else {
            throw .notAModel(format, found: document.kind(document.root))
        }
        return (list.outputs, labels)
    }

    private func addNumbers(
        _ answer: SklearnAnswer,
        _ list: inout OutputList,
        _ compiler: SklearnCompiler
    ) {
        guard let numbers = answer.numbers else { return }
        let width = compiler.builder.width(of: numbers)
        list.add(.value, numbers, names: names("pred", width, nil))
        list.add(.prediction, numbers, names: names("predicted_results", width, nil))
    }

    /// Features are what a step answers; beside a prediction they are one more output.
    private func addFeatures(
        _ answer: SklearnAnswer,
        _ list: inout OutputList,
        _ compiler: SklearnCompiler,
        isMain: Bool
    ) {
        guard let features = answer.features else { return }
        let width = features.width
        if isMain {
            list.add(.value, features.tensor, names: (0..<width).map { "pred_\($0)" })
            let shown = width == 1 ? ["predicted_results"] : names("predicted_results", width, nil)
            list.add(.prediction, features.tensor, names: shown)
        }
        list.add(other: "transform", features.tensor, names: (0..<width).map { "transform_\($0)" })
    }

    private func names(_ prefix: String, _ width: Int, _ labels: Labels?) -> [String] {
        guard width > 1 else { return [prefix] }
        return (0..<width).map { place in
            let label = labels.flatMap { $0.count == width ? $0.text(at: place) : nil }
            return "\(prefix)_\(label ?? String(place))"
        }
    }

    private func addClasses(
        _ answer: SklearnAnswer,
        _ list: inout OutputList,
        _ compiler: inout SklearnCompiler
    ) throws(FormatError) -> Labels? {
        guard var codes = answer.codes else { return nil }
        let width = compiler.builder.width(of: codes)
        var labels = answer.classes.first
        if width > 1 {
            let all = union(answer.classes)
            if answer.classes.contains(where: { $0 != all }) {
                let tables = answer.classes.map { classes in
                    CodeTableOperator.Table.codes(
                        compiler.positions(classes, areEncoded: false, in: all) ?? []
                    )
                }
                codes = try compiler.add { [codes] in
                    CodeTableOperator(input: codes, output: $0, tables: tables)
                }
            }
            labels = all
        }
        let isClassifier = answer.kind == .classifier
        let dictionary = width > 1 || !isClassifier ? labels : nil
        list.add(.value, codes, names: names("pred", width, nil), dictionary)
        list.add(.prediction, codes, names: names("predicted_results", width, nil), dictionary)
        guard isClassifier || answer.probabilities != nil else { return nil }
        if width == 1, isClassifier { list.add(.label, codes, names: ["label"], dictionary) }
        try addProbabilities(answer, &list, &compiler, labels: labels)
        return width == 1 && isClassifier ? labels : nil
    }

    /// One list of the classes of all answers.
    private func union(_ all: [Labels]) -> Labels {
        guard let first = all.first else { return .integer([]) }
        var integers: [Int64] = []
        var doubles: [Double] = []
        var texts: [String] = []
        for labels in all {
            switch labels {
            case .integer(let values): integers += values
            case .double(let values): doubles += values
            case .decimal(let values), .text(let values): texts += values
            }
        }
        if texts.isEmpty, doubles.isEmpty { return .integer(Set(integers).sorted()) }
        if texts.isEmpty {
            return .double(Set(doubles + integers.map { Double($0) }).sorted())
        }
        guard doubles.isEmpty, integers.isEmpty else {
            return all.allSatisfy { $0 == first }
                ? first : .text(Set(all.flatMap { own in (0..<own.count).map(own.text) }).sorted())
        }
        return .text(Set(texts).sorted())
    }

    private func addProbabilities(
        _ answer: SklearnAnswer,
        _ list: inout OutputList,
        _ compiler: inout SklearnCompiler,
        labels: Labels?
    ) throws(FormatError) {
        guard let shares = answer.probabilities else { return }
        let width = compiler.builder.width(of: shares)
        var columns: [String] = []
        for (place, classes) in answer.classes.enumerated() {
            let prefix = answer.classes.count > 1 ? "proba_\(place)_" : "proba_"
            columns += (0..<classes.count).map { prefix + classes.text(at: $0) }
        }
        if answer.classes.isEmpty { columns = (0..<width).map { "proba_\($0)" } }
        guard columns.count == width else {
            throw .malformed(format, offset: 0, reason: "\(width) probabilities")
        }
        list.add(.probabilities, shares, names: columns)
        var logs = shares
        if let known = answer.logProbabilities {
            logs = known
        } else {
            logs = try compiler.build { builder throws(GraphError) in
                try builder.map(shares, .logarithm)
            }
        }
        list.add(
            other: "predict_log_proba",
            logs,
            names: (0..<width).map { "predict_log_proba_\($0)" }
        )
    }
}

/// Outputs in the making.
private struct OutputList {
    var outputs: [GraphOutput] = []

    mutating func add(
        _ role: GraphOutput.Role,
        _ tensor: TensorID,
        names: [String],
        _ dictionary: Labels? = nil
    ) {
        outputs.append(
            GraphOutput(
                name: role.rawValue,
                role: role,
                tensor: tensor,
                columnNames: names,
                dictionary: dictionary
            )
        )
    }

    mutating func add(other name: String, _ tensor: TensorID, width: Int) {
        add(other: name, tensor, names: width == 1 ? [name] : (0..<width).map { "\(name)_\($0)" })
    }

    mutating func add(other name: String, _ tensor: TensorID, names: [String]) {
        outputs.append(
            GraphOutput(name: name, role: .other, tensor: tensor, columnNames: names)
        )
    }
}
