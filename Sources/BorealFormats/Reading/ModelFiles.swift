import BorealBase

/// The files beside a model, for formats that keep a model in several.
struct ModelFiles {
    /// Paths from the model's own folder, for messages.
    let names: [String]
    /// The bytes of a file; nil when there is none of that name.
    let read: (_ name: String) throws(FormatError) -> [UInt8]?

    /// No files: a model that came alone.
    static var none: ModelFiles { ModelFiles(names: []) { (_) throws(FormatError) in nil } }

    /// Files in the folder of a path. Only names that a format itself prescribes are ever asked
    /// for.
    static func beside(_ path: String) -> ModelFiles {
        let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let folder = String(path[..<end])
        return ModelFiles(names: []) { (name) throws(FormatError) in
            do throws(FormatError) {
                return try ModelFile.read(path: folder + name)
            } catch {
                guard case .unreadable = error else { throw error }
                return nil
            }
        }
    }

    /// Files of a tar archive in the folder of one of them.
    static func beside(
        _ member: TarArchive.Member,
        in archive: TarArchive,
        _ bytes: [UInt8]
    ) -> ModelFiles {
        let folder = folder(of: member.name)
        return ModelFiles(names: archive.members.map(\.name)) { (name) throws(FormatError) in
            archive.members.first { $0.name == folder + name }.map { Array(bytes[$0.range]) }
        }
    }

    /// Files of a zip archive in the folder of one of them.
    static func beside(_ member: ZipArchive.Member, in archive: ZipArchive) -> ModelFiles {
        let folder = folder(of: member.name)
        return ModelFiles(names: archive.members.map(\.name)) { (name) throws(FormatError) in
            guard let found = archive[folder + name] else { return nil }
            return try archive.data(of: found)
        }
    }

    /// The part of a path up to its last file.
    private static func folder(of name: String) -> String {
        guard let end = name.lastIndex(of: "/") else { return "" }
        return String(name[...end])
    }
}
