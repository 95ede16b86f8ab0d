import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

/// What the writers put down for one small tree.
@Suite struct ExportTextTests {
    /// `x <= 0.1`, NaN left: 1, else `c` in {0, 2}: 2, else 3.
    private func graph(
        missing: UInt8 = 8 | 2,
        kind: FeatureKind = .integerCategory,
        link: ScoreLink = .identity,
        task: GraphTask = .regression,
        labels: Labels? = nil
    ) throws -> ModelGraph {
        var tree = Tree()
        tree.splitFeature = [0, 1]
        tree.threshold = [0.1, 0]
        tree.decisionType = [missing, 1]
        tree.leftChild = [~0, ~1]
        tree.rightChild = [1, ~2]
        tree.leafValue = [1, 2, 3]
        tree.categoryBoundaries = [0, 1]
        tree.categoryBits = [0b101]
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: 2),
                inputs: [GraphInput(name: "x"), GraphInput(name: "c`", kind: kind)],
                link: link,
                task: task,
                labels: labels
            )
        )
    }

    private func text(_ format: ExportFormat, _ graph: ModelGraph) throws -> String {
        String(decoding: try format.write(graph), as: UTF8.self)
    }

    private func cities() throws -> FeatureKind {
        .category(try CategoryDictionary(.text(["Oslo", "Rome", "<Ulm \"a\">"])))
    }

    @Test("SQL: columns between back-quotes, numbers of 19 digits, NULL where it goes")
    func sql() throws {
        let whole = """
            (CASE WHEN `x` IS NULL OR `x` <= 1.000000000000000056e-01 THEN 1.0E0 ELSE \
            CASE WHEN `c``` > -1 AND FLOOR(ABS(`c```)) IN (0, 2) THEN 2.0E0 ELSE 3.0E0 END END) \
            AS `pred`

            """
        #expect(try text(.sql, graph()) == whole)
    }

    @Test(
        "SQL: each kind of missing value",
        arguments: [
            (8, "WHEN `x` <= 1.0"), (0, "WHEN `x` IS NULL OR `x` <= 1.0"),
            (4 | 2, "WHEN `x` IS NULL OR ABS(`x`) <= 1.0E-35 OR `x` <="),
            (4, "WHEN `x` <= 1.000000000000000056e-01 AND NOT ABS(`x`) <= 1.0E-35 THEN"),
        ] as [(UInt8, String)]
    )
    func sqlMissing(type: UInt8, part: String) throws {
        #expect(try text(.sql, graph(missing: type)).contains(part))
    }

    @Test("SQL: text is compared by its bytes")
    func sqlText() throws {
        let text = try text(.sql, graph(kind: cities()))
        #expect(text.contains("HEX(`c```) IN ('4F736C6F', '3C556C6D202261223E')"))
    }

    @Test(
        "SQL: links",
        arguments: [
            (.sigmoid(scale: 2), "(1E0 / (1E0 + EXP(-2.0E0 * ("), (.exponential, "EXP(("),
            (.signedSquare, "(SIGN(("), (.softplus, "LN(1E0 + EXP(("),
        ] as [(ScoreLink, String)]
    )
    func sqlLinks(link: ScoreLink, beginning: String) throws {
        #expect(try text(.sql, graph(link: link)).hasPrefix(beginning))
    }

    @Test("XGBoost: below the next Float, members of a set to the right")
    func xgboost() throws {
        let json = try JSON.parse(text(.xgboost, graph()))
        let tree = json["learner"]?["gradient_booster"]?["model"]?["trees"]?.array?.first
        func list(_ name: String) -> String { tree?[name]?.description ?? "" }
        #expect(list("left_children") == "[1, -1, 3, -1, -1]")
        #expect(list("right_children") == "[2, -1, 4, -1, -1]")
        #expect(list("default_left") == "[1, 0, 1, 0, 0]")
        #expect(list("categories") == "[0, 2]")
        #expect(list("categories_nodes") == "[2]")
        // The node with a set sends its members, leaf 2, to the right.
        let conditions = tree?["split_conditions"]?.array?.compactMap(\.double) ?? []
        #expect(conditions == [0.1, 1, 0, 3, 2])
    }

    @Test(
        "XGBoost: objectives",
        arguments: [
            (.identity, .regression, "reg:squarederror"), (.identity, .ranking, "rank:ndcg"),
            (.sigmoid(scale: 1), .binary, "binary:logistic"),
            (.exponential, .regression, "count:poisson"),
        ] as [(ScoreLink, GraphTask, String)]
    )
    func objectives(link: ScoreLink, task: GraphTask, name: String) throws {
        let json = try JSON.parse(text(.xgboost, graph(link: link, task: task)))
        #expect(json["learner"]?["objective"]?["name"]?.string == name)
    }

    @Test("PMML: predicates of both children, the default child, texts between quotes")
    func pmml() throws {
        let text = try text(.pmml, graph(kind: cities()))
        for part in [
            "<Node id=\"n0\" defaultChild=\"l0\">\n<True/>",
            "<SimplePredicate field=\"x\" operator=\"lessOrEqual\" value=\"0.1\"/>",
            "<SimpleSetPredicate field=\"c`\" booleanOperator=\"isNotIn\">",
            "n=\"2\">&quot;Oslo&quot; &quot;&lt;Ulm \\&quot;a\\&quot;&gt;&quot;</Array>",
            "<DataField name=\"prediction\" optype=\"continuous\" dataType=\"double\"/>",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("PMML: a classifier is a chain that ends in a regression")
    func pmmlClasses() throws {
        let labels = Labels.text(["no", "yes"])
        let graph = try graph(link: .sigmoid(scale: 1), task: .binary, labels: labels)
        let text = try text(.pmml, graph)
        for part in [
            "multipleModelMethod=\"modelChain\"", "normalizationMethod=\"logit\"",
            "targetCategory=\"yes\"", "name=\"probability(no)\"",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("JSON: nodes, leaves and what is missing")
    func json() throws {
        let json = try JSON.parse(text(.json, graph(kind: cities())))
        let nodes = json["trees"]?.array?.first?["nodes"]?.array ?? []
        #expect(nodes.map { $0["missing"]?.string } == ["left", "right"])
        #expect(nodes.first?["at_most"]?.double == 0.1)
        #expect(nodes.last?["in"]?.description == "[0, 2]")
        #expect(json["features"]?.array?.last?["categories"]?.array?.count == 3)
    }

    @Test(
        "formats by the ending of a name",
        arguments: [
            ("a.txt", .lightgbm), ("a.b.PKL", .pickle), ("a.json", .xgboost), ("x.onnx", .onnx),
            ("x.pmml", .pmml), ("x.sql", .sql), ("x", nil), ("x.exe", nil),
        ] as [(String, ExportFormat?)]
    )
    func endings(name: String, format: ExportFormat?) {
        #expect(ExportFormat(fileName: name) == format)
    }

    @Test("numbers of Protocol Buffers")
    func varints() throws {
        var writer = ProtobufWriter()
        writer.put(1, 300)
        writer.put(2, "a")
        writer.put(3, packed: [1, 128])
        writer.put(4, -1)
        let negative: [UInt8] = [0x20] + [UInt8](repeating: 0xFF, count: 9) + [1]
        writer.put(5, raw: ProtobufNumbers([1]))
        writer.put(6) { inner in
            inner.put(7, packed: [300, -1])
            inner.put(8, 1)
        }
        let made = ProtobufNumbers<Int>(count: 2) { body in [127, 128].forEach(body) }
        writer.put(9, packed: made)
        let bytes = try ONNXBench.bytes(of: writer)
        let ends: [UInt8] = [0x2A, 8, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x32, 16, 0x3A, 12, 0xAC, 2]
        let ones = [UInt8](repeating: 0xFF, count: 9) + [1]
        #expect(
            bytes == [8, 0xAC, 2, 0x12, 1, 0x61, 0x1A, 3, 1, 0x80, 1] + negative + ends + ones
                + [0x40, 1, 0x4A, 3, 127, 0x80, 1]
        )
        #expect(writer.count == bytes.count)
    }

    @Test("sums that begin elsewhere than at zero begin with a tree of one leaf")
    func initialScores() throws {
        var ensemble = TreeEnsemble(trees: [Tree()], scoresPerRow: 1, featureCount: 1)
        ensemble.initialScores = [7]
        let graph = try ModelGraph(
            BoostedModel(
                ensemble: ensemble,
                inputs: [GraphInput(name: "x")],
                link: .identity,
                task: .regression
            )
        )
        #expect(try text(.sql, graph) == "(0E0\n + 7.0E0\n + 0.0E0) AS `pred`\n")
        ensemble.arithmetic = .float
        let floats = try ModelGraph(
            BoostedModel(
                ensemble: ensemble,
                inputs: [GraphInput(name: "x")],
                link: .identity,
                task: .regression
            )
        )
        #expect(throws: FormatError.self) { try ExportFormat.sql.write(floats) }
        #expect(throws: FormatError.self) { try ExportFormat.lightgbm.write(floats) }
    }

    @Test(
        "a model of XGBoost keeps its scores in its own format",
        arguments: [
            "xgb176-booster-pkl4", "xgb305-json-lossguide-early-stop", "xgb214-json-categorical",
            "xgb214-ubj-multi-output-tree", "xgb121-binary-logistic",
        ]
    )
    func ownFormat(name: String) throws {
        let graph = try Zoo.model(name).graph
        let text = try ExportFormat.xgboost.write(graph)
        let again = try ModelReader.read(text, fileName: "m.json").graph
        let features = try Zoo.features(name, graph)
        let first = try graph.run(features, roles: [.raw]).doubles(0)
        let second = try again.run(features, roles: [.raw]).doubles(0)
        for (a, b) in zip(first, second) { #expect(abs(a - b) <= 1e-6 * max(1, abs(a))) }
    }
}
