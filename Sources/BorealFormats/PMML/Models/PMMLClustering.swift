import BorealBase

extension PMMLModelCompiler {
    /// What a <ComparisonMeasure> says: the metric, and how fields are compared that do not say it.
    private func measure(
        _ element: XMLElement
    ) throws(FormatError) -> (RowMeasure.Metric, RowMeasure.Comparison) {
        let comparison: RowMeasure.Comparison = try element.choice(
            "compareFunction",
            default: .absDiff
        )
        for child in element.children {
            let parameters = ["11", "10", "01", "00"]
            switch child.name {
            case "euclidean": return (.euclidean, comparison)
            case "squaredEuclidean": return (.squaredEuclidean, comparison)
            case "chebychev": return (.chebychev, comparison)
            case "cityBlock": return (.cityBlock, comparison)
            case "minkowski":
                let power = try child.require(number: "p-parameter")
                guard power > 0 else { throw child.fail("p-parameter=\"\(power)\"") }
                return (.minkowski(power), comparison)
            case "simpleMatching":
                return (.binary(above: [1, 0, 0, 1], below: [1, 1, 1, 1]), comparison)
            case "jaccard": return (.binary(above: [1, 0, 0, 0], below: [1, 1, 1, 0]), comparison)
            case "tanimoto":
                return (.binary(above: [1, 0, 0, 1], below: [1, 2, 2, 1]), comparison)
            case "binarySimilarity":
                let above = try parameters.map { name throws(FormatError) in
                    try child.require(number: "c\(name)-parameter")
                }
                let below = try parameters.map { name throws(FormatError) in
                    try child.require(number: "d\(name)-parameter")
                }
                return (.binary(above: above, below: below), comparison)
            default: continue
            }
        }
        throw element.fail("no measure")
    }

    /// A field of a comparison, and its type.
    private func measuredField(
        _ element: XMLElement,
        _ standard: RowMeasure.Comparison,
        weight: String
    ) throws(FormatError) -> (field: RowMeasure.Field, type: PMMLType) {
        let value = try field(try element.require(string: "field"), at: element)
        let comparison: RowMeasure.Comparison = try element.choice(
            "compareFunction",
            default: standard
        )
        guard comparison != .table else { throw element.unsupported("compareFunction=\"table\"") }
        let scale = try element.number("similarityScale") ?? .nan
        guard comparison != .gaussSim || !scale.isNaN else {
            throw element.fail("no attribute 'similarityScale'")
        }
        let isExact = comparison == .delta || comparison == .equal
        guard value.type != .string || isExact else {
            throw element.fail("a difference of texts")
        }
        return (
            .init(
                slot: value.slot,
                weight: try element.number(weight) ?? 1,
                comparison: comparison,
                scale: scale,
                adjustment: 1
            ), value.type
        )
    }

    // MARK: - Clusters

    /// A <ClusteringModel> whose clusters are centers.
    func clustering() throws(FormatError) -> PMMLResult {
        guard element.string("modelClass") ?? "centerBased" == "centerBased" else {
            throw element.unsupported("clusters that are not based on centers")
        }
        let (metric, comparison) = try measure(try element.require("ComparisonMeasure"))
        var fields: [RowMeasure.Field] = []
        for child in element.children("ClusteringField")
        where try child.flag("isCenterField", default: true) {
            fields.append(try measuredField(child, comparison, weight: "fieldWeight").field)
        }
        let clusters = element.children("Cluster")
        guard !fields.isEmpty, !clusters.isEmpty else {
            throw element.fail("no <ClusteringField>, or no <Cluster>")
        }
        if let weights = element.child("MissingValueWeights") {
            let values = try compiler.numbers(try arrayChild(weights))
            guard values.count == fields.count else {
                throw weights.fail("\(values.count) weights")
            }
            for place in fields.indices { fields[place].adjustment = values[place] }
        }
        var references: [Double] = []
        var names: [String] = []
        for (place, cluster) in clusters.enumerated() {
            let center = try compiler.numbers(try arrayChild(cluster))
            guard center.count == fields.count else {
                throw cluster.fail("\(center.count) numbers for \(fields.count) fields")
            }
            references += center
            names.append(cluster.string("id") ?? String(place + 1))
        }
        let measure = RowMeasure(metric: metric, fields: fields, references: references)
        let affinities = try compiler.newSlot(names.count)
        let label = try compiler.newSlot()
        try compiler.emit(
            kernel: RowClusters(measure: measure, affinities: affinities, label: label)
        )
        return try clusterResult(names, affinities, label)
    }

    /// A result that names the closest cluster and knows all distances.
    private func clusterResult(
        _ names: [String],
        _ affinities: Int32,
        _ label: Int32
    ) throws(FormatError) -> PMMLResult {
        var table = RowTable(values: [], unknown: .nan)
        for name in names { table.values.append(compiler.strings.code(name)) }
        let value = try compiler.newSlot()
        try compiler.emit(.table(try compiler.add(table), label, to: value))
        let winner = try compiler.newSlot()
        try compiler.emit(
            kernel: RowPick(first: affinities, count: names.count, position: label, to: winner)
        )
        let domain = PMMLDomain(Array(Set(table.values)).sorted(), isOpen: false)
        var result = PMMLResult(
            function: .clustering,
            value: PMMLValue(slot: value, type: .string, domain: domain),
            classes: names,
            label: label
        )
        for (place, name) in names.enumerated() {
            result.affinities[name] = affinities + Int32(truncatingIfNeeded: place)
        }
        result.entity = value
        result.winnerAffinity = winner
        return result
    }

    /// The array within an element, dense or sparse.
    private func arrayChild(_ element: XMLElement) throws(FormatError) -> XMLElement {
        for child in element.children where child.name.hasSuffix("Array") { return child }
        throw element.fail("no <Array>")
    }

    // MARK: - Nearest neighbours

    /// A <NearestNeighborModel> whose training rows are in the file.
    func nearestNeighbors() throws(FormatError) -> PMMLResult {
        let (metric, comparison) = try measure(try element.require("ComparisonMeasure"))
        guard let target else {
            throw element.unsupported("nearest neighbours without a target")
        }
        var fields: [RowMeasure.Field] = []
        var columns: [(name: String, type: PMMLType)] = []
        for child in try element.require("KNNInputs").children("KNNInput") {
            let (field, type) = try measuredField(child, comparison, weight: "fieldWeight")
            fields.append(field)
            columns.append((try child.require(string: "field"), type))
        }
        guard !fields.isEmpty else { throw element.fail("no <KNNInput>") }
        let isNumber = target.operation == .continuous
        let table = try trainingRows(columns, target)
        let classes = isNumber ? [] : self.classes(Array(Set(table.targets)).sorted())
        var targets: [Double] = []
        for text in table.targets {
            targets.append(
                isNumber
                    ? try compiler.literal(text, .double, at: element)
                    : try position(of: text, in: classes, at: element)
            )
        }
        guard let count = try element.integer("numberOfNeighbors"), count >= 1,
            count <= targets.count
        else { throw element.fail("more neighbours than rows, or none") }
        let measure = RowMeasure(metric: metric, fields: fields, references: table.values)
        return try neighbors(measure, count, targets, classes, table.owners)
    }

    /// The kernel of a nearest-neighbour model, and its result.
    private func neighbors(
        _ measure: RowMeasure,
        _ count: Int,
        _ targets: [Double],
        _ classes: [String],
        _ owners: [Double]
    ) throws(FormatError) -> PMMLResult {
        var sizes = [Int](repeating: 0, count: classes.count)
        if !classes.isEmpty { for target in targets { sizes[Int(target)] += 1 } }
        let sorted = classes.indices.sorted { classes[$0] < classes[$1] }
        var ranks = [Int](repeating: 0, count: classes.count)
        for (rank, place) in sorted.enumerated() { ranks[place] = rank }
        let score: RowNeighbors.Score =
            classes.isEmpty
            ? try element.choice("continuousScoringMethod", default: .average)
            : try element.choice("categoricalScoringMethod", default: .majorityVote)
        let shown = min(count, FormatLimits.programNestingMax)
        let first = try compiler.newSlot(2 * shown)
        let ranking = (0..<Int32(truncatingIfNeeded: shown)).map { first + $0 }
        let affinities = ranking.map { $0 + Int32(truncatingIfNeeded: shown) }
        let to = try compiler.newSlot()
        let probabilities = try compiler.newSlot(classes.count)
        try compiler.emit(
            kernel: RowNeighbors(
                measure: measure,
                count: count,
                score: score,
                threshold: try element.number("threshold") ?? 0.001,
                targets: targets,
                classSizes: sizes,
                lexicalRanks: ranks,
                to: to,
                probabilities: probabilities,
                owners: owners,
                ranking: ranking,
                affinities: affinities
            )
        )
        var result =
            classes.isEmpty
            ? try regression(from: to)
            : try classification(classes, first: probabilities, label: to)
        result.ranking = ranking
        result.rankedAffinities = affinities
        result.entity = ranking.first
        return result
    }

    /// The training rows of a <NearestNeighborModel>.
    private func trainingRows(
        _ columns: [(name: String, type: PMMLType)],
        _ target: PMMLDataField
    ) throws(FormatError) -> (values: [Double], targets: [String], owners: [Double]) {
        let instances = try element.require("TrainingInstances")
        guard let table = instances.child("InlineTable") else {
            throw instances.unsupported("training rows that are not in the file")
        }
        var places: [String: String] = [:]
        for field in try instances.require("InstanceFields").children("InstanceField") {
            let name = try field.require(string: "field")
            places[name] = field.string("column") ?? name
        }
        let id = element.string("instanceIdVariable").flatMap { places[$0] }
        guard let targetColumn = places[target.name] else {
            throw instances.fail("no column for the target '\(target.name)'")
        }
        let names = try columns.map { column throws(FormatError) in
            guard let place = places[column.name] else {
                throw instances.unsupported("an input '\(column.name)' that rows do not hold")
            }
            return place
        }
        var values: [Double] = []
        var targets: [String] = []
        var owners: [Double] = []
        for row in table.children("row") {
            let cells = compiler.inlineCells(row)
            for (column, name) in zip(columns, names) {
                guard let text = cells[name] else { throw row.fail("no column '\(name)'") }
                values.append(try compiler.literal(text, column.type, at: row))
            }
            guard let text = cells[targetColumn] else { throw row.fail("no target") }
            targets.append(text)
            let owner = id.flatMap { cells[$0] } ?? String(targets.count)
            owners.append(compiler.strings.code(owner))
        }
        return (values, targets, owners)
    }

    // MARK: - Anomalies

    /// What kind of anomalies are looked for, as the standard names it.
    private enum Algorithm: String {
        case forest = "iforest"
        case oneClass = "ocsvm"
        case clusters = "clusterMeanDist"
        case other
    }

    /// An <AnomalyDetectionModel>: what another model says, as a score of how odd a row is.
    func anomalyDetection() throws(FormatError) -> PMMLResult {
        let algorithm: Algorithm = try element.choice("algorithmType")
        guard
            let inner = element.children.first(where: {
                PMMLCompiler.modelNames.contains($0.name)
            })
        else { throw element.fail("no model") }
        let result = try compiler.model(inner, scope, PMMLContext())
        var slot = result.value.slot
        switch algorithm {
        case .oneClass, .other:
            guard result.value.type != .string else { return result }
        case .forest:
            let size = try element.require(number: "sampleDataSize")
            slot = try compiler.newSlot()
            try compiler.emit(
                kernel: RowIsolation(from: result.value.slot, to: slot, sampleSize: size)
            )
        case .clusters:
            let means = try compiler.numbers(
                try arrayChild(try element.require("MeanClusterDistances"))
            )
            guard means.count == result.classes.count, let distance = result.winnerAffinity else {
                throw element.fail("\(means.count) mean distances")
            }
            let mean = try compiler.newSlot()
            let table = try compiler.add(RowTable(values: means, unknown: .nan))
            try compiler.emit(.table(table, result.label, to: mean))
            slot = try compiler.binary(.divide, distance, mean)
        }
        return try regression(from: slot)
    }
}
