import BorealBase
import BorealGraph

/// Steps that make features of features: scaling, powers, bins, missing values, selection.
extension SklearnCompiler {
    /// The answer of a preparing step; nil for all others.
    mutating func preparation(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler":
            return try scaler(o, flow)
        case "Normalizer": return try normalizer(o, flow)
        case "Binarizer":
            let threshold = try o.number("threshold")
            return SklearnAnswer(
                features: try build { builder throws(GraphError) in
                    try builder.map(flow.tensor, .binarize(threshold: threshold))
                },
                width: flow.width
            )
        case "PolynomialFeatures": return try polynomial(o, flow)
        case "PowerTransformer": return try power(o, flow)
        case "QuantileTransformer": return try quantiles(o, flow)
        case "FunctionTransformer":
            guard o.has("func") else { return SklearnAnswer(flow) }
            let function = try o.reference("func")
            if isIdentity(function) { return SklearnAnswer(flow) }
            let tensor = try apply(function, to: flow.tensor, o)
            return SklearnAnswer(features: tensor, width: flow.width)
        case "KBinsDiscretizer": return try bins(o, flow)
        case "OneHotEncoder": return try oneHot(o, flow)
        case "OrdinalEncoder": return try ordinal(o, flow)
        case "TargetEncoder": return try targetEncoder(o, flow)
        case "LabelEncoder", "LabelBinarizer": return try labelEncoder(o, flow)
        case "SimpleImputer": return try imputer(o, flow)
        case "MissingIndicator":
            return SklearnAnswer(try missingIndicator(o, flow))
        default: return try selection(o, flow)
        }
    }

    // MARK: - Scaling

    private mutating func scaler(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let width = flow.width
        var shift: [Double] = []
        var factor: [Double] = []
        var form = ScaleOperator.Form.subtractDivide
        switch o.name {
        case "StandardScaler":
            if o.bool("with_mean") != false { shift = try o.numbers("mean_", count: width) }
            if o.bool("with_std") != false { factor = try o.numbers("scale_", count: width) }
        case "RobustScaler":
            if o.bool("with_centering") != false {
                shift = try o.numbers("center_", count: width)
            }
            if o.bool("with_scaling") != false { factor = try o.numbers("scale_", count: width) }
        case "MaxAbsScaler": factor = try o.numbers("scale_", count: width)
        default:
            shift = try o.numbers("min_", count: width)
            factor = try o.numbers("scale_", count: width)
            form = .multiplyAdd
        }
        let clip =
            o.bool("clip") == true ? try o.numbers("feature_range", count: 2) : nil
        return SklearnAnswer(
            features: try build { builder throws(GraphError) in
                let scaled = try builder.scale(flow.tensor, shift: shift, factor: factor, form)
                guard let clip else { return scaled }
                return try builder.map(scaled, .clip(low: clip[0], high: clip[1]))
            },
            width: width
        )
    }

    private mutating func normalizer(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let measure: NormalizeRowsOperator.Measure
        switch o.text("norm") {
        case "l1": measure = .l1
        case "l2": measure = .l2
        case "max": measure = .max
        default: throw o.unsupported("norm '\(o.text("norm") ?? "")'")
        }
        return try columnwise(flow) {
            NormalizeRowsOperator(
                input: flow.tensor,
                output: $0,
                inputWidth: flow.width,
                measure: measure
            )
        }
    }

    // MARK: - Powers

    private mutating func polynomial(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var least = 1
        var most: Int
        if let both = o.optionalArray("degree"), both.values.count == 2 {
            least = Int(both.values[0])
            most = Int(both.values[1])
        } else {
            most = try o.count("degree")
        }
        guard most <= 64, least >= 0 else { throw o.damaged("degree \(most)") }
        var terms: [[Int]] = o.bool("include_bias") != false ? [[]] : []
        var level: [[Int]] = [[]]
        let onlyDistinct = o.bool("interaction_only") == true
        for degree in 1...max(most, 1) where degree <= most {
            var next: [[Int]] = []
            for term in level {
                let first = term.last.map { onlyDistinct ? $0 + 1 : $0 } ?? 0
                for column in first..<max(flow.width, first) { next.append(term + [column]) }
                guard next.count + terms.count <= Limits.modelFeaturesMax else {
                    throw .tooLarge(format, what: "products", limit: Limits.modelFeaturesMax)
                }
            }
            level = next
            if degree >= least { terms += level }
        }
        let all = terms
        return SklearnAnswer(
            features: try add { output throws(GraphError) in
                try PolynomialOperator(
                    input: flow.tensor,
                    output: output,
                    inputWidth: flow.width,
                    terms: all
                )
            },
            width: all.count
        )
    }

    private mutating func power(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let exponents = try o.numbers("lambdas_", count: flow.width)
        let isBoxCox: Bool
        switch o.text("method") {
        case "yeo-johnson": isBoxCox = false
        case "box-cox": isBoxCox = true
        default: throw o.unsupported("method '\(o.text("method") ?? "")'")
        }
        let answer = try columnwise(flow) {
            PowerTransformOperator(
                input: flow.tensor,
                output: $0,
                exponents: exponents,
                isBoxCox: isBoxCox
            )
        }
        guard o.bool("standardize") == true, let features = answer.features else { return answer }
        return try compile(try o.reference("_scaler"), features)
    }

    private mutating func quantiles(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let quantiles = try o.matrix("quantiles_", columns: flow.width)
        let ranks = try o.numbers("references_", count: quantiles.rows)
        var rising: [PiecewiseLinearOperator.Curve] = []
        var falling: [PiecewiseLinearOperator.Curve] = []
        do throws(GraphError) {
            for column in 0..<flow.width {
                let values = (0..<quantiles.rows).map {
                    quantiles.values[$0 * flow.width + column]
                }
                rising.append(try .init(x: values, y: ranks))
                falling.append(
                    try .init(x: values.reversed().map { -$0 }, y: ranks.reversed().map { -$0 })
                )
            }
        } catch { throw .invalidModel(error) }
        let isNormal: Bool
        switch o.text("output_distribution") {
        case "uniform": isNormal = false
        case "normal": isNormal = true
        default: throw o.unsupported("a distribution of its own")
        }
        let (up, down) = (rising, falling)
        return try columnwise(flow) { output throws(GraphError) in
            try QuantileOperator(
                input: flow.tensor,
                output: output,
                rising: up,
                falling: down,
                isNormal: isNormal
            )
        }
    }

    // MARK: - Functions

    /// True for functions that hand their argument back.
    private func isIdentity(_ ref: PickleRef) -> Bool {
        if case .member(let member) = document[ref] {
            return ["_identity", "check_array"].contains(member.name)
        }
        guard let object = document.object(ref), object.member?.name == "partial",
            let function = object.arguments.flatMap({ document.elements($0) })?.first,
            case .member(let member) = document[function]
        else { return false }
        return member.name == "check_array"
    }

    /// Applies a function of NumPy by its name.
    mutating func apply(
        _ function: PickleRef,
        to tensor: TensorID,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        let name = functionName(function)
        let known: NumberFunction
        switch name {
        case "log": known = .logarithm
        case "log1p": known = .log1p
        case "exp": known = .exponential
        case "expm1": known = .expm1
        case "sqrt": known = .squareRoot
        case "square": known = .power(2)
        case "absolute", "abs": known = .absolute
        case "negative": known = .negate
        case "reciprocal": known = .reciprocal
        case "sin": known = .sine
        case "cos": known = .cosine
        case "tan": known = .tangent
        case "tanh": known = .tanh
        case "sinh": known = .sinh
        case "arcsinh": known = .asinh
        default: throw o.unsupported("the function \(name ?? document.kind(function))")
        }
        return try build { builder throws(GraphError) in try builder.map(tensor, known) }
    }

    private func functionName(_ ref: PickleRef) -> String? {
        if case .member(let member) = document[ref], member.fullName.hasPrefix("numpy") {
            return member.name
        }
        guard let object = document.object(ref), object.member?.name == "_ufunc_reconstruct" else {
            return nil
        }
        return object.arguments.flatMap { document.elements($0) }?.last.flatMap {
            document.string($0)
        }
    }

    // MARK: - Bins

    private mutating func bins(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("bin_edges_")
        guard refs.count == flow.width else { throw o.damaged("\(refs.count) lists of edges") }
        var edges: [[Double]] = []
        for ref in refs {
            guard let all = document.numbers(ref)?.values, all.count > 1 else {
                throw o.damaged("'bin_edges_'")
            }
            edges.append(Array(all[1..<all.count - 1]))
        }
        let inner = edges
        let isOld = version < SklearnVersion(1, 1)
        let answer = try columnwise(flow) {
            BinsOperator(
                input: flow.tensor,
                output: $0,
                edges: inner,
                tolerance: isOld ? 1e-5 : 0
            )
        }
        guard o.text("encode") != "ordinal", let features = answer.features else { return answer }
        return try compile(try o.reference("_encoder"), features)
    }
}
