import BorealGraph

/// Categories and missing values: steps that may read text.
extension SklearnCompiler {
    /// A category of a column as the graph sees it: a number, the code of a text, NaN for missing.
    private mutating func key(
        _ value: PlainValue,
        column: Int,
        of flow: SklearnFlow,
        _ o: SklearnObject
    ) throws(FormatError) -> Double {
        switch value {
        case .none: return .nan
        case .bool(let flag): return flag ? 1 : 0
        case .integer(let number): return Double(number)
        case .float(let number): return number
        case .text(let text):
            guard let input = flow.columns[column] else {
                throw o.unsupported("text out of computed features")
            }
            return Double(vocabularies[input, default: SklearnVocabulary()].code(text))
        }
    }

    /// The categories of each column, as keys in the order of their positions.
    private mutating func categories(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> [[Double]] {
        let refs = try o.elements("categories_")
        guard refs.count == flow.width else { throw o.damaged("\(refs.count) lists of categories") }
        var all: [[Double]] = []
        for (column, ref) in refs.enumerated() {
            guard let values = document.plainValues(ref), !values.isEmpty else {
                throw o.damaged("categories of column \(column)")
            }
            let texts = values.filter { if case .text = $0 { true } else { false } }
            let present = values.filter { $0 != .none && !isNaN($0) }
            guard texts.isEmpty || texts.count == present.count else {
                throw o.unsupported("categories of mixed types")
            }
            var keys: [Double] = []
            for value in values {
                keys.append(try key(value, column: column, of: flow, o))
            }
            all.append(keys)
        }
        return all
    }

    private func isNaN(_ value: PlainValue) -> Bool {
        if case .float(let number) = value { number.isNaN } else { false }
    }

    /// Where the categories of a column go once rare ones are put together; nil when none are.
    private func grouping(
        _ o: SklearnObject,
        column: Int,
        count: Int
    ) throws(FormatError) -> [Int]? {
        guard o.bool("_infrequent_enabled") == true,
            let all = document.objectElements(o["_default_to_infrequent_mappings"]),
            column < all.count, !document.isNone(all[column])
        else { return nil }
        // A missing category, which is the last, is not among them.
        guard let values = document.numbers(all[column])?.values,
            values.count == count || values.count == count - 1
        else { throw o.damaged("rare categories of column \(column)") }
        var places: [Int] = []
        for value in values {
            guard let place = Int(exactly: value), place >= 0, place < count else {
                throw o.damaged("rare categories of column \(column)")
            }
            places.append(place)
        }
        if places.count < count { places.append(count - 1) }
        return places
    }

    // MARK: - One-hot

    mutating func oneHot(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let categories = try categories(o, flow)
        let isGrouped = o["_drop_idx_after_grouping"] != nil
        let dropKey = isGrouped ? "_drop_idx_after_grouping" : "drop_idx_"
        let drops = o.has(dropKey) ? try o.elements(orNumbers: dropKey) : []
        guard drops.isEmpty || drops.count == flow.width else { throw o.damaged("'\(dropKey)'") }
        var tables: [CategoryTable] = []
        var widths: [Int] = []
        for (column, keys) in categories.enumerated() {
            let groups = try grouping(o, column: column, count: keys.count)
            let width = groups.map { ($0.max() ?? 0) + 1 } ?? keys.count
            let drop = drops.isEmpty ? nil : drops[column]
            if let drop, drop < 0 || drop >= width { throw o.damaged("'\(dropKey)'") }
            func place(_ category: Int) -> Double {
                let place = groups?[category] ?? category
                guard let drop else { return Double(place) }
                return place == drop ? -1 : Double(place > drop ? place - 1 : place)
            }
            let rare = rareCategory(o, column: column).flatMap { $0 < keys.count ? $0 : nil }
            let unknown: Double
            switch o.text("handle_unknown") {
            case "error": unknown = .nan
            case "infrequent_if_exist", "warn": unknown = rare.map { place($0) } ?? -1
            default: unknown = -1
            }
            let missing = keys.firstIndex { $0.isNaN }.map { place($0) }
            tables.append(
                CategoryTable(
                    keys.enumerated().map { ($1, place($0)) },
                    missing: missing ?? unknown,
                    unknown: unknown
                )
            )
            widths.append(drop == nil ? width : width - 1)
        }
        let (all, counts) = (tables, widths)
        let tensor = try add { output throws(GraphError) in
            try OneHotOperator(input: flow.tensor, output: output, tables: all, widths: counts)
        }
        return SklearnAnswer(features: tensor, width: builder.width(of: tensor))
    }

    /// The first of the rare categories of a column; nil when there are none.
    private func rareCategory(_ o: SklearnObject, column: Int) -> Int? {
        guard o.bool("_infrequent_enabled") == true,
            let all = document.objectElements(o["_infrequent_indices"]), column < all.count,
            let first = document.numbers(all[column])?.values.first,
            let place = Int(exactly: first), place >= 0
        else { return nil }
        return place
    }

    // MARK: - Ordinal

    mutating func ordinal(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let categories = try categories(o, flow)
        let encodesUnknown = o.text("handle_unknown") == "use_encoded_value"
        let unknown = encodesUnknown ? try o.number("unknown_value") : .nan
        let missingValue = o.optionalNumber("encoded_missing_value") ?? .nan
        var tables: [CategoryTable] = []
        for (column, keys) in categories.enumerated() {
            let groups = try grouping(o, column: column, count: keys.count)
            let entries = keys.enumerated().map { place, key in
                (key: key, value: Double(groups?[place] ?? place))
            }
            var missing = unknown
            if let place = keys.firstIndex(where: \.isNaN) {
                // None is a category like others, NaN a missing value.
                missing =
                    isNoneCategory(o, column: column, place: place)
                    ? entries[place].value : missingValue
            }
            tables.append(CategoryTable(entries, missing: missing, unknown: unknown))
        }
        let all = tables
        return try columnwise(flow) {
            CategoryOperator(input: flow.tensor, output: $0, tables: all)
        }
    }

    private func isNoneCategory(_ o: SklearnObject, column: Int, place: Int) -> Bool {
        guard let refs = document.objectElements(o["categories_"]), column < refs.count,
            let values = document.plainValues(refs[column])
        else { return false }
        return values[place] == .none
    }

    // MARK: - Means of the target

    mutating func targetEncoder(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let categories = try categories(o, flow)
        let encodings = try o.elements("encodings_")
        let isMulticlass = o.text("target_type_") == "multiclass"
        let means = try o.array("target_mean_").values
        let count = isMulticlass ? means.count : 1
        guard count > 0, !means.isEmpty, encodings.count == flow.width * count else {
            throw o.damaged("\(encodings.count) encodings")
        }
        var tables: [CategoryTable] = []
        for (index, ref) in encodings.enumerated() {
            let keys = categories[index / count]
            let mean = means[index % count]
            guard let values = document.numbers(ref)?.values, values.count == keys.count else {
                throw o.damaged("encoding \(index)")
            }
            let missing = keys.firstIndex(where: \.isNaN).map { values[$0] } ?? mean
            tables.append(
                CategoryTable(
                    zip(keys, values).map { ($0, $1) },
                    missing: missing,
                    unknown: mean
                )
            )
        }
        let columns = (0..<encodings.count).map { $0 / count }
        let spread = try select(columns, of: flow)
        let all = tables
        return try columnwise(spread) {
            CategoryOperator(input: spread.tensor, output: $0, tables: all)
        }
    }

    // MARK: - Labels

    mutating func labelEncoder(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        guard flow.width == 1, let values = document.plainValues(o["classes_"]), !values.isEmpty
        else { throw o.damaged("'classes_'") }
        var entries: [(key: Double, value: Double)] = []
        for (place, value) in values.enumerated() {
            entries.append((try key(value, column: 0, of: flow, o), Double(place)))
        }
        let count = values.count
        guard o.name == "LabelBinarizer" else {
            let table = CategoryTable(entries, missing: .nan, unknown: .nan)
            return try columnwise(flow) {
                CategoryOperator(input: flow.tensor, output: $0, tables: [table])
            }
        }
        let low = try o.number("neg_label")
        let high = try o.number("pos_label")
        if count == 2 {
            let table = CategoryTable(
                entries.map { ($0.key, $0.value == 1 ? high : low) },
                missing: low,
                unknown: low
            )
            return try columnwise(flow) {
                CategoryOperator(input: flow.tensor, output: $0, tables: [table])
            }
        }
        let table = CategoryTable(entries, missing: -1, unknown: -1)
        let marks = try add { output throws(GraphError) in
            try OneHotOperator(
                input: flow.tensor,
                output: output,
                tables: [table],
                widths: [count]
            )
        }
        let tensor = try build { builder throws(GraphError) in
            if low == 0, high == 1 { return marks }
            return try builder.map(marks, .linear(factor: high - low, term: low))
        }
        return SklearnAnswer(features: tensor, width: count)
    }

    // MARK: - Missing values

    /// What counts as missing in each column: NaN, a number, or the code of a text.
    private mutating func marks(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> [Double] {
        guard let ref = o["missing_values"], let value = document.plainValue(ref) else {
            throw o.unsupported("missing_values of its own")
        }
        var marks: [Double] = []
        for column in 0..<flow.width {
            marks.append(try key(value, column: column, of: flow, o))
        }
        return marks
    }

    mutating func imputer(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        guard let statistics = document.plainValues(o["statistics_"]),
            statistics.count == flow.width
        else { throw o.damaged("'statistics_'") }
        var kept: [Int] = []
        var replacements: [Double] = []
        var origins: [Int?] = []
        let marks = try marks(o, flow)
        let isConstant = o.text("strategy") == "constant"
        for (column, value) in statistics.enumerated() {
            let replacement = try key(value, column: column, of: flow, o)
            // A column that was all missing is left out.
            if replacement.isNaN, !isConstant { continue }
            kept.append(column)
            replacements.append(replacement)
            let isText = if case .text = value { true } else { false }
            origins.append(isText ? flow.columns[column] : nil)
        }
        guard !kept.isEmpty else { throw o.unsupported("no column left") }
        let chosen = try select(kept, of: flow)
        let (values, own) = (replacements, kept.map { marks[$0] })
        let tensor = try add { output throws(GraphError) in
            try ImputeOperator(
                input: chosen.tensor,
                output: output,
                missing: own,
                replacements: values
            )
        }
        let filled = SklearnFlow(tensor: tensor, columns: origins)
        guard o.bool("add_indicator") == true else { return SklearnAnswer(filled) }
        let indicator = try missingIndicator(try o.record("indicator_"), flow)
        return SklearnAnswer(try join(indicator.width > 0 ? [filled, indicator] : [filled]))
    }

    mutating func missingIndicator(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnFlow {
        let columns = try columns(try o.reference("features_"), of: flow, o)
        let all = try marks(o, flow)
        guard !columns.isEmpty else { return SklearnFlow(tensor: flow.tensor, columns: []) }
        let own = columns.map { all[$0] }
        let tensor = try add { output throws(GraphError) in
            try MissingMarkOperator(
                input: flow.tensor,
                output: output,
                inputWidth: flow.width,
                columns: columns,
                missing: own
            )
        }
        return SklearnFlow(tensor: tensor, width: columns.count)
    }
}

extension SklearnObject {
    /// Positions out of an array of objects or numbers; nil where there is None.
    func elements(orNumbers key: String) throws(FormatError) -> [Int?] {
        if let refs = document.objectElements(self[key]) {
            return refs.map { document.number($0).flatMap { Int(exactly: $0) } }
        }
        return try array(key).values.map { Int(exactly: $0) }
    }
}
