import BorealBase
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Small PMML documents, and what they answer.
enum PMMLText {
    /// A document of fields `name:type` (or `name:type:value|value`) around a model. `y` is the
    /// target where the model names one.
    static func document(
        _ fields: String,
        _ model: String,
        transformations: String = "",
        version: String = "4.4"
    ) -> String {
        let declared = fields.split(separator: " ").map { field -> String in
            let parts = field.split(separator: ":").map(String.init)
            let isNumber = ["double", "float", "integer"].contains(parts[1]) && parts.count < 3
            let values = parts.count < 3 ? [] : parts[2].split(separator: "|")
            let list = values.map { "<Value value=\"\($0)\"/>" }.joined()
            return "<DataField name=\"\(parts[0])\" dataType=\"\(parts[1])\" optype=\""
                + "\(isNumber ? "continuous" : "categorical")\">\(list)</DataField>"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <PMML xmlns="http://www.dmg.org/PMML-4_4" version="\(version)"><Header/>
            <DataDictionary>\(declared.joined())</DataDictionary>
            <TransformationDictionary>\(transformations)</TransformationDictionary>
            \(model)</PMML>
            """
    }

    /// A mining schema of active fields, and the target `y` unless told otherwise.
    static func schema(_ names: String, target: Bool = true) -> String {
        let active = names.split(separator: " ").map { "<MiningField name=\"\($0)\"/>" }
        let last = target ? "<MiningField name=\"y\" usageType=\"target\"/>" : ""
        return "<MiningSchema>\(active.joined())\(last)</MiningSchema>"
    }

    static func read(_ document: String) throws -> ModelGraph {
        try ModelReader.read(Array(document.utf8), fileName: "m.pmml").graph
    }

    /// The declared outputs for rows of text cells, nil for NULL; `row_error` as the last.
    static func answers(_ document: String, _ rows: [[String?]]) throws -> [[String]] {
        let graph = try read(document)
        let columns = graph.inputs.indices.map { index in
            var values = ByteColumn()
            var validity = Validity()
            for row in rows {
                values.append(row[index] ?? "")
                validity.append(isNull: row[index] == nil)
            }
            return Column(
                name: graph.inputs[index].name,
                type: .varchar(),
                storage: .bytes(values),
                validity: validity
            )
        }
        let binder = try FeatureBinder(inputs: graph.inputs, names: graph.inputs.map(\.name))
        let batch = try binder.bind(RowBatch(columns: columns, rowCount: rows.count))
        let results = try graph.run(batch, outputs: graph.allOutputs)
        return rows.indices.map { row in
            graph.allOutputs.indices.map { results.text($0, row: row) }
        }
    }

    /// The first output, a number, for each row.
    static func numbers(_ document: String, _ rows: [[String?]]) throws -> [Double] {
        try answers(document, rows).map { Double($0[0]) ?? .nan }
    }

    /// A regression that answers the value of an expression over `x` and `s`.
    static func expression(_ xml: String, type: String = "double", fields: String? = nil) -> String
    {
        let derived =
            "<DerivedField name=\"d\" optype=\"continuous\" dataType=\"\(type)\">"
            + "\(xml)</DerivedField>"
        let fields = fields ?? "x:double k:integer s:string:a|b|Hello b:boolean"
        let names = fields.split(separator: " ").map { $0.prefix { $0 != ":" } }
        return document(
            "\(fields) y:double",
            """
            <RegressionModel functionName="regression">\(schema(names.joined(separator: " ")))
            <Output><OutputField name="d" feature="transformedValue"><FieldRef field="d"/>
            </OutputField></Output><LocalTransformations>\(derived)</LocalTransformations>
            <RegressionTable intercept="0"/></RegressionModel>
            """
        )
    }

    /// What an expression is for a row of `x`, `k`, `s` and `b`.
    static func value(
        _ xml: String,
        type: String = "double",
        _ row: [String?] = ["2.5", "7", "b", "true"]
    ) throws -> String {
        let answer = try answers(expression(xml, type: type), [row])[0]
        return answer[2] == "1" ? "error" : answer[1]
    }
}

/// Whether two numbers are equal but for rounding.
func isClose(_ a: Double, _ b: Double) -> Bool {
    a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-12 * max(1, abs(b))
}

/// A line `text ; text = number` of a table of cases.
struct TableRow: Sendable, CustomTestStringConvertible {
    var texts: [String]
    var wanted: Double

    var testDescription: String { texts.joined(separator: ", ") }
}

extension String {
    /// The lines of a table of cases, cut at semicolons between blanks.
    var cases: [[String]] {
        split(separator: "\n").map { $0.components(separatedBy: " ; ") }
    }

    /// The lines of a table of cases.
    var rows: [TableRow] {
        split(separator: "\n").map { line in
            let parts = line.components(separatedBy: " = ")
            let texts = parts.dropLast().joined(separator: " = ").components(separatedBy: " ; ")
            return TableRow(texts: texts, wanted: Double(parts.last ?? "") ?? .nan)
        }
    }
}
