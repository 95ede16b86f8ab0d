import Glibc

/// Sums of parameters times products of predictors, one for each class or number.
struct RowGeneralLinear: RowKernel {
    /// A factor of a product: 1 where a field is a category, or a power of a number, or a number
    /// out of a matrix.
    struct Factor: Sendable {
        enum Kind: Sendable {
            case category(Double)
            case power(Double)
            /// `values[i]` where the field is `keys[i]`, else 0.
            case contrast(keys: [Double], values: [Double])
        }

        /// Slot of what is asked, or changed in place.
        let slot: Int32
        /// What it is made of.
        let kind: Kind
    }

    /// A parameter with the product that it is multiplied with.
    struct Term: Sendable {
        /// The parameter.
        let beta: Double
        /// Empty for an intercept.
        let factors: [Factor]
    }

    /// In the order of the document.
    let terms: [Term]
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool
    /// Slot of the answer.
    let to: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var sum = 0.0
        for term in terms {
            var product = 1.0
            for factor in term.factors {
                let x = slots[Int(factor.slot)]
                if x.isNaN {
                    slots[Int(to)] = .nan
                    return
                }
                product *= value(factor, x)
            }
            sum = rounded(sum + rounded(term.beta * rounded(product)))
        }
        slots[Int(to)] = sum
    }

    /// What it is for a number.
    private func value(_ factor: Factor, _ x: Double) -> Double {
        switch factor.kind {
        case .category(let wanted): return x == wanted ? 1 : 0
        case .power(let exponent): return exponent == 1 ? x : pow(x, exponent)
        case .contrast(let keys, let values):
            return keys.firstIndex(of: x).map { values[$0] } ?? 0
        }
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }
}

/// The inverse of the link of a generalised linear model.
struct RowGeneralLink: RowKernel {
    /// The link functions of the standard.
    enum Function: String {
        case cloglog, identity, log, logc, logit, loglog, negbin, oddspower, power, probit, cauchit
    }

    /// Slot of what is asked, or changed in place.
    let slot: Int32
    /// Whose inverse is taken.
    let function: Function
    /// The parameter of the link or the distribution; NaN for none.
    let parameter: Double
    /// Slots; -1 for none.
    let offset: Int32
    /// Slot of what the answer is multiplied with; -1 for none.
    let trials: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var x = slots[Int(slot)]
        if offset >= 0 { x += slots[Int(offset)] }
        x = value(x)
        if trials >= 0 { x *= slots[Int(trials)] }
        slots[Int(slot)] = x
    }

    /// What it is for a number.
    private func value(_ x: Double) -> Double {
        switch function {
        case .identity: x
        case .log: exp(x)
        case .logc: 1 - exp(x)
        case .logit: RowFunction.logit.value(x)
        case .probit: RowFunction.probit.value(x)
        case .cloglog: RowFunction.cloglog.value(x)
        case .loglog: RowFunction.loglog.value(x)
        case .cauchit: RowFunction.cauchit.value(x)
        case .negbin: 1 / (parameter * (exp(-x) - 1))
        case .oddspower:
            parameter == 0
                ? RowFunction.logit.value(x)
                : 1 / (1 + pow(1 + parameter * x, -1 / parameter))
        case .power: parameter == 0 ? exp(x) : pow(x, 1 / parameter)
        }
    }
}

/// Probabilities out of the numbers of classes, the last class being what is left.
struct RowGeneralClasses: RowKernel {
    /// What the numbers of classes are.
    enum Form {
        /// `exp` of each over the sum, 0 for the last.
        case multinomial
        /// The first is a probability.
        case binomial
        /// Each is the probability of this class or one before it.
        case cumulative
    }

    /// The first of a run of slots.
    let first: Int32
    /// How many slots the run has.
    let count: Int
    /// What becomes of them.
    let form: Form

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(count >= 2, "one class is no classification")
        let values = slots + Int(first)
        if (0..<count - 1).contains(where: { values[$0].isNaN }) {
            for place in 0..<count { values[place] = .nan }
            return
        }
        switch form {
        case .multinomial:
            values[count - 1] = 0
            var sum = 0.0
            for place in 0..<count {
                values[place] = exp(values[place])
                sum += values[place]
            }
            for place in 0..<count { values[place] /= sum }
        case .binomial: values[count - 1] = 1 - values[count - 2]
        case .cumulative:
            values[count - 1] = 1
            var before = 0.0
            for place in 0..<count {
                let cumulative = values[place]
                values[place] = cumulative - before
                before = cumulative
            }
        }
    }
}

/// The cumulative hazard of a Cox model at the time of a row.
struct RowHazard: RowKernel {
    /// The baseline of one group of rows.
    struct Stratum: Sendable {
        /// The value of the field that makes the groups.
        let key: Double
        /// In ascending order.
        let times: [Double]
        /// Cumulative, by time.
        let hazards: [Double]
        /// Rows beyond this time have no answer.
        let timeMax: Double
    }

    /// Slot of the sum of the parameters, and of the answer.
    let sum: Int32
    /// The sum at the reference point.
    let reference: Double
    /// Slot of the time.
    let time: Int32
    /// -1 when all rows are in the one stratum.
    let stratum: Int32
    /// In the order of the document.
    let strata: [Stratum]

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let exponent = slots[Int(sum)] - reference
        slots[Int(sum)] = .nan
        let time = slots[Int(time)]
        guard !time.isNaN else {
            slots[0] = 1
            return
        }
        let found =
            stratum < 0
            ? strata.first : strata.first { $0.key == slots[Int(stratum)] }
        guard let found, time <= found.timeMax, let first = found.times.first else { return }
        if time < first {
            slots[Int(sum)] = 0
            return
        }
        let place = found.times.lastIndex { $0 <= time } ?? 0
        slots[Int(sum)] = exp(exponent) * found.hazards[place]
    }
}

extension PMMLModelCompiler {
    /// What kind of model it is, or what a factor is made of.
    private enum Kind: String {
        case regression, generalizedLinear, generalLinear, multinomialLogistic, ordinalMultinomial
        case coxRegression = "CoxRegression"
    }

    /// The matrices of a general regression, by parameter.
    private struct Matrices {
        /// By class (nil for all), then parameter: factors.
        var predictors: [String?: [String: [RowGeneralLinear.Factor]]] = [:]
        /// By class (nil for all): parameters and their betas, in order.
        var parameters: [String?: [(name: String, beta: Double)]] = [:]
        /// Reference points of parameters.
        var references: [String: Double] = [:]
    }

    /// A <GeneralRegressionModel> of any type.
    func generalRegression() throws(FormatError) -> PMMLResult {
        let kind: Kind = try element.choice("modelType")
        let matrices = try matrices()
        guard try function() == .classification else {
            let slot = try compiler.newSlot()
            guard matrices.parameters.keys.allSatisfy({ $0 == nil }) else {
                throw element.fail("parameters of classes for one number")
            }
            try sum(matrices, nil, matrices.parameters[nil] ?? [], to: slot)
            switch kind {
            case .regression, .generalLinear: break
            case .generalizedLinear: try link(slot, "linkFunction")
            case .coxRegression: try hazard(slot, matrices)
            default: throw element.fail("modelType=\"\(kind.rawValue)\" for one number")
            }
            return try regression(from: slot)
        }
        return try generalClassification(kind, matrices)
    }

    /// Classes: each has a sum of its own but for the reference category.
    private func generalClassification(
        _ kind: Kind,
        _ matrices: Matrices
    ) throws(FormatError) -> PMMLResult {
        let named = matrices.parameters.keys.compactMap { $0 }
        var classes = self.classes(gather(["PCell": "targetCategory"]))
        let isOrdinal = kind == .ordinalMultinomial
        if let reference = element.string("targetReferenceCategory") {
            if let place = classes.firstIndex(of: reference) { classes.remove(at: place) }
            classes.append(reference)
        } else if !isOrdinal {
            let rest = classes.filter { !named.contains($0) }
            guard rest.count == 1 || classes.count == 2 else {
                throw element.fail("\(rest.count) classes without parameters, not one")
            }
            if rest.count == 1 { classes = classes.filter { $0 != rest[0] } + rest }
        }
        guard classes.count >= 2 else { throw element.fail("fewer than two classes") }
        let first = try compiler.newSlot(classes.count)
        for (place, name) in classes.dropLast().enumerated() {
            let slot = first + Int32(truncatingIfNeeded: place)
            var cells = matrices.parameters[name]
            if isOrdinal { cells = (cells ?? []) + (matrices.parameters[nil] ?? []) }
            if cells == nil, classes.count == 2 { cells = matrices.parameters[nil] }
            guard let cells else { throw element.fail("no parameters of class '\(name)'") }
            try sum(matrices, name, cells, to: slot)
            switch kind {
            case .multinomialLogistic: break
            case .generalizedLinear: try link(slot, "linkFunction")
            case .ordinalMultinomial: try link(slot, "cumulativeLink")
            default: throw element.fail("modelType=\"\(kind.rawValue)\" of classes")
            }
        }
        let form: RowGeneralClasses.Form =
            switch kind {
            case .multinomialLogistic: .multinomial
            case .ordinalMultinomial: .cumulative
            default: .binomial
            }
        guard kind != .generalizedLinear || classes.count == 2 else {
            throw element.unsupported("a generalized linear model of \(classes.count) classes")
        }
        try compiler.emit(kernel: RowGeneralClasses(first: first, count: classes.count, form: form))
        let label = try compiler.newSlot()
        try compiler.emit(kernel: RowWinner(first: first, count: classes.count, label: label))
        return try aligned(classes, first, label)
    }

    /// The sum of parameters for a class, or for the number.
    private func sum(
        _ matrices: Matrices,
        _ name: String?,
        _ cells: [(name: String, beta: Double)],
        to slot: Int32
    ) throws(FormatError) {
        let factors = matrices.predictors[name] ?? matrices.predictors[nil] ?? [:]
        let terms = cells.map {
            RowGeneralLinear.Term(beta: $0.beta, factors: factors[$0.name] ?? [])
        }
        try compiler.emit(kernel: RowGeneralLinear(terms: terms, isFloat: isFloat, to: slot))
    }

    /// Applies the inverse of a link, with offset and trials.
    private func link(_ slot: Int32, _ attribute: String) throws(FormatError) {
        var function: RowGeneralLink.Function
        if attribute == "cumulativeLink" {
            let name = element.string("cumulativeLink") ?? element.string("cumulativeLinkFunction")
            guard let name, let found = RowGeneralLink.Function(rawValue: name) else {
                throw element.fail("no attribute 'cumulativeLink'")
            }
            function = found
        } else {
            function = try element.choice(attribute)
        }
        let parameter =
            function == .negbin
            ? try element.require(number: "distParameter")
            : try element.number("linkParameter") ?? .nan
        guard !parameter.isNaN || function != .power && function != .oddspower else {
            throw element.fail("no attribute 'linkParameter'")
        }
        try compiler.emit(
            kernel: RowGeneralLink(
                slot: slot,
                function: function,
                parameter: parameter,
                offset: try variable("offsetVariable", "offsetValue"),
                trials: try variable("trialsVariable", "trialsValue")
            )
        )
    }

    /// The slot of a field or a constant that attributes name; -1 for neither.
    private func variable(_ field: String, _ value: String) throws(FormatError) -> Int32 {
        if let name = element.string(field) {
            let slot = try number(name, at: element)
            try compiler.emit(.failIfMissing(slot))
            return slot
        }
        guard let number = try element.number(value) else { return -1 }
        return try compiler.constant(number)
    }

    // MARK: - Matrices

    /// Reads parameters, predictors and how they are correlated.
    private func matrices() throws(FormatError) -> Matrices {
        var matrices = Matrices()
        var factors: [String: XMLElement] = [:]
        for predictor in element.child("FactorList")?.children("Predictor") ?? [] {
            factors[try name(predictor)] = predictor
        }
        for parameter in element.child("ParameterList")?.children("Parameter") ?? [] {
            matrices.references[try parameter.require(string: "name")] =
                try parameter.number("referencePoint") ?? 0
        }
        for cell in element.child("PPMatrix")?.children("PPCell") ?? [] {
            let name = try cell.require(string: "predictorName", or: "field")
            let parameter = try cell.require(string: "parameterName")
            let factor = try self.factor(cell, name, factors[name])
            let key = cell.string("targetCategory")
            matrices.predictors[key, default: [:]][parameter, default: []].append(factor)
        }
        for cell in try element.require("ParamMatrix").children("PCell") {
            let name = try cell.require(string: "parameterName")
            let beta = try cell.require(number: "beta")
            matrices.parameters[cell.string("targetCategory"), default: []].append((name, beta))
        }
        return matrices
    }

    /// The field of a predictor; the attribute changed its name between versions.
    private func name(_ predictor: XMLElement) throws(FormatError) -> String {
        try predictor.require(string: "name", or: "field")
    }

    /// A cell of the matrix: a category of a factor, or the power of a covariate.
    private func factor(
        _ cell: XMLElement,
        _ name: String,
        _ predictor: XMLElement?
    ) throws(FormatError) -> RowGeneralLinear.Factor {
        guard let predictor else {
            return .init(
                slot: try number(name, at: cell),
                kind: .power(try cell.number("value") ?? 1)
            )
        }
        let value = try field(name, at: cell)
        let wanted = try compiler.literal(
            try cell.require(string: "value"),
            value.type,
            at: cell
        )
        guard let matrix = predictor.child("Matrix") else {
            return .init(slot: value.slot, kind: .category(wanted))
        }
        return try contrast(cell, predictor, matrix, value, wanted)
    }

    /// The column of a contrast matrix.
    private func contrast(
        _ cell: XMLElement,
        _ predictor: XMLElement,
        _ matrix: XMLElement,
        _ value: PMMLValue,
        _ wanted: Double
    ) throws(FormatError) -> RowGeneralLinear.Factor {
        var categories: [String] = []
        for category in predictor.child("Categories")?.children("Category") ?? [] {
            categories.append(try category.require(string: "value"))
        }
        if categories.isEmpty {
            categories = dataValues(try name(predictor))
        }
        var rows: [[Double]] = []
        for row in matrix.children("Array") { rows.append(try compiler.numbers(row)) }
        var keys: [Double] = []
        for category in categories {
            keys.append(try compiler.literal(category, value.type, at: predictor))
        }
        guard let column = keys.firstIndex(of: wanted), rows.count == keys.count,
            rows.allSatisfy({ column < $0.count })
        else { throw cell.unsupported("a contrast matrix that does not fit its categories") }
        return .init(
            slot: value.slot,
            kind: .contrast(keys: keys, values: rows.map { $0[column] })
        )
    }

    /// The values of a field that the data dictionary lists.
    private func dataValues(_ name: String) -> [String] {
        compiler.dataFields[name]?.validValues.map(\.text) ?? []
    }

    // MARK: - Cox regression

    /// Turns the sum into the cumulative hazard of a Cox model.
    private func hazard(_ slot: Int32, _ matrices: Matrices) throws(FormatError) {
        let tables = try element.require("BaseCumHazardTables")
        let reference = (matrices.parameters[nil] ?? []).reduce(0.0) {
            $0 + $1.beta * (matrices.references[$1.name] ?? 0)
        }
        var strata: [RowHazard.Stratum] = []
        var variable: Int32 = -1
        if let name = element.string("baselineStrataVariable") {
            let value = try field(name, at: element)
            variable = value.slot
            for stratum in tables.children("BaselineStratum") {
                let text = try stratum.require(string: "value")
                let key = try compiler.literal(text, value.type, at: stratum)
                strata.append(try self.stratum(stratum, key))
            }
        } else {
            strata.append(try stratum(tables, 0))
        }
        let time = try number(try element.require(string: "endTimeVariable"), at: element)
        try compiler.emit(
            kernel: RowHazard(
                sum: slot,
                reference: reference,
                time: time,
                stratum: variable,
                strata: strata
            )
        )
    }

    /// The cells of a baseline, by time.
    private func stratum(_ table: XMLElement, _ key: Double) throws(FormatError)
        -> RowHazard.Stratum
    {
        var cells: [(time: Double, hazard: Double)] = []
        for cell in table.children("BaselineCell") {
            cells.append(
                (try cell.require(number: "time"), try cell.require(number: "cumHazard"))
            )
        }
        guard !cells.isEmpty else { throw table.fail("no <BaselineCell>") }
        cells.sort { $0.time < $1.time }
        return .init(
            key: key,
            times: cells.map(\.time),
            hazards: cells.map(\.hazard),
            timeMax: try table.require(number: "maxTime")
        )
    }
}
