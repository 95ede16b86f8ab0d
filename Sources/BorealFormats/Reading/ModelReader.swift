import BorealBase

/// Reads a model file, whatever its format. Nothing in the file is ever run.
public enum ModelReader {
    /// What a file is read with.
    private struct Source {
        /// Name or path, with its ending.
        var fileName: String
        /// Compressions and archives around it.
        var layers = 0
        /// What the network is whose weights it holds.
        var architecture: NetworkArchitecture?
        var files = ModelFiles.none

        /// The same with what a file beside the model tells, unless the caller told it.
        func withArchitecture() throws(FormatError) -> Source {
            guard architecture == nil, let bytes = try files.read(ModelBundle.architectureName)
            else { return self }
            var source = self
            do throws(NetworkArchitecture.Refusal) {
                source.architecture = try NetworkArchitecture(
                    String(decoding: bytes, as: UTF8.self)
                )
            } catch {
                let name = ModelBundle.architectureName
                throw .malformed(.json, offset: 0, reason: "\(name): \(error.reason)")
            }
            return source
        }

        /// One layer further in.
        func inner(_ fileName: String, _ files: ModelFiles) -> Source {
            var source = self
            source.fileName = fileName
            source.layers += 1
            source.files = files
            return source
        }
    }

    /// The model in `bytes`.
    ///
    /// The content decides the format; the name is looked at only where the content does not tell.
    ///
    /// - Parameters:
    ///   - fileName: name or path, with its ending.
    ///   - architecture: for files that hold the weights of a network alone; others do without.
    /// - Throws: `FormatError`, every case but `unreadable` and `notExportable`.
    public static func read(
        _ bytes: [UInt8],
        fileName: String,
        architecture: NetworkArchitecture? = nil
    ) throws(FormatError) -> ImportedModel {
        try read(bytes, Source(fileName: fileName, architecture: architecture))
    }

    /// Reads the file at `path`, or the one model file in the folder `path`, and the model in it.
    ///
    /// - Throws: `FormatError`, every case but `notExportable`.
    public static func read(
        path: String,
        architecture: NetworkArchitecture? = nil
    ) throws(FormatError) -> ImportedModel {
        let path = try file(at: path)
        let source = Source(
            fileName: path,
            architecture: architecture,
            files: ModelFiles.beside(path)
        )
        return try read(try ModelFile.read(path: path), source)
    }

    /// The path itself, or that of the one model file in the folder that it names.
    ///
    /// - Throws: `FormatError.unreadable`, `.noSingleModel`.
    public static func file(at path: String) throws(FormatError) -> String {
        ModelFolder.isFolder(path) ? try ModelFolder.modelFile(in: path) : path
    }

    private static func read(
        _ bytes: [UInt8],
        _ source: Source
    ) throws(FormatError) -> ImportedModel {
        let fileName = source.fileName
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Limits.modelBytesMax else {
            throw .tooLarge(
                formatHint(fileName: fileName),
                what: "bytes",
                limit: Limits.modelBytesMax
            )
        }
        if let compression = Compression(signatureOf: bytes) {
            guard source.layers < FormatLimits.compressionLayersMax else {
                throw .tooLarge(.joblib, what: "layers of compression", limit: source.layers)
            }
            let unpacked = try Decompressor().unpack(bytes, compression)
            return try read(unpacked, source.inner(innerName(fileName), source.files))
        }
        guard let format = FormatSignature(bytes: bytes, fileName: fileName).format else {
            throw .unrecognized
        }
        let source = try source.withArchitecture()
        switch format {
        case .tar: return try tar(bytes, source)
        case .torchZip, .kerasZip, .zip:
            return try zip(try ZipArchive(bytes, format: format), source)
        case .torchLegacy: return try TorchReader.legacy(bytes, source.architecture)
        case .safetensors: return try TorchReader.safetensors(bytes, source.architecture)
        case .kerasHDF5: return try KerasReader.hdf5(bytes, source.architecture)
        case .tensorflowSavedModel: return try SavedModelReader(bytes, source.files).model()
        case .tensorflowCheckpoint: return try checkpoint(bytes, source)
        default: return try single(bytes, format, source)
        }
    }

    /// Formats whose models are one file that says all of itself.
    private static func single(
        _ bytes: [UInt8],
        _ format: ModelFormat,
        _ source: Source
    ) throws(FormatError) -> ImportedModel {
        switch format {
        case .boreal: return try BorealReader(bytes).model()
        case .lightgbmText: return try lightgbmText(bytes)
        case .pickle:
            var machine = PickleMachine(source: bytes)
            let document = try machine.run()
            let usesJoblib =
                source.layers > 0 || source.fileName.asciiLowercased.hasSuffix(".joblib")
            return try pickle(document, usesJoblib ? .joblib : .pickle)
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

    /// The weights in a TensorFlow checkpoint, whose index this is.
    private static func checkpoint(
        _ bytes: [UInt8],
        _ source: Source
    ) throws(FormatError) -> ImportedModel {
        let name = ModelFolder.file(of: source.fileName)
        let stem = name.hasSuffix(".index") ? String(name.dropLast(6)) : name
        let checkpoint = try TensorFlowCheckpoint(
            bytes,
            stem: stem,
            source.files,
            format: .tensorflowCheckpoint
        )
        var importer = WeightsImporter(
            origin: NetworkGraph.Origin(
                format: .tensorflowCheckpoint,
                library: "TensorFlow",
                formatVersion: "2",
                estimator: "weights"
            ),
            weights: try checkpoint.weights()
        )
        return try importer.read(source.architecture)
    }

    /// The one model in a tar archive.
    private static func tar(
        _ bytes: [UInt8],
        _ source: Source
    ) throws(FormatError) -> ImportedModel {
        guard source.layers <= FormatLimits.compressionLayersMax else {
            throw .tooLarge(.tar, what: "archives within archives", limit: source.layers)
        }
        let archive = try TarArchive(bytes)
        let member = try ModelFolder.model(in: archive, bytes)
        let files = ModelFiles.beside(member, in: archive, bytes)
        var model = try read(Array(bytes[member.range]), source.inner(member.name, files))
        model.requirements = archive.members.first { $0.name.hasSuffix("requirements.txt") }
            .map { Requirements(bytes[$0.range].prefix(Requirements.bytesMax)) }
        return model
    }

    /// A zip archive: a format of its own, or the one model in it.
    private static func zip(
        _ archive: ZipArchive,
        _ source: Source
    ) throws(FormatError) -> ImportedModel {
        let reader = ZipReader(zip: archive)
        switch reader.content {
        case .torchWeights: return try TorchReader.archive(archive, source.architecture)
        case .torchScript: return try TorchReader.script(archive, source.architecture)
        case .torchExport: return try TorchExportReader(archive).model()
        case .keras: return try KerasReader.archive(archive)
        case .files:
            guard source.layers <= FormatLimits.compressionLayersMax else {
                throw .tooLarge(.zip, what: "archives within archives", limit: source.layers)
            }
            let found = try reader.model()
            let files = ModelFiles.beside(found.member, in: archive)
            return try read(found.bytes, source.inner(found.member.name, files))
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
