import BorealBase
import BorealRemote

/// The query of a `_search`: which documents it finds. It is read whole before anything is looked
/// at, so that a query of another kind is refused by name.
indirect enum SearchQuery: Sendable {
    case all
    /// Some value of the field is equal to one of these.
    case terms(field: String, [JSON])
    /// Words of the field: one of them, or all.
    case match(field: String, [String], wantsAll: Bool)
    case ids(Set<String>)
    case exists(field: String)
    case prefix(field: String, String, ignoresCase: Bool)
    case wildcard(field: String, String, ignoresCase: Bool)
    case range(field: String, [(bound: Bound, value: JSON)])
    case bool(must: [SearchQuery], should: [SearchQuery], mustNot: [SearchQuery], least: Int)

    /// A side of a range.
    enum Bound: String, CaseIterable, Sendable {
        case greater = "gt"
        case atLeast = "gte"
        case less = "lt"
        case atMost = "lte"
    }

    /// Queries in queries.
    private static let depthMax = 16
    /// Values of `terms` and `ids`, and queries of one `bool`.
    private static let valuesMax = 1_024

    /// - Throws: `RESTError` 400 for another kind of query, by name, and for one that is malformed.
    init(_ json: JSON, depth: Int = 0) throws(RESTError) {
        guard depth <= Self.depthMax else {
            throw Self.parsing("more than \(Self.depthMax) queries in each other")
        }
        guard let members = json.object, members.count == 1 else {
            throw Self.parsing("[_na] query malformed, one query in an object is expected")
        }
        let (kind, body) = (members[0].key, members[0].value)
        switch kind {
        case "match_all": self = .all
        case "match": self = try Self.match(body)
        case "term":
            let (field, value) = try Self.field(body, kind, "value")
            self = .terms(field: field, [value])
        case "terms":
            guard let one = body.object?.first(where: { $0.key != "boost" }),
                let values = one.value.array, values.count <= Self.valuesMax
            else { throw Self.parsing("[terms] query requires an array of values") }
            self = .terms(field: one.key, values)
        case "ids":
            guard let values = body["values"]?.array, values.count <= Self.valuesMax else {
                throw Self.parsing("[ids] query requires an array in [values]")
            }
            self = .ids(Set(values.compactMap(\.string)))
        case "exists":
            guard let field = body["field"]?.string else {
                throw Self.parsing("[exists] must be provided with a [field]")
            }
            self = .exists(field: field)
        case "prefix", "wildcard": self = try Self.pattern(body, kind)
        case "range": self = try Self.range(body)
        case "bool": self = try Self.bool(body, depth)
        default: throw Self.parsing("unknown query [\(UpstreamText.clean(kind.utf8))]")
        }
    }

    static func parsing(_ reason: String) -> RESTError {
        RESTError(type: "parsing_exception", reason, status: 400)
    }

    /// `{"field": value}` or `{"field": {"value": value, ...}}`
    private static func field(
        _ body: JSON,
        _ kind: String,
        _ member: String
    ) throws(RESTError) -> (String, JSON) {
        guard let one = body.object?.first(where: { $0.key != "boost" }) else {
            throw parsing("[\(kind)] query malformed, no field is given")
        }
        let value = one.value.object == nil ? one.value : one.value[member]
        guard let value, value.object == nil, value.array == nil else {
            throw parsing("[\(kind)] query malformed, no [\(member)] for field [\(one.key)]")
        }
        return (one.key, value)
    }

    private static func match(_ body: JSON) throws(RESTError) -> SearchQuery {
        let (field, value) = try field(body, "match", "query")
        let wantsAll = body[field]?["operator"]?.string?.asciiLowercased == "and"
        return .match(field: field, words(value.string ?? value.description), wantsAll: wantsAll)
    }

    private static func pattern(_ body: JSON, _ kind: String) throws(RESTError) -> SearchQuery {
        let member = kind == "wildcard" && body.object?.first?.value["wildcard"] != nil
        let (field, value) = try field(body, kind, member ? "wildcard" : "value")
        guard let text = value.string, text.utf8.count <= 1_024 else {
            throw parsing("[\(kind)] query takes a string of at most 1024 bytes")
        }
        let ignoresCase = body[field]?["case_insensitive"]?.bool == true
        return kind == "prefix"
            ? .prefix(field: field, text, ignoresCase: ignoresCase)
            : .wildcard(field: field, text, ignoresCase: ignoresCase)
    }

    private static func range(_ body: JSON) throws(RESTError) -> SearchQuery {
        guard let one = body.object?.first, let members = one.value.object else {
            throw parsing("[range] query malformed, no field is given")
        }
        var bounds: [(bound: Bound, value: JSON)] = []
        for (name, value) in members where !["boost", "format", "relation"].contains(name) {
            guard let bound = Bound(rawValue: name) else {
                throw parsing("[range] query does not support [\(UpstreamText.clean(name.utf8))]")
            }
            bounds.append((bound, value))
        }
        return .range(field: one.key, bounds)
    }

    private static func bool(_ body: JSON, _ depth: Int) throws(RESTError) -> SearchQuery {
        var parts: [String: [SearchQuery]] = [:]
        var least: Int?
        for (name, value) in body.object ?? [] {
            switch name {
            case "must", "filter", "should", "must_not":
                let list = value.array ?? [value]
                guard list.count <= valuesMax else {
                    throw parsing("[bool] query has more than \(valuesMax) queries")
                }
                for one in list {
                    parts[name, default: []].append(try .init(one, depth: depth + 1))
                }
            case "minimum_should_match":
                least = value.integer.map { Int(clamping: $0) } ?? value.string.flatMap { Int($0) }
            case "boost", "adjust_pure_negative": break
            default:
                throw parsing("[bool] query does not support [\(UpstreamText.clean(name.utf8))]")
            }
        }
        let must = (parts["must"] ?? []) + (parts["filter"] ?? [])
        let should = parts["should"] ?? []
        return .bool(
            must: must,
            should: should,
            mustNot: parts["must_not"] ?? [],
            least: least ?? (must.isEmpty && !should.isEmpty ? 1 : 0)
        )
    }

    /// Letters and digits in a row, in lower case.
    static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    // MARK: - Finding

    /// True when a document is found.
    func finds(_ hit: SearchHit) -> Bool {
        switch self {
        case .all: true
        case .ids(let ids): ids.contains(hit.id)
        case .exists(let field): !hit.values(field).isEmpty
        case .terms(let field, let wanted):
            hit.values(field).contains { value in
                wanted.contains { Self.isEqual(value, $0, isWhole: field.hasSuffix(".keyword")) }
            }
        case .match(let field, let words, let wantsAll):
            hit.values(field).contains { value in
                let own = Set(Self.words(value.string ?? value.description))
                guard !words.isEmpty else { return false }
                return wantsAll
                    ? words.allSatisfy(own.contains) : words.contains(where: own.contains)
            }
        case .prefix(let field, let text, let ignoresCase):
            hit.texts(field, ignoresCase: ignoresCase).contains {
                $0.hasPrefix(ignoresCase ? text.lowercased() : text)
            }
        case .wildcard(let field, let text, let ignoresCase):
            hit.texts(field, ignoresCase: ignoresCase).contains {
                Wildcard.matches(ignoresCase ? text.lowercased() : text, $0)
            }
        case .range(let field, let bounds):
            hit.values(field).contains { value in
                bounds.allSatisfy { Self.isInside(value, $0.bound, $0.value) }
            }
        case .bool(let must, let should, let mustNot, let least):
            must.allSatisfy { $0.finds(hit) } && !mustNot.contains { $0.finds(hit) }
                && should.count { $0.finds(hit) } >= least
        }
    }

    private static func isEqual(_ value: JSON, _ wanted: JSON, isWhole: Bool) -> Bool {
        if let left = value.double, let right = wanted.double { return left == right }
        let (left, right) = (value.string ?? value.description, wanted.string ?? wanted.description)
        return left == right || !isWhole && words(left).contains(right)
    }

    private static func isInside(_ value: JSON, _ bound: Bound, _ limit: JSON) -> Bool {
        let order: Int
        if let left = value.double, let right = limit.double ?? limit.string.flatMap({ Double($0) })
        {
            order = left < right ? -1 : left > right ? 1 : 0
        } else {
            let (left, right) = (value.string ?? "", limit.string ?? limit.description)
            order = left < right ? -1 : left > right ? 1 : 0
        }
        return switch bound {
        case .greater: order > 0
        case .atLeast: order >= 0
        case .less: order < 0
        case .atMost: order <= 0
        }
    }
}
