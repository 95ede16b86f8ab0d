import BorealBoost
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

@Suite struct PMMLMiningTests {
    /// Segments that answer `x + 1`, `x + 2`, `x + 6` and `x + 7`, with weights 1, 2, 1 and 4; the
    /// last runs for `x` above 10 only, and the second misses its field `z` at times.
    private static func numbers(_ attributes: String) -> String {
        let constants = [1, 2, 6, 7]
        let weights = [1, 2, 1, 4]
        let segments = (0..<4).map { place -> String in
            let condition =
                place == 3
                ? "<SimplePredicate field=\"x\" operator=\"greaterThan\" value=\"10\"/>" : "<True/>"
            let other =
                place == 1 ? "<NumericPredictor name=\"z\" coefficient=\"0\"/>" : ""
            return """
                <Segment id="s\(place)" weight="\(weights[place])">\(condition)
                <RegressionModel functionName="regression">\(PMMLText.schema("x z", target: false))
                <RegressionTable intercept="\(constants[place])">
                <NumericPredictor name="x" coefficient="1"/>\(other)</RegressionTable>
                </RegressionModel></Segment>
                """
        }
        return PMMLText.document(
            "x:double z:double y:double",
            """
            <MiningModel functionName="regression">\(PMMLText.schema("x z"))
            <Segmentation \(attributes)>\(segments.joined())</Segmentation></MiningModel>
            """
        )
    }

    /// What a method answers for x = 0, for x = 20, and for x = 0 without z.
    private func answers(_ method: String, _ missing: String = "") throws -> [Double] {
        let treatment =
            missing.isEmpty ? "" : "missingPredictionTreatment=\"\(missing)\""
        let document = Self.numbers("multipleModelMethod=\"\(method)\" \(treatment)")
        return try PMMLText.numbers(document, [["0", "1"], ["20", "1"], ["0", nil]])
    }

    @Test("the sum") func sum() throws {
        let got = try answers("sum")
        #expect(got[0] == 9 && got[1] == 96 && got[2].isNaN)
    }

    @Test("the average of those that ran") func average() throws {
        let got = try answers("average")
        #expect(got[0] == 3 && got[1] == 24 && got[2].isNaN)
    }

    @Test("the greatest") func greatest() throws {
        #expect(try Array(answers("max")[0...1]) == [6, 27])
    }

    @Test("the median is the middle, or the mean of the middle two") func median() throws {
        #expect(try Array(answers("median")[0...1]) == [2, 24])
    }

    @Test("sums weigh their segments") func weightedSum() throws {
        #expect(try Array(answers("weightedSum")[0...1]) == [11, 199])
    }

    @Test("averages weigh their segments") func weightedAverage() throws {
        #expect(try Array(answers("weightedAverage")[0...1]) == [11.0 / 4, 199.0 / 8])
    }

    @Test("the weighted median is the first that half of the weight lies up to")
    func weightedMedian() throws {
        #expect(try Array(answers("weightedMedian")[0...1]) == [2, 26])
    }

    @Test("segments without an answer are passed over when told so") func skips() throws {
        #expect(try answers("sum", "skipSegment")[2] == 7)
        #expect(try answers("average", "skipSegment")[2] == 3.5)
        #expect(try answers("weightedAverage", "skipSegment")[2] == 3.5)
    }

    @Test("too many segments without an answer leave none") func threshold() throws {
        let attributes =
            "multipleModelMethod=\"sum\" missingPredictionTreatment=\"skipSegment\" "
            + "missingThreshold"
        // Segment 1 has 2 of 4 parts of the weight.
        for (threshold, isThere) in [("0.4", false), ("0.6", true)] {
            let document = Self.numbers("\(attributes)=\"\(threshold)\"")
            let got = try PMMLText.numbers(document, [["0", nil]])[0]
            #expect(got.isNaN != isThere)
        }
    }

    @Test("one missing answer makes all missing when told so") func returnsMissing() throws {
        let got = try answers("median", "returnMissing")
        #expect(got[0] == 2 && got[2].isNaN)
    }

    @Test("a weight may be a field") func fieldWeight() throws {
        let document = Self.numbers("multipleModelMethod=\"weightedSum\"")
            .replacingOccurrences(of: "weight=\"2\"", with: "weight=\"z\"")
        #expect(try PMMLText.numbers(document, [["0", "10"]]) == [27])
    }

    // MARK: - Classes

    /// Three segments over classes p and q, with these probabilities of p and weights 1, 1 and 3.
    private static func classes(_ attributes: String, _ shares: [Double]) -> String {
        let segments = shares.enumerated().map { place, share in
            """
            <Segment weight="\(place == 2 ? 3 : 1)"><True/><RegressionModel
            functionName="classification">\(PMMLText.schema("x"))
            <RegressionTable intercept="\(share)" targetCategory="p"><NumericPredictor name="x"
            coefficient="0"/></RegressionTable><RegressionTable intercept="0" targetCategory="q"/>
            </RegressionModel></Segment>
            """
        }
        return PMMLText.document(
            "x:double y:string:p|q",
            """
            <MiningModel functionName="classification">\(PMMLText.schema("x"))<Output>
            <OutputField name="p" feature="probability" value="p"/></Output>
            <Segmentation \(attributes)>\(segments.joined())</Segmentation></MiningModel>
            """
        )
    }

    private func share(_ method: String, _ shares: [Double]) throws -> [String] {
        let document = Self.classes("multipleModelMethod=\"\(method)\"", shares)
        return Array(try PMMLText.answers(document, [["1"]])[0][0...1])
    }

    @Test("every segment has a vote") func majority() throws {
        #expect(try share("majorityVote", [0.6, 0.7, 0.1]) == ["p", "0.6666666666666666"])
    }

    @Test("votes weigh") func weightedMajority() throws {
        #expect(try share("weightedMajorityVote", [0.6, 0.7, 0.1]) == ["q", "0.4"])
    }

    @Test("probabilities are averaged") func averageShares() throws {
        #expect(try share("average", [0.5, 0.75, 0.25]) == ["p", "0.5"])
        #expect(try share("weightedAverage", [0.5, 0.75, 0.25]) == ["q", "0.4"])
    }

    @Test("the segment that is surest answers, or the mean of those that are") func max() throws {
        #expect(try share("max", [0.6, 0.75, 0.25]) == ["p", "0.75"])
        #expect(try share("max", [0.6, 0.75, 0.5]) == ["p", "0.75"])
    }

    @Test("the segment closest to the median answers") func medianShares() throws {
        #expect(try share("median", [0.6, 0.75, 0.1]) == ["p", "0.6"])
    }

    // MARK: - One of several

    @Test("the first segment whose condition holds answers, and says who it is")
    func selectFirst() throws {
        func segment(_ id: String, _ condition: String, _ answer: Int) -> String {
            """
            <Segment id="\(id)">\(condition)<RegressionModel functionName="regression">
            \(PMMLText.schema("x", target: false))<Output><OutputField name="twice"
            feature="transformedValue"><Apply function="*"><FieldRef field="x"/><Constant>\
            2</Constant>
            </Apply></OutputField></Output><RegressionTable intercept="\(answer)"/>\
            </RegressionModel>
            </Segment>
            """
        }
        let low = "<SimplePredicate field=\"x\" operator=\"lessThan\" value=\"0\"/>"
        let high = "<SimplePredicate field=\"x\" operator=\"lessThan\" value=\"10\"/>"
        let document = PMMLText.document(
            "x:double y:double",
            """
            <MiningModel functionName="regression">\(PMMLText.schema("x"))<Output>
            <OutputField name="id" feature="entityId"/></Output>
            <Segmentation multipleModelMethod="selectFirst">\(segment("a", low, 1))
            \(segment("b", high, 2))</Segmentation></MiningModel>
            """
        )
        let answers = try PMMLText.answers(document, [["-1"], ["5"], ["11"], [nil]])
        #expect(
            answers == [
                ["1.0", "-2.0", "a", "0"], ["2.0", "10.0", "b", "0"], ["nan", "nan", "", "0"],
                ["nan", "nan", "", "0"],
            ]
        )
    }

    private static func chain(_ condition: String) -> String {
        PMMLText.document(
            "x:double y:string:lo|hi",
            """
            <MiningModel functionName="classification">\(PMMLText.schema("x"))<Output>
            <OutputField name="first" feature="predictedValue" segmentId="1"/>
            <OutputField name="share" feature="probability" value="hi" segmentId="2"/></Output>
            <Segmentation multipleModelMethod="modelChain"><Segment id="1"><True/>
            <RegressionModel functionName="regression">\
            \(PMMLText.schema("x", target: false))<Output>
            <OutputField name="s" isFinalResult="false"/></Output><RegressionTable intercept="0">
            <NumericPredictor name="x" coefficient="0.1"/></RegressionTable></RegressionModel>\
            </Segment>
            <Segment id="2">\(condition)<RegressionModel functionName="classification">
            \(PMMLText.schema("s"))<Output><OutputField name="p" feature="probability" value="hi"/>
            </Output><RegressionTable intercept="0" targetCategory="hi"><NumericPredictor name="s"
            coefficient="1"/></RegressionTable><RegressionTable intercept="0" targetCategory="lo"/>
            </RegressionModel></Segment></Segmentation></MiningModel>
            """
        )
    }

    @Test("a chain hands outputs on; inner outputs come first, results of segments by their ids")
    func chains() throws {
        let graph = try PMMLText.read(Self.chain("<True/>"))
        #expect(graph.allOutputs.map(\.name) == ["y", "p", "first", "share", "row_error"])
        let answers = try PMMLText.answers(Self.chain("<True/>"), [["8"], ["2"]])
        #expect(answers[0] == ["hi", "0.8", "0.8", "0.8", "0"])
        #expect(answers[1] == ["lo", "0.2", "0.2", "0.2", "0"])
    }

    @Test("a chain whose last segment may not run answers with it when it does")
    func conditionalChain() throws {
        let condition = "<SimplePredicate field=\"s\" operator=\"greaterThan\" value=\"0.5\"/>"
        let answers = try PMMLText.answers(Self.chain(condition), [["8"], ["2"]])
        #expect(answers[0][0] == "hi")
        #expect(answers[1][0] == "")
    }

    @Test(
        "what cannot be combined is refused by name",
        arguments: ["selectAll", "x-multiModelChain", "nonsense"]
    )
    func refused(method: String) {
        #expect(throws: FormatError.self) {
            do {
                _ = try PMMLText.read(Self.numbers("multipleModelMethod=\"\(method)\""))
            } catch let error as FormatError {
                #expect(error.description.contains(method))
                throw error
            }
        }
    }

    @Test("trees within conditional segments run too") func innerEnsemble() throws {
        let tree = """
            <TreeModel functionName="regression">\(PMMLText.schema("x", target: false))
            <Node score="1"><True/><Node score="2"><SimplePredicate field="x" operator="lessThan"
            value="5"/></Node><Node score="3"><True/></Node></Node></TreeModel>
            """
        let forest = """
            <MiningModel functionName="regression">\(PMMLText.schema("x", target: false))
            <Segmentation multipleModelMethod="sum"><Segment><True/>\(tree)</Segment>
            <Segment><True/>\(tree)</Segment></Segmentation></MiningModel>
            """
        let document = PMMLText.document(
            "x:double y:double",
            """
            <MiningModel functionName="regression">\(PMMLText.schema("x"))
            <Segmentation multipleModelMethod="selectFirst"><Segment><SimplePredicate field="x"
            operator="greaterThan" value="0"/>\(forest)</Segment></Segmentation></MiningModel>
            """
        )
        let got = try PMMLText.numbers(document, [["1"], ["7"], ["-1"]])
        #expect(got[0] == 4 && got[1] == 6 && got[2].isNaN)
    }

    @Test("a model that computes in 32 bits rounds after each step") func floats() throws {
        let tree = { (score: String) in
            """
            <Segment><True/><TreeModel functionName="regression" x-mathContext="float">
            \(PMMLText.schema("x", target: false))<Node score="\(score)"><True/><Node \
            score="\(score)">
            <SimplePredicate field="x" operator="lessThan" value="0"/></Node>
            <Node score="\(score)"><True/></Node></Node></TreeModel></Segment>
            """
        }
        let document = PMMLText.document(
            "x:float y:double",
            """
            <MiningModel functionName="regression" x-mathContext="float">\(PMMLText.schema("x"))
            <Targets><Target field="y" rescaleConstant="0.3"/></Targets>
            <Segmentation multipleModelMethod="sum">\(tree("0.1"))\(tree("0.2"))\(tree("0.7"))
            </Segmentation></MiningModel>
            """
        )
        let sum = Float(0.1) + Float(0.2) + Float(0.7)
        #expect(try PMMLText.numbers(document, [["1"]]) == [Double(Float(Double(sum) + 0.3))])
        #expect(try PMMLText.read(document).treeEnsemble?.ensemble.arithmetic == .float)
    }
}
