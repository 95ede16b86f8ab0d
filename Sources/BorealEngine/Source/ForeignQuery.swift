import BorealBase
import BorealSQL

/// The inner query of a statement on models when its tables are another server's.
struct ForeignQuery: Equatable {
    /// The source by name; nil for the source that the server was started with.
    let source: String?
    /// The text as the source knows it: without its name.
    let text: String

    /// Finds out whose tables a query reads.
    ///
    /// - Returns: nil for a query of the embedded tables.
    /// - Throws: 1235 for tables of two servers, functions of models over those of another one, and
    ///   what a query of a source by name may not have.
    init?(_ text: String, _ engine: Engine, mode: SQLMode) throws(ServerError) {
        if let named = try Self.named(text, engine.sources.names, mode) {
            self = named
        } else if engine.hasSource, try SourceQuery.isMeant(by: text) {
            self.init(source: nil, text: text)
        } else {
            return nil
        }
    }

    /// - Parameter text: as the source knows it.
    init(source: String?, text: String) {
        self.source = source
        self.text = text
    }

    private static func named(
        _ text: String,
        _ names: Set<String>,
        _ mode: SQLMode
    ) throws(ServerError) -> ForeignQuery? {
        let bytes = Array(text.utf8)
        guard let found = SourceNames.find(bytes, names, mode: mode),
            let source = found.sources.first
        else { return nil }
        guard found.sources.count == 1 else { throw .severalSources(found.sources) }
        if let other = found.otherTable {
            throw .mixedTables("'\(found.shown(other, in: bytes))'", source)
        }
        if let obstacle = found.obstacle { throw .notYet(obstacle) }
        guard found.isReading else { throw .changeInModelStatement(source) }
        if SourceMarks(bytes).callsModel { throw .modelCallOverSource }
        return ForeignQuery(source: source, text: String(decoding: found.cut(bytes), as: UTF8.self))
    }
}
