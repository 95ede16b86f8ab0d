import Glibc

/// The sum of a regression table.
struct RowLinear: RowKernel {
    /// A numeric predictor.
    struct Number: Sendable {
        /// Slot of what is asked, or changed in place.
        let slot: Int32
        /// What it is multiplied with.
        let coefficient: Double
        /// The power it is raised to; mostly 1.
        let exponent: Double
    }

    /// The coefficients of the values of one field.
    struct Category: Sendable {
        /// Slot of what is asked, or changed in place.
        let slot: Int32
        /// In ascending order.
        let keys: [Double]
        /// One a key.
        let coefficients: [Double]
    }

    /// A product of fields.
    struct Term: Sendable {
        /// What it is multiplied with.
        let coefficient: Double
        /// The fields of the product.
        let slots: [Int32]
    }

    /// Added first, in the order of the document.
    var numbers: [Number] = []
    /// Added behind the numbers.
    var categories: [Category] = []
    /// Added behind the categories.
    var terms: [Term] = []
    /// Added last, as JPMML-Evaluator does.
    var intercept = 0.0
    /// Whether every step is rounded to 32 bits, as the model asks for.
    var isFloat = false
    /// Slot of the answer.
    var to: Int32 = 0

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        slots[Int(to)] = isFloat ? Double(sum(slots, Float.self)) : sum(slots, Double.self)
    }

    /// Missing numbers make the sum missing, missing categories count for nothing.
    @inline(__always)
    private func sum<Real: BinaryFloatingPoint>(_ slots: Slots, _ type: Real.Type) -> Real {
        var sum: Real = 0
        for number in numbers {
            let x = slots[Int(number.slot)]
            let value = number.exponent == 1 ? Real(x) : Real(pow(x, number.exponent))
            sum += Real(number.coefficient) * value
        }
        for category in categories {
            let x = slots[Int(category.slot)]
            guard let place = RowLookup.position(of: x, in: category.keys) else { continue }
            sum += Real(category.coefficients[place])
        }
        for term in terms {
            var product = Real(term.coefficient)
            for slot in term.slots { product *= Real(slots[Int(slot)]) }
            sum += product
        }
        return sum + Real(intercept)
    }
}

/// Turns the sums of regression tables into probabilities.
struct RowNormalization: RowKernel {
    /// How numbers of classes become probabilities.
    enum Method {
        /// The first by a link, the second what is left.
        case binomial(RowFunction?)
        /// All but the last are probabilities as they are.
        case rest
        case softmax
        case simplemax
        /// Cumulative, by a link.
        case ordinal(RowFunction?)
    }

    /// The first of a run of slots.
    let first: Int32
    /// How many slots the run has.
    let count: Int
    /// How they are put together.
    let method: Method
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(count >= 2, "one class is no classification")
        let values = slots + Int(first)
        if (0..<count).contains(where: { values[$0].isNaN }) {
            for place in 0..<count { values[place] = .nan }
            return
        }
        switch method {
        case .binomial(let link):
            values[0] = linked(values[0], link)
            values[1] = rounded(1 - values[0])
        case .rest:
            var sum = values[0]
            for place in 1..<max(1, count - 1) { sum = rounded(sum + values[place]) }
            values[count - 1] = rounded(1 - sum)
        case .softmax:
            // Less the greatest, which changes nothing but what would overflow.
            let greatest = (0..<count).reduce(-Double.infinity) { max($0, values[$1]) }
            for place in 0..<count { values[place] = rounded(exp(values[place] - greatest)) }
            divideBySum(values)
        case .simplemax: divideBySum(values)
        case .ordinal(let link):
            var sum = 0.0
            for place in 0..<count - 1 {
                let value = linked(values[place], link)
                values[place] = rounded(value - sum)
                sum = rounded(sum + values[place])
            }
            values[count - 1] = rounded(1 - sum)
        }
    }

    /// Makes the numbers of all classes add up to 1.
    private func divideBySum(_ values: Slots) {
        var sum = values[0]
        for place in 1..<max(1, count) { sum = rounded(sum + values[place]) }
        for place in 0..<count { values[place] = rounded(values[place] / sum) }
    }

    /// A number as a probability: by the link, or bounded to 0 and 1 without one.
    private func linked(_ x: Double, _ link: RowFunction?) -> Double {
        guard let link else { return min(max(x, 0), 1) }
        return isFloat ? link.floatValue(x) : link.value(x)
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }
}

/// A link function in the precision of its model.
struct RowLink: RowKernel {
    /// Slot of what is asked, or changed in place.
    let slot: Int32
    /// Which one.
    let function: RowFunction
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let x = slots[Int(slot)]
        slots[Int(slot)] = isFloat ? function.floatValue(x) : function.value(x)
    }
}

extension PMMLModelCompiler {
    /// The normalization methods of the standard.
    enum Normalization: String {
        case none, simplemax, softmax, logit, probit, cloglog, exp, loglog, cauchit

        /// The inverse of the link, for those that are one of one number.
        var link: RowFunction? {
            switch self {
            case .logit, .softmax: .logit
            case .probit: .probit
            case .cloglog: .cloglog
            case .loglog: .loglog
            case .cauchit: .cauchit
            case .exp: .exp
            case .none, .simplemax: nil
            }
        }
    }

    /// A <RegressionModel>: one table for a number, one a class for classes.
    func regression() throws(FormatError) -> PMMLResult {
        let tables = element.children("RegressionTable")
        let method: Normalization = try element.choice("normalizationMethod", default: .none)
        guard try function() == .classification else {
            guard tables.count == 1 else {
                throw element.fail("\(tables.count) regression tables for one number")
            }
            guard method != .simplemax else {
                throw element.fail("simplemax of one number")
            }
            let slot = try compiler.newSlot()
            try table(tables[0], to: slot)
            if let link = method.link {
                try compiler.emit(kernel: RowLink(slot: slot, function: link, isFloat: isFloat))
            }
            return try regression(from: slot)
        }
        return try classification(tables, method)
    }

    /// Tables of classes, normalised.
    private func classification(
        _ tables: [XMLElement],
        _ method: Normalization
    ) throws(FormatError) -> PMMLResult {
        var classes: [String] = []
        for table in tables { classes.append(try table.require(string: "targetCategory")) }
        guard tables.count >= 2, Set(classes).count == classes.count else {
            throw element.fail("fewer than two regression tables, or two of the same class")
        }
        let first = try compiler.newSlot(tables.count)
        for (place, table) in tables.enumerated() {
            try self.table(table, to: first + Int32(truncatingIfNeeded: place))
        }
        let last = tables[tables.count - 1]
        try compiler.emit(
            kernel: RowNormalization(
                first: first,
                count: tables.count,
                method: try form(method, count: tables.count, last: last),
                isFloat: isFloat
            )
        )
        let label = try compiler.newSlot()
        try compiler.emit(kernel: RowWinner(first: first, count: classes.count, label: label))
        return try aligned(classes, first, label)
    }

    /// The method for so many classes, as the evaluators of PMML read the standard.
    private func form(
        _ method: Normalization,
        count: Int,
        last: XMLElement
    ) throws(FormatError) -> RowNormalization.Method {
        if target?.operation == .ordinal, method != .softmax, method != .simplemax {
            guard method != .exp else { throw element.fail("exp of classes") }
            return .ordinal(method.link)
        }
        switch method {
        case .none: return count == 2 ? .binomial(nil) : .rest
        case .simplemax: return .simplemax
        case .softmax:
            let isRest = try isEmpty(last)
            return count == 2 && isRest ? .binomial(.logit) : .softmax
        case .exp: throw element.fail("exp of classes")
        case .logit where count > 2: return .softmax
        case .logit, .probit, .cloglog, .loglog, .cauchit:
            guard count == 2 else { throw element.fail("\(method.rawValue) of \(count) classes") }
            return .binomial(method.link)
        }
    }

    /// Whether a table is the rest that another leaves: nothing in it, and no intercept.
    private func isEmpty(_ table: XMLElement) throws(FormatError) -> Bool {
        guard table.children.first(where: { _ in true }) == nil else { return false }
        return try table.number("intercept") ?? 0 == 0
    }

    /// A result whose classes stand in the order of the model, in the order that is asked for.
    func aligned(
        _ classes: [String],
        _ first: Int32,
        _ label: Int32
    ) throws(FormatError) -> PMMLResult {
        let wanted = self.classes(classes)
        guard wanted != classes, Set(classes).isSubset(of: wanted) else {
            return try classification(classes, first: first, label: label)
        }
        let place = try compiler.newSlot(wanted.count, of: 0)
        let position = try compiler.newSlot()
        var table = RowTable(values: [], unknown: .nan)
        for name in classes {
            table.values.append(Double(wanted.firstIndex(of: name) ?? 0))
        }
        for (index, name) in wanted.enumerated() {
            let to = place + Int32(truncatingIfNeeded: index)
            guard let from = classes.firstIndex(of: name) else { continue }
            try compiler.emit(.copy(first + Int32(truncatingIfNeeded: from), to: to))
        }
        try compiler.emit(.table(try compiler.add(table), label, to: position))
        return try classification(wanted, first: place, label: position)
    }

    /// The steps of one regression table.
    private func table(_ table: XMLElement, to: Int32) throws(FormatError) {
        var linear = RowLinear()
        linear.to = to
        linear.isFloat = isFloat
        linear.intercept = try table.number("intercept") ?? 0
        var open: (name: String, value: PMMLValue, pairs: [Double: Double])?
        func close() {
            guard let group = open else { return }
            let keys = group.pairs.keys.sorted()
            linear.categories.append(
                .init(
                    slot: group.value.slot,
                    keys: keys,
                    coefficients: keys.map { group.pairs[$0] ?? 0 }
                )
            )
            open = nil
        }
        for child in table.children {
            switch child.name {
            case "NumericPredictor":
                linear.numbers.append(
                    .init(
                        slot: try number(try predictorName(child), at: child),
                        coefficient: try child.require(number: "coefficient"),
                        exponent: try child.number("exponent") ?? 1
                    )
                )
            case "CategoricalPredictor":
                let name = try predictorName(child)
                if open?.name != name {
                    close()
                    open = (name, try field(name, at: child), [:])
                }
                guard let type = open?.value.type else { continue }
                let text = try child.require(string: "value")
                let key = try compiler.literal(text, type, at: child)
                let coefficient = try child.require(number: "coefficient")
                if open?.pairs[key] == nil { open?.pairs[key] = coefficient }
            case "PredictorTerm":
                var slots: [Int32] = []
                for reference in child.children("FieldRef") {
                    slots.append(try number(try reference.require(string: "field"), at: reference))
                }
                let coefficient = try child.require(number: "coefficient")
                linear.terms.append(.init(coefficient: coefficient, slots: slots))
            default: break
            }
        }
        close()
        try compiler.emit(kernel: linear)
    }

    /// The field of a predictor: 4.4 calls the attribute `field` in some places.
    private func predictorName(_ element: XMLElement) throws(FormatError) -> String {
        try element.require(string: "name", or: "field")
    }
}
