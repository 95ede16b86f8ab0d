import Foundation

/// One file of the tree, read once, with its text cut into lines.
struct RepositoryFile {
    /// Path from the root, with `/`.
    let path: String
    /// Bytes on disk.
    let byteCount: Int
    /// The content, or nothing when the file is no text or too large to be read as such.
    let text: String?
    /// The content without line ends; one empty line for an empty file.
    let lines: [Substring]

    /// `swift`, `md`, ...; empty without a point.
    var fileExtension: Substring {
        let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
        return name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
    }

    /// True for files below `folder`, given with its closing `/`.
    func isBelow(_ folder: String) -> Bool { path.hasPrefix(folder) }
}

/// The tree that the tests look at: everything that git would track, whether it does yet or not.
struct Repository {
    /// The folder that holds `Package.swift`.
    let root: String
    /// Every file, sorted by path; symbolic links are left out.
    let files: [RepositoryFile]
    /// The Swift files with their scans, sorted by path.
    let swiftFiles: [SwiftSource]
    /// Names at the root, as they are.
    let rootEntries: [String]

    /// The tree around this file, read once a run.
    static let current = Repository(root: findRoot())

    /// The file of that path.
    func file(_ path: String) -> RepositoryFile? { byPath[path].map { files[$0] } }

    /// True when a file or a folder of that path exists.
    func exists(_ path: String) -> Bool {
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        return byPath[trimmed] != nil || folders.contains(trimmed)
    }

    /// Swift files of the product: below `Sources/`.
    var productFiles: [SwiftSource] { swiftFiles.filter { $0.file.isBelow("Sources/") } }
    /// Swift files of the tests: below `Tests/`.
    var testFiles: [SwiftSource] { swiftFiles.filter { $0.file.isBelow("Tests/") } }

    private let byPath: [String: Int]
    private let folders: Set<String>

    /// Reads the tree below `root`.
    init(root: String) {
        self.root = root
        let manager = FileManager.default
        rootEntries = ((try? manager.contentsOfDirectory(atPath: root)) ?? []).sorted()
        var found: [RepositoryFile] = []
        var folders: Set<String> = []
        let enumerator = manager.enumerator(atPath: root)
        while let path = enumerator?.nextObject() as? String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let kind = enumerator?.fileAttributes?[.type] as? FileAttributeType
            if Self.ignored.contains(name) || name.hasSuffix(".pyc") {
                if kind == .typeDirectory { enumerator?.skipDescendants() }
            } else if kind == .typeDirectory {
                folders.insert(path)
            } else if kind == .typeRegular {
                let size = (enumerator?.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0
                found.append(Self.read(root: root, path: path, byteCount: size))
            }
        }
        files = found.sorted { $0.path < $1.path }
        self.folders = folders
        byPath = Dictionary(uniqueKeysWithValues: files.enumerated().map { ($1.path, $0) })
        swiftFiles = files.filter { $0.fileExtension == "swift" }.map(SwiftSource.init)
    }

    /// What `.gitignore` names, and git itself.
    private static let ignored: Set<String> = [
        ".git", ".build", ".swiftpm", "Package.resolved", "boreal-data", "__pycache__",
    ]

    /// Text above this is data; nobody lints it line by line.
    private static let textBytesMax = 2 << 20

    private static func read(root: String, path: String, byteCount: Int) -> RepositoryFile {
        var text: String?
        if byteCount <= textBytesMax, !isData(path),
            let bytes = FileManager.default.contents(atPath: root + "/" + path), !bytes.contains(0)
        {
            text = String(data: bytes, encoding: .utf8)
        }
        var lines = text?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        if lines.last == "", lines.count > 1 { lines.removeLast() }
        return RepositoryFile(path: path, byteCount: byteCount, text: text, lines: lines)
    }

    /// Fixtures are bytes that somebody else wrote; only their notes are text of ours.
    private static func isData(_ path: String) -> Bool {
        path.hasPrefix("Fixtures/") && !path.hasSuffix(".md")
    }

    /// Walks up from this file, links resolved, to the folder with the package and its fixtures.
    private static func findRoot() -> String {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            let hasPackage = FileManager.default.fileExists(atPath: folder.path + "/Package.swift")
            if hasPackage, FileManager.default.fileExists(atPath: folder.path + "/Sources") {
                return folder.path
            }
        }
        preconditionFailure("no Package.swift above \(#filePath)")
    }
}
