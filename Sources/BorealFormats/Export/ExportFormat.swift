public import BorealGraph

/// The formats that models are written in.
public enum ExportFormat: String, Equatable, Sendable, CaseIterable {
    case boreal
    case lightgbm
    case pickle
    case xgboost
    case onnx
    case pmml
    case sql
    case json

    /// The ending of a file of the format.
    public var fileExtension: String {
        switch self {
        case .boreal: "boreal"
        case .lightgbm: "txt"
        case .pickle: "pkl"
        case .xgboost, .json: "json"
        case .onnx: "onnx"
        case .pmml: "pmml"
        case .sql: "sql"
        }
    }

    /// The name people use.
    var title: String {
        switch self {
        case .boreal: "Boreal"
        case .lightgbm: "LightGBM text"
        case .pickle: "pickle"
        case .xgboost: "XGBoost JSON"
        case .onnx: "ONNX"
        case .pmml: "PMML"
        case .sql: "SQL"
        case .json: "JSON"
        }
    }

    /// The format of a file's name by its ending; `.json` is XGBoost's.
    public init?(fileName: String) {
        guard let point = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[fileName.index(after: point)...].lowercased() {
        case "boreal": self = .boreal
        case "txt": self = .lightgbm
        case "pkl", "pickle": self = .pickle
        case "json": self = .xgboost
        case "onnx": self = .onnx
        case "pmml", "xml": self = .pmml
        case "sql": self = .sql
        default: return nil
        }
    }

    /// The bytes of a file that holds the model, for small ones: all of them are in memory.
    ///
    /// - Throws: `FormatError.notExportable`, which names what the format lacks.
    public func write(_ graph: ModelGraph) throws(FormatError) -> [UInt8] {
        let writer = try writer(graph)
        var bytes: [UInt8] = []
        let sink = ExportSink { bytes.append(contentsOf: $0) }
        do throws(ExportError) {
            try writer.write(to: sink)
            try sink.finish()
        } catch {
            preconditionFailure("memory takes all bytes: \(error)")
        }
        return bytes
    }

    /// Writes a file that holds the model, piece by piece.
    ///
    /// - Throws: `ExportError.format` before the first byte, for what the format lacks; what ends
    ///   the sink, `finish()` included.
    package func write(_ graph: ModelGraph, to sink: ExportSink) throws(ExportError) {
        let model: any ModelWriter
        do {
            model = try writer(graph)
        } catch {
            throw .format(error)
        }
        try model.write(to: sink)
        try sink.finish()
    }

    /// What writes the model; whatever the format cannot say is found here.
    private func writer(_ graph: ModelGraph) throws(FormatError) -> any ModelWriter {
        if let linear = ExportedLinear(graph) {
            switch self {
            case .xgboost: return try XGBoostLinearWriter(linear)
            case .onnx: return ONNXLinearWriter(linear: linear)
            case .pmml: return try PMMLLinearWriter(linear)
            case .sql: return try SQLLinearWriter(linear)
            case .boreal, .lightgbm, .pickle, .json: break
            }
        } else if let clusters = ExportedCenters(graph) {
            switch self {
            case .onnx: return ONNXClusterWriter(clusters: clusters)
            case .pmml: return PMMLClusterWriter(clusters: clusters)
            case .boreal, .lightgbm, .pickle, .xgboost, .sql, .json: break
            }
        } else if let machine = ExportedMachine(graph) {
            switch self {
            case .onnx: return ONNXMachineWriter(machine: machine)
            case .pmml: return PMMLMachineWriter(machine: machine)
            case .boreal, .lightgbm, .pickle, .xgboost, .sql, .json: break
            }
        }
        return try treeWriter(graph)
    }

    private func treeWriter(_ graph: ModelGraph) throws(FormatError) -> any ModelWriter {
        switch self {
        case .boreal: try BorealWriter(graph)
        case .lightgbm: try LightGBMTextWriter(graph)
        case .pickle: try LightGBMPickleWriter(graph)
        case .xgboost: try XGBoostWriter(graph)
        case .onnx: try ONNXWriter(graph)
        case .pmml: try PMMLWriter(graph)
        case .sql: try SQLWriter(graph)
        case .json: try GraphJSONWriter(graph)
        }
    }
}

/// A model that is known to fit a format, ready to be written.
protocol ModelWriter {
    /// Writes the file.
    ///
    /// - Throws: what ends the sink, and nothing else: the initializer refused what does not fit.
    func write(to sink: ExportSink) throws(ExportError)
}
