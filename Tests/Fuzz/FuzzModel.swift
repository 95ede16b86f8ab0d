import BorealFormats
import BorealGraph

/// Any bytes are a model or an error with a reason; a model answers any row.
///
/// The first byte chooses the ending of the file's name, which decides where bytes do not.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModel(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let endings = ["json", "ubj", "model", "cbm", "pkl", "joblib", "txt", "onnx", "pmml", "boreal"]
    let name = "m." + endings[Int(first) % endings.count]
    let model: ImportedModel
    do throws(FormatError) {
        model = try ModelReader.read(Array(bytes.dropFirst()), fileName: name)
    } catch {
        guard !error.description.isEmpty else { fatalError("an error without a reason") }
        return 0
    }
    let width = model.graph.inputs.count
    guard width > 0, width <= 10_000 else { return 0 }
    for value in [0, .nan, -1, 1e300, .infinity] as [Double] {
        answer(model.graph, [Double](repeating: value, count: width))
    }
    return 0
}

private func answer(_ graph: ModelGraph, _ row: [Double]) {
    do throws(GraphError) {
        let batch = try GraphBatch(values: row, featureCount: row.count)
        _ = try graph.run(batch, outputs: graph.allOutputs)
        _ = try graph.additiveExplanation(batch)
    } catch {
        // A model that cannot be explained says why.
        guard !error.description.isEmpty else { fatalError("an error without a reason") }
    }
}
