import Testing

@Suite struct FixtureTests {
    let tree = Repository.current

    /// What may lie at the root.
    private static let rootEntries: Set<String> = [
        "Package.swift", "Makefile", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore",
        ".swift-format", ".ci", "Sources", "Tests", "Fixtures", "docs",
        // Made by tools, named in .gitignore.
        ".git", ".build", ".swiftpm", "Package.resolved", "boreal-data",
    ]

    @Test("nothing else lies at the root")
    func theRootIsBare() {
        expectNone(
            tree.rootEntries.filter { !Self.rootEntries.contains($0) }
                .map { Finding($0, 0, "does not belong at the root: move it where it is used") }
        )
    }

    @Test("no file over 1 MiB outside Fixtures, no fixtures over 20 MiB in all")
    func filesAreSmall() {
        let large = tree.files.filter { !$0.isBelow("Fixtures/") && $0.byteCount > 1 << 20 }
        expectNone(
            large.map { Finding($0.path, 0, "\($0.byteCount) bytes: make it from a recipe") }
        )
        let total = tree.files.filter { $0.isBelow("Fixtures/") }.reduce(0) { $0 + $1.byteCount }
        #expect(total <= 20 << 20, "Fixtures hold \(total) bytes, more than 20 MiB")
    }

    @Test("every fixture folder has a README that says where the files came from")
    func fixturesHaveANote() {
        let folders = Set(
            tree.files.filter { $0.isBelow("Fixtures/") }
                .map { $0.path.split(separator: "/") }
                .filter { $0.count > 2 }
                .map { "Fixtures/\($0[1])" }
        )
        expectNone(
            folders.filter { !tree.exists($0 + "/README.md") }
                .map {
                    Finding($0, 0, "add README.md: origin, licence, how to make each file again")
                }
        )
    }

    @Test("every fixture folder is read by a test or by a program")
    func fixturesAreUsed() {
        let folders = Set(
            tree.files.filter { $0.isBelow("Fixtures/") }
                .compactMap { $0.path.split(separator: "/").dropFirst().dropLast().first }
        )
        let readers = tree.files.filter {
            ["swift", "py", "sh", "sql"].contains($0.fileExtension)
                && !$0.isBelow("Tests/TidyTests/")
        }
        expectNone(
            folders.filter { folder in
                !readers.contains { file in
                    guard let text = file.text else { return false }
                    return text.contains("Fixtures/\(folder)") || text.contains("\"\(folder)")
                }
            }
            .map { Finding("Fixtures/\($0)", 0, "nobody reads it: remove it or test with it") }
        )
    }
}
