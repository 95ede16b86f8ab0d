import BorealBase

/// The zip archive that `torch.save` and `torch.jit.save` write: pickles, storages in files of
/// their own below `data/`, and of TorchScript the text of its classes.
struct TorchArchive {
    /// Its files.
    let zip: ZipArchive
    /// What stands before all names: `archive/`, or the name of the file that was saved.
    let root: String
    /// What errors call the file.
    let format: ModelFormat

    /// - Throws: `FormatError.malformed` when there is no `data.pkl`, or several.
    init(_ zip: ZipArchive, format: ModelFormat) throws(FormatError) {
        let names = zip.members.map(\.name).filter { name in
            name == "data.pkl" || name.hasSuffix("/data.pkl")
        }
        guard names.count == 1 else {
            throw .malformed(format, offset: 0, reason: "\(names.count) files 'data.pkl'")
        }
        self.zip = zip
        self.format = format
        root = String(names[0].dropLast("data.pkl".utf8.count))
        if let order = zip[root + "byteorder"] {
            guard try zip.data(of: order) == Array("little".utf8) else {
                throw .unsupportedFormat(format, detail: "numbers with the greatest byte first")
            }
        }
    }

    /// The pickle of that name below the root, and its tensors.
    ///
    /// - Throws: `FormatError`.
    func tensors(
        _ name: String,
        _ dialect: PickleMachine.Dialect
    ) throws(FormatError) -> TorchTensors {
        guard let member = zip[root + name] else {
            throw .malformed(format, offset: 0, reason: "no '\(name)'")
        }
        var machine = PickleMachine(source: try zip.data(of: member), dialect: dialect)
        let document = try machine.run()
        let folder = root + name.dropLast(".pkl".utf8.count) + "/"
        let read = Storages()
        return TorchTensors(document: document, format: format) {
            [zip, format] (key, byteCount) throws(FormatError) in
            guard let member = zip[folder + key], member.size == byteCount else {
                throw .malformed(
                    format,
                    offset: 0,
                    reason: "storage '\(key)' of \(byteCount) bytes is missing or of another size"
                )
            }
            let known = read.byKey[key]
            let bytes = if let known { known } else { try zip.data(of: member) }
            read.byKey[key] = bytes
            return TorchTensors.Storage(bytes: bytes, range: 0..<bytes.count)
        }
    }

    /// Storages that were unpacked, for many tensors may share one.
    private final class Storages {
        var byKey: [String: [UInt8]] = [:]
    }
}

/// Reads the weights of PyTorch models.
enum TorchReader {
    /// A state dictionary in an archive.
    ///
    /// - Throws: `FormatError`.
    static func archive(
        _ zip: ZipArchive,
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        let archive = try TorchArchive(zip, format: .torchZip)
        let tensors = try archive.tensors("data.pkl", .torch).stateDictionary()
        return try weights(tensors, .torchZip, architecture)
    }

    /// What PyTorch wrote before version 1.6.
    ///
    /// - Throws: `FormatError`.
    static func legacy(
        _ bytes: [UInt8],
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        try weights(try TorchLegacyReader.read(bytes), .torchLegacy, architecture)
    }

    /// safetensors, whose order says nothing about layers.
    ///
    /// - Throws: `FormatError`.
    static func safetensors(
        _ bytes: [UInt8],
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        try weights(try SafetensorsReader.read(bytes), .safetensors, architecture)
    }

    /// The text of a model, followed from `forward` on.
    ///
    /// - Throws: `FormatError`.
    static func script(
        _ zip: ZipArchive,
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        let archive = try TorchArchive(zip, format: .torchScript)
        var follower = try ScriptFollower(archive, hint: architecture?.input)
        var model = try follower.model()
        model.architecture = architecture
        return model
    }

    /// Weights with what they are the weights of.
    private static func weights(
        _ tensors: [(name: String, tensor: NetworkTensor)],
        _ format: ModelFormat,
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        var importer = WeightsImporter(
            origin: NetworkGraph.Origin(
                format: format,
                library: format == .safetensors ? "safetensors" : "PyTorch",
                formatVersion: format == .torchLegacy ? "1001" : "1",
                estimator: "weights"
            ),
            weights: NetworkWeights(
                tensors,
                layout: .torch,
                prefix: architecture?.prefix ?? "",
                isSorted: format == .safetensors
            )
        )
        return try importer.read(architecture)
    }
}
