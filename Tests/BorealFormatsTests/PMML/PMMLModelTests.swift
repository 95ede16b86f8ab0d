import Foundation
import Testing

@testable import BorealFormats

@Suite struct PMMLModelTests {
    private static let x = PMMLText.schema("x")

    /// `a + b * x`, as one regression table.
    private static func table(_ a: Double, _ b: Double, _ attributes: String = "") -> String {
        "<RegressionTable intercept=\"\(a)\" \(attributes)>"
            + "<NumericPredictor name=\"x\" coefficient=\"\(b)\"/></RegressionTable>"
    }

    private static func cdf(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    // MARK: - Regression

    static let normalizationsCases = """
        none = 1.3
        softmax = 0.7858349830425586
        logit = 0.7858349830425586
        exp = 3.6692966676192444
        probit = 0.9031995154143897
        cloglog = 0.9745056053242759
        loglog = 0.7614492200094153
        cauchit = 0.7912855998398474
        """

    @Test(
        "a number is normalised",
        arguments: normalizationsCases.rows
    )
    func number(row: TableRow) throws {
        let (method, wanted) = (row.texts[0], row.wanted)
        let model = """
            <RegressionModel functionName="regression" normalizationMethod="\(method)">\(Self.x)
            \(Self.table(0.3, 0.5))</RegressionModel>
            """
        let document = PMMLText.document("x:double y:double", model)
        #expect(isClose(try PMMLText.numbers(document, [["2"]])[0], wanted))
    }

    private static func classes(_ method: String, _ tables: String, optype: String) -> String {
        """
        <PMML xmlns="http://www.dmg.org/PMML-4_2" version="4.2"><DataDictionary>
        <DataField name="x" optype="continuous" dataType="double"/>
        <DataField name="y" optype="\(optype)" dataType="string"><Value value="p"/><Value \
        value="q"/>
        <Value value="r"/></DataField></DataDictionary><RegressionModel
        functionName="classification" normalizationMethod="\(method)">\(x)<Output>
        <OutputField name="p" feature="probability" value="p"/>
        <OutputField name="q" feature="probability" value="q"/>
        <OutputField name="r" feature="probability" value="r"/></Output>
        \(tables)</RegressionModel></PMML>
        """
    }

    @Test("classes are normalised", arguments: ["none", "simplemax", "softmax", "logit"])
    func classes(method: String) throws {
        let tables =
            Self.table(0.1, 0.2, "targetCategory=\"p\"")
            + Self.table(0.2, 0.1, "targetCategory=\"q\"")
            + Self.table(0.3, 0, "targetCategory=\"r\"")
        let document = Self.classes(method, tables, optype: "categorical")
        let got = try PMMLText.answers(document, [["1"]])[0][1...3].map { Double($0) ?? .nan }
        let sums = [0.3, 0.3, 0.3]
        let wanted: [Double] =
            switch method {
            case "none": [0.1 + 0.2, 0.2 + 0.1, 1 - (sums[0] + sums[1])]
            default: [1.0 / 3, 1.0 / 3, 1.0 / 3]
            }
        for (a, b) in zip(got, wanted) { #expect(isClose(a, b), "\(method)") }
    }

    @Test(
        "ordinal classes are cumulative",
        arguments: ["logit", "probit", "cloglog", "loglog", "cauchit"]
    )
    func ordinals(method: String) throws {
        let tables =
            Self.table(-0.4, 0.2, "targetCategory=\"p\"")
            + Self.table(0.9, 0.2, "targetCategory=\"q\"")
            + Self.table(0, 0, "targetCategory=\"r\"")
        let document = Self.classes(method, tables, optype: "ordinal")
        let got = try PMMLText.answers(document, [["2"]])[0][1...3].map { Double($0) ?? .nan }
        func link(_ x: Double) -> Double {
            switch method {
            case "logit": 1 / (1 + exp(-x))
            case "probit": Self.cdf(x)
            case "cloglog": 1 - exp(-exp(x))
            case "loglog": exp(-exp(-x))
            default: 0.5 + atan(x) / Double.pi
            }
        }
        let wanted = [link(0), link(1.3) - link(0), 1 - link(1.3)]
        for (a, b) in zip(got, wanted) { #expect(isClose(a, b), "\(method)") }
    }

    @Test("exponents, categories and products add up; missing numbers leave nothing")
    func terms() throws {
        let model = """
            <RegressionModel functionName="regression">\(PMMLText.schema("x z s"))
            <RegressionTable intercept="1"><NumericPredictor name="x" exponent="3" coefficient="2"/>
            <CategoricalPredictor name="s" value="a" coefficient="10"/>
            <PredictorTerm coefficient="0.5"><FieldRef field="x"/><FieldRef \
            field="z"/></PredictorTerm>
            </RegressionTable></RegressionModel>
            """
        let document = PMMLText.document("x:double z:double s:string y:double", model)
        let rows: [[String?]] = [
            ["2", "3", "a"], ["2", "3", nil], [nil, "3", "a"], ["2", nil, "a"],
        ]
        let got = try PMMLText.numbers(document, rows)
        #expect(got[0] == 30 && got[1] == 20 && got[2].isNaN && got[3].isNaN)
    }

    // MARK: - General regression

    private static func general(_ attributes: String, _ extra: String = "") -> String {
        PMMLText.document(
            "x:double n:integer y:double",
            """
            <GeneralRegressionModel functionName="regression" \(attributes)>
            \(PMMLText.schema("x n"))<ParameterList><Parameter name="p0"/>
            <Parameter name="p1" referencePoint="0.5"/></ParameterList><CovariateList>
            <Predictor name="x"/></CovariateList><PPMatrix>
            <PPCell value="2" predictorName="x" parameterName="p1"/></PPMatrix><ParamMatrix>
            <PCell parameterName="p0" beta="0.2"/><PCell parameterName="p1" \
            beta="0.3"/></ParamMatrix>
            \(extra)</GeneralRegressionModel>
            """
        )
    }

    static let linksCases = """
        identity ;  = 1.4
        log ;  = 4.0551999668446745
        logc ;  = -3.0551999668446745
        logit ;  = 0.8021838885585817
        probit ;  = 0.9192433407662289
        cloglog ;  = 0.9826679859912355
        loglog ;  = 0.7814555848495635
        negbin ; distParameter="2" = -0.6636554089506573
        power ; linkParameter="3" = 1.1186889420813968
        power ; linkParameter="0" = 4.0551999668446745
        oddspower ; linkParameter="2" = 0.660943261085074
        oddspower ; linkParameter="0" = 0.8021838885585817
        identity ; offsetValue="2" trialsValue="3" = 10.2
        identity ; offsetVariable="x" trialsVariable="n" = 17.0
        """

    @Test(
        "links of generalised linear models",
        arguments: linksCases.rows
    )
    func links(row: TableRow) throws {
        let (link, attributes, wanted) = (row.texts[0], row.texts[1], row.wanted)
        let document = Self.general(
            "modelType=\"generalizedLinear\" linkFunction=\"\(link)\" \(attributes)"
        )
        #expect(isClose(try PMMLText.numbers(document, [["2", "5"]])[0], wanted), "\(link)")
    }

    @Test("a Cox model follows the cumulative hazard at the time of the row")
    func cox() throws {
        let table = """
            <BaseCumHazardTables maxTime="30"><BaselineCell time="10" cumHazard="0.1"/>
            <BaselineCell time="20" cumHazard="0.25"/></BaseCumHazardTables>
            """
        let document = Self.general("modelType=\"CoxRegression\" endTimeVariable=\"n\"", table)
        let rows: [[String?]] = [
            ["2", "5"], ["2", "15"], ["2", "25"], ["2", "31"], ["2", nil],
        ]
        let answers = try PMMLText.answers(document, rows)
        let factor = exp(0.2 + 0.3 * 4 - 0.3 * 0.5)
        #expect(Double(answers[0][0]) == 0)
        #expect(isClose(Double(answers[1][0]) ?? 0, factor * 0.1))
        #expect(isClose(Double(answers[2][0]) ?? 0, factor * 0.25))
        #expect(answers[3] == ["nan", "0"])
        #expect(answers[4] == ["nan", "1"])
    }

    @Test("ordinal multinomials subtract, binary ones need no category")
    func generalClasses() throws {
        func document(_ attributes: String, _ cells: String) -> String {
            PMMLText.document(
                "x:double y:string:a|b|c",
                """
                <GeneralRegressionModel functionName="classification" \
                \(attributes)>\(Self.x)<Output>
                <OutputField name="a" feature="probability" value="a"/>
                <OutputField name="b" feature="probability" value="b"/></Output><ParameterList>
                <Parameter name="p0"/><Parameter name="p1"/></ParameterList><CovariateList>
                <Predictor name="x"/></CovariateList><PPMatrix><PPCell value="1" predictorName="x"
                parameterName="p1"/></PPMatrix><ParamMatrix>\(cells)</ParamMatrix>
                </GeneralRegressionModel>
                """
            )
        }
        let ordinal = document(
            "modelType=\"ordinalMultinomial\" cumulativeLink=\"logit\"",
            """
            <PCell targetCategory="a" parameterName="p0" beta="-1"/>
            <PCell targetCategory="b" parameterName="p0" beta="1"/><PCell parameterName="p1" \
            beta="0.5"/>
            """
        )
        func logit(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        let got = try PMMLText.answers(ordinal, [["1"]])[0]
        #expect(isClose(Double(got[1]) ?? 0, logit(-0.5)))
        #expect(isClose(Double(got[2]) ?? 0, logit(1.5) - logit(-0.5)))
        let binary = document(
            "modelType=\"generalizedLinear\" linkFunction=\"logit\" targetReferenceCategory=\"a\"",
            "<PCell parameterName=\"p0\" beta=\"-1\"/><PCell parameterName=\"p1\" beta=\"0.5\"/>"
        ).replacingOccurrences(of: "<Value value=\"c\"/>", with: "")
        let two = try PMMLText.answers(binary, [["1"]])[0]
        #expect(isClose(Double(two[2]) ?? 0, logit(-0.5)))
        #expect(two[0] == "a")
    }

    // MARK: - Neural networks

    static let activationsCases = """
        threshold = 1.0
        logistic = 0.6681877721681662
        tanh = 0.6043677771171636
        identity = 0.7
        exponential = 2.0137527074704766
        reciprocal = 1.4285714285714286
        square = 0.48999999999999994
        Gauss = 0.6126263941844161
        sine = 0.644217687237691
        cosine = 0.7648421872844885
        Elliott = 0.4117647058823529
        arctan = 0.38880022442842954
        rectifier = 0.7
        radialBasis = 6.271242979464314
        """

    @Test(
        "activations",
        arguments: activationsCases.rows
    )
    func activations(row: TableRow) throws {
        let (name, wanted) = (row.texts[0], row.wanted)
        let network = """
            <NeuralNetwork functionName="regression" activationFunction="\(name)" threshold="0.5"
            altitude="3" width="2">\(PMMLText.schema("x z"))<NeuralInputs>
            <NeuralInput id="i0"><DerivedField optype="continuous" dataType="double">
            <FieldRef field="x"/></DerivedField></NeuralInput>
            <NeuralInput id="i1"><DerivedField optype="continuous" dataType="double">
            <FieldRef field="z"/></DerivedField></NeuralInput></NeuralInputs>
            <NeuralLayer><Neuron id="n" bias="-0.5"><Con from="i0" weight="0.5"/>
            <Con from="i1" weight="0.2"/></Neuron></NeuralLayer><NeuralOutputs>
            <NeuralOutput outputNeuron="n"><DerivedField optype="continuous" dataType="double">
            <NormContinuous field="y"><LinearNorm orig="10" norm="0"/><LinearNorm orig="30" \
            norm="2"/>
            </NormContinuous></DerivedField></NeuralOutput></NeuralOutputs></NeuralNetwork>
            """
        let document = PMMLText.document("x:double z:double y:double", network)
        // 0.5 * 2 + 0.2 * 1 - 0.5 = 0.7, and the norm goes back to 10 + 10 * answer.
        let got = try PMMLText.numbers(document, [["2", "1"]])[0]
        #expect(abs(got - (10 + 10 * wanted)) < 1e-11, "\(name): \(got)")
        #expect(try PMMLText.numbers(document, [["2", nil]])[0].isNaN)
    }

    @Test("layers are normalised", arguments: ["none", "simplemax", "softmax"])
    func normalizations(method: String) throws {
        func output(_ name: String) -> String {
            "<NeuralOutput outputNeuron=\"\(name)\"><DerivedField optype=\"categorical\" "
                + "dataType=\"string\"><NormDiscrete field=\"y\" value=\"\(name)\"/></DerivedField>"
                + "</NeuralOutput>"
        }
        let network = """
            <NeuralNetwork functionName="classification" \
            activationFunction="logistic">\(Self.x)<Output>
            <OutputField name="p" feature="probability" value="u"/>
            <OutputField name="q" feature="probability" value="w"/></Output><NeuralInputs>
            <NeuralInput id="0"><DerivedField optype="continuous" dataType="double">
            <NormDiscrete field="x" value="2"/></DerivedField></NeuralInput></NeuralInputs>
            <NeuralLayer activationFunction="identity" normalizationMethod="\(method)">
            <Neuron id="u" bias="1"><Con from="0" weight="2"/></Neuron>
            <Neuron id="w" bias="1"><Con from="0" weight="0"/></Neuron></NeuralLayer>
            <NeuralOutputs>\(output("u"))\(output("w"))</NeuralOutputs></NeuralNetwork>
            """
        let document = PMMLText.document("x:double y:string", network)
        let got = try PMMLText.answers(document, [["2"]])[0]
        let wanted: [Double] =
            switch method {
            case "none": [3, 1]
            case "simplemax": [0.75, 0.25]
            default: [exp(3) / (exp(3) + exp(1)), exp(1) / (exp(3) + exp(1))]
            }
        #expect(got[0] == "u")
        #expect(isClose(Double(got[1]) ?? 0, wanted[0]) && isClose(Double(got[2]) ?? 0, wanted[1]))
    }

    // MARK: - Clusters and neighbours

    static let measuresCases = """
        <euclidean/> = 5.385164807134504
        <squaredEuclidean/> = 29.0
        <chebychev/> = 5.0
        <cityBlock/> = 7.0
        <minkowski p-parameter="3"/> = 5.104468722001463
        """

    @Test(
        "measures",
        arguments: measuresCases.rows
    )
    func measures(row: TableRow) throws {
        let (measure, wanted) = (row.texts[0], row.wanted)
        let document = Self.clusters(
            measure,
            "distance",
            "<Array n=\"2\" type=\"real\">1 2</Array>",
            "<Array n=\"2\" type=\"real\">100 100</Array>"
        )
        let got = try PMMLText.answers(document, [["3", "7"], ["3", nil], [nil, nil]])
        #expect(isClose(Double(got[0][2]) ?? 0, wanted), "\(measure) \(got[0])")
        #expect(got[0][0] == "near" && got[0][1] == "near")
        // With one of two fields missing, the other counts twice.
        let one: [String: Double] = [
            "<euclidean/>": 8.0.squareRoot(), "<squaredEuclidean/>": 8, "<chebychev/>": 4,
            "<cityBlock/>": 4, "<minkowski p-parameter=\"3\"/>": pow(16, 1.0 / 3),
        ]
        #expect(isClose(Double(got[1][2]) ?? 0, one[measure] ?? 0))
        #expect(got[2][0] == "")
    }

    private static func clusters(
        _ measure: String,
        _ kind: String,
        _ first: String,
        _ second: String,
        _ attributes: String = ""
    ) -> String {
        PMMLText.document(
            "x:double z:double",
            """
            <ClusteringModel functionName="clustering" modelClass="centerBased" \
            numberOfClusters="2">
            \(PMMLText.schema("x z", target: false))<Output><OutputField name="c"/>
            <OutputField name="id" feature="clusterId"/>
            <OutputField name="a" feature="affinity" value="near"/>
            <OutputField name="best" feature="entityAffinity"/></Output>
            <ComparisonMeasure kind="\(kind)">\(measure)</ComparisonMeasure>
            <ClusteringField field="x" \(attributes)/><ClusteringField field="z"/>
            <Cluster id="near">\(first)</Cluster><Cluster id="far">\(second)</Cluster>
            </ClusteringModel>
            """
        )
    }

    static let likenessesCases = """
        <simpleMatching/> = 0.5
        <jaccard/> = 0.5
        <tanimoto/> = 0.3333333333333333
        <binarySimilarity c00-parameter="0" c01-parameter="1" c10-parameter="2" \
        c11-parameter="3" d00-parameter="1" d01-parameter="1" d10-parameter="1" \
        d11-parameter="1"/> = 2.5
        """

    @Test(
        "likeness of truth values",
        arguments: likenessesCases.rows
    )
    func similarities(row: TableRow) throws {
        let (measure, wanted) = (row.texts[0], row.wanted)
        let document = Self.clusters(
            measure,
            "similarity",
            "<Array type=\"int\">1 0</Array>",
            "<Array type=\"int\">0 0</Array>"
        )
        let got = try PMMLText.answers(document, [["1", "1"]])[0]
        #expect(isClose(Double(got[2]) ?? 0, wanted), "\(measure) \(got)")
        #expect(got[0] == "near")
    }

    static let comparisonsCases = """
        compareFunction="absDiff" fieldWeight="3" = 37.0
        compareFunction="delta" = 26.0
        compareFunction="equal" = 25.0
        compareFunction="gaussSim" similarityScale="2" = 25.25
        """

    @Test(
        "comparisons of fields",
        arguments: comparisonsCases.rows
    )
    func comparisons(row: TableRow) throws {
        let (attributes, wanted) = (row.texts[0], row.wanted)
        let document = Self.clusters(
            "<squaredEuclidean/>",
            "distance",
            "<Array type=\"real\">1 2</Array>",
            "<REAL-SparseArray n=\"2\"><Indices>2</Indices><REAL-Entries>900</REAL-Entries>"
                + "</REAL-SparseArray>",
            attributes
        )
        #expect(isClose(Double(try PMMLText.answers(document, [["3", "7"]])[0][2]) ?? 0, wanted))
    }

    private static func neighbors(_ attributes: String, target: String) -> String {
        let cells = [
            ("0", "a", "10"), ("1", "b", "20"), ("2", "b", "30"), ("5", "a", "40"),
            ("9", "a", "50"),
        ]
        let rows = cells.enumerated().map { index, row in
            "<row><x>\(row.0)</x><c>\(row.1)</c><n>\(row.2)</n><id>r\(index)</id></row>"
        }
        let column = target == "string" ? "c" : "n"
        return PMMLText.document(
            "x:double y:\(target)",
            """
            <NearestNeighborModel functionName="mixed" numberOfNeighbors="3" instanceIdVariable="id"
            \(attributes)>\(x)<Output><OutputField name="n1" feature="entityId" rank="1"/>
            <OutputField name="n3" feature="entityId" rank="3"/>
            <OutputField name="d2" feature="affinity" rank="2"/></Output><TrainingInstances>
            <InstanceFields><InstanceField field="x" column="x"/><InstanceField field="y"
            column="\(column)"/><InstanceField field="id" column="id"/></InstanceFields>
            <InlineTable>\(rows.joined())</InlineTable></TrainingInstances>
            <ComparisonMeasure kind="distance"><euclidean/></ComparisonMeasure>
            <KNNInputs><KNNInput field="x"/></KNNInputs></NearestNeighborModel>
            """
        )
    }

    static let scoresCases = """
        continuousScoringMethod="average" ; double = 20.0
        continuousScoringMethod="median" ; double = 20.0
        continuousScoringMethod="weightedAverage" threshold="0.5" ; double = 15.531914893617024
        """

    @Test(
        "the nearest rows answer",
        arguments: scoresCases.rows
    )
    func neighbors(row: TableRow) throws {
        let (attributes, type, wanted) = (row.texts[0], row.texts[1], row.wanted)
        let got = try PMMLText.answers(Self.neighbors(attributes, target: type), [["0.1"]])[0]
        #expect(isClose(Double(got[0]) ?? 0, wanted))
        #expect(got[1...2] == ["r0", "r2"])
        #expect(isClose(Double(got[3]) ?? 0, 0.9))
    }

    @Test("the nearest rows vote, near ones with more weight when told so")
    func votes() throws {
        let plain = Self.neighbors("", target: "string")
        #expect(try PMMLText.answers(plain, [["0.1"], ["6"]]).map { $0[0] } == ["b", "a"])
        let weighed = Self.neighbors(
            "categoricalScoringMethod=\"weightedMajorityVote\"",
            target: "string"
        )
        #expect(try PMMLText.answers(weighed, [["0.1"]])[0][0] == "a")
    }
}
