import Foundation
import Testing

@testable import BorealFormats

/// Vector machines, naive Bayes, scorecards, rule sets and anomaly detection.
@Suite struct PMMLMachineTests {
    // MARK: - Vector machines

    private static func machine(_ kernel: String, _ rest: String, _ attributes: String = "")
        -> String
    {
        PMMLText.document(
            "x:double z:double y:double",
            """
            <SupportVectorMachineModel functionName="regression" \(attributes)>
            \(PMMLText.schema("x z"))\(kernel)<VectorDictionary><VectorFields><FieldRef field="x"/>
            <FieldRef field="z"/></VectorFields><VectorInstance id="v1"><Array n="2" type="real">\
            1 2</Array>
            </VectorInstance><VectorInstance id="v2"><REAL-SparseArray n="2"><Indices>2</Indices>
            <REAL-Entries>3</REAL-Entries></REAL-SparseArray></VectorInstance></VectorDictionary>
            \(rest)</SupportVectorMachineModel>
            """
        )
    }

    private static let both = """
        <SupportVectorMachine><SupportVectors><SupportVector vectorId="v1"/>
        <SupportVector vectorId="v2"/></SupportVectors><Coefficients absoluteValue="0.5">
        <Coefficient value="2"/><Coefficient value="-1"/></Coefficients></SupportVectorMachine>
        """

    // For x = 1, z = 1: products 3 and 3, squared distances 1 and 5.
    static let kernelCases = """
        <LinearKernelType/> = 3.5
        <PolynomialKernelType gamma="2" coef0="1" degree="2"/> = 49.5
        <PolynomialKernelType/> = 4.5
        <RadialBasisKernelType gamma="0.5"/> = 1.6309763208013681
        <SigmoidKernelType gamma="0.5" coef0="-1"/> = 0.9621171572600098
        """

    @Test("kernels", arguments: kernelCases.rows)
    func kernels(row: TableRow) throws {
        let document = Self.machine(row.texts[0], Self.both)
        let got = try PMMLText.numbers(document, [["1", "1"]])[0]
        #expect(isClose(got, row.wanted), "\(row.texts[0]): \(got)")
    }

    @Test("coefficients of fields need no vectors") func coefficients() throws {
        let rest = """
            <SupportVectorMachine><Coefficients absoluteValue="1"><Coefficient value="2"/>
            <Coefficient value="3"/></Coefficients></SupportVectorMachine>
            """
        let document = Self.machine(
            "<LinearKernelType/>",
            rest,
            "svmRepresentation=\"Coefficients\" representation=\"Coefficients\""
        )
        #expect(try PMMLText.numbers(document, [["10", "100"]]) == [321])
    }

    @Test("a missing number leaves a row without an answer") func missingNumber() throws {
        let document = Self.machine("<LinearKernelType/>", Self.both)
        #expect(try PMMLText.answers(document, [["1", nil]]) == [["nan", "1"]])
    }

    private static func classifier(_ machines: String, _ attributes: String) -> String {
        machine("<LinearKernelType/>", machines, attributes)
            .replacingOccurrences(
                of: "functionName=\"regression\"",
                with: "functionName=\"classification\""
            )
            .replacingOccurrences(
                of: "<DataField name=\"y\" dataType=\"double\" optype=\"continuous\">",
                with: "<DataField name=\"y\" dataType=\"string\" optype=\"categorical\">"
                    + "<Value value=\"a\"/><Value value=\"b\"/><Value value=\"c\"/>"
            )
    }

    /// A machine that answers `x + constant`.
    private static func one(_ constant: Double, _ attributes: String) -> String {
        """
        <SupportVectorMachine \(attributes)><Coefficients absoluteValue="\(constant)">
        <Coefficient value="1"/><Coefficient value="0"/></Coefficients></SupportVectorMachine>
        """
    }

    private static let byField = "representation=\"Coefficients\""

    @Test("one against one: below the threshold means the target") func pairs() throws {
        let machines =
            Self.one(0, "targetCategory=\"a\" alternateTargetCategory=\"b\"")
            + Self.one(-5, "targetCategory=\"a\" alternateTargetCategory=\"c\" threshold=\"1\"")
            + Self.one(9, "targetCategory=\"b\" alternateTargetCategory=\"c\"")
        let least = Self.classifier(machines, Self.byField)
        let answers = try PMMLText.answers(least, [["-1", "0"], ["3", "0"], ["9", "0"]])
        #expect(answers.map { $0[0] } == ["a", "a", "c"])
        let greatest = Self.classifier(machines, "\(Self.byField) maxWins=\"true\"")
        #expect(try PMMLText.answers(greatest, [["9", "0"]])[0][0] == "a")
    }

    @Test("one against all: the least wins, or the greatest") func all() throws {
        let machines =
            Self.one(0, "targetCategory=\"a\"") + Self.one(-3, "targetCategory=\"b\"")
            + Self.one(2, "targetCategory=\"c\"")
        let least = Self.classifier(
            machines,
            "\(Self.byField) classificationMethod=\"OneAgainstAll\""
        )
        #expect(try PMMLText.answers(least, [["1", "0"]])[0][0] == "b")
        let greatest = Self.classifier(machines, "\(Self.byField) maxWins=\"true\"")
        #expect(try PMMLText.answers(greatest, [["1", "0"]])[0][0] == "c")
    }

    @Test("a rounded answer of 1 is the target, of 0 the other class") func rounded() throws {
        let document = Self.classifier(
            Self.one(0, "targetCategory=\"b\""),
            "\(Self.byField) alternateBinaryTargetCategory=\"a\""
        )
        let answers = try PMMLText.answers(document, [["0.9", "0"], ["0.2", "0"], ["2", "0"]])
        #expect(answers.map { $0[0] + $0[1] } == ["b0", "a0", "1"])
    }

    // MARK: - Naive Bayes

    private static func bayes(_ inputs: String) -> String {
        PMMLText.document(
            "x:double s:string y:string:a|b",
            """
            <NaiveBayesModel functionName="classification" threshold="0.01">\
            \(PMMLText.schema("x s"))
            <Output><OutputField name="p" feature="probability" value="a"/></Output><BayesInputs>
            \(inputs)</BayesInputs><BayesOutput fieldName="y"><TargetValueCounts>
            <TargetValueCount value="a" count="30"/><TargetValueCount value="b" count="10"/>
            </TargetValueCounts></BayesOutput></NaiveBayesModel>
            """
        )
    }

    private func share(_ inputs: String, _ row: [String?]) throws -> Double {
        Double(try PMMLText.answers(Self.bayes(inputs), [row])[0][1]) ?? .nan
    }

    private static let pairs = """
        <BayesInput fieldName="s"><PairCounts value="u"><TargetValueCounts>
        <TargetValueCount value="a" count="20"/><TargetValueCount value="b" count="0"/>
        </TargetValueCounts></PairCounts><PairCounts value="w"><TargetValueCounts>
        <TargetValueCount value="a" count="10"/><TargetValueCount value="b" count="10"/>
        </TargetValueCounts></PairCounts></BayesInput>
        """

    @Test("counts are shares; none at all counts as the threshold") func counts() throws {
        let u = 30.0 * (20.0 / 30)
        #expect(isClose(try share(Self.pairs, [nil, "u"]), u / (u + 10 * 0.01)))
        #expect(isClose(try share(Self.pairs, [nil, "w"]), 10.0 / (10.0 + 10.0)))
    }

    @Test("what is missing or unseen says nothing") func silent() throws {
        #expect(isClose(try share(Self.pairs, [nil, nil]), 0.75))
        #expect(isClose(try share(Self.pairs, [nil, "?"]), 0.75))
    }

    private static func density(_ a: String, _ b: String) -> String {
        "<BayesInput fieldName=\"x\"><TargetValueStats><TargetValueStat value=\"a\">\(a)"
            + "</TargetValueStat><TargetValueStat value=\"b\">\(b)</TargetValueStat>"
            + "</TargetValueStats></BayesInput>"
    }

    @Test("densities of Gauss, no less than the threshold") func gauss() throws {
        let inputs = Self.density(
            "<GaussianDistribution mean=\"1\" variance=\"4\"/>",
            "<GaussianDistribution mean=\"100\" variance=\"1\"/>"
        )
        let a = 30 * exp(-0.5 * 0.25) / (2 * (2 * Double.pi).squareRoot())
        #expect(isClose(try share(inputs, ["2", nil]), a / (a + 10 * 0.01)))
    }

    @Test("densities of Poisson, and uniform ones") func poisson() throws {
        let inputs = Self.density(
            "<PoissonDistribution mean=\"2\"/>",
            "<UniformDistribution lower=\"0\" upper=\"4\"/>"
        )
        let a: Double = 30 * exp(-2.0) * 8 / 6
        #expect(isClose(try share(inputs, ["3", nil]), a / (a + 10 * 0.25)))
    }

    @Test("other densities are refused by name") func anyDensity() {
        let inputs = Self.density("<AnyDistribution/>", "<AnyDistribution/>")
        #expect(throws: FormatError.self) { try share(inputs, ["3", nil]) }
    }

    @Test("inputs with densities in extensions, as writers before 4.2 put them") func old() throws {
        let inner = Self.density(
            "<UniformDistribution lower=\"0\" upper=\"4\"/>",
            "<UniformDistribution lower=\"0\" upper=\"2\"/>"
        )
        #expect(isClose(try share("<Extension>\(inner)</Extension>", ["1", nil]), 7.5 / 12.5))
    }

    @Test("numbers may be put into bins first") func bins() throws {
        let inputs = """
            <BayesInput fieldName="x"><DerivedField optype="categorical" dataType="string">\
            <Discretize
            field="x"><DiscretizeBin binValue="lo"><Interval closure="openClosed" rightMargin="0"/>
            </DiscretizeBin><DiscretizeBin binValue="hi"><Interval closure="openOpen" \
            leftMargin="0"/>
            </DiscretizeBin></Discretize></DerivedField><PairCounts value="lo"><TargetValueCounts>
            <TargetValueCount value="a" count="15"/><TargetValueCount value="b" count="9"/>
            </TargetValueCounts></PairCounts><PairCounts value="hi"><TargetValueCounts>
            <TargetValueCount value="a" count="15"/><TargetValueCount value="b" count="1"/>
            </TargetValueCounts></PairCounts></BayesInput>
            """
        #expect(isClose(try share(inputs, ["-1", nil]), 15.0 / 24))
        #expect(isClose(try share(inputs, ["1", nil]), 15.0 / 16))
    }

    // MARK: - Scorecards

    private static func card(_ attributes: String) -> String {
        func characteristic(_ name: String, _ code: String, _ scores: [Int]) -> String {
            """
            <Characteristic name="\(name)" reasonCode="\(code)" baselineScore="10">
            <Attribute partialScore="\(scores[0])"><SimplePredicate field="\(name)"
            operator="lessThan" value="0"/></Attribute><Attribute partialScore="\(scores[1])"
            reasonCode="\(code)+"><SimplePredicate field="\(name)" operator="greaterOrEqual" \
            value="0"/>
            </Attribute></Characteristic>
            """
        }
        return PMMLText.document(
            "x:double z:double y:double",
            """
            <Scorecard functionName="regression" initialScore="5" \(attributes)>
            \(PMMLText.schema("x z"))<Output><OutputField name="r1" feature="reasonCode"/>
            <OutputField name="r2" feature="reasonCode" rank="2"/>
            <OutputField name="r9" feature="reasonCode" rank="9"/></Output><Characteristics>
            \(characteristic("x", "X", [4, 12]))\(characteristic("z", "Z", [1, 20]))
            </Characteristics>
            </Scorecard>
            """
        )
    }

    @Test("reasons are ranked by the points below the baseline") func below() throws {
        let answers = try PMMLText.answers(
            Self.card(""),
            [["-1", "-1"], ["-1", "1"], ["1", "1"]]
        )
        #expect(answers[0] == ["10.0", "Z", "X", "", "0"])
        #expect(answers[1] == ["29.0", "X", "", "", "0"])
        #expect(answers[2] == ["37.0", "", "", "", "0"])
    }

    @Test("or by those above it") func above() throws {
        let document = Self.card("reasonCodeAlgorithm=\"pointsAbove\"")
        #expect(try PMMLText.answers(document, [["1", "1"]])[0] == ["37.0", "Z+", "X+", "", "0"])
    }

    @Test("a card without reasons has none") func noReasons() throws {
        let document = Self.card("useReasonCodes=\"false\"")
        #expect(try PMMLText.answers(document, [["-1", "-1"]])[0] == ["10.0", "", "", "", "0"])
    }

    @Test("a row that no attribute takes has no answer") func noAttribute() throws {
        #expect(try PMMLText.answers(Self.card(""), [["-1", nil]])[0] == ["nan", "", "", "", "1"])
    }

    // MARK: - Rules

    private static func rules(_ criterion: String, _ set: String = "defaultScore=\"n\"") -> String {
        func rule(_ id: String, _ score: String, _ weight: Double, _ low: Int) -> String {
            """
            <SimpleRule id="\(id)" score="\(score)" weight="\(weight)" confidence="\(weight / 2)">
            <SimplePredicate field="x" operator="greaterThan" value="\(low)"/></SimpleRule>
            """
        }
        return PMMLText.document(
            "x:double y:string:n|p|q",
            """
            <RuleSetModel functionName="classification">\(PMMLText.schema("x"))<Output>
            <OutputField name="rule" feature="entityId"/>
            <OutputField name="c" feature="confidence"/></Output>
            <RuleSet \(set) defaultConfidence="0.1"><RuleSelectionMethod criterion="\(criterion)"/>
            \(rule("r1", "p", 0.5, 0))<CompoundRule><SimplePredicate field="x" operator="lessThan"
            value="100"/>\(rule("r2", "q", 0.4, 1))\(rule("r3", "q", 0.3, 2))</CompoundRule>
            \(rule("r4", "q", 0.9, 3))</RuleSet></RuleSetModel>
            """
        )
    }

    @Test("the first rule that fires answers") func firstHit() throws {
        let answers = try PMMLText.answers(Self.rules("firstHit"), [["2"], ["0"], [nil]])
        #expect(answers[0] == ["p", "r1", "0.25", "0"])
        #expect(answers[1] == ["n", "", "0.1", "0"])
        #expect(answers[2] == ["n", "", "0.1", "0"])
    }

    @Test("the class with the greatest sum of weights answers") func weightedSum() throws {
        let answers = try PMMLText.answers(Self.rules("weightedSum"), [["2"], ["3"]])
        #expect(answers[0] == ["p", "r1", "0.25", "0"])
        // 0.4 + 0.3 against 0.5, over three rules.
        #expect(answers[1][0...1] == ["q", "r2"])
        #expect(isClose(Double(answers[1][2]) ?? 0, 0.7 / 3))
    }

    @Test("the rule with the greatest weight answers") func weightedMax() throws {
        let answers = try PMMLText.answers(Self.rules("weightedMax"), [["3"], ["4"]])
        #expect(answers[0] == ["p", "r1", "0.25", "0"])
        #expect(answers[1] == ["q", "r4", "0.45", "0"])
    }

    @Test("without a default a row that no rule takes has no answer") func noDefault() throws {
        #expect(try PMMLText.answers(Self.rules("firstHit", ""), [["0"]])[0][3] == "1")
    }

    // MARK: - Anomalies

    @Test("the mean path of an isolation forest becomes a score") func isolation() throws {
        let inner = """
            <RegressionModel functionName="regression">\(PMMLText.schema("x", target: false))
            <RegressionTable intercept="0"><NumericPredictor name="x" coefficient="1"/>
            </RegressionTable></RegressionModel>
            """
        func document(_ attributes: String, _ model: String) -> String {
            PMMLText.document(
                "x:double",
                """
                <AnomalyDetectionModel functionName="regression" \(attributes)>
                \(PMMLText.schema("x", target: false))<Output><OutputField name="score"/></Output>
                \(model)</AnomalyDetectionModel>
                """
            )
        }
        let forest = document("algorithmType=\"iforest\" sampleDataSize=\"256\"", inner)
        let mean = 2 * (log(255) + 0.5772156649015329) - 2.0 * 255 / 256
        #expect(isClose(try PMMLText.numbers(forest, [["7"]])[0], pow(2, -7 / mean)))
        let other = document("algorithmType=\"ocsvm\"", inner)
        #expect(try PMMLText.numbers(other, [["-0.5"]]) == [-0.5])
        let clusters = """
            <ClusteringModel functionName="clustering" modelClass="centerBased" \
            numberOfClusters="2">
            \(PMMLText.schema("x", target: false))<ComparisonMeasure kind="distance"><euclidean/>
            </ComparisonMeasure><ClusteringField field="x"/><Cluster><Array type="real">0</Array>
            </Cluster><Cluster><Array type="real">10</Array></Cluster></ClusteringModel>
            <MeanClusterDistances><Array n="2" type="real">2 4</Array></MeanClusterDistances>
            """
        let means = document("algorithmType=\"clusterMeanDist\"", clusters)
        #expect(try PMMLText.numbers(means, [["3"], ["8"]]) == [1.5, 0.5])
    }
}
