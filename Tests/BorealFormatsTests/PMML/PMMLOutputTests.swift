import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Outputs, targets, verification, and what is refused.
@Suite struct PMMLOutputTests {
    private static let x = PMMLText.schema("x")

    private static func regression(_ before: String, _ fields: String = "x:double y:double")
        -> String
    {
        PMMLText.document(
            fields,
            """
            <RegressionModel functionName="regression">\(x)\(before)<RegressionTable intercept="0">
            <NumericPredictor name="x" coefficient="1"/></RegressionTable></RegressionModel>
            """
        )
    }

    // MARK: - Targets

    private func target(_ attributes: String, _ cell: String?) throws -> Double {
        let document = Self.regression("<Targets><Target field=\"y\" \(attributes)</Targets>")
        return try PMMLText.numbers(document, [[cell]])[0]
    }

    @Test("a target is bounded, then scaled, then rounded") func targets() throws {
        #expect(try target("min=\"-1\" max=\"2\"/>", "5") == 2)
        #expect(try target("min=\"-1\" max=\"2\"/>", "-5") == -1)
        #expect(try target("max=\"2\" rescaleFactor=\"3\" rescaleConstant=\"0.5\"/>", "5") == 6.5)
    }

    @Test("targets are cast to whole numbers") func castInteger() throws {
        #expect(try target("castInteger=\"round\"/>", "2.5") == 3)
        #expect(try target("castInteger=\"round\"/>", "-2.5") == -2)
        #expect(try target("castInteger=\"ceiling\"/>", "2.1") == 3)
        #expect(try target("castInteger=\"floor\"/>", "-2.1") == -3)
    }

    @Test("a default stands in for a missing answer") func defaultValue() throws {
        #expect(try target("><TargetValue defaultValue=\"4\"/></Target>", nil) == 4)
        #expect(try target("><TargetValue defaultValue=\"4\"/></Target>", "1") == 1)
    }

    @Test("prior probabilities stand in for missing ones") func priors() throws {
        let document = PMMLText.document(
            "x:double y:string:p|q",
            """
            <RegressionModel functionName="classification" normalizationMethod="logit">\(Self.x)
            <Output><OutputField name="q" feature="probability" value="q"/></Output>
            <Targets><Target field="y"><TargetValue value="p" priorProbability="1"/>
            <TargetValue value="q" priorProbability="3"/></Target></Targets>
            <RegressionTable intercept="0" targetCategory="p"><NumericPredictor name="x"
            coefficient="1"/></RegressionTable><RegressionTable targetCategory="q" intercept="0"/>
            </RegressionModel>
            """
        )
        let answers = try PMMLText.answers(document, [[nil], ["0"]])
        #expect(answers == [["q", "0.75", "0"], ["p", "0.5", "0"]])
    }

    // MARK: - Outputs

    @Test("outputs may use those before them, the target, and any field") func transformed() throws
    {
        let document = Self.regression(
            """
            <Output><OutputField name="a" feature="predictedValue"/>
            <OutputField name="b" feature="transformedValue" dataType="double" optype="continuous">
            <Apply function="+"><FieldRef field="a"/><FieldRef field="x"/></Apply></OutputField>
            <OutputField name="c" feature="decision" dataType="string" optype="categorical">
            <Apply function="if"><Apply function="greaterThan"><FieldRef field="b"/><Constant>\
            3</Constant>
            </Apply><Constant>high</Constant><Constant>low</Constant></Apply></OutputField>
            <OutputField name="d" feature="transformedValue" dataType="boolean" \
            optype="categorical">
            <Apply function="lessThan"><FieldRef field="y"/><Constant>2</Constant></Apply>\
            </OutputField>
            <OutputField name="e" dataType="float" isFinalResult="true"/>
            <OutputField name="f" isFinalResult="false"/></Output>
            """
        )
        let answers = try PMMLText.answers(document, [["1.1"], ["2"]])
        #expect(answers[0] == ["1.1", "1.1", "2.2", "low", "true", "1.1", "0"])
        #expect(answers[1] == ["2.0", "2.0", "4.0", "high", "false", "2.0", "0"])
    }

    private static func classes(_ outputs: String) -> String {
        """
        <PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><DataDictionary>
        <DataField name="x" optype="continuous" dataType="double"/>
        <DataField name="y" optype="categorical" dataType="integer"><Value value="7"
        displayValue="seven"/><Value value="8"/><Value value="9"/></DataField></DataDictionary>
        <RegressionModel functionName="classification" normalizationMethod="simplemax">\(x)
        <Output>\(outputs)</Output><RegressionTable intercept="2" targetCategory="7">\
        <NumericPredictor
        name="x" coefficient="0"/></RegressionTable><RegressionTable intercept="1" \
        targetCategory="8"/>
        <RegressionTable intercept="5" targetCategory="9"/></RegressionModel></PMML>
        """
    }

    @Test("classes that are numbers are numbers outside too") func integerLabels() throws {
        let graph = try PMMLText.read(Self.classes("<OutputField name=\"o\"/>"))
        #expect(graph.labels == .integer([7, 8, 9]))
        #expect(graph.task == .multiclass)
        let answers = try PMMLText.answers(Self.classes("<OutputField name=\"o\"/>"), [["0"]])
        #expect(answers == [["9", "9.0", "0"]])
    }

    @Test("a class is shown by its display value") func displayValue() throws {
        let document = Self.classes("<OutputField name=\"o\" feature=\"predictedDisplayValue\"/>")
            .replacingOccurrences(of: "intercept=\"2\"", with: "intercept=\"6\"")
        #expect(try PMMLText.answers(document, [["0"]])[0][1] == "seven")
    }

    @Test("probabilities: of a class, of the predicted one, and by rank") func probabilities()
        throws
    {
        let document = Self.classes(
            """
            <OutputField name="a" feature="probability" value="7"/>
            <OutputField name="b" feature="probability"/>
            <OutputField name="c" feature="probability" rank="3"/>
            <OutputField name="d" feature="probability" value="8.0"/>
            """
        )
        let answers = try PMMLText.answers(document, [["0"]])[0]
        #expect(answers == ["9", "0.25", "0.625", "0.125", "0.125", "0"])
    }

    @Test("a class that the model does not have is refused") func unknownClass() {
        #expect(throws: FormatError.self) {
            try PMMLText.read(
                Self.classes("<OutputField name=\"a\" feature=\"probability\" value=\"6\"/>")
            )
        }
    }

    @Test(
        "features that need the truth, or rules, are refused by name",
        arguments: ["residual", "standardError", "ruleValue", "warning", "nonsense"]
    )
    func refusedFeature(name: String) {
        let text = Self.regression("<Output><OutputField name=\"o\" feature=\"\(name)\"/></Output>")
        #expect(throws: FormatError.self) {
            do { _ = try PMMLText.read(text) } catch let error as FormatError {
                #expect(error.description.contains(name))
                throw error
            }
        }
    }

    @Test("affinities of models without them are refused") func noAffinity() {
        #expect(throws: FormatError.self) {
            try PMMLText.read(
                Self.regression("<Output><OutputField name=\"o\" feature=\"affinity\"/></Output>")
            )
        }
    }

    @Test("roles stand beside what the file declares") func roles() throws {
        let graph = try PMMLText.read(Self.regression(""))
        #expect(graph.output(.value)?.columnNames == ["pred"])
        #expect(graph.output(.prediction)?.columnNames == ["predicted_results"])
        #expect(graph.allOutputs.map(\.name) == ["y", "row_error"])
        let areNative = graph.allOutputs.allSatisfy(\.isNative)
        #expect(areNative)
    }

    // MARK: - Verification

    private static func verified(_ wanted: String, _ attributes: String = "") -> String {
        Self.regression("").replacingOccurrences(
            of: "</RegressionModel>",
            with: """
                <ModelVerification><VerificationFields><VerificationField field="x" \
                column="data:x"/>
                <VerificationField field="y" column="data:y" \(attributes)/></VerificationFields>
                <InlineTable xmlns:data="u"><row><data:x>1.5</data:x><data:y>1.5</data:y></row>
                <row><data:x>2</data:x><data:y>\(wanted)</data:y></row></InlineTable>
                </ModelVerification></RegressionModel>
                """
        )
    }

    @Test("a model that passes its own verification is read") func verification() throws {
        _ = try PMMLText.read(Self.verified("2.0000001"))
        _ = try PMMLText.read(Self.verified("2.1", "precision=\"0.1\""))
    }

    @Test("one that fails it is refused, with the row") func failedVerification() {
        #expect(throws: FormatError.self) {
            do { _ = try PMMLText.read(Self.verified("2.1")) } catch let error as FormatError {
                #expect(error.description.contains("row 2: 'y' is 2.0, not 2.1"))
                throw error
            }
        }
    }

    // MARK: - What is refused

    @Test(
        "models that are not for single rows are refused by name",
        arguments: [
            "AssociationModel", "SequenceModel", "TimeSeriesModel", "TextModel", "BaselineModel",
            "BayesianNetworkModel", "GaussianProcessModel",
        ]
    )
    func refusedModel(name: String) {
        let document = PMMLText.document(
            "x:double y:double",
            "<\(name) functionName=\"regression\">\(Self.x)</\(name)>"
        )
        #expect(throws: FormatError.self) {
            do { _ = try PMMLText.read(document) } catch let error as FormatError {
                #expect(error.description.contains(name))
                throw error
            }
        }
    }

    @Test("versions that are not known are refused by name", arguments: ["3.2", "5.0", ""])
    func version(text: String) {
        let document = PMMLText.document("x:double", "", version: text)
        #expect(throws: FormatError.unsupportedVersion(.pmml, version: text)) {
            try PMMLText.read(document)
        }
    }

    @Test("a document without a model is none") func noModel() {
        #expect(throws: FormatError.notAModel(.pmml, found: "no model element")) {
            try PMMLText.read(PMMLText.document("x:double", ""))
        }
    }

    @Test("dates are refused where a model asks for one, and only there") func dates() throws {
        let fields = "x:double y:double d:date"
        _ = try PMMLText.read(Self.regression("", fields))
        #expect(throws: FormatError.self) {
            try PMMLText.read(
                Self.regression("", fields).replacingOccurrences(
                    of: "<MiningField name=\"x\"/>",
                    with: "<MiningField name=\"x\"/><MiningField name=\"d\"/>"
                )
            )
        }
    }

    @Test("a field declared twice is refused") func twice() {
        #expect(throws: FormatError.self) {
            try PMMLText.read(Self.regression("", "x:double x:double y:double"))
        }
    }

    @Test("a deep chain of derived fields is followed or refused, never a crash") func deepChain() {
        for depth in [20, 2_000] {
            let fields = (1...depth).map {
                "<DerivedField name=\"d\($0)\" optype=\"continuous\" dataType=\"double\"><FieldRef "
                    + "field=\"\($0 == 1 ? "x" : "d\($0 - 1)")\"/></DerivedField>"
            }
            let document = Self.regression(
                "<LocalTransformations>\(fields.joined())</LocalTransformations>"
            ).replacingOccurrences(
                of: "<NumericPredictor name=\"x\"",
                with: "<NumericPredictor name=\"d\(depth)\""
            )
            let answer = try? PMMLText.numbers(document, [["3"]])
            #expect(answer == (depth == 20 ? [3] : nil))
        }
    }

    @Test(
        "small pieces that would make much are refused before they do",
        arguments: [
            "<REAL-SparseArray n=\"262144\"/>", "<REAL-SparseArray n=\"99999999\"/>",
        ]
    )
    func amplification(array: String) {
        let clusters = (0..<400).map { "<Cluster id=\"c\($0)\">\(array)</Cluster>" }.joined()
        let document = PMMLText.document(
            "x:double",
            """
            <ClusteringModel functionName="clustering" modelClass="centerBased" \
            numberOfClusters="1">
            \(PMMLText.schema("x", target: false))<ComparisonMeasure kind="distance"><euclidean/>
            </ComparisonMeasure><ClusteringField field="x"/>\(clusters)</ClusteringModel>
            """
        )
        #expect(throws: FormatError.self) { try PMMLText.read(document) }
    }

    @Test("every byte flipped, every cut: an answer or an error") func damage() throws {
        let bytes = try Zoo.bytes("pmml-tree-default-child/model.pmml")
        var random = SeededGenerator(state: 4)
        for _ in 0..<400 {
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255,
                using: &random
            )
            if Bool.random(using: &random) {
                damaged.removeSubrange(Int.random(in: 0..<bytes.count, using: &random)...)
            }
            _ = try? ModelReader.read(damaged, fileName: "m.pmml")
        }
    }
}
