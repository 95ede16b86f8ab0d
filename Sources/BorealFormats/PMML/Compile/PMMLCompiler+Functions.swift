extension PMMLCompiler {
    /// Functions of one number.
    private static let unaries: [String: RowFunction] = [
        "log10": .log10, "ln": .ln, "sqrt": .squareRoot, "abs": .absolute, "exp": .exp,
        "floor": .floor, "ceil": .ceiling, "round": .round, "rint": .rint, "expm1": .expm1,
        "ln1p": .ln1p, "sin": .sine, "asin": .arcSine, "sinh": .sinh, "cos": .cosine,
        "acos": .arcCosine, "cosh": .cosh, "tan": .tangent, "atan": .arcTangent, "tanh": .tanh,
        "stdNormalCDF": .normalCDF, "stdNormalPDF": .normalPDF, "stdNormalIDF": .normalIDF,
        "erf": .erf,
    ]

    /// Functions of two numbers.
    private static let binaries: [String: RowOperator] = [
        "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "pow": .power,
        "threshold": .threshold, "modulo": .modulo, "atan2": .arcTangent2, "hypot": .hypotenuse,
    ]

    /// What becomes of them when both are whole: the answer is whole too.
    private static let wholes: [String: RowOperator] = [
        "+": .addWhole, "-": .subtractWhole, "*": .multiplyWhole, "/": .divideWhole,
        "modulo": .moduloWhole,
    ]

    /// Functions of any count of numbers.
    private static let aggregations: [String: RowAggregation] = [
        "sum": .sum, "avg": .average, "min": .minimum, "max": .maximum, "median": .median,
        "product": .product,
    ]

    /// Comparisons of numbers, or of text for equality.
    private static let comparisons: [String: RowOperator] = [
        "equal": .equal, "notEqual": .notEqual, "lessThan": .less, "lessOrEqual": .lessOrEqual,
        "greaterThan": .greater, "greaterOrEqual": .greaterOrEqual,
    ]

    /// Functions whose arguments are compared with each other.
    private static let aligned: Set<String> = ["isIn", "isNotIn", "if"]

    /// A call: its arguments, the function, and what the call says of missing values.
    func apply(_ element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> PMMLValue {
        let name = try element.require(string: "function")
        let arguments = try arguments(of: element, name, scope)
        var result = try call(name, arguments, element)
        if let text = element.string("mapMissingTo") {
            let other = try literal(text, result.type, at: element)
            let constantSlot = try constant(other)
            var missing: Int32?
            for argument in name == "if" ? [result] : arguments {
                let one = try unary(.isMissing, argument.slot)
                missing =
                    try missing.map { former throws(FormatError) in
                        try binary(.or, former, one)
                    } ?? one
            }
            if let missing {
                let to = try newSlot()
                try emit(.select(missing, constantSlot, result.slot, to: to))
                result.slot = to
                result.constant = nil
                result.domain = result.domain.map {
                    PMMLDomain(Array(Set($0.values + [other])).sorted(), isOpen: $0.isOpen)
                }
            }
        }
        return try replacingMissing(result, by: element.string("defaultValue"), at: element)
    }

    /// The arguments of a call; constants that name no type take that of what they are compared
    /// with.
    private func arguments(
        of element: XMLElement,
        _ name: String,
        _ scope: PMMLScope
    ) throws(FormatError) -> [PMMLValue] {
        let elements = Array(element.children)
        var values = [PMMLValue?](repeating: nil, count: elements.count)
        let isAligned = Self.aligned.contains(name) || Self.comparisons[name] != nil
        let first = name == "if" ? 1 : 0
        for (place, child) in elements.enumerated()
        where !isAligned || place < first || child.name != "Constant" {
            values[place] = try expression(child, scope)
        }
        let wanted = values.indices.dropFirst(first).lazy.compactMap { values[$0]?.type }.first
        for (place, child) in elements.enumerated() where values[place] == nil {
            values[place] = try constantExpression(child, as: wanted)
        }
        return values.compactMap { $0 }
    }

    /// The value of a function, built in or the document's own.
    private func call(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        if let function = Self.unaries[name] {
            try check(arguments, 1...1, .double, element)
            let keeps: Set<RowFunction> = [.absolute, .floor, .ceiling, .round, .rint]
            let type = keeps.contains(function) ? arguments[0].type : .double
            return try rounded(try unary(function, arguments[0].slot), type)
        }
        if Self.binaries[name] != nil { return try arithmetic(name, arguments, element) }
        if let function = Self.aggregations[name] {
            return try aggregation(function, arguments, element)
        }
        if let function = Self.comparisons[name] {
            return try comparison(function, arguments, element)
        }
        switch name {
        case "if": return try choice(arguments, element)
        case "isIn", "isNotIn": return try membership(name == "isIn", arguments, element)
        case "and", "or": return try logical(name == "and" ? .and : .or, arguments, element)
        case "not":
            try check(arguments, 1...1, .boolean, element)
            return PMMLValue(slot: try unary(.not, arguments[0].slot), type: .boolean)
        case "isMissing", "isNotMissing", "isValid", "isNotValid":
            return try status(name, arguments, element)
        case "normalCDF", "normalPDF", "normalIDF":
            return try normal(name, arguments, element)
        case "uppercase", "lowercase", "trimBlanks", "stringLength", "substring", "concat",
            "replace", "matches":
            return try text(name, arguments, element)
        default: return try userFunction(name, arguments, element)
        }
    }

    /// A function that the document defines, put in place of the call.
    private func userFunction(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let function = functions[name] else {
            throw element.unsupported("the function '\(name)'")
        }
        guard openFunctions.insert(name).inserted else {
            throw function.fail("the function '\(name)' calls itself")
        }
        defer { openFunctions.remove(name) }
        let parameters = function.children("ParameterField")
        guard parameters.count == arguments.count else {
            throw element.fail("'\(name)' takes \(parameters.count) arguments")
        }
        let scope = PMMLScope(parent: nil)
        for (parameter, argument) in zip(parameters, arguments) {
            var value = argument
            if parameter.string("dataType") != nil {
                value = try cast(argument, to: try parameter.type(), at: parameter)
            }
            scope.fields[try parameter.require(string: "name")] = value
        }
        return try nested(function) { () throws(FormatError) in try derived(function, scope) }
    }

    /// Checks the number of arguments and that they are of a type, as far as types differ: text,
    /// truth, number.
    private func check(
        _ arguments: [PMMLValue],
        _ count: ClosedRange<Int>,
        _ type: PMMLType?,
        _ element: XMLElement
    ) throws(FormatError) {
        guard count.contains(arguments.count) else {
            throw element.fail("\(arguments.count) arguments")
        }
        guard let type else { return }
        for argument in arguments {
            let fits =
                type == .boolean
                ? argument.type == .boolean
                : type == .string ? argument.type == .string : argument.type != .string
            guard fits else {
                throw element.fail("an argument of type \(argument.type.rawValue)")
            }
        }
    }

    /// A result as its type has it.
    private func rounded(_ slot: Int32, _ type: PMMLType) throws(FormatError) -> PMMLValue {
        PMMLValue(slot: type == .float ? try unary(.toFloat, slot) : slot, type: type)
    }

    /// A function of two numbers, in the type that both have in common.
    private func arithmetic(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 2...2, .double, element)
        let type = arguments[0].type.joined(arguments[1].type)
        guard let general = Self.binaries[name] else { throw element.fail("no function") }
        let keeps = Self.wholes[name] != nil
        let function = type == .integer ? Self.wholes[name] ?? general : general
        let slot = try binary(function, arguments[0].slot, arguments[1].slot)
        if name == "threshold" { return PMMLValue(slot: slot, type: .integer) }
        return try rounded(slot, keeps ? type : .double)
    }

    /// A function of the arguments that are not missing.
    private func aggregation(
        _ function: RowAggregation,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 1...Int.max, .double, element)
        var type = arguments[0].type
        for argument in arguments { type = type.joined(argument.type) }
        if function == .average || function == .median, type == .integer { type = .double }
        let to = try newSlot()
        try emit(aggregate: function, over: arguments.map(\.slot), to: to)
        return try rounded(to, type)
    }

    /// The step of an aggregation.
    func emit(
        aggregate function: RowAggregation,
        over slots: [Int32],
        to: Int32
    ) throws(FormatError) {
        let first = Int32(truncatingIfNeeded: program.operands.count)
        program.operands += slots
        let count = Int32(truncatingIfNeeded: slots.count)
        try emit(.aggregate(function, first: first, count: count, to: to))
    }

    /// A comparison. Text that the document never names equals nothing, so one side must be text
    /// that it does.
    private func comparison(
        _ function: RowOperator,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 2...2, nil, element)
        let isText = arguments.map { $0.type == .string }
        guard isText[0] == isText[1] else {
            throw element.unsupported("a comparison of text with a number")
        }
        if isText[0] {
            guard function == .equal || function == .notEqual else {
                return try textOrder(function, arguments, element)
            }
            guard arguments.contains(where: { $0.domain?.isOpen == false }) else {
                throw element.unsupported("a comparison of two texts of any kind")
            }
        }
        let slot = try binary(function, arguments[0].slot, arguments[1].slot)
        return PMMLValue(slot: slot, type: .boolean)
    }

    /// Less or greater of text and a constant: a table of the answers.
    private func textOrder(
        _ function: RowOperator,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let domain = arguments[0].domain, let other = arguments[1].constant, other >= 0
        else { throw element.unsupported("an order of two texts") }
        var holds: [Double: Double] = [:]
        let right = strings.texts[Int(other)]
        for code in domain.values {
            let left = strings.texts[Int(code)]
            let order = left == right ? 0.0 : (left < right ? -1.0 : 1.0)
            var failed = 0.0
            holds[code] = function.value(order, 0, &failed)
        }
        return try tabulated(arguments[0], .boolean) { holds[$0] ?? .nan }
    }

    /// Whether the first argument is among the others.
    private func membership(
        _ isIn: Bool,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 1...Int.max, nil, element)
        guard arguments.allSatisfy({ ($0.type == .string) == (arguments[0].type == .string) })
        else { throw element.unsupported("a comparison of text with a number") }
        let to = try newSlot()
        try emit(aggregate: isIn ? .isIn : .isNotIn, over: arguments.map(\.slot), to: to)
        return PMMLValue(slot: to, type: .boolean)
    }

    /// `and` and `or` of any count of arguments.
    private func logical(
        _ function: RowOperator,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 1...Int.max, .boolean, element)
        var slot = arguments[0].slot
        for argument in arguments.dropFirst() { slot = try binary(function, slot, argument.slot) }
        return PMMLValue(slot: slot, type: .boolean)
    }

    /// `if`: both ways are computed, one is taken. A number beside text becomes text.
    private func choice(
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 2...3, nil, element)
        guard arguments[0].type != .string else { throw element.fail("a condition that is text") }
        var left = arguments[1]
        var right: PMMLValue
        if arguments.count == 3 {
            right = arguments[2]
        } else {
            right = try constantValue(.nan, left.type)
        }
        if left.constant?.isNaN == true { left.type = right.type }
        if right.constant?.isNaN == true { right.type = left.type }
        let type =
            left.type == .string || right.type == .string
            ? .string : left.type.joined(right.type)
        if left.type != type, type == .string { left = try cast(left, to: type, at: element) }
        if right.type != type, type == .string { right = try cast(right, to: type, at: element) }
        let to = try newSlot()
        try emit(.select(arguments[0].slot, left.slot, right.slot, to: to))
        var values: [Double]? = []
        for side in [left, right] where side.constant?.isNaN != true {
            try charge(side.domain?.values.count ?? 0)
            values = side.domain.flatMap { domain in values.map { $0 + domain.values } }
        }
        let isOpen = left.domain?.isOpen == true || right.domain?.isOpen == true
        let domain = values.map { PMMLDomain(Array(Set($0)).sorted(), isOpen: isOpen) }
        return PMMLValue(slot: to, type: type, domain: domain)
    }

    /// Whether a value is there, or valid: text that the data dictionary does not list is there and
    /// not valid.
    private func status(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 1...1, nil, element)
        let asksPresence = name == "isNotMissing" || name == "isValid"
        var slot = try unary(asksPresence ? .isNotMissing : .isMissing, arguments[0].slot)
        if name.hasSuffix("alid"), arguments[0].domain?.isOpen == true {
            let outsider = try binary(.equal, arguments[0].slot, try constant(-1))
            if name == "isValid" {
                slot = try binary(.and, slot, try unary(.not, outsider))
            } else {
                slot = try binary(.or, slot, outsider)
            }
        }
        return PMMLValue(slot: slot, type: .boolean)
    }

    /// Functions of a normal distribution whose parameters are arguments.
    private func normal(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        try check(arguments, 3...3, .double, element)
        let to = try newSlot()
        let functions: [String: RowFunction] = [
            "normalCDF": .normalCDF, "normalPDF": .normalPDF, "normalIDF": .normalIDF,
        ]
        try emit(
            kernel: RowNormal(
                function: functions[name] ?? .normalCDF,
                x: arguments[0].slot,
                mean: arguments[1].slot,
                deviation: arguments[2].slot,
                to: to
            )
        )
        return PMMLValue(slot: to, type: .double)
    }
}
