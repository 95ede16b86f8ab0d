import Foundation
import Testing

@Suite struct LayerTests {
    let tree = Repository.current

    /// Target of a file below `Sources/`.
    private func target(of path: String) -> String {
        path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    }

    @Test("a target imports only lower layers and the modules it is meant for")
    func importsGoDown() {
        var findings: [Finding] = []
        for source in tree.productFiles {
            let target = target(of: source.file.path)
            guard let own = Layers.layer[target] else { continue }
            for entry in ImportLine.all(in: source) {
                if let advice = objection(to: entry.module, in: target, layer: own) {
                    findings.append(Finding(source.file.path, entry.line, advice))
                }
            }
        }
        expectNone(findings)
    }

    private func objection(to module: String, in target: String, layer: Int) -> String? {
        if let allowed = Layers.importers[module] {
            return allowed.contains(target)
                ? nil
                : "\(module) is for \(allowed.sorted().joined(separator: ", ")) only"
        }
        if Layers.toolchain.contains(module) { return nil }
        if module.hasPrefix("Foundation") {
            return "no Foundation in the product (docs/decisions): use Glibc or BorealBase"
        }
        guard let other = Layers.layer[module] else {
            return "\(module) is in no table: enter it in Tests/TidyTests/Layers.swift or drop it"
        }
        if other < layer { return nil }
        return
            "\(target) (layer \(layer)) may not import \(module) (layer \(other)): move the shared"
            + " noun to BorealBase or let them meet in BorealEngine"
    }

    @Test("every folder in Sources is a target with a layer and an entry in Package.swift")
    func everyFolderIsATarget() {
        let manifest = tree.file("Package.swift")?.text ?? ""
        let folders = Set(
            tree.files.filter { $0.isBelow("Sources/") }.map { target(of: $0.path) }
        )
        var findings: [Finding] = []
        for folder in folders {
            if Layers.layer[folder] == nil {
                findings.append(Finding("Sources/\(folder)", 0, "give it a layer in Layers.swift"))
            }
            if !manifest.contains("name: \"\(folder)\"") {
                findings.append(
                    Finding("Sources/\(folder)", 0, "no target of that name in Package.swift")
                )
            }
        }
        expectNone(findings)
    }

    @Test("Package.swift declares the dependencies that the sources import, and no others")
    func dependenciesAreTheImports() {
        var findings: [Finding] = []
        let declared = ManifestTarget.all(in: tree.file("Package.swift")?.text ?? "")
        for entry in declared where entry.isProduct {
            let sources = tree.productFiles.filter { target(of: $0.file.path) == entry.name }
            guard !sources.isEmpty else { continue }
            var used: Set<String> = []
            for source in sources {
                used.formUnion(ImportLine.all(in: source).map(\.module))
            }
            used = used.filter { Layers.layer[$0] != nil || Layers.products.contains($0) }
            for name in entry.dependencies.subtracting(used) {
                findings.append(
                    Finding(
                        "Package.swift",
                        entry.line,
                        "\(entry.name) imports \(name) nowhere: drop it"
                    )
                )
            }
            for name in used.subtracting(entry.dependencies) {
                findings.append(
                    Finding(
                        "Package.swift",
                        entry.line,
                        "\(entry.name) imports \(name): declare it"
                    )
                )
            }
        }
        #expect(!declared.isEmpty, "no target was found in Package.swift")
        expectNone(findings)
    }

    @Test("imports are sorted by module within their block")
    func importsAreSorted() {
        var findings: [Finding] = []
        for source in tree.swiftFiles {
            var previous: ImportLine?
            for entry in ImportLine.all(in: source) {
                defer { previous = entry }
                guard let previous, previous.line == entry.line - 1 else { continue }
                if entry.module < previous.module {
                    findings.append(
                        Finding(
                            source.file.path,
                            entry.line,
                            "put \(entry.module) before \(previous.module)"
                        )
                    )
                }
            }
        }
        expectNone(findings)
    }
}

/// What `Package.swift` says about one target.
private struct ManifestTarget {
    let name: String
    let line: Int
    let dependencies: Set<String>
    /// True for what users get, false for tests.
    let isProduct: Bool

    /// Reads the calls `.target(...)`, `.executableTarget(...)`, `.testTarget(...)` of a manifest.
    static func all(in manifest: String) -> [ManifestTarget] {
        let text = Array(manifest.utf8)
        var scanner = SwiftScanner(bytes: text)
        scanner.scan()
        var found: [ManifestTarget] = []
        for opener in [".target(", ".executableTarget(", ".testTarget("] {
            var search = manifest[...]
            while let range = search.range(of: opener) {
                search = search[range.upperBound...]
                let start = manifest.utf8.distance(from: manifest.startIndex, to: range.upperBound)
                var depth = 1
                var end = start
                while end < text.count, depth > 0 {
                    if scanner.kinds[end] == .code {
                        if text[end] == UInt8(ascii: "(") { depth += 1 }
                        if text[end] == UInt8(ascii: ")") { depth -= 1 }
                    }
                    end += 1
                }
                let inside = scanner.strings.filter {
                    $0.lowerBound >= start && $0.upperBound < end
                }
                let words = inside.map { String(decoding: text[$0], as: UTF8.self) }
                guard let name = words.first else { continue }
                found.append(
                    ManifestTarget(
                        name: name,
                        line: text[..<start].count { $0 == 0x0A } + 1,
                        dependencies: Set(words.dropFirst())
                            .filter { Layers.layer[$0] != nil || Layers.products.contains($0) },
                        isProduct: opener != ".testTarget("
                    )
                )
            }
        }
        return found
    }
}
