import BorealGraph
import Glibc

/// Models of distances and densities: neighbours, clusters, naive Bayes, discriminants, mixtures,
/// projections.
extension SklearnCompiler {
    // MARK: - Neighbours

    mutating func neighbors(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let points = try o.matrix("_fit_X", columns: flow.width)
        let metric = try metric(o)
        let weighs: Bool
        switch o.text("weights") {
        case "uniform": weighs = false
        case "distance": weighs = true
        default:
            guard !o.has("weights") else { throw o.unsupported("weights of its own") }
            weighs = false
        }
        let count = try o.count("n_neighbors")
        let isClassifier = o.name == "KNeighborsClassifier"
        let classes = isClassifier ? try o.classes() : []
        let targets = try targets(o, classes, pointCount: points.rows)
        let answers = try add { output throws(GraphError) in
            try NeighborsOperator(
                input: flow.tensor,
                output: output,
                inputWidth: flow.width,
                points: points.values,
                targets: targets,
                neighborCount: count,
                metric: metric,
                weighsDistance: weighs
            )
        }
        guard isClassifier else { return SklearnAnswer(numbers: answers) }
        var answer = SklearnAnswer(.classifier)
        answer.classes = classes
        answer.probabilities = answers
        answer.codes = try greatest(answers, of: classes)
        return answer
    }

    private func metric(_ o: SklearnObject) throws(FormatError) -> NeighborsOperator.Metric {
        let parameters = o["effective_metric_params_"]
        guard document.isNone(document.member(parameters, "w")) else {
            throw o.unsupported("weighted distances")
        }
        let name = o.text("effective_metric_") ?? o.text("metric") ?? ""
        switch name {
        case "euclidean", "l2": return .euclidean
        case "manhattan", "l1", "cityblock": return .manhattan
        case "chebyshev", "infinity": return .chebyshev
        case "minkowski", "p":
            let p = document.number(document.member(parameters, "p")) ?? o.optionalNumber("p") ?? 2
            return p == 2 ? .euclidean : p == 1 ? .manhattan : .minkowski(p)
        default: throw o.unsupported("distance '\(name)'")
        }
    }

    private func targets(
        _ o: SklearnObject,
        _ classes: [Labels],
        pointCount: Int
    ) throws(FormatError) -> NeighborsOperator.Targets {
        let targets = try o.array("_y")
        let width = targets.shape.count == 2 ? targets.columns : 1
        guard width > 0, targets.values.count == pointCount * width else {
            throw o.damaged("targets of shape \(targets.shape)")
        }
        if classes.isEmpty { return .numbers(targets.values, width: width) }
        guard width == classes.count else { throw o.damaged("\(width) targets") }
        var codes = [[Int32]](repeating: [], count: width)
        for (index, value) in targets.values.enumerated() {
            guard let code = Int32(exactly: value) else { throw o.damaged("target \(value)") }
            codes[index % width].append(code)
        }
        return .classes(codes: codes, counts: classes.map(\.count))
    }

    mutating func nearestCentroid(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let metric: DistancesOperator.Metric
        switch o.text("metric") {
        case "euclidean": metric = .squaredEuclidean
        case "manhattan": metric = .manhattan
        default: throw o.unsupported("a distance of its own")
        }
        guard !o.has("shrink_threshold"), !o.has("priors") || o.text("priors") == "uniform" else {
            throw o.unsupported("shrinkage or priors")
        }
        let centres = try o.matrix("centroids_", columns: flow.width)
        let nearness = try nearness(flow, centres, metric)
        return try classifier(try onlyClasses(o), greatest: nearness)
    }

    /// Distances to points, negated.
    private mutating func nearness(
        _ flow: SklearnFlow,
        _ points: NumberArray,
        _ metric: DistancesOperator.Metric
    ) throws(FormatError) -> TensorID {
        try build { builder throws(GraphError) in
            let distances = try builder.add { output throws(GraphError) in
                try DistancesOperator(
                    input: flow.tensor,
                    output: output,
                    inputWidth: flow.width,
                    points: points.values,
                    metric: metric
                )
            }
            return try builder.map(distances, .negate)
        }
    }

    // MARK: - Clusters

    mutating func clusters(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let centres = try o.matrix("cluster_centers_", columns: flow.width)
        let nearness = try nearness(flow, centres, .squaredEuclidean)
        var answer = SklearnAnswer(.clusterer)
        answer.codes = try build { builder throws(GraphError) in try builder.greatest(nearness) }
        answer.features = try distances(to: centres, flow)
        return answer
    }

    private mutating func distances(
        to centres: NumberArray,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnFlow {
        let tensor = try add { output throws(GraphError) in
            try DistancesOperator(
                input: flow.tensor,
                output: output,
                inputWidth: flow.width,
                points: centres.values,
                metric: .euclidean
            )
        }
        return SklearnFlow(tensor: tensor, width: centres.rows)
    }

    /// A tree of halves; rows go to the nearer of two centres at each of them.
    mutating func bisectedClusters(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let centres = try o.matrix("cluster_centers_", columns: flow.width)
        let shift = o.optionalArray("_X_mean")?.values ?? []
        guard shift.isEmpty || shift.count == flow.width else { throw o.damaged("'_X_mean'") }
        var nodes: [CenterTreeOperator.Node] = []
        var points: [Double] = []
        var pending = [(try o.record("_bisecting_tree"), -1)]
        while let (node, parent) = pending.popLast() {
            guard nodes.count <= 2 * max(1, centres.rows) else { throw o.damaged("halves") }
            let centre = try node.numbers("center", count: flow.width)
            points += zip(centre, shift.isEmpty ? centre.map { _ in 0 } : shift).map { $0 + $1 }
            if parent >= 0 { nodes[parent].children.append(nodes.count) }
            if node.has("left"), node.has("right") {
                nodes.append(.init(children: [], label: -1))
                // The left one is taken first, so it goes on last.
                pending.append((try node.record("right"), nodes.count - 1))
                pending.append((try node.record("left"), nodes.count - 1))
            } else {
                let label = try node.count("label")
                nodes.append(.init(children: [], label: Int32(truncatingIfNeeded: label)))
            }
        }
        let tree = nodes
        let width = flow.width
        let all = points
        var answer = SklearnAnswer(.clusterer)
        answer.codes = try add { output throws(GraphError) in
            try CenterTreeOperator(
                input: flow.tensor,
                output: output,
                inputWidth: width,
                points: all,
                nodes: tree
            )
        }
        answer.features = try distances(to: centres, flow)
        return answer
    }

    // MARK: - Naive Bayes

    mutating func naiveBayes(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let joint: TensorID
        switch o.name {
        case "GaussianNB": joint = try gaussian(o, flow, classes.count)
        case "CategoricalNB": joint = try categorical(o, flow, classes.count)
        default: joint = try discrete(o, flow, classes.count)
        }
        return try density(classes, joint)
    }

    /// A classifier by logarithms of joint likelihoods.
    private mutating func density(
        _ classes: Labels,
        _ joint: TensorID
    ) throws(FormatError) -> SklearnAnswer {
        var answer = try classifier(classes, greatest: joint)
        let width = classes.count
        let logs = try add {
            LogSoftmaxOperator(input: joint, output: $0, inputWidth: width)
        }
        answer.logProbabilities = logs
        answer.probabilities = try build { builder throws(GraphError) in
            try builder.map(logs, .exponential)
        }
        return answer
    }

    private mutating func gaussian(
        _ o: SklearnObject,
        _ flow: SklearnFlow,
        _ count: Int
    ) throws(FormatError) -> TensorID {
        let means = try o.matrix("theta_", columns: flow.width)
        let variances = try o.matrix(o.has("var_") ? "var_" : "sigma_", columns: flow.width)
        let priors = try o.numbers("class_prior_", count: count)
        return try add { output throws(GraphError) in
            try GaussianLikelihoodOperator(
                input: flow.tensor,
                output: output,
                inputWidth: flow.width,
                means: means.values,
                variances: variances.values,
                priors: priors
            )
        }
    }

    private mutating func discrete(
        _ o: SklearnObject,
        _ flow: SklearnFlow,
        _ count: Int
    ) throws(FormatError) -> TensorID {
        var weights = try o.matrix("feature_log_prob_", columns: flow.width)
        guard weights.rows == count else { throw o.damaged("\(weights.rows) classes") }
        var bias = try o.numbers("class_log_prior_", count: count)
        var tensor = flow.tensor
        if o.name == "ComplementNB", count > 1 { bias = [] }
        if o.name == "BernoulliNB" {
            for index in 0..<count {
                let others = weights.row(index).map { Glibc.log(1 - Glibc.exp($0)) }
                for column in 0..<flow.width {
                    weights.values[index * flow.width + column] -= others[column]
                }
                bias[index] += others.reduce(0, +)
            }
            if o.has("binarize") {
                let threshold = try o.number("binarize")
                tensor = try build { builder throws(GraphError) in
                    try builder.map(tensor, .binarize(threshold: threshold))
                }
            }
        }
        let input = tensor
        let factors = weights.values
        let shifts = bias
        return try build { builder throws(GraphError) in
            try builder.product(input, weights: factors, bias: shifts, width: count)
        }
    }

    private mutating func categorical(
        _ o: SklearnObject,
        _ flow: SklearnFlow,
        _ count: Int
    ) throws(FormatError) -> TensorID {
        var tables: [[[Double]]] = []
        for ref in try o.elements("feature_log_prob_") {
            guard let table = document.numbers(ref), table.shape.count == 2, table.rows == count
            else { throw o.damaged("'feature_log_prob_'") }
            tables.append((0..<count).map { Array(table.row($0)) })
        }
        let bias = try o.numbers("class_log_prior_", count: count)
        let all = tables
        return try add { output throws(GraphError) in
            try CategoryLikelihoodOperator(
                input: flow.tensor,
                output: output,
                tables: all,
                bias: bias
            )
        }
    }

    // MARK: - Normal distributions

    mutating func quadraticDiscriminant(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let count = classes.count
        let means = try o.matrix("means_", columns: flow.width)
        let priors = try o.numbers("priors_", count: count)
        let rotations = try o.elements("rotations_")
        let scalings = try o.elements("scalings_")
        guard means.rows == count, rotations.count == count, scalings.count == count else {
            throw o.damaged("\(means.rows) means")
        }
        var parts: [TensorID] = []
        var groups: [Int] = []
        var constants: [Double] = []
        for index in 0..<count {
            guard let rotation = document.numbers(rotations[index]), rotation.shape.count == 2,
                rotation.rows == flow.width, let scales = document.numbers(scalings[index])?.values,
                scales.count == rotation.columns, !scales.isEmpty
            else { throw o.damaged("rotation \(index)") }
            var weights = transposed(rotation, columns: rotation.columns)
            for place in weights.indices {
                weights[place] *= Glibc.pow(scales[place / flow.width], -0.5)
            }
            let turned = weights
            let mean = Array(means.row(index))
            parts.append(
                try build { builder throws(GraphError) in
                    let centred = try builder.scale(
                        flow.tensor,
                        shift: mean,
                        .subtractMultiply
                    )
                    return try builder.product(
                        centred,
                        weights: turned,
                        bias: [],
                        width: scales.count
                    )
                }
            )
            groups.append(scales.count)
            constants.append(scales.reduce(0) { $0 + Glibc.log($1) })
        }
        let scores = try quadraticScores(parts, groups, constants, priors.map { Glibc.log($0) })
        var answer = try classifier(classes, greatest: scores)
        answer.probabilities = try softmax(ofDecision: scores)
        answer.decision =
            count == 2
            ? try build { builder throws(GraphError) in
                try builder.product(scores, weights: [-1, 1], bias: [], width: 1)
            } : scores
        return answer
    }

    /// `-0.5 * (norm + constant) + log prior`
    private mutating func quadraticScores(
        _ parts: [TensorID],
        _ groups: [Int],
        _ constants: [Double],
        _ logPriors: [Double]
    ) throws(FormatError) -> TensorID {
        try build { builder throws(GraphError) in
            let joined = try builder.join(parts)
            let norms = try builder.add {
                SquaredNormOperator(input: joined, output: $0, groups: groups)
            }
            let shifted = try builder.scale(
                norms,
                shift: constants.map { -$0 },
                .subtractMultiply
            )
            return try builder.scale(
                shifted,
                shift: logPriors,
                factor: constants.map { _ in -0.5 },
                .multiplyAdd
            )
        }
    }

    mutating func gaussianMixture(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        guard o.text("covariance_type") == "full" else {
            throw o.unsupported("covariance '\(o.text("covariance_type") ?? "")'")
        }
        let means = try o.matrix("means_", columns: flow.width)
        let count = means.rows
        let factors = try o.array("precisions_cholesky_")
        let weights = try o.numbers("weights_", count: count)
        guard factors.shape == [count, flow.width, flow.width] else {
            throw o.damaged("precisions of shape \(factors.shape)")
        }
        let width = flow.width
        var parts: [TensorID] = []
        var constants: [Double] = []
        for index in 0..<count {
            let slice = factors.values[index * width * width..<(index + 1) * width * width]
            let factor = NumberArray(shape: [width, width], values: Array(slice))
            let turned = transposed(factor, columns: width)
            let mean = Array(means.row(index))
            let bias = (0..<width).map { column in
                -(0..<width).reduce(0) { $0 + mean[$1] * factor.values[$1 * width + column] }
            }
            parts.append(
                try build { builder throws(GraphError) in
                    try builder.product(flow.tensor, weights: turned, bias: bias, width: width)
                }
            )
            let determinant = (0..<width).reduce(0) {
                $0 + Glibc.log(factor.values[$1 * width + $1])
            }
            constants.append(
                Double(width) * Glibc.log(2 * Double.pi) - 2 * determinant
            )
        }
        let groups = [Int](repeating: width, count: count)
        let scores = try quadraticScores(parts, groups, constants, weights.map { Glibc.log($0) })
        var answer = SklearnAnswer(.clusterer)
        answer.codes = try build { builder throws(GraphError) in try builder.greatest(scores) }
        answer.probabilities = try softmax(ofDecision: scores)
        return answer
    }

    // MARK: - Projections

    mutating func projection(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let components = try o.matrix("components_", columns: flow.width)
        let width = components.rows
        let mean = o.has("mean_") ? try o.numbers("mean_", count: flow.width) : []
        var scales: [Double] = []
        if o.bool("whiten") == true {
            // The least a scale may be is what scikit-learn calls the machine's epsilon.
            scales = try o.numbers("explained_variance_", count: width).map {
                max($0.squareRoot(), Double.ulpOfOne)
            }
        }
        let centresLate = version >= SklearnVersion(1, 5)
        return SklearnAnswer(
            features: try build { builder throws(GraphError) in
                var tensor = flow.tensor
                if !mean.isEmpty, !centresLate {
                    tensor = try builder.scale(tensor, shift: mean, .subtractMultiply)
                }
                tensor = try builder.product(
                    tensor,
                    weights: components.values,
                    bias: [],
                    width: width
                )
                if !mean.isEmpty, centresLate {
                    let shift = (0..<width).map { row in
                        zip(components.row(row), mean).reduce(0) { $0 + $1.0 * $1.1 }
                    }
                    tensor = try builder.scale(tensor, shift: shift, .subtractMultiply)
                }
                if scales.isEmpty { return tensor }
                return try builder.scale(tensor, factor: scales, .subtractDivide)
            },
            width: width
        )
    }
}
