import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct PMMLTreeTests {
    /// The tree of the standard's own example: two splits under a root of 100 records.
    private static func golf(_ attributes: String) -> String {
        func scores(_ will: Int, _ may: Int, _ no: Int) -> String {
            """
            <ScoreDistribution value="will" recordCount="\(will)"/>\
            <ScoreDistribution value="may" recordCount="\(may)"/>\
            <ScoreDistribution value="no" recordCount="\(no)"/>
            """
        }
        let tree = """
            <TreeModel functionName="classification" \(attributes)>
            \(PMMLText.schema("o t h"))<Output>
            <OutputField name="p" feature="probability" value="will"/>
            <OutputField name="c" feature="confidence" value="will"/>
            <OutputField name="id" feature="entityId"/></Output>
            <Node id="0" score="will" recordCount="100" defaultChild="B"><True/>
            \(scores(60, 30, 10))
            <Node id="A" score="will" recordCount="50" defaultChild="A2">
            <SimplePredicate field="o" operator="equal" value="sunny"/>\(scores(40, 2, 8))
            <Node id="A1" score="will" recordCount="40">
            <SimplePredicate field="t" operator="lessThan" value="90"/>\(scores(36, 2, 2))</Node>
            <Node id="A2" score="no" recordCount="10">
            <SimplePredicate field="t" operator="greaterOrEqual" value="90"/>
            \(scores(4, 0, 6))</Node>
            </Node>
            <Node id="B" score="may" recordCount="50">
            <SimpleSetPredicate field="o" booleanOperator="isIn"><Array n="2" type="string">rain
            "over cast"</Array></SimpleSetPredicate>\(scores(20, 28, 2))</Node>
            </Node></TreeModel>
            """
        return PMMLText.document("o:string t:double h:double y:string:will|may|no", tree)
    }

    private func golf(_ attributes: String, _ row: [String?]) throws -> String {
        let answer = try PMMLText.answers(Self.golf(attributes), [row])[0]
        return answer.joined(separator: " ")
    }

    @Test(
        "a row without missing values goes its way, whatever the strategy",
        arguments: [
            "none", "lastPrediction", "nullPrediction", "defaultChild", "weightedConfidence",
        ]
    )
    func plain(strategy: String) throws {
        let attributes = "missingValueStrategy=\"\(strategy)\""
        let answer = try golf(attributes, ["sunny", "95", "1"])
        #expect(answer.hasPrefix("no 0.4 0.4"))
        #expect(try golf(attributes, ["over cast", "95", "1"]).hasPrefix("may 0.4 0.4"))
    }

    @Test("missing values are treated as the strategy says")
    func strategies() throws {
        let row: [String?] = ["sunny", nil, nil]
        #expect(try golf("", row) == " nan nan  0")
        #expect(
            try golf("noTrueChildStrategy=\"returnLastPrediction\"", row) == "will 0.8 0.8 A 0"
        )
        #expect(try golf("missingValueStrategy=\"lastPrediction\"", row) == "will 0.8 0.8 A 0")
        #expect(try golf("missingValueStrategy=\"nullPrediction\"", row) == " nan nan  0")
        #expect(
            try golf("missingValueStrategy=\"defaultChild\" missingValuePenalty=\"0.8\"", row)
                == "no 0.4 0.32000000000000006 A2 0"
        )
        let weighed = try golf("missingValueStrategy=\"weightedConfidence\"", row)
        // 40 of 50 records at 0.9, 10 of 50 at 0.4.
        #expect(weighed.hasPrefix("will 0.8"))
        let aggregated = try golf("missingValueStrategy=\"aggregateNodes\"", row)
        #expect(aggregated.hasPrefix("will 0.8 0.8"))
    }

    @Test("with the first question missing all branches may be meant")
    func missingRoot() throws {
        let row: [String?] = [nil, "50", nil]
        // (0.9 * 50 + 0.4 * 50) / 100, and (36 + 20) / (40 + 50).
        let weighed = try golf("missingValueStrategy=\"weightedConfidence\"", row)
        #expect(weighed.hasPrefix("will 0.65 0.65"))
        let aggregated = try golf("missingValueStrategy=\"aggregateNodes\"", row)
        #expect(aggregated.hasPrefix("will 0.6222222222222222 0.6222222222222222"))
        #expect(try golf("missingValueStrategy=\"defaultChild\"", row).hasPrefix("may 0.4"))
        #expect(try golf("missingValueStrategy=\"lastPrediction\"", row) == "will 0.6 0.6 0 0")
    }

    @Test("no true child ends in nothing, or in the last node")
    func noTrueChild() throws {
        #expect(try golf("", ["fog", "1", "1"]) == " nan nan  0")
        let last = "noTrueChildStrategy=\"returnLastPrediction\""
        #expect(try golf(last, ["fog", "1", "1"]) == "will 0.6 0.6 0 0")
    }

    @Test(
        "compound conditions know what is unknown",
        arguments: [
            ("and", "1 0", "2.0"), ("and", "1 1", "1.0"), ("and", "0 ?", "2.0"),
            ("and", "1 ?", "nan"),
            ("or", "0 1", "1.0"), ("or", "0 0", "2.0"), ("or", "1 ?", "1.0"), ("or", "0 ?", "nan"),
            ("xor", "1 0", "1.0"), ("xor", "1 1", "2.0"), ("xor", "1 ?", "nan"),
            ("surrogate", "0 1", "2.0"), ("surrogate", "? 1", "1.0"), ("surrogate", "? 0", "2.0"),
            ("surrogate", "? ?", "nan"),
        ]
    )
    func compounds(connective: String, cells: String, wanted: String) throws {
        let tree = """
            <TreeModel functionName="regression" missingValueStrategy="nullPrediction">
            \(PMMLText.schema("a b"))<Node><True/><Node score="1">
            <CompoundPredicate booleanOperator="\(connective)">
            <SimplePredicate field="a" operator="equal" value="1"/>
            <SimplePredicate field="b" operator="greaterThan" value="0"/></CompoundPredicate></Node>
            <Node score="2"><True/></Node></Node></TreeModel>
            """
        let document = PMMLText.document("a:double b:double y:double", tree)
        let row = cells.split(separator: " ").map { $0 == "?" ? nil : String($0) }
        #expect(try PMMLText.answers(document, [row])[0][0] == wanted)
    }

    @Test("a surrogate counts as a missing level")
    func surrogatePenalty() throws {
        let tree = """
            <TreeModel functionName="classification" missingValueStrategy="none"
            missingValuePenalty="0.5">\(PMMLText.schema("a b"))<Output>
            <OutputField name="c" feature="confidence" value="p"/></Output>
            <Node score="p"><True/><Node score="p"><CompoundPredicate booleanOperator="surrogate">
            <SimplePredicate field="a" operator="lessThan" value="1"/>
            <SimplePredicate field="b" operator="lessThan" value="1"/></CompoundPredicate>
            <ScoreDistribution value="p" recordCount="3" confidence="0.7"/>
            <ScoreDistribution value="q" recordCount="1"/></Node></Node></TreeModel>
            """
        let document = PMMLText.document("a:double b:double y:string", tree)
        let answers = try PMMLText.answers(document, [["0", "5"], [nil, "0"]])
        #expect(answers.map { $0[1] } == ["0.7", "0.35"])
    }

    // MARK: - Ensembles

    /// The same trees as an ensemble for the kernel and, with a condition that is always true, one
    /// by one.
    private static func forest(
        _ tree: (Int) -> String,
        _ attributes: String,
        function: String,
        isSlow: Bool,
        fields: String
    ) -> String {
        let condition =
            isSlow
            ? "<CompoundPredicate booleanOperator=\"or\"><True/><False/></CompoundPredicate>"
            : "<True/>"
        let segments = (0..<3).map {
            "<Segment id=\"\($0)\" weight=\"\($0 + 1)\">\(condition)\(tree($0))</Segment>"
        }
        let names = fields.split(separator: " ").map { String($0.prefix { $0 != ":" }) }.dropLast()
        let schema = PMMLText.schema(names.joined(separator: " "))
        return PMMLText.document(
            fields,
            """
            <MiningModel functionName="\(function)">\(schema)
            <Segmentation \(attributes)>\(segments.joined())</Segmentation></MiningModel>
            """
        )
    }

    private static let rows: [[String?]] = [
        ["0", "0", "a"], ["0.5", "1", "b"], ["1", "-1", "c"], ["1.5", "2", "z"], [nil, "0", "a"],
        ["0", nil, "b"], ["0", "0", nil], [nil, nil, nil], ["-0.25", "3", "c"], ["9", "9", "a"],
    ]

    private static func regressionTree(_ number: Int, _ strategy: String) -> String {
        let first = number % 2 == 0 ? "l" : "m"
        return """
            <TreeModel functionName="regression" \(strategy)>\
            \(PMMLText.schema("u v s", target: false))
            <Node id="r" score="\(Double(number) + 0.1)" defaultChild="\(first)"><True/>
            <Node id="l" score="\(number).3" defaultChild="l2">
            <SimplePredicate field="u" operator="\(number == 0 ? "lessThan" : "lessOrEqual")" \
            value="0.5"/>
            <Node id="l1" score="\(number).7"><SimpleSetPredicate field="s" booleanOperator="isIn">
            <Array type="string">a b</Array></SimpleSetPredicate></Node>
            <Node id="l2" score="\(number).9"><SimpleSetPredicate field="s" \
            booleanOperator="isNotIn">
            <Array type="string">a b</Array></SimpleSetPredicate></Node></Node>
            <Node id="m" score="\(number).2" defaultChild="m1">
            <SimplePredicate field="u" \
            operator="\(number == 0 ? "greaterOrEqual" : "greaterThan")" \
            value="0.5"/>
            <Node id="m1" score="-1"><SimplePredicate field="v" operator="greaterThan" \
            value="1"/></Node>
            <Node id="m2" score="-2"><SimplePredicate field="v" operator="lessOrEqual" \
            value="1"/></Node>
            </Node></Node></TreeModel>
            """
    }

    @Test(
        "an ensemble answers the same on the kernel for trees and one by one",
        arguments: ["none", "lastPrediction", "nullPrediction", "defaultChild"],
        [
            "multipleModelMethod=\"sum\"",
            "multipleModelMethod=\"average\" missingPredictionTreatment=\"returnMissing\"",
            "multipleModelMethod=\"weightedSum\"", "multipleModelMethod=\"weightedAverage\"",
        ]
    )
    func ensembles(strategy: String, method: String) throws {
        for last in ["", " noTrueChildStrategy=\"returnLastPrediction\""] {
            let attributes = "missingValueStrategy=\"\(strategy)\"\(last)"
            let documents = [true, false].map { isSlow in
                Self.forest(
                    { Self.regressionTree($0, attributes) },
                    method,
                    function: "regression",
                    isSlow: isSlow,
                    fields: "u:double v:float s:string y:double"
                )
            }
            #expect(try PMMLText.read(documents[0]).treeEnsemble == nil)
            #expect(try PMMLText.read(documents[1]).treeEnsemble != nil)
            let slow = try PMMLText.answers(documents[0], Self.rows)
            let fast = try PMMLText.answers(documents[1], Self.rows)
            #expect(slow == fast, "\(attributes) \(method)")
        }
    }

    private static func classTree(_ number: Int, _ strategy: String) -> String {
        """
        <TreeModel functionName="classification" \(strategy)>
        \(PMMLText.schema("u v s", target: false))<Node><True/>
        <Node score="p"><SimplePredicate field="u" operator="lessOrEqual" value="0.\(number)"/>
        <ScoreDistribution value="p" recordCount="\(number + 2)"/>
        <ScoreDistribution value="q" recordCount="1"/></Node>
        <Node score="q"><SimplePredicate field="v" operator="lessThan" value="\(number)"/>
        <ScoreDistribution value="p" recordCount="1"/>
        <ScoreDistribution value="q" recordCount="\(number + 1)"/></Node>
        <Node score="o"><True/><ScoreDistribution value="o" recordCount="2"/></Node>
        </Node></TreeModel>
        """
    }

    @Test(
        "classes too",
        arguments: [
            ("majorityVote", "returnMissing"), ("weightedMajorityVote", "returnMissing"),
            ("average", "continue"), ("weightedAverage", "returnMissing"),
        ]
    )
    func classes(method: String, missing: String) throws {
        let attributes =
            "multipleModelMethod=\"\(method)\" missingPredictionTreatment=\"\(missing)\""
        for strategy in ["", "missingValueStrategy=\"nullPrediction\""] {
            let answers = try [true, false].map { isSlow in
                let document = Self.forest(
                    { Self.classTree($0, strategy) },
                    attributes,
                    function: "classification",
                    isSlow: isSlow,
                    fields: "u:double v:double s:string y:string:o|p|q"
                )
                let graph = try PMMLText.read(document)
                #expect((graph.treeEnsemble != nil) == !isSlow)
                return try PMMLText.answers(document, Self.rows)
            }
            #expect(answers[0] == answers[1], "\(attributes) \(strategy)")
        }
    }

    @Test(
        "every exported LightGBM model comes back with the answers it had",
        arguments: [
            "lgb231-txt-multiclass", "lgb333-txt-binary-cat", "lgb460-txt-dart", "lgb460-txt-rf",
            "lgb460-clf-strings-pkl5", "lgb460-txt-pandas-categorical",
            "seed000-lgb-pkl",
        ]
    )
    func roundTrip(name: String) throws {
        let graph = try Zoo.model(name).graph
        let text = try ExportFormat.pmml.write(graph)
        let again = try ModelReader.read(text, fileName: "m.pmml").graph
        let role: GraphOutput.Role = graph.task == .regression ? .value : .probabilities
        let first = try graph.run(try Zoo.features(name, graph), roles: [role]).doubles(0)
        let second = try again.run(try Zoo.features(name, again), roles: [role]).doubles(0)
        #expect(first.count == second.count)
        for (a, b) in zip(first, second) { #expect(abs(a - b) <= 1e-12) }
    }
}
