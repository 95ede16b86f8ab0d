import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealHTTP
import BorealSQL
import Glibc

/// Where `MODEL_SOURCE_TYPE='IMPORT'` finds its file.
enum ImportLocation: Equatable, Sendable {
    /// A file, or a folder, behind a URL.
    case url(String)
    /// A file or a folder on this server.
    case path(String)

    /// The names that are asked for in a folder behind a URL, in this order: it cannot be listed.
    static let names = ["model.json", "model.ubj", "model.bin", "model.model", "model.pkl"]

    private static let endings = [".json", ".ubj", ".bin", ".model", ".pkl"]

    /// Reads `LOCATION`. `oss://endpoint/bucket/dir/` is an address of the object storage:
    /// `https://bucket.endpoint/dir/`.
    ///
    /// - Parameter folder: `import_dir`, below which files may lie; empty for none.
    /// - Throws: `cannotFetch` for a form that is refused at once.
    init(_ text: String, folder: String, policy: AddressPolicy) throws(ServerError) {
        if text.asciiLowercased.hasPrefix("file://") {
            self = .path(try Self.path(text, below: folder))
            return
        }
        let url = try text.asciiLowercased.hasPrefix("oss://") ? Self.storage(text) : text
        do {
            try HTTPDownload(policy: policy).check(url)
        } catch {
            throw ServerError(fetch: error, url: text)
        }
        self = .url(url)
    }

    /// The URL of an address of the object storage.
    private static func storage(_ text: String) throws(ServerError) -> String {
        let parts = text.dropFirst("oss://".count).split(
            separator: "/",
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        let isHost = parts.prefix(2).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                        || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                }
        }
        guard parts.count == 3, isHost else {
            throw .cannotFetch(text, "the form is oss://endpoint/bucket/folder/")
        }
        return "https://\(parts[1]).\(parts[0])/\(parts[2])"
    }

    /// The real path of a `file://` URL, which lies below the folder whatever links there are.
    static func path(_ text: String, below folder: String) throws(ServerError) -> String {
        guard !folder.isEmpty else {
            throw .cannotFetch(text, "files are read only below import_dir, which is not set")
        }
        let given = String(text.dropFirst("file://".count))
        guard given.hasPrefix("/") else {
            throw .cannotFetch(text, "the form is file:///folder/")
        }
        guard let path = real(given), let root = real(folder) else {
            throw .cannotFetch(text, "there is no such file or folder")
        }
        let isBelow = path == root || path.hasPrefix(root == "/" ? root : root + "/")
        // Whatever lies elsewhere is not told of.
        guard isBelow else { throw .cannotFetch(text, "it does not lie below import_dir") }
        return path
    }

    private static func real(_ path: String) -> String? {
        guard !path.utf8.contains(0), let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    /// The URLs that may hold the model: the URL itself when it names a file, else the known names
    /// in the folder.
    static func candidates(_ url: String) -> [String] {
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        let (path, query) = (String(url[..<end]), url[end...].prefix { $0 != "#" })
        let last = path.asciiLowercased
        if endings.contains(where: { last.hasSuffix($0) }) { return [url] }
        let folder = path.hasSuffix("/") ? path : path + "/"
        return names.map { folder + $0 + query }
    }
}

/// What `CREATE MODEL ... OPTIONS(MODEL_SOURCE_TYPE='IMPORT', ...)` says of one version.
struct ImportPlan: Sendable {
    /// What the model is.
    enum Kind: String, CaseIterable, Sendable {
        case classifier = "BOOSTED_TREE_CLASSIFIER"
        case regressor = "BOOSTED_TREE_REGRESSOR"
    }

    let kind: Kind
    /// As it was written.
    let location: String
    let role: String
    let inputs: InputColumns

    static let sourceType = "IMPORT"
    private static let names = ["model_source_type", "model_type", "location", "rolearn"]
    private static let valueBytesMax = 4_096

    /// True for options that ask for an import.
    static func isMeant(_ pairs: [(name: String, value: String)]) -> Bool {
        pairs.contains {
            $0.name.asciiLowercased == names[0] && $0.value.asciiLowercased == "import"
        }
    }

    /// - Parameters:
    ///   - pairs: options as they were written, names in any case.
    ///   - base: the default version that a further one begins with; nil for a new model.
    /// - Throws: `invalidOption` for a missing, unknown or repeated option, a value that is none,
    ///   and for no INPUT.
    init(
        _ pairs: [(name: String, value: String)],
        inputs given: InputColumns,
        over base: ImportPlan? = nil
    ) throws(ServerError) {
        var named: [String: String] = [:]
        for (written, value) in pairs {
            let name = written.asciiLowercased
            guard Self.names.contains(name) else {
                let nearest = NearestName.find(name, among: Self.names) ?? ""
                throw .invalidOption(
                    written,
                    "it is unknown here; did you mean '\(nearest.uppercased())'?"
                )
            }
            guard named.updateValue(value, forKey: name) == nil else {
                throw .invalidOption(written, "it is given twice")
            }
            guard value.utf8.count <= Self.valueBytesMax else {
                throw .invalidOption(written, "it is longer than \(Self.valueBytesMax) bytes")
            }
        }
        func text(_ name: String, _ standIn: String?) throws(ServerError) -> String {
            guard let value = named[name] ?? standIn, !value.isEmpty else {
                throw .invalidOption(name.uppercased(), "it is missing")
            }
            return value
        }
        let source = try text("model_source_type", base == nil ? nil : Self.sourceType)
        guard source.asciiLowercased == Self.sourceType.asciiLowercased else {
            throw .invalidOption("MODEL_SOURCE_TYPE", "it is 'IMPORT' and cannot change")
        }
        let type = try text("model_type", base?.kind.rawValue)
        guard let kind = Kind(rawValue: type.uppercased()) else {
            let words = Kind.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw .invalidOption("MODEL_TYPE", "an import takes one of \(words)")
        }
        if let base, base.kind != kind {
            throw .invalidOption("MODEL_TYPE", "it is '\(base.kind.rawValue)' and cannot change")
        }
        self.kind = kind
        location = try text("location", base?.location)
        role = try text("rolearn", base?.role)
        inputs = given.elements.isEmpty ? base?.inputs ?? given : given
        guard !inputs.elements.isEmpty else {
            throw .invalidOption("INPUT", "an import names the columns of its model in INPUT")
        }
        if let blob = inputs.elements.first(where: { $0.kind == .binary }) {
            throw .invalidOption(blob.name, "boosted trees read no BINARY column")
        }
    }

    /// Reads what a version's definition keeps; nil for a model that was not imported.
    init?(stored definition: VersionDefinition) {
        // A definition that cannot be read was not written by an import.
        guard let json = try? JSON.parse(definition.options),
            json[Self.names[0]]?.string == Self.sourceType,
            let kind = json["model_type"]?.string.flatMap({ Kind(rawValue: $0) }),
            let location = json["location"]?.string, let role = json["rolearn"]?.string
        else { return nil }
        self.kind = kind
        self.location = location
        self.role = role
        inputs = InputColumns(stored: definition.options)
    }

    /// - Parameter statement: as it may be shown.
    func definition(statement: String, comment: String) -> VersionDefinition {
        // What follows a question mark may be a signature.
        let shown = String(location.prefix { $0 != "?" && $0 != "#" })
        return VersionDefinition(
            modelClass: ModelClass.external,
            taskKind: kind == .regressor ? GraphTask.regression.rawValue : "",
            statement: statement,
            options: JSON.object([
                (Self.names[0], .string(Self.sourceType)), ("model_type", .string(kind.rawValue)),
                ("location", .string(shown)), ("rolearn", .string(role)),
                ("inputs", inputs.json),
            ]).description,
            comment: comment,
            location: shown
        )
    }

    /// Holds a file to what the statement says that it is.
    ///
    /// - Throws: `malformedModel`, `invalidOption`.
    func check(_ model: ImportedModel) throws(ServerError) {
        let inspection = model.inspection
        let isBoosted =
            ["xgboost", "lightgbm", "catboost"].contains(inspection.library.asciiLowercased)
            || inspection.estimator.contains("GradientBoosting")
        guard isBoosted else {
            throw .malformedModel(
                "MODEL_TYPE='\(kind.rawValue)' is for boosted trees, the file holds a "
                    + "\(inspection.estimator) of \(inspection.library)"
            )
        }
        let task = model.graph.task
        let isClassifier = task == .binary || task == .multiclass
        guard isClassifier == (kind == .classifier) else {
            throw .invalidOption(
                "MODEL_TYPE",
                "it is '\(kind.rawValue)', the task of the file is \(task.rawValue)"
            )
        }
        guard inputs.elements.count == model.graph.inputs.count else {
            throw .invalidOption(
                "INPUT",
                "it has \(inputs.elements.count) columns, the model has "
                    + "\(model.graph.inputs.count) features: "
                    + ModelFunction.listed(model.graph.inputs.map(\.name))
            )
        }
    }
}
