import BorealGraph

/// Steps that keep some of the features.
extension SklearnCompiler {
    /// The answer of a selecting step; nil for all others.
    mutating func selection(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        let keeps: [Bool]
        switch o.name {
        case "SelectKBest": keeps = try best(o, flow)
        case "SelectPercentile": keeps = try percentile(o, flow)
        case "SelectFpr", "SelectFdr", "SelectFwe": keeps = try significant(o, flow)
        case "VarianceThreshold":
            let threshold = try o.number("threshold")
            keeps = try o.numbers("variances_", count: flow.width).map { $0 > threshold }
        case "SelectFromModel": keeps = try important(o, flow)
        case "RFE", "RFECV", "SequentialFeatureSelector":
            keeps = try o.numbers("support_", count: flow.width).map { $0 != 0 }
        default: return nil
        }
        let columns = keeps.indices.filter { keeps[$0] }
        guard !columns.isEmpty else { throw o.unsupported("no feature kept") }
        var answer = SklearnAnswer(try select(columns, of: flow))
        guard o.name == "RFE" || o.name == "RFECV", o.has("estimator_"),
            let kept = answer.features
        else { return answer }
        // These predict too, with what they kept.
        let inner = try compile(try o.reference("estimator_"), kept)
        answer = inner
        answer.features = kept
        return answer
    }

    /// Scores with NaN as the least.
    private func scores(_ o: SklearnObject, _ width: Int) throws(FormatError) -> [Double] {
        try o.numbers("scores_", count: width).map {
            $0.isNaN ? -Double.greatestFiniteMagnitude : $0
        }
    }

    private func best(_ o: SklearnObject, _ flow: SklearnFlow) throws(FormatError) -> [Bool] {
        if o.text("k") == "all" { return [Bool](repeating: true, count: flow.width) }
        let count = try o.count("k")
        let scores = try scores(o, flow.width)
        // Of equal scores the later features are kept.
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        var keeps = [Bool](repeating: false, count: flow.width)
        for feature in order.suffix(count) { keeps[feature] = true }
        return keeps
    }

    private func percentile(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> [Bool] {
        let share = try o.number("percentile")
        guard (0...100).contains(share) else { throw o.damaged("percentile \(share)") }
        let scores = try scores(o, flow.width)
        if share == 100 || scores.isEmpty {
            return [Bool](repeating: true, count: flow.width)
        }
        if share == 0 { return [Bool](repeating: false, count: flow.width) }
        let sorted = scores.sorted()
        let place = (100 - share) / 100 * Double(sorted.count - 1)
        let low = Int(place.rounded(.down))
        let high = min(low + 1, sorted.count - 1)
        let part = place - Double(low)
        let gap = sorted[high] - sorted[low]
        let threshold =
            part >= 0.5 ? sorted[high] - gap * (1 - part) : sorted[low] + gap * part
        var keeps = scores.map { $0 > threshold }
        let ties = scores.indices.filter { scores[$0] == threshold }
        let room = Int(Double(scores.count) * share / 100) - keeps.filter { $0 }.count
        for feature in ties.prefix(max(0, room)) { keeps[feature] = true }
        return keeps
    }

    private func significant(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> [Bool] {
        let values = try o.numbers("pvalues_", count: flow.width)
        let alpha = try o.number("alpha")
        let count = Double(max(1, values.count))
        switch o.name {
        case "SelectFpr": return values.map { $0 < alpha }
        case "SelectFwe": return values.map { $0 < alpha / count }
        default:
            let sorted = values.filter { !$0.isNaN }.sorted()
            let chosen = sorted.enumerated().filter { $1 <= alpha / count * Double($0 + 1) }
            guard let greatest = chosen.map(\.element).max() else {
                return values.map { _ in false }
            }
            return values.map { $0 <= greatest }
        }
    }

    // MARK: - By importance

    private func important(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> [Bool] {
        guard o.text("importance_getter") == "auto" || !o.has("importance_getter") else {
            throw o.unsupported("importances of its own")
        }
        let inner = try o.record(o.has("estimator_") ? "estimator_" : "estimator")
        let scores = try importances(inner, flow.width, order: o.optionalNumber("norm_order") ?? 1)
        let threshold = try threshold(o, inner, scores)
        var keeps = [Bool](repeating: true, count: flow.width)
        if o.has("max_features") {
            let most =
                o.optionalNumber("max_features_") ?? o.optionalNumber("max_features")
            guard let most, let count = Int(exactly: most), count >= 0 else {
                throw o.unsupported("max_features of its own")
            }
            keeps = [Bool](repeating: false, count: flow.width)
            let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
            for feature in order.prefix(count) { keeps[feature] = true }
        }
        for feature in keeps.indices where scores[feature] < threshold { keeps[feature] = false }
        return keeps
    }

    private func threshold(
        _ o: SklearnObject,
        _ inner: SklearnObject,
        _ scores: [Double]
    ) throws(FormatError) -> Double {
        if let number = o.optionalNumber("threshold") { return number }
        let mean = scores.reduce(0, +) / Double(max(1, scores.count))
        guard var text = o.text("threshold") else {
            let isSparse =
                inner.text("penalty") == "l1" || inner.name.contains("Lasso")
                || inner.optionalNumber("l1_ratio") == 1 && inner.name.contains("ElasticNet")
            return isSparse ? 1e-5 : mean
        }
        var factor = 1.0
        let parts = text.split(separator: "*")
        if parts.count == 2 {
            guard let number = Double(parts[0].filter { $0 != " " }) else {
                throw o.damaged("threshold '\(text)'")
            }
            factor = number
            text = String(parts[1])
        }
        switch text.filter({ $0 != " " }) {
        case "mean": return factor * mean
        case "median":
            let sorted = scores.sorted()
            guard !sorted.isEmpty else { return 0 }
            let middle = sorted.count / 2
            let median =
                sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            return factor * median
        default: throw o.damaged("threshold '\(text)'")
        }
    }

    /// Magnitudes of coefficients, or importances of trees.
    private func importances(
        _ o: SklearnObject,
        _ width: Int,
        order: Double
    ) throws(FormatError) -> [Double] {
        if o.has("coef_") {
            let matrix = try o.matrix("coef_", columns: width)
            guard matrix.rows > 1 else { return matrix.values.map { abs($0) } }
            guard order == 1 || order == 2 else { throw o.unsupported("norm \(order)") }
            return (0..<width).map { column in
                let values = (0..<matrix.rows).map { abs(matrix.values[$0 * width + column]) }
                return order == 1
                    ? values.reduce(0, +) : values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            }
        }
        if o.has("tree_") { return try importances(ofTree: o, width) }
        let isForest = o.name.hasPrefix("RandomForest") || o.name.hasPrefix("ExtraTrees")
        guard isForest else { throw o.unsupported("importances that choose features") }
        var total = [Double](repeating: 0, count: width)
        var count = 0.0
        for ref in try o.elements("estimators_") {
            let member = try o.record(ref, "estimators_")
            let nodes = document.array(try member.record("tree_")["nodes"])?.count ?? 0
            guard nodes > 1 else { continue }
            count += 1
            let own = try importances(ofTree: member, width)
            for feature in own.indices { total[feature] += own[feature] }
        }
        guard count > 0 else { return total }
        for feature in total.indices { total[feature] /= count }
        let sum = total.reduce(0, +)
        return sum > 0 ? total.map { $0 / sum } : total
    }

    /// Sums of the decreases of impurity, as shares.
    private func importances(
        ofTree o: SklearnObject,
        _ width: Int
    ) throws(FormatError) -> [Double] {
        let record = try o.record("tree_")
        let tree = try SklearnTree(record)
        guard let nodes = document.array(record["nodes"]),
            let impurity = document.part("impurity", of: nodes),
            let weight = document.part("weighted_n_node_samples", of: nodes)
        else { throw o.damaged("nodes without impurity") }
        var sums = [Double](repeating: 0, count: width)
        for node in 0..<tree.nodeCount where !tree.isLeaf(node) {
            let (left, right) = (Int(tree.leftChild[node]), Int(tree.rightChild[node]))
            let feature = Int(tree.feature[node])
            guard sums.indices.contains(feature) else { throw o.damaged("feature \(feature)") }
            sums[feature] +=
                weight[node] * impurity[node] - weight[left] * impurity[left]
                - weight[right] * impurity[right]
        }
        if let root = weight.first, root > 0 { sums = sums.map { $0 / root } }
        let sum = sums.reduce(0, +)
        return sum > 0 ? sums.map { $0 / sum } : sums
    }
}
