import Testing

@testable import BorealFormats

/// Data dictionary, mining schema and transformations.
@Suite struct PMMLFieldTests {
    /// A model that answers `1 * x`, over a field that is declared and taken as told.
    private static func number(_ declared: String, _ taken: String) -> String {
        """
        <PMML xmlns="http://www.dmg.org/PMML-4_3" version="4.3"><DataDictionary>
        <DataField name="x" optype="continuous" \(declared)</DataField>
        <DataField name="y" optype="continuous" dataType="double"/></DataDictionary>
        <RegressionModel functionName="regression"><MiningSchema><MiningField name="x" \(taken)/>
        <MiningField name="y" usageType="predicted"/></MiningSchema><RegressionTable intercept="0">
        <NumericPredictor name="x" coefficient="1"/></RegressionTable></RegressionModel></PMML>
        """
    }

    static let numberCases = #"""
        dataType="double"> ;  ; 3 ; 3.0 0 ; NULL ; nan 0
        dataType="double"> ; missingValueReplacement="4" ; NULL ; 4.0 0 ; 1 ; 1.0 0
        dataType="double"> ; missingValueTreatment="returnInvalid" ; NULL ; nan 1 ; 1 ; 1.0 0
        dataType="integer"> ;  ; 2.5 ; nan 1 ; 2 ; 2.0 0
        dataType="integer"> ; invalidValueTreatment="asMissing" ; 2.5 ; nan 0 ; 2 ; 2.0 0
        dataType="double"><Interval closure="closedOpen" leftMargin="0" rightMargin="5"/> ;  ; 5 \#
        ; nan 1 ; 0 ; 0.0 0
        dataType="double"><Interval closure="openClosed" rightMargin="5"/> ; \#
        invalidValueTreatment="asMissing" missingValueReplacement="-7" ; 6 ; -7.0 0 ; 5 ; 5.0 0
        dataType="double"><Interval closure="openOpen" leftMargin="0"/> ; \#
        invalidValueTreatment="asValue" invalidValueReplacement="1.5" ; 0 ; 1.5 0 ; 2 ; 2.0 0
        dataType="double"><Interval closure="openOpen" leftMargin="0"/> ; \#
        invalidValueTreatment="asIs" ; -1 ; -1.0 0 ; 2 ; 2.0 0
        dataType="double"><Value value="-99" property="missing"/> ; missingValueReplacement="8" \#
        ; -99 ; 8.0 0 ; 2 ; 2.0 0
        dataType="double"><Value value="7" property="invalid"/> ;  ; 7 ; nan 1 ; 2 ; 2.0 0
        dataType="double"><Value value="1"/><Value value="2"/> ;  ; 3 ; nan 1 ; 2 ; 2.0 0
        dataType="double"> ; outliers="asExtremeValues" lowValue="0" highValue="9" ; 11 ; 9.0 0 \#
        ; -3 ; 0.0 0
        dataType="double"> ; outliers="asMissingValues" lowValue="0" missingValueReplacement="1" \#
        ; -4 ; 1.0 0 ; 4 ; 4.0 0
        dataType="float"> ;  ; 0.1 ; 0.10000000149011612 0 ; 2 ; 2.0 0
        """#

    @Test(
        "a number is taken as the mining schema says",
        arguments: numberCases.cases
    )
    func numbers(parts: [String]) throws {
        let document = Self.number(parts[0], parts[1])
        let cells = [parts[2], parts[4]].map { $0 == "NULL" ? nil : $0 }
        let answers = try PMMLText.answers(document, [[cells[0]], [cells[1]]])
        #expect(answers.map { $0.joined(separator: " ") } == [parts[3], parts[5]])
    }

    /// A model that answers 1 for `a`, 2 for `b`, 4 for `z`.
    private static func text(_ values: String, _ taken: String) -> String {
        """
        <PMML xmlns="http://www.dmg.org/PMML-4_3" version="4.3"><DataDictionary>
        <DataField name="s" optype="categorical" dataType="string">\(values)</DataField>
        <DataField name="y" optype="continuous" dataType="double"/></DataDictionary>
        <RegressionModel functionName="regression"><MiningSchema><MiningField name="s" \(taken)/>
        <MiningField name="y" usageType="target"/></MiningSchema><RegressionTable intercept="0">
        <CategoricalPredictor name="s" value="a" coefficient="1"/>
        <CategoricalPredictor name="s" value="b" coefficient="2"/>
        <CategoricalPredictor name="s" value="z" coefficient="4"/>
        </RegressionTable></RegressionModel></PMML>
        """
    }

    static let textCases = #"""
         ;  ; 1.0 4.0 0.0 0.0
        <Value value="a"/><Value value="b"/> ;  ; 1.0 nan! nan! 0.0
        <Value value="a"/><Value value="b"/> ; invalidValueTreatment="asIs" ; 1.0 4.0 0.0 0.0
        <Value value="a"/><Value value="b"/> ; invalidValueTreatment="asMissing" ; 1.0 0.0 0.0 0.0
        <Value value="a"/><Value value="b"/> ; invalidValueTreatment="asMissing" \#
        missingValueReplacement="b" ; 1.0 2.0 2.0 2.0
        <Value value="a"/><Value value="b"/> ; invalidValueTreatment="asValue" \#
        invalidValueReplacement="b" ; 1.0 2.0 2.0 0.0
        <Value value="?" property="missing"/> ; missingValueReplacement="z" ; 1.0 4.0 4.0 4.0
        <Value value="?" property="invalid"/> ;  ; 1.0 4.0 nan! 0.0
        """#

    @Test(
        "a text is taken as the mining schema says: for a, z, ? and NULL",
        arguments: textCases.cases
    )
    func texts(parts: [String]) throws {
        let document = Self.text(parts[0], parts[1])
        let answers = try PMMLText.answers(document, [["a"], ["z"], ["?"], [nil]])
        let got = answers.map { $0[0] + ($0[1] == "1" ? "!" : "") }
        #expect(got.joined(separator: " ") == parts[2])
    }

    @Test("truth values are read in any spelling")
    func truth() throws {
        let document = PMMLText.expression(
            "<FieldRef field=\"b\"/>",
            type: "boolean",
            fields: "b:boolean"
        )
        let answers = try PMMLText.answers(
            document,
            [["true"], ["False"], ["1"], ["0"], [nil], ["maybe"]]
        )
        #expect(answers.map { $0[1] } == ["true", "false", "true", "false", "", ""])
        #expect(answers.map { $0[2] } == ["0", "0", "0", "0", "0", "1"])
    }

    static let transformationCases = #"""
        <NormContinuous field="x"><LinearNorm orig="0" norm="0"/><LinearNorm orig="10" \#
        norm="1"/><LinearNorm orig="20" norm="5"/></NormContinuous> ; 5 ; 0.5 ; 15 ; 3.0 ; 30 ; \#
        9.0 ; -10 ; -1.0
        <NormContinuous field="x" outliers="asExtremeValues" mapMissingTo="7"><LinearNorm \#
        orig="0" norm="0"/><LinearNorm orig="10" norm="1"/></NormContinuous> ; 30 ; 1.0 ; -10 ; \#
        0.0 ;  ; 7.0
        <NormContinuous field="x" outliers="asMissingValues" mapMissingTo="7"><LinearNorm \#
        orig="0" norm="0"/><LinearNorm orig="10" norm="1"/></NormContinuous> ; 30 ; 7.0 ; 10 ; 1.0
        <NormDiscrete field="x" value="3" mapMissingTo="0.5"/> ; 3 ; 1.0 ; 4 ; 0.0 ;  ; 0.5
        <Discretize field="x" defaultValue="9" mapMissingTo="8" \#
        dataType="integer"><DiscretizeBin binValue="1"><Interval closure="closedOpen" \#
        leftMargin="0" rightMargin="5"/></DiscretizeBin><DiscretizeBin binValue="2"><Interval \#
        closure="closedClosed" leftMargin="5"/></DiscretizeBin></Discretize> ; 0 ; 1.0 ; 5 ; 2.0 \#
        ; -1 ; 9.0 ;  ; 8.0
        <Discretize field="x"><DiscretizeBin binValue="11"><Interval closure="openOpen" \#
        leftMargin="0"/></DiscretizeBin></Discretize> ; 1 ; 11.0 ; 0 ; nan
        <FieldRef field="x" mapMissingTo="6"/> ;  ; 6.0 ; 2 ; 2.0
        <Constant dataType="double">4</Constant> ; 1 ; 4.0
        """#

    @Test(
        "transformations",
        arguments: transformationCases.cases
    )
    func transformations(parts: [String]) throws {
        let document = PMMLText.expression(parts[0], fields: "x:double")
        for place in stride(from: 1, to: parts.count, by: 2) {
            let cell = parts[place].isEmpty ? nil : parts[place]
            let got = try PMMLText.answers(document, [[cell]])[0][1]
            #expect(got == parts[place + 1], "\(parts[place]) in \(parts[0])")
        }
    }

    @Test("tables match one column or several, with prefixes or without")
    func mapValues() throws {
        let table = """
            <MapValues outputColumn="data:out" defaultValue="-1" mapMissingTo="-2" \
            dataType="double">
            <FieldColumnPair field="s" column="data:s"/><FieldColumnPair field="k" column="k"/>
            <InlineTable xmlns:data="http://jpmml.org/jpmml-model/InlineTable">
            <row><data:s>a</data:s><k>1</k><data:out>10</data:out></row>
            <row><data:s>b</data:s><k>2</k><data:out>2e1</data:out></row>
            </InlineTable></MapValues>
            """
        let document = PMMLText.expression(table, fields: "s:string k:integer")
        let rows: [[String?]] = [["a", "1"], ["b", "2"], ["a", "2"], ["c", "1"], [nil, "1"]]
        let answers = try PMMLText.answers(document, rows).map { $0[1] }
        #expect(answers == ["10.0", "20.0", "-1.0", "-1.0", "-2.0"])
    }

    @Test("a derived field may rest on others in any order, global and local")
    func chains() throws {
        let global = """
            <DerivedField name="a" optype="continuous" dataType="double"><Apply function="*">
            <FieldRef field="b"/><Constant>2</Constant></Apply></DerivedField>
            <DerivedField name="b" optype="continuous" dataType="double"><Apply function="+">
            <FieldRef field="x"/><Constant>1</Constant></Apply></DerivedField>
            """
        let model = """
            <RegressionModel functionName="regression">\(PMMLText.schema("x"))
            <LocalTransformations><DerivedField name="c" optype="continuous" dataType="double">
            <Apply function="-"><FieldRef field="a"/><FieldRef field="x"/></Apply></DerivedField>
            </LocalTransformations><RegressionTable intercept="0.5">
            <NumericPredictor name="c" coefficient="1"/></RegressionTable></RegressionModel>
            """
        let document = PMMLText.document("x:double y:double", model, transformations: global)
        #expect(try PMMLText.numbers(document, [["3"]]) == [5.5])
    }

    @Test("text becomes a number by what it spells, a number text by its list")
    func casts() throws {
        let document = PMMLText.expression("<FieldRef field=\"s\"/>", fields: "s:string:1|2.5|no")
        let answers = try PMMLText.answers(document, [["1"], ["2.5"], ["no"]])
        #expect(answers.map { $0[1...].joined(separator: " ") } == ["1.0 0", "2.5 0", "nan 1"])
        let back = PMMLText.expression(
            "<FieldRef field=\"k\"/>",
            type: "string",
            fields: "k:integer:1|2"
        )
        #expect(try PMMLText.answers(back, [["2"]])[0][1] == "2")
    }

    @Test("an order of ordinal text is that of its list")
    func ordinals() throws {
        let tree = """
            <PMML xmlns="http://www.dmg.org/PMML-4_3" version="4.3"><DataDictionary>
            <DataField name="s" optype="ordinal" dataType="string"><Value value="low"/>
            <Value value="mid"/><Value value="high"/></DataField>
            <DataField name="y" optype="continuous" dataType="double"/></DataDictionary>
            <TreeModel functionName="regression">\(PMMLText.schema("s"))<Node score="0"><True/>
            <Node score="1"><SimplePredicate field="s" operator="lessThan" value="high"/></Node>
            <Node score="2"><True/></Node></Node></TreeModel></PMML>
            """
        #expect(try PMMLText.numbers(tree, [["low"], ["mid"], ["high"]]) == [1, 1, 2])
    }
}
