import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import Synchronization

/// Models in memory, by the hash of their artifact: what a version's bytes compile to never
/// changes.
///
/// Deployed versions stay; the others leave, least recently used first, when they take more than
/// `model_cache_bytes` together. Two statements that want the same model at once both load it: that
/// is rare, and nobody waits for anybody.
final class ModelStore: Sendable {
    private struct State {
        var entries: [String: LoadedModel] = [:]
        var bytes = 0
    }

    let catalog: Catalog
    let settings: Settings
    /// Counts what models do.
    let meter = WorkMeter()
    private let state = Mutex(State())

    init(catalog: Catalog, settings: Settings) {
        self.catalog = catalog
        self.settings = settings
    }

    /// The compiled model behind a version's artifact.
    ///
    /// - Throws: `malformedModel`, or a registry error when the file is gone.
    func graph(of artifact: ArtifactReference) throws(ServerError) -> ModelGraph {
        if let graph = touch(artifact.hash) { return graph }
        let bytes: [UInt8]
        do {
            bytes = try catalog.open(artifact).bytes()
        } catch {
            throw ServerError(error)
        }
        let graph = try Self.compile(bytes, fileName: "model." + artifact.fileExtension)
        remember(artifact.hash, graph, bytes: bytes.count)
        return graph
    }

    /// Binds a name, and a version if one is given, to what they stand for now.
    func resolve(_ name: String, version: String? = nil) throws(ServerError) -> BoundModel {
        do {
            return try catalog.snapshot.resolve(name, version: version)
        } catch {
            throw ServerError(error)
        }
    }

    /// A model that may be asked for predictions.
    ///
    /// - Throws: `modelNotFound`, `modelNotReady`, `noEndpoint` for names kept for the vendor's own
    ///   models.
    func usable(_ name: String, version: String? = nil) throws(ServerError) -> BoundModel {
        if let builtIn = try BuiltInModel(reserved: name) {
            guard BuiltInModels.name(for: builtIn, settings) != nil else { throw .noEndpoint(name) }
            throw .unsupported("this on a built-in model; ask it with PREDICT or AI_CallModel")
        }
        let bound = try resolve(name, version: version)
        guard !bound.model.contract.isUndeployed else {
            throw .modelNotReady(bound.model.name, status: "undeployed")
        }
        let isStrict = settings.isOn("require_deploy")
        let needsDeploy = isStrict && bound.version.modelClass == ModelClass.external
        guard bound.version.status.isUsable, !needsDeploy || bound.version.status == .serving else {
            throw .modelNotReady(
                version == nil ? bound.model.name : bound.label,
                status: bound.version.status.rawValue
            )
        }
        return bound
    }

    /// The compiled model of a bound version.
    ///
    /// - Throws: `modelNotReady` when the version has no file yet.
    func graph(of bound: BoundModel) throws(ServerError) -> ModelGraph {
        if bound.version.modelClass == ModelClass.remote {
            throw .unsupported("this on a remote model; ask it with PREDICT or AI_CallModel")
        }
        guard let artifact = bound.version.artifact else {
            throw .modelNotReady(bound.model.name, status: bound.version.status.rawValue)
        }
        return try graph(of: artifact)
    }

    /// Reads a model file as data.
    ///
    /// - Throws: `malformedModel`.
    static func compile(_ bytes: [UInt8], fileName: String) throws(ServerError) -> ModelGraph {
        do {
            return try ModelReader.read(bytes, fileName: fileName).graph
        } catch {
            throw ServerError(format: error)
        }
    }

    /// The model of a file, if it is in memory.
    func loaded(_ artifact: ArtifactReference) -> LoadedModel? {
        state.withLock { $0.entries[artifact.hash] }
    }

    private func touch(_ hash: String) -> ModelGraph? {
        let model = state.withLock { $0.entries[hash] }
        model?.touch()
        return model?.graph
    }

    private func remember(_ hash: String, _ graph: ModelGraph, bytes: Int) {
        // What a model takes in memory is within a small factor of its text: 40 bytes of text a
        // node against 20 to 60 of arrays and kernel.
        let pinned = pinnedHashes()
        let limit = settings.integer("model_cache_bytes")
        state.withLock { state in
            guard state.entries[hash] == nil else { return }
            state.entries[hash] = LoadedModel(graph, bytes: bytes)
            state.bytes += bytes
            while state.bytes > limit {
                let candidates = state.entries.filter { $0.key != hash && !pinned.contains($0.key) }
                let oldest = candidates.min { $0.value.lastUse < $1.value.lastUse }
                guard let oldest else { break }
                state.bytes -= oldest.value.bytes
                state.entries[oldest.key] = nil
            }
        }
    }

    /// Artifacts of deployed versions.
    private func pinnedHashes() -> Set<String> {
        var hashes: Set<String> = []
        for model in catalog.snapshot.models {
            for version in model.versions where version.status == .serving {
                if let artifact = version.artifact { hashes.insert(artifact.hash) }
            }
        }
        return hashes
    }
}
