import BorealBase
import BorealGraph

/// The check that a document brings along: rows, and what the model must answer.
///
/// A model that fails it is refused: its answers would be others than those of its author.
struct PMMLVerification {
    /// The element of the document that says so.
    private let element: XMLElement
    /// The model.
    private let graph: ModelGraph

    /// A field that is given or checked.
    private struct Field {
        /// As the document calls it.
        var name: String
        /// The column of the table that holds it.
        var column: String
        /// How far a number may be off, relative to the wanted one.
        var precision: Double
        /// Numbers up to this far from zero are zero.
        var zeroThreshold: Double
    }

    /// Nothing is checked yet.
    init(_ element: XMLElement, _ graph: ModelGraph) {
        self.element = element
        self.graph = graph
    }

    /// - Throws: `FormatError.malformed` for an answer that is another than the document's.
    func check() throws(FormatError) {
        guard let table = element.child("InlineTable"),
            let list = element.child("VerificationFields")
        else { return }
        var fields: [Field] = []
        for child in list.children("VerificationField") {
            let name = try child.require(string: "field")
            fields.append(
                Field(
                    name: name,
                    column: child.string("column") ?? name,
                    precision: try child.number("precision") ?? 1e-6,
                    zeroThreshold: try child.number("zeroThreshold") ?? 1e-16
                )
            )
        }
        let rows = table.children("row").prefix(FormatLimits.verificationRowsMax).map(cells)
        guard !rows.isEmpty else { return }
        let names = graph.inputs.map(\.name)
        var columns: [Column] = []
        for name in names {
            let column = fields.first { $0.name == name }?.column ?? name
            columns.append(self.column(name, rows.map { $0[column] }))
        }
        let checked = fields.compactMap { field in
            graph.outputs.first { $0.isNative && $0.name == field.name }.map { (field, $0) }
        }
        guard !checked.isEmpty else { return }
        let results: GraphResults
        do throws(GraphError) {
            let binder = try FeatureBinder(inputs: graph.inputs, names: names)
            let batch = try binder.bind(RowBatch(columns: columns, rowCount: rows.count))
            results = try graph.run(batch, outputs: checked.map(\.1))
        } catch { throw element.fail("its rows are no rows of the model: \(error)") }
        for (row, cells) in rows.enumerated() {
            for (place, (field, _)) in checked.enumerated() {
                guard let wanted = cells[field.column] else { continue }
                let got = results.text(place, row: row)
                guard !isClose(got, wanted, field) else { continue }
                throw element.fail(
                    "row \(row + 1): '\(field.name)' is \(got.prefix(40)), not \(wanted.prefix(40))"
                )
            }
        }
    }

    /// The cells of a row by column, with and without prefix.
    private func cells(_ row: XMLElement) -> [String: String] {
        var cells: [String: String] = [:]
        for cell in row.children {
            cells[cell.name] = cell.text
            if let colon = cell.name.firstIndex(of: ":") {
                cells[String(cell.name[cell.name.index(after: colon)...])] = cell.text
            }
        }
        return cells
    }

    /// A column of cells; empty ones are missing.
    private func column(_ name: String, _ cells: [String?]) -> Column {
        var values = ByteColumn()
        var validity = Validity()
        for cell in cells {
            values.append(cell ?? "")
            validity.append(isNull: cell == nil || cell == "" || cell == "NaN")
        }
        return Column(
            name: name,
            type: .varchar(),
            storage: .bytes(values),
            validity: validity
        )
    }

    /// Whether an answer is the wanted one, within the precision of its field.
    private func isClose(_ got: String, _ wanted: String, _ field: Field) -> Bool {
        if got == wanted { return true }
        guard let a = Double(got), let b = Double(wanted) else { return false }
        if abs(a) <= field.zeroThreshold, abs(b) <= field.zeroThreshold { return true }
        return abs(a - b) <= field.precision * abs(b) || a.isNaN && b.isNaN
    }
}
