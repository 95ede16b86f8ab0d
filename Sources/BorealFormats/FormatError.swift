public import BorealGraph

/// Why a file cannot become a model, or a model a file.
public enum FormatError: Error, Equatable, Sendable {
    /// The file cannot be opened or read; `code` is the system's `errno`.
    case unreadable(path: String, code: Int32)
    /// There is not one byte.
    case empty
    /// No format that is known begins like this.
    case unrecognized
    /// A known format that cannot be read; `detail` names the part when it is not the whole.
    case unsupportedFormat(ModelFormat, detail: String?)
    /// A version of the format that cannot be read.
    case unsupportedVersion(ModelFormat, version: String)
    /// The bytes break the format's rules; `offset` counts from the start of the unpacked bytes.
    case malformed(ModelFormat, offset: Int, reason: String)
    /// More of something than a model file may hold.
    case tooLarge(ModelFormat, what: String, limit: Int)
    /// A pickle names a class or function that is not on the closed list.
    case classRefused(module: String, name: String)
    /// A pickle uses a listed class in a way that would need code to run.
    case callRefused(name: String, offset: Int)
    /// Readable, yet what it holds is no model; `found` is what it is.
    case notAModel(ModelFormat, found: String)
    /// A folder without a model, or with several.
    case noSingleModel(folder: String, models: [String], files: [String])
    /// The parts of the model do not fit together.
    case invalidModel(GraphError)
    /// The model cannot be written in this format; `reason` names what the format lacks.
    case notExportable(ExportFormat, reason: String)
}

extension FormatError: CustomStringConvertible {
    /// The cause in plain words, for logs and the command line.
    public var description: String {
        switch self {
        case .unreadable(let path, let code): "cannot read '\(path)' (error \(code))"
        case .empty: "the file is empty"
        case .unrecognized: "the file is in no known model format"
        case .unsupportedFormat(let format, let detail):
            "\(format.title) is not supported" + (detail.map { ": \($0)" } ?? "")
        case .unsupportedVersion(let format, let version):
            "\(format.title) version '\(version)' is not supported"
        case .malformed(let format, let offset, let reason):
            "damaged \(format.title) at byte \(offset): \(reason)"
        case .tooLarge(let format, let what, let limit):
            "\(format.title): more than \(limit) \(what)"
        case .classRefused(let module, let name):
            "this file would call '\(module).\(name)', which is not on the list of model classes"
        case .callRefused(let name, let offset):
            "the pickle would call '\(name)' at byte \(offset)"
        case .notAModel(let format, let found): "the \(format.title) holds \(found), no model"
        case .noSingleModel(let folder, let models, let files) where models.isEmpty:
            "'\(folder)' holds no model file, only \(Self.list(files))"
        case .noSingleModel(let folder, let models, _):
            "'\(folder)' holds \(models.count) model files: \(Self.list(models))"
        case .invalidModel(let error): "damaged model: \(error)"
        case .notExportable(let format, let reason):
            "the model cannot be written as \(format.title): \(reason)"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
    }
}
