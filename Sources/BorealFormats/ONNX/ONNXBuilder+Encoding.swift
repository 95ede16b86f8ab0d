import BorealGraph

extension ONNXBuilder {
    /// Operators of `ai.onnx.ml` that prepare features and dress answers.
    mutating func encoding(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "ArrayFeatureExtractor": return [try extract(node)]
        case "Binarizer":
            let threshold = Double(try node.float("threshold", default: 0))
            return [try map(.binarize(threshold: threshold), try input(node, 0), node)]
        case "CategoryMapper": return [try mapCategories(node)]
        case "FeatureVectorizer": return [try joinFeatures(node)]
        case "Imputer": return [try impute(node)]
        case "LabelEncoder":
            let isOld = node.attributes["classes_strings"] != nil
            return [isOld ? try encodeClasses(node) : try encodeLabels(node)]
        case "Normalizer": return [try normalize(node)]
        case "OneHotEncoder": return [try encodeOneHot(node)]
        case "Scaler": return [try scale(node)]
        case "ZipMap":
            var value = try input(node, 0)
            guard value.type == .float else { throw node.malformed("scores that are no float") }
            value.isMap = true
            return [value]
        default: return nil
        }
    }

    /// Columns of the last axis, at constant positions or one that differs from row to row.
    private mutating func extract(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let (value, index) = (try input(node, 0), try input(node, 1))
        let isVector = value.rank == 1
        let source = isVector ? value.reshaped([1] + value.shape, rowAxis: nil) : value
        guard !isVector || value.rowAxis == nil else { throw node.unsupported("it picks rows") }
        if index.rowAxis == 0, index.width > 1 {
            // One list with the positions of all rows: the rows stay an axis until it is reshaped.
            let wide = index.reshaped([1, index.width], rowAxis: 0)
            var result = try gather(source, wide, along: -1, node)
            result.isMerged = true
            return result
        }
        guard index.rowAxis == nil || index.width == 1 else {
            throw node.unsupported("several positions that differ from row to row")
        }
        let flat = index.reshaped([index.width], rowAxis: index.rowAxis == nil ? nil : 0)
        var result = try gather(source, flat, along: -1, node)
        if source.shape.dropLast().reduce(1, *) == 1, flat.rowAxis != nil {
            result.labels = labels(value)
        }
        return result
    }

    // MARK: - Tables

    /// Text of a class to its number, or the reverse, in version 1.
    private mutating func encodeClasses(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let texts = node.strings("classes_strings")
        let numbers = texts.indices.map { Int64($0) }
        return try exchange(texts, numbers, node)
    }

    /// `CategoryMapper`: two lists of the same length, read in the direction of the input.
    private mutating func mapCategories(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let (texts, numbers) = (node.strings("cats_strings"), node.integers("cats_int64s"))
        guard texts.count == numbers.count else {
            throw node.malformed("\(texts.count) texts and \(numbers.count) numbers")
        }
        return try exchange(texts, numbers, node)
    }

    /// Numbers for texts and texts for numbers, whichever the input holds.
    private mutating func exchange(
        _ texts: [String],
        _ numbers: [Int64],
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let codes = TensorConstant(codes: texts.map { code(of: $0) })
        if value.type == .string {
            let fallback = try node.integer("default_int64") ?? -1
            return try translate(
                value,
                keys: codes,
                values: TensorConstant(numbers),
                fallback: TensorConstant([fallback]),
                type: .int64,
                node
            )
        }
        guard value.type == .int64 else { throw node.malformed("elements of type \(value.type)") }
        let fallback = code(of: node.string("default_string", default: "_Unused"))
        var result = try translate(
            value,
            keys: TensorConstant(numbers),
            values: codes,
            fallback: TensorConstant(codes: [fallback]),
            type: .string,
            node
        )
        result.labels = translated(value.labels, numbers, .text(texts))
        return result
    }

    /// The classes that a table makes of classes.
    private func translated(_ labels: Labels?, _ keys: [Int64], _ values: Labels) -> Labels? {
        guard case .integer(let classes)? = labels else { return nil }
        let places = classes.map { keys.firstIndex(of: $0) }
        guard !places.contains(nil) else { return nil }
        switch values {
        case .text(let texts): return .text(places.compactMap { $0.map { texts[$0] } })
        case .integer(let numbers):
            return .integer(places.compactMap { $0.map { numbers[$0] } })
        case .double, .decimal: return nil
        }
    }

    /// `LabelEncoder` from version 2 on: keys and values of any types, and what stands for all
    /// others,
    /// -1, -0, `_Unused` or a tensor of one element.
    private mutating func encodeLabels(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard var keys = try table("keys", node), let values = try table("values", node),
            keys.count == values.count
        else { throw node.malformed("keys and values do not fit") }
        if learningOperatorSet < 4, case .floats(let numbers) = keys.numbers {
            // A key that is no number is found from version 4 on; infinity stands for none.
            keys.numbers = .floats(numbers.map { $0.isNaN ? .infinity : $0 })
        }
        guard keys.type == value.type else {
            throw node.malformed("keys of type \(keys.type) for \(value.type)")
        }
        var fallback: ONNXConstant
        if let given = node.tensor("default_tensor") {
            fallback = given
            guard given.count == 1, given.type == values.type else {
                throw node.malformed("a default that is not one of the values' type")
            }
        } else {
            fallback = ONNXConstant(type: values.type, shape: [1])
            switch values.type {
            case .string:
                fallback.numbers = .strings([node.string("default_string", default: "_Unused")])
            case .float, .double:
                let number = try node.float("default_float", default: -0.0)
                fallback.numbers =
                    values.type == .float ? .floats([number]) : .doubles([Double(number)])
            default: fallback.numbers = .integers([try node.integer("default_int64") ?? -1])
            }
        }
        guard let keyList = constant(keys).constant, let valueList = constant(values).constant,
            let fallbackList = constant(fallback).constant
        else { throw node.malformed("no table") }
        var result = try translate(
            value,
            keys: keyList,
            values: valueList,
            fallback: fallbackList,
            type: values.type,
            node
        )
        if let known = labels(constant(values)), keys.type.isWhole {
            result.labels = translated(value.labels, keyList.integers, known)
        }
        return result
    }

    /// A list of a label encoder, in whichever attribute it stands.
    private func table(_ name: String, _ node: ONNXNode) throws(FormatError) -> ONNXConstant? {
        if let tensor = node.tensor("\(name)_tensor") { return tensor }
        if let list = node.attributes["\(name)_strings"]?.strings {
            return ONNXConstant(type: .string, shape: [list.count], numbers: .strings(list))
        }
        if let list = node.attributes["\(name)_int64s"]?.integers {
            return ONNXConstant(type: .int64, shape: [list.count], numbers: .integers(list))
        }
        if let list = node.attributes["\(name)_floats"]?.floats {
            return ONNXConstant(type: .float, shape: [list.count], numbers: .floats(list))
        }
        return nil
    }

    /// A column for each category, 1 in that of the value.
    private mutating func encodeOneHot(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        var value = try input(node, 0)
        let (texts, numbers) = (node.strings("cats_strings"), node.integers("cats_int64s"))
        let count = texts.isEmpty ? numbers.count : texts.count
        guard count > 0, texts.isEmpty || numbers.isEmpty else {
            throw node.malformed("\(texts.count) texts and \(numbers.count) numbers")
        }
        let keys: TensorConstant
        if value.type == .string {
            keys = TensorConstant(codes: texts.map { code(of: $0) })
        } else {
            value = try convert(value, to: .int64, node)
            keys = TensorConstant(numbers)
        }
        guard keys.count == count else { throw node.malformed("categories of another type") }
        let place = try translate(
            value,
            keys: keys,
            values: TensorConstant((0..<Int64(count)).map { $0 }),
            fallback: TensorConstant([Int64(-1)]),
            type: .int64,
            node
        )
        let wide = place.reshaped(place.shape + [1], rowAxis: place.rowAxis)
        let all = wholes((0..<Int64(count)).map { $0 }, [count])
        return try convert(try pair(.equal, wide, all, node), to: .float, node)
    }

    // MARK: - Numbers

    /// Columns of several values side by side, each cut or filled up to what it should have.
    private mutating func joinFeatures(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let widths = node.integers("inputdimensions")
        guard widths.count == node.inputs.count else {
            throw node.malformed("\(widths.count) widths of \(node.inputs.count) inputs")
        }
        var parts: [ONNXValue] = []
        for position in node.inputs.indices {
            let given = try convert(try input(node, position), to: .float, node)
            guard given.rowAxis == 0, widths[position] >= 0,
                widths[position] <= Int64(FormatLimits.onnxElementsMax)
            else { throw node.malformed("input \(position + 1) is no rows of numbers") }
            let value = given.reshaped([1, given.width], rowAxis: 0)
            let width = Int(widths[position])
            if width < value.width {
                parts.append(try take(Array(0..<width), of: value, along: 1, node))
                continue
            }
            parts.append(value)
            if width > value.width {
                try spend(width, node)
                let filler = Array(repeating: 0.0, count: width - value.width)
                parts.append(constant(filler, [1, filler.count], .float))
            }
        }
        return try concatenate(parts, along: 1, node)
    }

    /// `Imputer`: one number for every column or one for each, where the input is the number to be
    /// replaced, or NaN when that is NaN.
    private mutating func impute(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let isWhole = value.type.isWhole
        let wholes = node.integers("imputed_value_int64s").map { Double($0) }
        let imputed =
            isWhole && !wholes.isEmpty
            ? wholes : node.floats("imputed_value_floats").map { Double($0) }
        let replaced =
            isWhole
            ? Double(try node.integer("replaced_value_int64") ?? 0)
            : Double(try node.float("replaced_value_float", default: 0))
        guard let width = value.shape.last, !imputed.isEmpty else {
            throw node.malformed("no imputed values")
        }
        let fillers = imputed.count == width ? imputed : [imputed[0]]
        let filler = constant(fillers, [fillers.count], value.type)
        let isMissing =
            replaced.isNaN
            ? try pair(.notEqual, value, value, node)
            : try pair(.equal, value, constant([replaced], [], value.type), node)
        return try choose(isMissing, filler, value, node)
    }

    /// Rows divided by their greatest number, their sum or their length.
    private mutating func normalize(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try convert(try input(node, 0), to: .float, node)
        guard value.rank == 2, value.rowAxis == 0 else {
            throw node.unsupported("anything but rows of numbers")
        }
        let reduction: Reduction
        switch node.string("norm", default: "MAX") {
        case "MAX": reduction = .maximum
        case "L1": reduction = .absoluteSum
        case "L2": reduction = .squareSum
        default: throw node.malformed("norm '\(node.string("norm").prefix(40))'")
        }
        let norm = try reduce(reduction, value, [1], true, node)
        let zero = constant([0], [], .float)
        let isZero = try pair(.equal, norm, zero, node)
        let divisor = try choose(isZero, constant([1], [], .float), norm, node)
        guard reduction == .squareSum else { return try pair(.divide, value, divisor, node) }
        let square = try pair(.multiply, value, value, node)
        let length = try map(.squareRoot, try pair(.divide, square, divisor, node), node)
        let isNegative = try pair(.less, value, zero, node)
        return try choose(isNegative, try map(.negate, length, node), length, node)
    }

    /// `(x - offset) * scale`.
    private mutating func scale(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let given = try input(node, 0)
        let value = given.type == .double ? given : try convert(given, to: .float, node)
        let width = value.shape.last ?? 0
        var result = value
        for (name, function) in [("offset", PairFunction.subtract), ("scale", .multiply)] {
            let numbers = node.floats(name).map { Double($0) }
            guard numbers.count == 1 || numbers.count == width else {
                throw node.malformed("\(numbers.count) numbers in '\(name)' for \(width) features")
            }
            let list = constant(numbers, [numbers.count], value.type)
            result = try pair(function, result, list, node)
        }
        return try convert(result, to: .float, node)
    }
}
