import BorealBase
import Glibc

/// Finds the model in a folder.
enum ModelFolder {
    /// Files of a folder that are looked at.
    private static let filesMax = 1_000

    /// True when the path names a folder.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The path of the one file in the folder that begins as a model does.
    ///
    /// - Throws: `FormatError.unreadable`, `.noSingleModel`.
    static func modelFile(in folder: String) throws(FormatError) -> String {
        let names = try names(in: folder)
        var found: [String] = []
        for name in names.prefix(filesMax) where mayBeModel(name, among: names) {
            guard let head = head("\(folder)/\(name)") else { continue }
            if begins(head, asModelNamed: name) { found.append(name) }
        }
        guard found.count == 1 else {
            throw .noSingleModel(folder: folder, models: found, files: names)
        }
        return "\(folder)/\(found[0])"
    }

    /// The one member of an archive that begins as a model does.
    ///
    /// - Throws: `FormatError.noSingleModel`.
    static func model(in archive: TarArchive, _ bytes: [UInt8]) throws(FormatError)
        -> TarArchive.Member
    {
        let names = archive.members.map(\.name)
        let found = archive.members.filter { member in
            guard mayBeModel(member.name, among: names), !member.range.isEmpty else {
                return false
            }
            let head = bytes[member.range].prefix(FormatLimits.signatureBytesMax)
            return begins(Array(head), asModelNamed: file(of: member.name))
        }
        guard found.count == 1 else {
            throw .noSingleModel(
                folder: "tar archive",
                models: found.map(\.name),
                files: archive.members.map(\.name)
            )
        }
        return found[0]
    }

    /// The last part of a path.
    static func file(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// False for what lies beside models: hidden files, tables, and the parts of a SavedModel
    /// beside its graph.
    static func mayBeModel(_ path: String, among all: [String]) -> Bool {
        let file = file(of: path)
        guard !file.hasPrefix("."), !isTable(file), !isPart(file) else { return false }
        for part in ["variables/", "assets/"] {
            guard let range = path.firstRange(of: part) else { continue }
            if all.contains(path[..<range.lowerBound] + "saved_model.pb") { return false }
        }
        return true
    }

    /// Facts about a SavedModel that stand in files of their own.
    private static func isPart(_ file: String) -> Bool {
        ["fingerprint.pb", "keras_metadata.pb"].contains(file)
    }

    /// Whether a file's first bytes and name are those of a model.
    static func begins(_ head: [UInt8], asModelNamed name: String) -> Bool {
        Compression(signatureOf: head) != nil
            || isModel(FormatSignature(bytes: head, fileName: name).format)
    }

    /// Rows may lie beside the model; a table can begin and end as an old pickle does.
    private static func isTable(_ name: String) -> Bool {
        [".csv", ".tsv", ".npy", ".svm", ".libsvm"].contains { name.asciiLowercased.hasSuffix($0) }
    }

    private static func isModel(_ format: ModelFormat?) -> Bool {
        switch format {
        case nil, .json?, .zip?, .tar?: false
        default: true
        }
    }

    /// Names of the files of a folder, hidden ones left out, in order.
    private static func names(in folder: String) throws(FormatError) -> [String] {
        guard let directory = opendir(folder) else {
            throw .unreadable(path: folder, code: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory), names.count <= filesMax {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The first bytes of a regular file; nil when it is none.
    private static func head(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        let size = min(Int(status.st_size), FormatLimits.signatureBytesMax)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, size))
        }
        return bytes.isEmpty ? nil : bytes
    }
}
