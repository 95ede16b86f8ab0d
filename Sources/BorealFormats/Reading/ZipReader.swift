import BorealBase

/// Tells what a zip archive is by the names of its files.
struct ZipReader {
    /// The archive.
    let zip: ZipArchive

    /// What a zip archive may be.
    enum Content: Equatable {
        case torchWeights
        case torchScript
        case torchExport
        case keras
        /// A file of a model among others.
        case files
    }

    /// What it is.
    var content: Content {
        let names = zip.members.map(\.name)
        func has(_ file: String) -> Bool {
            names.contains { $0 == file || $0.hasSuffix("/" + file) }
        }
        if has("archive_format") || has("serialized_exported_program.json") {
            return .torchExport
        }
        if has("data.pkl") {
            return names.contains { $0.contains("code/") } ? .torchScript : .torchWeights
        }
        if zip["config.json"] != nil, zip["model.weights.h5"] != nil { return .keras }
        return .files
    }

    /// The one file that begins as a model does, and what is in it.
    ///
    /// - Throws: `FormatError.noSingleModel`, and what reading it throws.
    func model() throws(FormatError) -> (member: ZipArchive.Member, bytes: [UInt8]) {
        let names = zip.members.map(\.name)
        var found: [(member: ZipArchive.Member, bytes: [UInt8])] = []
        for member in zip.members where ModelFolder.mayBeModel(member.name, among: names) {
            guard member.size > 0, found.count < 2 else { continue }
            let bytes = try zip.data(of: member)
            let head = Array(bytes.prefix(FormatLimits.signatureBytesMax))
            if ModelFolder.begins(head, asModelNamed: ModelFolder.file(of: member.name)) {
                found.append((member, bytes))
            }
        }
        guard found.count == 1 else {
            throw .noSingleModel(
                folder: "zip archive",
                models: found.map(\.member.name),
                files: names
            )
        }
        return found[0]
    }
}
