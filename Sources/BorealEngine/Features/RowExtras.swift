import BorealBase

/// Columns of a training table that are neither features nor the label: what a row counts, which
/// group it belongs to, and where its scores start.
package struct RowExtras: Equatable, Sendable {
    /// The column of weights.
    package var weight: String?
    /// The column whose equal values make a group.
    package var group: String?
    /// The columns of raw scores, one for each class or a single one; empty for none.
    package var initialScores: [String] = []
    /// The column that tells training rows from those that judge.
    package var tags: RowTags?
    /// Where the training query itself has rows that judge; nil for nowhere.
    package var judges: RowJudges?

    package init(weight: String? = nil, group: String? = nil, initialScores: [String] = []) {
        self.weight = weight
        self.group = group
        self.initialScores = initialScores
    }

    /// All names.
    package var names: [String] {
        [weight, group, tags?.column].compactMap(\.self) + initialScores + (judges?.names ?? [])
    }
}

/// Collects those columns while rows are read.
struct RowExtrasCollector {
    /// What was collected.
    struct Output {
        var weights: [Float]?
        /// Score by score.
        var initialScores: [Double]?
        var grouping: Grouping?
        /// By row of the query; empty without tags and marks.
        var sides: [Side] = []
    }

    /// What a row is for.
    enum Side {
        case training, validation, neither
    }

    /// An order of the rows in which the rows of a group are neighbours.
    struct Grouping: Equatable {
        /// Groups by their value, rows of a group as they came.
        let order: [Int]
        /// `[groupCount]`
        let sizes: [Int]
    }

    private let names: RowExtras
    private var weights: [Float] = []
    private var groups: LabelCollector?
    private var initialScores: [[Double]]
    private var sides: [Side] = []
    /// Rows that judge, from columns of their own.
    private(set) var pair: JudgingPairCollector?
    /// The column of tags, when there is one.
    var tags: RowTags? { names.tags }
    /// Where rows judge, when some do.
    var judges: RowJudges? { names.judges }

    init(_ names: RowExtras) {
        self.names = names
        groups = names.group.map { LabelCollector(name: $0, noun: "group") }
        if case .pair(let columns)? = names.judges { pair = JudgingPairCollector(columns) }
        initialScores = names.initialScores.map { _ in [] }
    }

    /// - Throws: `unknownColumn`; `badRowValue` for a cell that is NULL or no number.
    mutating func append(_ batch: RowBatch, firstRow: Int) throws(ServerError) {
        if let name = names.weight {
            for number in try Self.numbers(name, "weight_col", batch, firstRow) {
                weights.append(Float(number))
            }
        }
        for (index, name) in names.initialScores.enumerated() {
            initialScores[index] += try Self.numbers(name, "init_score_col", batch, firstRow)
        }
        if let tags = names.tags { try append(batch, tags) }
        try pair?.append(batch, firstRow: firstRow)
        if case .mark(let column, let isRequired)? = names.judges {
            try append(batch, mark: column, isRequired: isRequired, firstRow)
        }
        if let name = names.group {
            guard let index = batch.index(of: name) else {
                throw .unknownColumn(name, in: "group_col")
            }
            try groups?.append(batch.columns[index], firstRow: firstRow)
        }
    }

    /// 0 learns and 1 judges; anything else is a mistake.
    private mutating func append(
        _ batch: RowBatch,
        mark name: String,
        isRequired: Bool,
        _ firstRow: Int
    ) throws(ServerError) {
        guard let index = batch.index(of: name) else {
            guard !isRequired else { throw .unknownColumn(name, in: "val_flag") }
            return
        }
        let column = batch.columns[index]
        for row in 0..<batch.rowCount {
            switch column.isNull(row) ? nil : NumberCell.number(column, row) {
            case 0?: sides.append(.training)
            case 1?: sides.append(.validation)
            default:
                let shown = column.isNull(row) ? "NULL" : NumberCell.text(column, row)
                throw .badRowValue(
                    row: firstRow + row + 1,
                    column: name,
                    "'\(shown.prefix(64))' is neither 0 (learns) nor 1 (judges)"
                )
            }
        }
    }

    private mutating func append(_ batch: RowBatch, _ tags: RowTags) throws(ServerError) {
        guard let index = batch.index(of: tags.column) else {
            throw .unknownColumn(tags.column, in: "automl_column")
        }
        let column = batch.columns[index]
        for row in 0..<batch.rowCount {
            let text = column.isNull(row) ? nil : NumberCell.text(column, row)
            switch text {
            case tags.training: sides.append(.training)
            case tags.validation: sides.append(.validation)
            default: sides.append(.neither)
            }
        }
    }

    /// What was collected, in the order of the rows as they came.
    func finish() throws(ServerError) -> Output {
        var output = Output(sides: sides)
        if names.weight != nil { output.weights = weights }
        if !initialScores.isEmpty { output.initialScores = Array(initialScores.joined()) }
        if let codes = try groups?.classes().codes {
            var sizes: [Int] = []
            for code in codes {
                let group = Int(code)
                if group >= sizes.count {
                    sizes += [Int](repeating: 0, count: group + 1 - sizes.count)
                }
                sizes[group] += 1
            }
            var places = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
            var order = [Int](repeating: 0, count: codes.count)
            for (row, code) in codes.enumerated() {
                order[places[Int(code)]] = row
                places[Int(code)] += 1
            }
            output.grouping = Grouping(order: order, sizes: sizes)
        }
        return output
    }

    private static func numbers(
        _ name: String,
        _ option: String,
        _ batch: RowBatch,
        _ firstRow: Int
    ) throws(ServerError) -> [Double] {
        guard let index = batch.index(of: name) else { throw .unknownColumn(name, in: option) }
        let column = batch.columns[index]
        var numbers: [Double] = []
        numbers.reserveCapacity(batch.rowCount)
        for row in 0..<batch.rowCount {
            guard !column.isNull(row), let number = NumberCell.number(column, row),
                number.isFinite
            else {
                throw .badRowValue(
                    row: firstRow + row + 1,
                    column: name,
                    "it is no number, which \(option) needs"
                )
            }
            numbers.append(number)
        }
        return numbers
    }
}
