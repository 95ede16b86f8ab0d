import BorealBase
import Foundation
import Synchronization
import TestPrograms

@testable import BorealCatalog

extension TemporaryFolder {
    var layout: DataLayout { DataLayout(root: path) }

    /// The files below a folder, as paths relative to it, sorted.
    func files(_ folder: String) -> [String] {
        (FileManager.default.subpaths(atPath: "\(path)/\(folder)") ?? [])
            .filter { name in
                var isDirectory: ObjCBool = false
                let full = "\(path)/\(folder)/\(name)"
                return FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory)
                    && !isDirectory.boolValue
            }
            .sorted()
    }

    /// A copy of everything as the disk has it now.
    func copy() throws -> TemporaryFolder {
        let other = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: other.path)
        try FileManager.default.copyItem(atPath: path, toPath: other.path)
        return other
    }
}

/// A clock that moves by a millisecond a look.
final class TickingClock: Sendable {
    private let time: Mutex<Int64>
    init(_ start: Int64 = 1_700_000_000_000_000) { time = Mutex(start) }

    var now: Instant {
        time.withLock { time in
            time += 1_000
            return Instant(microseconds: time)
        }
    }
}

func makeCatalog(
    _ folder: TemporaryFolder,
    clock: TickingClock = TickingClock(),
    observe: @escaping @Sendable (PublicationStep) -> Void = { _ in }
) throws -> Catalog {
    try Catalog(
        layout: folder.layout,
        isDurable: true,
        clock: { clock.now },
        // The folder lives as long as the catalog in it.
        observe: { step in withExtendedLifetime(folder) { observe(step) } }
    )
}

extension Catalog {
    /// A published artifact of that text.
    func artifact(_ text: String, _ fileExtension: String = "txt") throws -> PublishedArtifact {
        let writer = try makeArtifact(fileExtension: fileExtension)
        try writer.write(Array(text.utf8))
        return try writer.finish()
    }

    /// A stored model whose file holds that text.
    @discardableResult
    func storedModel(_ name: String, _ text: String, owner: String = "ann@%") throws -> BoundModel {
        let file = try artifact(text)
        let modelName = try ModelName.created(name)
        let id = try write { change in
            let bound = try change.createModel(modelName, owner: owner, definition: .lightgbm)
            try change.publish(bound.version.id, artifact: file)
            return bound.version.id
        }
        guard let bound = snapshot.bound(id) else { throw CatalogError.modelNotFound(name: name) }
        return bound
    }
}

extension VersionDefinition {
    static let lightgbm = VersionDefinition(
        modelClass: "lightgbm",
        taskKind: "binary",
        statement: "CREATE MODEL ...",
        options: "{\"x_cols\": [\"a\"]}"
    )
}
