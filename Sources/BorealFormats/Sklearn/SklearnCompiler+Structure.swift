import BorealGraph

/// Estimators that put others together: pipelines, columns, searches, targets.
extension SklearnCompiler {
    /// The answer of such an estimator; nil for all others.
    mutating func structure(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "Pipeline": return try pipeline(o, flow)
        case "FeatureUnion": return try union(o, flow)
        case "ColumnTransformer": return try columnTransformer(o, flow)
        case "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV",
            "HalvingRandomSearchCV":
            return try compile(try o.reference("best_estimator_"), flow)
        case "FrozenEstimator": return try compile(try o.reference("estimator"), flow)
        case "TransformedTargetRegressor": return try transformedTarget(o, flow)
        case "MultiOutputRegressor": return try multipleRegressors(o, flow)
        case "RegressorChain": return try regressorChain(o, flow)
        case "MultiOutputClassifier": return try multipleClassifiers(o, flow)
        case "OneVsRestClassifier": return try oneVersusRest(o, flow)
        case "OneVsOneClassifier": return try oneVersusOne(o, flow)
        case "CalibratedClassifierCV": return try calibrated(o, flow)
        default: return nil
        }
    }

    /// Name and estimator of each step.
    private func steps(
        _ o: SklearnObject,
        _ key: String
    ) throws(FormatError) -> [(name: String, ref: PickleRef, rest: [PickleRef])] {
        var steps: [(name: String, ref: PickleRef, rest: [PickleRef])] = []
        for pair in try o.elements(key) {
            guard let parts = document.elements(pair), parts.count >= 2 else {
                throw o.damaged("a step of '\(key)'")
            }
            steps.append((document.string(parts[0]) ?? "", parts[1], Array(parts.dropFirst(2))))
        }
        return steps
    }

    private mutating func pipeline(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let steps = try steps(o, "steps")
        guard let last = steps.last else { throw o.damaged("no steps") }
        var flow = flow
        for step in steps.dropLast() { flow = try transform(step.ref, flow) }
        return try compile(last.ref, flow)
    }

    private func isDropped(_ ref: PickleRef) -> Bool { document.string(ref) == "drop" }

    /// The weight of a named part; nil for 1.
    private func weight(_ o: SklearnObject, _ name: String) -> Double? {
        document.number(document.member(o["transformer_weights"], name))
    }

    private mutating func weighted(
        _ flow: SklearnFlow,
        _ weight: Double?
    ) throws(FormatError) -> SklearnFlow {
        guard let weight, weight != 1 else { return flow }
        let tensor = try build { builder throws(GraphError) in
            try builder.map(flow.tensor, .linear(factor: weight, term: 0))
        }
        return SklearnFlow(tensor: tensor, width: flow.width)
    }

    private mutating func union(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var parts: [SklearnFlow] = []
        for step in try steps(o, "transformer_list") where !isDropped(step.ref) {
            parts.append(try weighted(try transform(step.ref, flow), weight(o, step.name)))
        }
        return SklearnAnswer(try join(parts))
    }

    // MARK: - Columns

    private mutating func columnTransformer(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let known = o["_transformer_to_input_indices"]
        var parts: [SklearnFlow] = []
        for step in try steps(o, "transformers_") where !isDropped(step.ref) {
            let columns: [Int]
            if let indexes = document.member(known, step.name) {
                columns = try self.columns(indexes, of: flow, o)
            } else if let selector = step.rest.first {
                columns = try selected(selector, of: flow, o)
            } else {
                throw o.damaged("columns of '\(step.name)'")
            }
            guard !columns.isEmpty else { continue }
            let chosen = try select(columns, of: flow)
            let made = try transform(step.ref, chosen)
            parts.append(try weighted(made, weight(o, step.name)))
        }
        return SklearnAnswer(try join(parts))
    }

    /// The columns that a selector names: positions, names, a slice, or one flag a column.
    private func selected(
        _ selector: PickleRef,
        of flow: SklearnFlow,
        _ o: SklearnObject
    ) throws(FormatError) -> [Int] {
        if let object = document.object(selector), object.member?.name == "slice" {
            return try sliced(object, of: flow, o)
        }
        if let name = document.string(selector) { return [try place(of: name, o)] }
        guard let values = document.plainValues(selector) else {
            if let position = document.number(selector), let column = Int(exactly: position) {
                return [column < 0 ? column + flow.width : column]
            }
            throw o.unsupported("columns chosen by a function")
        }
        var columns: [Int] = []
        var flags = 0
        for (index, value) in values.enumerated() {
            switch value {
            case .bool(let flag):
                flags += 1
                if flag { columns.append(index) }
            case .integer(let number):
                let column = Int(number)
                columns.append(column < 0 ? column + flow.width : column)
            case .text(let name): columns.append(try place(of: name, o))
            case .none, .float: throw o.damaged("columns")
            }
        }
        guard flags == 0 || flags == values.count else { throw o.damaged("columns") }
        return columns
    }

    private func sliced(
        _ object: PickleObject,
        of flow: SklearnFlow,
        _ o: SklearnObject
    ) throws(FormatError) -> [Int] {
        guard let parts = object.arguments.flatMap({ document.elements($0) }), parts.count == 3
        else { throw o.damaged("a slice") }
        func bound(_ ref: PickleRef, _ otherwise: Int, after: Int) throws(FormatError) -> Int {
            if document.isNone(ref) { return otherwise }
            if let name = document.string(ref) { return try place(of: name, o) + after }
            guard let number = document.integer(ref), let place = Int(exactly: number) else {
                throw o.damaged("a slice")
            }
            return min(max(place < 0 ? place + flow.width : place, 0), flow.width)
        }
        let start = try bound(parts[0], 0, after: 0)
        let end = try bound(parts[1], flow.width, after: 1)
        let step = document.isNone(parts[2]) ? 1 : Int(document.integer(parts[2]) ?? 0)
        guard step > 0 else { throw o.unsupported("columns in falling order") }
        return Array(stride(from: start, to: end, by: step))
    }

    private func place(of name: String, _ o: SklearnObject) throws(FormatError) -> Int {
        guard let names = document.plainValues(o["feature_names_in_"]),
            let place = names.firstIndex(of: .text(name))
        else { throw o.damaged("no column '\(name)'") }
        return place
    }

    // MARK: - Targets

    private mutating func transformedTarget(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        guard let inner = try compile(try o.reference("regressor_"), flow).numbers else {
            throw o.damaged("'regressor_' predicts no numbers")
        }
        let numbers = try doubles(inner)
        guard o.has("transformer_") else { return SklearnAnswer(numbers: numbers) }
        return SklearnAnswer(numbers: try undo(try o.record("transformer_"), numbers))
    }

    /// `inverse_transform`
    private mutating func undo(
        _ o: SklearnObject,
        _ tensor: TensorID
    ) throws(FormatError) -> TensorID {
        let width = builder.width(of: tensor)
        func numbers(_ key: String, _ isUsed: Bool) throws(FormatError) -> [Double] {
            isUsed ? try o.numbers(key, count: width) : []
        }
        var shift: [Double] = []
        var factor: [Double] = []
        var form = ScaleOperator.Form.multiplyAdd
        switch o.name {
        case "FunctionTransformer":
            guard o.has("inverse_func") else { return tensor }
            return try apply(try o.reference("inverse_func"), to: tensor, o)
        case "StandardScaler":
            shift = try numbers("mean_", o.bool("with_mean") != false)
            factor = try numbers("scale_", o.bool("with_std") != false)
        case "RobustScaler":
            shift = try numbers("center_", o.bool("with_centering") != false)
            factor = try numbers("scale_", o.bool("with_scaling") != false)
        case "MaxAbsScaler": factor = try numbers("scale_", true)
        case "MinMaxScaler":
            shift = try numbers("min_", true)
            factor = try numbers("scale_", true)
            form = .subtractDivide
        default: throw o.unsupported("an inverse of targets")
        }
        return try build { builder throws(GraphError) in
            try builder.scale(tensor, shift: shift, factor: factor, form)
        }
    }

    // MARK: - Several answers

    private mutating func multipleRegressors(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var parts: [TensorID] = []
        for ref in try o.elements("estimators_") {
            guard let numbers = try compile(ref, flow).numbers else {
                throw o.damaged("an inner estimator that predicts no numbers")
            }
            parts.append(try doubles(numbers))
        }
        guard !parts.isEmpty else { throw o.damaged("no estimators") }
        return SklearnAnswer(
            numbers: try build { builder throws(GraphError) in try builder.join(parts) }
        )
    }

    /// Each regressor reads the features and what those before it predict.
    private mutating func regressorChain(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("estimators_")
        let order = try o.numbers("order_", count: refs.count)
        var answers: [TensorID] = []
        var flows = [flow]
        for ref in refs {
            guard let numbers = try compile(ref, try join(flows)).numbers,
                builder.width(of: numbers) == 1
            else { throw o.damaged("an inner estimator that predicts no number") }
            answers.append(numbers)
            flows.append(SklearnFlow(tensor: numbers, width: 1))
        }
        var sorted: [TensorID] = []
        for target in refs.indices {
            guard let place = order.firstIndex(of: Double(target)) else {
                throw o.damaged("'order_'")
            }
            sorted.append(answers[place])
        }
        guard !sorted.isEmpty else { throw o.damaged("no estimators") }
        let all = sorted
        return SklearnAnswer(
            numbers: try build { builder throws(GraphError) in try builder.join(all) }
        )
    }

    private mutating func multipleClassifiers(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var answer = SklearnAnswer(.classifier)
        var codes: [TensorID] = []
        var shares: [TensorID] = []
        for ref in try o.elements("estimators_") {
            let inner = try compile(ref, flow)
            guard let own = inner.codes, inner.classes.count == 1 else {
                throw o.damaged("an inner estimator without classes")
            }
            codes.append(own)
            answer.classes += inner.classes
            if let probabilities = inner.probabilities { shares.append(try doubles(probabilities)) }
        }
        guard !codes.isEmpty else { throw o.damaged("no estimators") }
        let all = codes
        answer.codes = try build { builder throws(GraphError) in try builder.join(all) }
        if shares.count == codes.count {
            let all = shares
            answer.probabilities = try build { builder throws(GraphError) in
                try builder.join(all)
            }
        }
        return answer
    }
}
