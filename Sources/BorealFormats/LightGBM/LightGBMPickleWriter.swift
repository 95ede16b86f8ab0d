import BorealBase
import BorealGraph

/// Writes a tree ensemble as the pickle of a `lightgbm.basic.Booster`, which `joblib.load` opens in
/// LightGBM 2.3 to 4.7.
///
/// The text in it is `LightGBMTextWriter`'s. A pickle says how long a string is before the string,
/// so the text is counted first.
struct LightGBMPickleWriter: ModelWriter {
    private let text: LightGBMTextWriter
    private let categories: [JSON]?

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        text = try LightGBMTextWriter(graph)
        categories = LightGBMTextWriter.categories(graph)
    }

    func write(to sink: ExportSink) throws(ExportError) {
        let treeBytes = try text.treeBytes(sink)
        let bytes = text.byteCount(treeBytes: treeBytes)
        // One object, cut where the long string stands.
        var writer = PickleWriter()
        var placeOfText = 0
        writer.object(module: "lightgbm.basic", name: "Booster") { state in
            state.text("handle")
            state.beginText(count: bytes)
            placeOfText = state.bytes.count
            state.text("network")
            state.bool(false)
            state.text("best_iteration")
            state.integer(-1)
            state.text("best_score")
            state.dictionary { _ in }
            state.text("params")
            state.dictionary { _ in }
            state.text("train_set")
            state.none()
            state.text("pandas_categorical")
            if let categories { Self.write(categories, into: &state) } else { state.none() }
            state.text("_train_data_name")
            state.text("training")
        }
        let around = writer.finish()
        sink.append(bytes: around[..<placeOfText])
        try text.write(to: sink, treeBytes: treeBytes)
        sink.append(bytes: around[placeOfText...])
    }

    private static func write(_ lists: [JSON], into writer: inout PickleWriter) {
        writer.list { writer in
            for list in lists {
                writer.list { writer in
                    for value in list.array ?? [] {
                        switch value {
                        case .string(let text): writer.text(text)
                        case .integer(let number): writer.integer(number)
                        case .number(let number): writer.float(number)
                        default: writer.none()
                        }
                    }
                }
            }
        }
    }
}
