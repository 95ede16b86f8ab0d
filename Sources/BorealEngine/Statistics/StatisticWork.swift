import BorealBase
import BorealStatistics

/// A statistic over a sample, computed in small parts: a worker does one a step, a job looks at its
/// cancellation between two.
final class StatisticWork {
    private let request: StatisticRequest
    private let sample: Sample
    /// Rows of the answer: one a column, or one a pair.
    private(set) var summary: [[FixedTable.Cell]] = []
    /// Rows with every bin, where there are bins; else those of the answer.
    var detail: [[FixedTable.Cell]] { request.kind.hasBins ? bins : summary }
    private var bins: [[FixedTable.Cell]] = []
    /// `[columns]`: what is remembered of each as JSON.
    private var results: [(key: String, value: JSON)] = []
    /// Columns made ready for correlations, the label last.
    private var units: [UnitColumn] = []

    init(_ request: StatisticRequest, _ sample: Sample) {
        self.request = request
        self.sample = sample
    }

    /// Parts of the work.
    var partCount: Int {
        switch request.kind {
        case .iv, .psi, .ks: request.columns.count
        // Each column is made ready, then set against all others.
        case .pearson, .spearman: prepared.count + request.columns.count
        }
    }

    private var prepared: [(name: String, column: SampleColumn)] {
        var all = zip(request.columns, sample.columns).map { (name: $0, column: $1) }
        if let name = request.label, let column = sample.label { all.append((name, column)) }
        return all
    }

    /// Does one part.
    ///
    /// - Throws: `badRowValue` for infinite numbers and samples without a value.
    func perform(_ part: Int) throws(ServerError) {
        do {
            switch request.kind {
            case .iv, .psi: try divergence(part)
            case .ks: try kolmogorovSmirnov(part)
            case .pearson, .spearman:
                let ready = prepared.count
                if part < ready { try prepare(part) } else { correlate(part - ready) }
            }
        } catch let error as StatisticsError {
            throw ServerError(
                statistics: error,
                column: name(of: part),
                firstCount: request.kind.comparesSamples ? sample.groups.firstCount : nil
            )
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    private func name(of part: Int) -> String {
        part < request.columns.count ? request.columns[part] : request.label ?? ""
    }

    /// `{"Airline": 0.0812, ...}`, a matrix for correlations.
    var json: JSON { .object(results) }

    // MARK: - The statistics

    private func divergence(_ index: Int) throws {
        let name = request.columns[index]
        let value = try Divergence(
            sample.columns[index],
            name: name,
            sample.groups,
            request.binning,
            expectedOnly: request.kind == .psi
        )
        let missing = value.rows.last.flatMap { $0.bin == .missing ? $0 : nil }
        if request.kind == .iv {
            let share = Double(sample.columns[index].missingCount) / Double(sample.rowCount)
            summary.append([
                .text(name), .real(value.total), .integer(Int64(value.rows.count)), .real(share),
            ])
        } else {
            summary.append([
                .text(name), .real(value.total), .integer(Int64(value.rows.count)),
                .real(missing?.firstShare ?? 0), .real(missing?.secondShare ?? 0),
            ])
        }
        for row in value.rows { bins.append(cells(name, row)) }
        results.append((name, .number(value.total)))
    }

    private func cells(_ name: String, _ row: Divergence.Row) -> [FixedTable.Cell] {
        var cells: [FixedTable.Cell] = [.text(name)] + Self.cells(row.bin)
        cells += [.integer(Int64(row.first)), .integer(Int64(row.second))]
        if request.kind == .iv {
            let count = row.first + row.second
            cells += [
                .real(Double(count) / Double(sample.rowCount)),
                count > 0 ? .real(Double(row.second) / Double(count)) : .null,
            ]
        } else {
            cells += [.real(row.firstShare), .real(row.secondShare)]
        }
        return cells + [.real(row.logRatio), .real(row.contribution)]
    }

    /// The bin as text, and its bounds; NULL for missing values and for the open ends.
    private static func cells(_ bin: ColumnBins.Bin) -> [FixedTable.Cell] {
        switch bin {
        case .missing: return [.null, .null, .null]
        case .category(let text): return [.text(text), .null, .null]
        case .range(let lower, let upper):
            let end = upper == .infinity ? "inf)" : "\(upper)]"
            return [
                .text("(\(lower), \(end)"), lower.isFinite ? .real(lower) : .null,
                upper.isFinite ? .real(upper) : .null,
            ]
        }
    }

    private func kolmogorovSmirnov(_ index: Int) throws {
        let name = request.columns[index]
        let test = try KolmogorovSmirnov(sample.columns[index], name: name, sample.groups)
        summary.append([.text(name), .real(test.statistic), .real(test.pValue)])
        results.append(
            (name, .object([("ks", .number(test.statistic)), ("p_value", .number(test.pValue))]))
        )
    }

    private func prepare(_ index: Int) throws {
        let (name, column) = prepared[index]
        let kind: CorrelationKind = request.kind == .spearman ? .spearman : .pearson
        units.append(try UnitColumn(column, name: name, kind, request.nulls))
    }

    /// One column against those behind it, or against the label.
    private func correlate(_ index: Int) {
        let names = request.columns
        let partners = request.label == nil ? Array(0..<names.count) : [names.count]
        var members: [(key: String, value: JSON)] = []
        for other in partners {
            let otherName = other < names.count ? names[other] : request.label ?? ""
            let value =
                other == index
                ? (units[index].varies ? 1 : nil) : units[index].coefficient(with: units[other])
            members.append((otherName, value.map { .number($0) } ?? .null))
            guard other > index else { continue }
            let chance = value.flatMap { UnitColumn.pValue(of: $0, rowCount: sample.rowCount) }
            summary.append([
                .text(names[index]), .text(otherName), value.map { .real($0) } ?? .null,
                chance.map { .real($0) } ?? .null,
            ])
        }
        results.append((names[index], .object(members)))
    }

    // MARK: - Columns

    /// Names and types of `summary`.
    static func summaryColumns(_ kind: StatisticKind) -> [(name: String, type: ColumnType)] {
        switch kind {
        case .iv:
            [
                ("feature", .varchar()), ("iv", .double), ("bins", .longLong),
                ("missing", .double),
            ]
        case .psi:
            [
                ("feature", .varchar()), ("psi", .double), ("bins", .longLong),
                ("expected_missing", .double), ("actual_missing", .double),
            ]
        case .ks: [("feature", .varchar()), ("ks", .double), ("p_value", .double)]
        case .pearson, .spearman:
            [
                ("feature", .varchar()), ("other", .varchar()), (kind.rawValue, .double),
                ("p_value", .double),
            ]
        }
    }

    /// Names and types of `detail`.
    static func detailColumns(_ kind: StatisticKind) -> [(name: String, type: ColumnType)] {
        let bin: [(name: String, type: ColumnType)] = [
            ("feature", .varchar()), ("bin", .varchar()), ("lower", .double), ("upper", .double),
        ]
        switch kind {
        case .iv:
            return bin + [
                ("non_events", .longLong), ("events", .longLong), ("share", .double),
                ("event_rate", .double), ("woe", .double), ("iv", .double),
            ]
        case .psi:
            return bin + [
                ("expected", .longLong), ("actual", .longLong), ("expected_share", .double),
                ("actual_share", .double), ("log_ratio", .double), ("psi", .double),
            ]
        case .ks, .pearson, .spearman: return summaryColumns(kind)
        }
    }
}

extension FixedTable.Cell {
    /// A DOUBLE: the shortest digits that give the same value back.
    static func real(_ value: Double) -> FixedTable.Cell { .text(value.description) }
}
