import Foundation
import Testing

@testable import BorealFormats

@Suite struct PMMLFunctionTests {
    /// An <Apply> over constants and fields: `f(2,x)` as XML.
    private static func apply(_ call: String, attributes: String = "") -> String {
        guard let open = call.firstIndex(of: "("), call.hasSuffix(")") else {
            let name = call.trimmingCharacters(in: .whitespaces)
            if ["x", "k", "s", "b"].contains(name) { return "<FieldRef field=\"\(name)\"/>" }
            if name == "NA" { return "<Constant missing=\"true\"/>" }
            if name.hasPrefix("'") {
                return "<Constant dataType=\"string\">\(name.dropFirst().dropLast())</Constant>"
            }
            return "<Constant>\(name)</Constant>"
        }
        var depth = 0
        var arguments: [String] = [""]
        for character in call[call.index(after: open)...].dropLast() {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                arguments.append("")
            } else {
                arguments[arguments.count - 1].append(character)
            }
        }
        return "<Apply function=\"\(call[..<open])\" \(attributes)>"
            + arguments.map { apply($0) }.joined() + "</Apply>"
    }

    static let numberCallsCases = """
        +(x,1) = 3.5
        -(x,1) = 1.5
        *(x,x) = 6.25
        /(x,2) = 1.25
        /(k,2) = 3.0
        /(k,2.0) = 3.5
        /(-(0,k),2) = -3.0
        *(k,k) = 49.0
        min(x,k,1) = 1.0
        max(x,k,1) = 7.0
        sum(x,k,1) = 10.5
        avg(x,k) = 4.75
        median(3,1,2) = 2.0
        median(4,1,2,3) = 2.5
        product(x,2,k) = 35.0
        log10(100) = 2.0
        ln(x) = 0.9162907318741551
        sqrt(x) = 1.5811388300841898
        abs(-(0,x)) = 2.5
        exp(x) = 12.182493960703473
        pow(x,3) = 15.625
        threshold(x,2) = 1.0
        threshold(x,3) = 0.0
        floor(x) = 2.0
        ceil(x) = 3.0
        round(x) = 3.0
        round(-(0,x)) = -2.0
        rint(x) = 2.0
        expm1(x) = 11.182493960703473
        ln1p(x) = 1.252762968495368
        sin(x) = 0.5984721441039565
        asin(0.5) = 0.5235987755982989
        sinh(x) = 6.0502044810397875
        cos(x) = -0.8011436155469337
        acos(0.5) = 1.0471975511965979
        cosh(x) = 6.132289479663686
        tan(x) = -0.7470222972386603
        atan(x) = 1.1902899496825317
        tanh(x) = 0.9866142981514303
        atan2(x,k) = 0.3430239404207034
        hypot(3,4) = 5.0
        modulo(k,4) = 3.0
        modulo(-(0,k),4) = 1.0
        modulo(x,2) = 0.5
        erf(x) = 0.999593047982555
        stdNormalCDF(0) = 0.5
        stdNormalPDF(0) = 0.3989422804014327
        stdNormalIDF(0.975) = 1.959963984540054
        normalCDF(3,3,2) = 0.5
        normalPDF(3,3,2) = 0.19947114020071635
        normalIDF(0.975,1,2) = 4.919927969080108
        """

    @Test(
        "functions of numbers",
        arguments: numberCallsCases.rows
    )
    func numbers(row: TableRow) throws {
        let (call, wanted) = (row.texts[0], row.wanted)
        let got = Double(try PMMLText.value(Self.apply(call))) ?? .nan
        #expect(isClose(got, wanted), "\(call): \(got), not \(wanted)")
    }

    @Test(
        "functions of truth",
        arguments: [
            ("equal(x,2.5)", "true"), ("equal(s,'b')", "true"), ("notEqual(s,'b')", "false"),
            ("lessThan(x,k)", "true"), ("lessOrEqual(x,2.5)", "true"),
            ("greaterThan(x,k)", "false"),
            ("greaterOrEqual(x,2.5)", "true"), ("and(b,lessThan(x,3))", "true"),
            ("and(b,equal(NA,1))", "nothing"), ("and(not(b),equal(NA,1))", "false"),
            ("or(b,equal(NA,1))", "true"), ("or(not(b),equal(NA,1))", "nothing"),
            ("not(b)", "false"), ("isMissing(NA)", "true"), ("isNotMissing(x)", "true"),
            ("isValid(x)", "true"), ("isNotValid(x)", "false"), ("isIn(x,1,2.5)", "true"),
            ("isNotIn(x,1,2)", "true"), ("isIn(s,'a','b')", "true"), ("isIn(s,'a','c')", "false"),
            ("lessThan(s,'c')", "true"), ("greaterThan(s,'b')", "false"),
            ("matches(s,'^[a-c]$')", "true"), ("matches(s,'(a|c)')", "false"),
        ]
    )
    func truth(call: String, wanted: String) throws {
        let got = try PMMLText.value(Self.apply(call), type: "boolean")
        #expect(got == (wanted == "nothing" ? "" : wanted), "\(call)")
    }

    @Test(
        "functions of text",
        arguments: [
            ("uppercase(s)", "HELLO"), ("lowercase(s)", "hello"), ("substring(s,2,3)", "ell"),
            ("concat(s,'-',s)", "Hello-Hello"), ("trimBlanks(concat('  ',s,' '))", "Hello"),
            ("replace(s,'l+','L')", "HeLo"), ("if(b,s,'other')", "Hello"),
            ("concat(s,1)", "Hello1"), ("replace(s,'x*','-')", "-H-e-l-l-o-"),
        ]
    )
    func text(call: String, wanted: String) throws {
        let row: [String?] = ["2.5", "7", "Hello", "true"]
        #expect(try PMMLText.value(Self.apply(call), type: "string", row) == wanted, "\(call)")
        let length = try PMMLText.value(Self.apply("stringLength(s)"), row)
        #expect(Double(length) == 5)
    }

    @Test("a condition that is missing chooses nothing, and a missing value counts as none")
    func missing() throws {
        let row: [String?] = [nil, "7", "b", nil]
        #expect(try PMMLText.value(Self.apply("if(b,1,2)"), row) == "nan")
        #expect(try PMMLText.value(Self.apply("+(x,1)"), row) == "nan")
        #expect(try PMMLText.value(Self.apply("sum(x,k)"), row) == "7.0")
        #expect(try PMMLText.value(Self.apply("avg(x,k)"), row) == "7.0")
        let mapped = Self.apply("+(x,1)", attributes: "mapMissingTo=\"9\"")
        #expect(try PMMLText.value(mapped, row) == "9.0")
        let standard = Self.apply("+(x,1)", attributes: "defaultValue=\"8\"")
        #expect(try PMMLText.value(standard, row) == "8.0")
        let both = Self.apply("isMissing(x)", attributes: "mapMissingTo=\"false\"")
        #expect(try PMMLText.value(both, type: "boolean", row) == "false")
    }

    @Test("whole numbers beyond 32 bits and division by zero leave a row without an answer")
    func overflow() throws {
        #expect(try PMMLText.value(Self.apply("/(k,0)")) == "error")
        #expect(try PMMLText.value(Self.apply("*(*(k,100000),100000)")) == "error")
        #expect(try PMMLText.value(Self.apply("/(x,0.0)")) == "inf")
    }

    @Test("32-bit fields are computed with as 32-bit numbers")
    func floats() throws {
        let document = PMMLText.expression(
            Self.apply("*(x,x)"),
            type: "float",
            fields: "x:float"
        )
        let answer = try PMMLText.answers(document, [["0.1"]])[0]
        #expect(answer[1] == (Float(0.1) * Float(0.1)).description)
    }

    @Test(
        "functions that need more than a row are refused by name",
        arguments: ["formatNumber(x,'%3d')", "dateDaysSinceYear(s,1970)", "lag(x)"]
    )
    func refused(call: String) throws {
        let name = String(call.prefix { $0 != "(" })
        #expect(throws: FormatError.self) {
            do { _ = try PMMLText.value(Self.apply(call)) } catch let error as FormatError {
                #expect(error.description.contains(name))
                throw error
            }
        }
    }

    @Test("a function of the document is put in place of its call, its arguments cast")
    func userFunction() throws {
        let functions = """
            <DefineFunction name="half" optype="continuous" dataType="integer">
            <ParameterField name="a" dataType="integer" optype="continuous"/>
            <Apply function="/"><FieldRef field="a"/><Constant>2</Constant></Apply></DefineFunction>
            """
        let model = """
            <RegressionModel functionName="regression">\(PMMLText.schema("x"))
            <LocalTransformations><DerivedField name="d" optype="continuous" dataType="double">
            <Apply function="half"><FieldRef field="x"/></Apply></DerivedField>
            </LocalTransformations><RegressionTable intercept="0">
            <NumericPredictor name="d" coefficient="1"/></RegressionTable></RegressionModel>
            """
        let document = PMMLText.document("x:double y:double", model, transformations: functions)
        let answers = try PMMLText.answers(document, [["7"], ["7.5"], [nil]])
        #expect(answers == [["3.0", "0"], ["nan", "1"], ["nan", "0"]])
    }

    @Test("functions that call each other twice do not grow without bound")
    func explosion() {
        var functions =
            "<DefineFunction name=\"f0\"><ParameterField name=\"a\"/>"
            + "<FieldRef field=\"a\"/></DefineFunction>"
        for level in 1..<40 {
            let call = "<Apply function=\"f\(level - 1)\"><FieldRef field=\"a\"/></Apply>"
            functions +=
                "<DefineFunction name=\"f\(level)\"><ParameterField name=\"a\"/>"
                + "<Apply function=\"+\">\(call)\(call)</Apply></DefineFunction>"
        }
        let model = """
            <RegressionModel functionName="regression">\(PMMLText.schema("x"))
            <LocalTransformations><DerivedField name="d" optype="continuous" dataType="double">
            <Apply function="f39"><FieldRef field="x"/></Apply></DerivedField>
            </LocalTransformations><RegressionTable intercept="0">
            <NumericPredictor name="d" coefficient="1"/></RegressionTable></RegressionModel>
            """
        #expect(throws: FormatError.self) {
            try PMMLText.read(
                PMMLText.document("x:double y:double", model, transformations: functions)
            )
        }
    }
}

@Suite struct TextPatternTests {
    @Test(
        "what a pattern finds",
        arguments: [
            ("a+b", "xaab", true), ("^a+b$", "xaab", false), ("colou?r", "color", true),
            ("[0-9]{3}-\\d{2,}", "id 123-4567", true), ("[^a-z]+", "abc", false),
            ("\\bcat\\b", "concat", false), ("\\bcat\\b", "a cat!", true), ("a.c", "a\nc", false),
            ("(?:ab|cd)*e", "ababcde", true), ("^$", "", true), ("\\.", "abc", false),
            ("(a+)+$", String(repeating: "a", count: 5_000) + "!", false),
            ("[\\w-]+@x", "a-b@x", true),
            ("x{0}y", "y", true), ("é|è", "mère", true), ("a{2,3}?b", "aaab", true),
        ]
    )
    func finds(pattern: String, text: String, wanted: Bool) throws {
        #expect(try TextPattern(pattern).isFound(in: text) == wanted)
    }

    @Test("the leftmost match is replaced, as far as the pattern wants")
    func replaces() throws {
        #expect(try TextPattern("a*").replacing(in: "baac", with: "X") == "XbXXcX")
        #expect(try TextPattern("a+?").replacing(in: "aaa", with: "X") == "XXX")
        #expect(try TextPattern("ab|abc").replacing(in: "abc", with: "X") == "Xc")
        #expect(try TextPattern("\\s+").replacing(in: " a  b ", with: "_") == "_a_b_")
    }

    @Test(
        "patterns that are none, or more than can be done in linear time",
        arguments: ["(", "a)", "[a", "*a", "a{2,1}", "\\1", "(?=a)", "a++", "[[:alpha:]]", "a\\"]
    )
    func refused(pattern: String) {
        #expect(throws: TextPattern.Defect.self) { try TextPattern(pattern) }
    }

    @Test("repetitions of repetitions are bounded")
    func bomb() {
        #expect(throws: TextPattern.Defect.self) { try TextPattern("((a{1000}){1000}){1000}") }
    }
}
