import BorealBase
public import BorealGraph

/// Writes a tree ensemble as the pickle of a `lightgbm.basic.Booster`, which `joblib.load` opens in
/// LightGBM 2.3 to 4.7.
public enum LightGBMPickleWriter {
    /// The pickle of `graph`, protocol 4; the text in it is `LightGBMTextWriter`'s.
    ///
    /// - Throws: `FormatError.notExportable`.
    public static func write(_ graph: ModelGraph) throws(FormatError) -> [UInt8] {
        let text = try LightGBMTextWriter.write(graph)
        let categories = LightGBMTextWriter.categories(graph)
        var writer = PickleWriter()
        writer.object(module: "lightgbm.basic", name: "Booster") { state in
            state.text("handle")
            state.text(text)
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
            if let categories { write(categories, into: &state) } else { state.none() }
            state.text("_train_data_name")
            state.text("training")
        }
        return writer.finish()
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
