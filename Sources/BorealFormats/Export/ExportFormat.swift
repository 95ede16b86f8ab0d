import BorealBase
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

    /// The bytes of a file that holds the model.
    ///
    /// - Throws: `FormatError.notExportable`, which names what the format lacks.
    public func write(_ graph: ModelGraph) throws(FormatError) -> [UInt8] {
        switch self {
        case .boreal:
            var writer = BorealWriter(graph)
            return try writer.write()
        case .lightgbm: return try LightGBMTextWriter.write(graph)
        case .pickle: return try LightGBMPickleWriter.write(graph)
        case .xgboost: return try XGBoostWriter(graph).write()
        case .onnx: return try ONNXWriter(graph).write()
        case .pmml: return try PMMLWriter(graph).write()
        case .sql: return try SQLWriter(graph).write()
        case .json: return try GraphJSONWriter(graph).write()
        }
    }
}
