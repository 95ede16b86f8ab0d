import Testing

@testable import BorealBoost

@Suite struct ParameterTableTests {
    @Test(
        "a parameter is set under its name and under an alias, in any case",
        arguments: [
            ("num_leaves", "63"), ("max_leaf_nodes", "63"), ("NUM_LEAF", "63"),
            ("max_leaves", "63.0"),
        ]
    )
    func aliases(name: String, text: String) throws {
        var parameters = TrainingParameters()
        try parameters.set(name, to: .text(text))
        #expect(parameters.leaves == 63)
    }

    @Test("no name stands for two parameters")
    func namesAreUnique() {
        let names = ParameterTable.names.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0 == $0.lowercased() })
    }

    @Test("an unknown name is answered with the nearest known one")
    func unknown() {
        var parameters = TrainingParameters()
        #expect(
            throws: TrainingError.unknownParameter(name: "num_leafs", nearest: "num_leaf")
        ) { try parameters.set("num_leafs", to: .integer(3)) }
    }

    @Test("values outside of a parameter's range are refused")
    func ranges() {
        var parameters = TrainingParameters()
        #expect(
            throws: TrainingError.outOfRange(
                parameter: "subsample",
                allowed: "(0.0, 1.0]",
                value: "0.0"
            )
        ) { try parameters.set("subsample", to: .real(0)) }
        #expect(throws: TrainingError.self) { try parameters.set("num_leaves", to: .integer(1)) }
        #expect(throws: TrainingError.self) {
            try parameters.set("learning_rate", to: .text("inf"))
        }
    }

    @Test(
        "values of the wrong type are refused",
        arguments: [
            ("num_leaves", ParameterValue.text("many"), "integer"),
            ("num_leaves", .real(3.5), "integer"),
            ("learning_rate", .boolean(true), "number"), ("is_unbalance", .real(0.5), "boolean"),
            ("objective", .integer(1), "text"),
        ]
    )
    func types(name: String, value: ParameterValue, expected: String) {
        var parameters = TrainingParameters()
        let error = TrainingError.wrongType(
            parameter: name,
            expected: expected,
            value: value.description
        )
        #expect(throws: error) { try parameters.set(name, to: value) }
    }

    @Test("one parameter under two names is refused")
    func twice() {
        var parameters = TrainingParameters()
        let pairs: [(name: String, value: ParameterValue)] = [
            ("num_leaves", .integer(8)), ("max_leaf_nodes", .integer(8)),
        ]
        let error = TrainingError.parameterTwice(
            name: "num_leaves",
            first: "num_leaves",
            second: "max_leaf_nodes"
        )
        #expect(throws: error) { try parameters.set(pairs) }
    }

    @Test("what LightGBM has and we do not is refused, unless it is switched off")
    func unsupported() throws {
        var parameters = TrainingParameters()
        try parameters.set("cegb_penalty_split", to: .integer(0))
        try parameters.set("verbose", to: .integer(-1))
        let error = TrainingError.unsupported(parameter: "cegb_penalty_split", value: "0.5")
        #expect(throws: error) { try parameters.set("cegb_penalty_split", to: .real(0.5)) }
        try parameters.set("boosting_type", to: .text("gblinear"))
        #expect(parameters.boosting == .gblinear)
    }

    @Test("None keeps the default, and words and lists are read")
    func wordsAndNone() throws {
        var parameters = TrainingParameters()
        try parameters.set("max_leaf_nodes", to: .none)
        try parameters.set("loss", to: .text("regression_l1"))
        try parameters.set("metric", to: .text("l2, mae"))
        #expect(parameters.leaves == 31)
        #expect(parameters.objective == .regressionL1)
        #expect(parameters.metrics == [.l2, .l1])
    }

    @Test(
        "lists are one number, or text cut at commas with or without brackets",
        arguments: [
            ("1,-1,0", [1, -1, 0]), ("[1, -1, 0]", [1, -1, 0]), ("(0,0)", [0, 0]), ("", []),
        ]
    )
    func lists(text: String, expected: [Int]) {
        let members = ParameterValue.text(text).asMembers
        #expect(members?.map(\.asInteger) == expected.map { Int64($0) })
        #expect(ParameterValue.integer(1).asMembers == [.integer(1)])
        #expect(ParameterValue.boolean(true).asMembers == nil)
    }

    @Test(
        "lists of lists are read as LightGBM writes them and as Python prints them",
        arguments: [
            ("[0,1],[2]", [[0, 1], [2]] as [[Int64]]?), ("[[0, 1], [2]]", [[0, 1], [2]]), ("", []),
            ("[0,1", nil), ("0,1", nil), ("[0],1],[2]", nil),
        ]
    )
    func listsOfLists(text: String, expected: [[Int64]]?) {
        #expect(
            ParameterValue.text(text).asLists?.map { $0.compactMap(\.asInteger) } == expected
        )
    }

    @Test(
        "constraints outside of their range are refused",
        arguments: [
            ("monotone_constraints", "2,0", "[-1, 1]"), ("mc_penalty", "-1", "[0.0, infinity)"),
            ("colsample_bynode", "0", "(0.0, 1.0]"),
            ("interaction_constraints", "[0,-1]", "[0, 2147483647]"),
        ]
    )
    func constraints(name: String, text: String, allowed: String) {
        var parameters = TrainingParameters()
        let value = text.filter { !"[]".contains($0) }.split(separator: ",")
        #expect(
            throws: TrainingError.outOfRange(
                parameter: name,
                allowed: allowed,
                value: String(value.first { Double($0) != 0 || value.count == 1 } ?? "")
            )
        ) { try parameters.set(name, to: .text(text)) }
    }

    @Test("of the ways to keep trees monotone only the basic one is known")
    func monotoneMethod() throws {
        var parameters = TrainingParameters()
        try parameters.set("mc_method", to: .text("basic"))
        #expect(throws: TrainingError.self) {
            try parameters.set("mc_method", to: .text("advanced"))
        }
    }

    @Test(
        "objectives go by LightGBM's names and aliases",
        arguments: [
            ("xentropy", TrainingParameters.Objective.crossEntropy),
            ("xentlambda", .crossEntropyLambda), ("ova", .oneVersusAll), ("ovr", .oneVersusAll),
            ("mae", .regressionL1), ("rmse", .regression),
            ("mean_absolute_percentage_error", .mape), ("xe_ndcg_mart", .rankXENDCG),
            ("lambdarank", .lambdarank), ("Tweedie", .tweedie),
        ]
    )
    func objectives(word: String, expected: TrainingParameters.Objective) throws {
        var parameters = TrainingParameters()
        try parameters.set("objective", to: .text(word))
        #expect(parameters.objective == expected)
    }

    @Test("every metric goes by its name, and the aliases are LightGBM's")
    func metrics() throws {
        for metric in TrainingMetric.allCases {
            #expect(TrainingMetric(name: metric.rawValue) == metric)
        }
        let aliases: [(String, TrainingMetric)] = [
            ("kldiv", .kullbackLeibler), ("xendcg", .ndcg), ("mean_average_precision", .map),
            ("ova", .multiLogloss), ("binary", .binaryLogloss), ("regression", .l2),
        ]
        for (name, metric) in aliases { #expect(TrainingMetric(name: name) == metric) }
        #expect(TrainingMetric(name: "accuracy") == nil)
    }

    @Test("metric=None computes nothing, and stands alone")
    func noMetric() throws {
        var parameters = TrainingParameters()
        try parameters.set("metric", to: .text("None"))
        #expect(parameters.usesNoMetric && parameters.effectiveMetrics.isEmpty)
        try parameters.set("metric", to: .text("l1"))
        #expect(parameters.effectiveMetrics == [.l1])
        #expect(throws: TrainingError.self) { try parameters.set("metric", to: .text("l2,None")) }
    }

    @Test("places of ndcg are sorted, and gains are kept as given")
    func rankingLists() throws {
        var parameters = TrainingParameters()
        try parameters.set("ndcg_at", to: .text("10, 3, 3"))
        try parameters.set("label_gain", to: .text("0,1,2.5"))
        #expect(parameters.evaluationPositions == [3, 10])
        #expect(parameters.gains == [0, 1, 2.5])
        #expect(TrainingParameters().gains[5] == 31)
        #expect(throws: TrainingError.self) { try parameters.set("eval_at", to: .text("0")) }
    }

    @Test(
        "ranges of objectives' parameters are LightGBM's",
        arguments: [
            ("alpha", "0", "(0.0, infinity)"), ("fair_c", "0", "(0.0, infinity)"),
            ("tweedie_variance_power", "2", "[1.0, 2.0)"),
            ("poisson_max_delta_step", "-1", "(0.0, infinity)"),
            ("lambdarank_truncation_level", "0", "[1, 2147483647]"),
            ("multi_error_top_k", "0", "[1, 2147483647]"),
        ]
    )
    func objectiveRanges(name: String, text: String, allowed: String) {
        var parameters = TrainingParameters()
        let error = TrainingError.outOfRange(parameter: name, allowed: allowed, value: text)
        #expect(throws: error) { try parameters.set(name, to: .text(text)) }
    }
}
