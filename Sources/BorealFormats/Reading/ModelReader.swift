import BorealBase

/// Reads a model file, whatever its format. Nothing in the file is ever run.
public enum ModelReader {
    /// The model in `bytes`.
    ///
    /// The content decides the format; the name is looked at only where the content does not tell.
    ///
    /// - Parameter fileName: name or path, with its ending.
    /// - Throws: `FormatError`, every case but `unreadable` and `notExportable`.
    public static func read(
        _ bytes: [UInt8],
        fileName: String
    ) throws(FormatError) -> ImportedModel {
        try read(bytes, fileName: fileName, layers: 0)
    }

    /// Reads the file at `path`, or the one model file in the folder `path`, and the model in it.
    ///
    /// - Throws: `FormatError`, every case but `notExportable`.
    public static func read(path: String) throws(FormatError) -> ImportedModel {
        let path = try file(at: path)
        return try read(try ModelFile.read(path: path), fileName: path)
    }

    /// The path itself, or that of the one model file in the folder that it names.
    ///
    /// - Throws: `FormatError.unreadable`, `.noSingleModel`.
    public static func file(at path: String) throws(FormatError) -> String {
        ModelFolder.isFolder(path) ? try ModelFolder.modelFile(in: path) : path
    }

    private static func read(
        _ bytes: [UInt8],
        fileName: String,
        layers: Int
    ) throws(FormatError) -> ImportedModel {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Limits.modelBytesMax else {
            throw .tooLarge(
                formatHint(fileName: fileName),
                what: "bytes",
                limit: Limits.modelBytesMax
            )
        }
        if let compression = Compression(signatureOf: bytes) {
            guard layers < FormatLimits.compressionLayersMax else {
                throw .tooLarge(.joblib, what: "layers of compression", limit: layers)
            }
            let unpacked = try Decompressor().unpack(bytes, compression)
            return try read(unpacked, fileName: innerName(fileName), layers: layers + 1)
        }
        guard let format = FormatSignature(bytes: bytes, fileName: fileName).format else {
            throw .unrecognized
        }
        switch format {
        case .boreal: return try BorealReader(bytes).model()
        case .lightgbmText: return try lightgbmText(bytes)
        case .pickle:
            var machine = PickleMachine(source: bytes)
            let document = try machine.run()
            let usesJoblib = layers > 0 || fileName.asciiLowercased.hasSuffix(".joblib")
            return try pickle(document, usesJoblib ? .joblib : .pickle)
        case .tar:
            guard layers <= FormatLimits.compressionLayersMax else {
                throw .tooLarge(.tar, what: "archives within archives", limit: layers)
            }
            let archive = try TarArchive(bytes)
            let member = try ModelFolder.model(in: archive, bytes)
            var model = try read(
                Array(bytes[member.range]),
                fileName: member.name,
                layers: layers + 1
            )
            model.requirements = archive.members.first { $0.name.hasSuffix("requirements.txt") }
                .map { Requirements(bytes[$0.range].prefix(Requirements.bytesMax)) }
            return model
        case .xgboostJSON, .xgboostUBJSON, .xgboostBinary: return try xgboost(bytes, format)
        case .pmml: return try PMMLImporter.read(bytes)
        case .catboostCBM:
            return try CatBoostImporter(model: try CatBoostBinaryReader.read(bytes)).imported()
        case .catboostJSON:
            return try CatBoostImporter(model: try CatBoostJSONReader.read(bytes)).imported()
        case .onnx: return try ONNXImporter.read(bytes)
        default: throw .unsupportedFormat(format, detail: nil)
        }
    }

    /// By the class of what was pickled.
    private static func pickle(
        _ document: PickleDocument,
        _ format: ModelFormat
    ) throws(FormatError) -> ImportedModel {
        let type = document.object(document.root)?.type
        if type == .member {
            let importer = SklearnImporter(document: document, format: format) {
                (ref) throws(FormatError) in
                // A model of another library within a pipeline.
                var inner = document
                inner.root = ref
                return try pickle(inner, format).graph
            }
            return try importer.read()
        }
        if type?.isXGBoost == true {
            return try XGBoostPickleReader(document: document, format: format).read()
        }
        if type?.isCatBoost == true {
            return try CatBoostPickleReader(document: document, format: format).read()
        }
        return try LightGBMPickleReader(document: document, format: format).read()
    }

    private static func xgboost(
        _ bytes: [UInt8],
        _ format: ModelFormat
    ) throws(FormatError) -> ImportedModel {
        let model = try XGBoostModel(reading: bytes, format: format)
        return try XGBoostImporter(model).imported()
    }

    private static func lightgbmText(_ bytes: [UInt8]) throws(FormatError) -> ImportedModel {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let importer = LightGBMImporter(text: try LightGBMTextReader.read(bytes[start...]))
        let graph = try importer.graph()
        let estimator = importer.text.meta == nil ? "Booster" : "Boreal"
        return ImportedModel(
            graph: graph,
            inspection: importer.inspection(graph, format: .lightgbmText, estimator: estimator)
        )
    }

    /// The name without the ending of its compression.
    private static func innerName(_ fileName: String) -> String {
        for ending in [".gz", ".xz", ".bz2", ".z", ".lzma"]
        where fileName.asciiLowercased.hasSuffix(ending) {
            return String(fileName.dropLast(ending.count))
        }
        return fileName
    }

    /// The format a file's name suggests; a pickle when it suggests nothing.
    static func formatHint(fileName: String) -> ModelFormat {
        FormatSignature.format(ofName: fileName) ?? .pickle
    }
}
