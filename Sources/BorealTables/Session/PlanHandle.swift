import BorealBase
import BorealSQLite
import BorealWire
import Synchronization

/// The translation of a prepared query, kept with the statement from one execution to the next:
/// what the store's cache would answer, without hashing the text and without a lock.
///
/// It is valid while nothing it depends on has changed: the definitions, the session's variables
/// and database, the classes of the values bound, and the models it calls.
public final class PlanHandle: @unchecked Sendable {
    // Unchecked: belongs to one prepared statement of one session, whose statements run one by one.

    /// What a plan was made under.
    struct Conditions: Equatable {
        var store: UInt64
        var session: UInt64
        var parameters: [ParameterClass]
    }

    private var conditions: Conditions?
    private var known: KnownPlan?
    /// Under what text other sessions find a short plan; nil for a prepared statement.
    let text: [UInt8]?

    /// A handle of a statement that never ran.
    public init() { text = nil }

    /// A handle that a session finds by a text.
    init(text: [UInt8]) { self.text = text }

    /// The plan, if it may still be used.
    func plan(under now: Conditions) -> KnownPlan? {
        guard conditions == now, let known, known.query.isCurrent else { return nil }
        return known
    }

    /// One plan among those that a handle has had: the next one may have other columns.
    public struct Edition: Sendable {
        fileprivate let plan: KnownPlan

        /// Every cell's storage follows from its column alone.
        public var readsInPlace: Bool { !plan.fields.contains { $0.landing == .byValue } }
    }

    /// The plan made last, whether or not it may still be used.
    public var edition: Edition? { known.map { Edition(plan: $0) } }

    /// True when no other plan has been made since.
    public func isStill(_ edition: Edition) -> Bool { known === edition.plan }

    /// True when the plan made last is short, whether or not it may still be used.
    public var wasShort: Bool { known?.isShort == true }

    func keep(_ plan: KnownPlan, under now: Conditions) {
        conditions = now
        known = plan
    }
}

/// A translated query with what each of its runs would make of it again.
final class KnownPlan: Sendable {
    let query: TranslatedQuery
    let encoder: RowEncoder
    let definitions: [ColumnDefinition41]
    /// How the columns land in a batch.
    let fields: [SQLiteBatchReader.Field]
    /// Each run is sure to be a matter of microseconds, but for what it waits for.
    let isShort: Bool
    /// Columns that have other names in another text of the plan.
    private let names: [WrittenName]

    init(_ query: TranslatedQuery, isShort: Bool = false, names: [WrittenName] = []) {
        self.query = query
        self.isShort = isShort
        self.names = names
        encoder = RowEncoder(query.columns)
        definitions = query.columns.map(\.definition)
        fields = query.columns.map(\.field)
    }

    /// Another query with the same kinds of columns.
    private init(_ query: TranslatedQuery, _ definitions: [ColumnDefinition41], as plan: KnownPlan)
    {
        self.query = query
        self.definitions = definitions
        isShort = plan.isShort
        names = plan.names
        encoder = plan.encoder
        fields = plan.fields
    }

    /// The plan with calls of its own for one run, where calls serve no other.
    ///
    /// - Returns: nil when a call answers something else by now, so that it takes another plan.
    /// - Throws: what is wrong with a call.
    func bound(_ parameters: [TableValue], _ caller: BatchCaller) throws -> KnownPlan? {
        guard query.bindsAnew else { return self }
        var query = query
        for index in query.streams.indices {
            let old = query.streams[index]
            guard let call = try old.rebinding?.bind(parameters, caller) else { continue }
            guard call.type == old.call.type, call.constantCount == old.call.constantCount else {
                return nil
            }
            query.streams[index].call = call
        }
        return KnownPlan(query, definitions, as: self)
    }

    /// The plan with the names that its columns have in a text.
    func named(in text: [UInt8], _ quoted: QuotedText, hiding hidden: [String]) -> KnownPlan {
        guard !names.isEmpty else { return self }
        var (query, definitions) = (query, definitions)
        for name in names {
            query.columns[name.column].name = Translator.columnName(
                of: name.text(in: text, quoted),
                hiding: hidden
            )
            definitions[name.column] = query.columns[name.column].definition
        }
        return KnownPlan(query, definitions, as: self)
    }
}

/// What a short plan depends on beside the definitions and global variables, for sessions that have
/// set no variable and hold no table of their own.
struct CommonPlanKey: Hashable, Sendable {
    let text: [UInt8]
    let database: String?
    let collation: UInt16
    let parameters: [ParameterClass]
}

/// What translation looks at in a bound value: plans differ by it, not by the value itself.
enum ParameterClass: Hashable, Sendable {
    case null, integer, unsigned, real, text, bytes
    case decimal(scale: Int)
    case temporal(ColumnType.Kind, hasFraction: Bool)

    init(_ value: TableValue) {
        self =
            switch value {
            case .null: .null
            case .integer: .integer
            case .unsigned: .unsigned
            case .real: .real
            case .decimal(let text): .decimal(scale: DecimalNumber(text)?.scale ?? 0)
            case .text: .text
            case .bytes: .bytes
            case .temporal(let text, let kind):
                .temporal(kind, hasFraction: text.utf8.contains(UInt8(ascii: ".")))
            }
    }
}

extension TableSession {
    /// What a plan made now depends on, beside the statement itself.
    func conditions(_ parameters: [TableValue]) -> PlanHandle.Conditions {
        PlanHandle.Conditions(
            store: store.revision.load(ordering: .acquiring),
            session: revision,
            parameters: parameters.map { ParameterClass($0) }
        )
    }
}
