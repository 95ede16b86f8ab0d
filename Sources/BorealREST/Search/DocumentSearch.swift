import BorealBase
import BorealHTTP
import BorealRemote

/// `GET` and `POST .../_search`.
struct DocumentSearch {
    private let query: SearchQuery
    private let size: Int
    private let from: Int
    /// Fields, the first one first; nil without `sort`.
    private let order: [(field: String, isDescending: Bool)]?
    /// What is shown of the sources; nil for all.
    private let filter: FilterPath?
    private let showsSource: Bool

    /// Documents of one answer.
    private static let sizeMax = 10_000
    private static let sortFieldsMax = 16

    /// The two routes of one kind of document.
    ///
    /// - Parameter hits: all that the account may see, the oldest first.
    static func routes(
        _ path: String,
        _ hits: @escaping @Sendable (RESTRequest) -> [SearchHit]
    ) -> [RESTRoute] {
        let methods: [HTTPMethod] = [.get, .post]
        return methods.map { method in
            RESTRoute(method, path) { (request) throws(RESTError) -> RESTAnswer in
                try DocumentSearch(try request.json() ?? .object([])).answer(hits(request))
            }
        }
    }

    /// - Throws: `RESTError` 400 for what is no search.
    init(_ body: JSON) throws(RESTError) {
        guard let members = body.object else {
            throw SearchQuery.parsing("Expected [START_OBJECT] but found another value")
        }
        var query = SearchQuery.all
        var (size, from) = (10, 0)
        var order: [(field: String, isDescending: Bool)]?
        var source = JSON.bool(true)
        for (name, value) in members {
            switch name {
            case "query": query = try SearchQuery(value)
            case "size": size = try Self.number(name, value)
            case "from": from = try Self.number(name, value)
            case "sort": order = try Self.order(value)
            case "_source": source = value
            case "track_total_hits", "timeout", "version", "seq_no_primary_term", "explain": break
            default:
                throw SearchQuery.parsing(
                    "Unknown key for a value in [\(UpstreamText.clean(name.utf8))]."
                )
            }
        }
        guard size + from <= Self.sizeMax else {
            throw .illegalArgument(
                "Result window is too large, from + size must be less than or equal to: "
                    + "[\(Self.sizeMax)] but was [\(size + from)]"
            )
        }
        self.query = query
        self.size = size
        self.from = from
        self.order = order
        showsSource = source != .bool(false)
        filter = try Self.filter(source)
    }

    private static func number(_ name: String, _ value: JSON) throws(RESTError) -> Int {
        guard let number = value.integer, (0...Int64(Int32.max)).contains(number) else {
            throw .illegalArgument("[\(name)] parameter cannot be negative or no number")
        }
        return Int(number)
    }

    private static func order(
        _ json: JSON
    ) throws(RESTError) -> [(field: String, isDescending: Bool)] {
        let elements = json.array ?? [json]
        guard elements.count <= sortFieldsMax else {
            throw SearchQuery.parsing("[sort] has more than \(sortFieldsMax) fields")
        }
        var fields: [(field: String, isDescending: Bool)] = []
        for element in elements {
            if let field = element.string {
                fields.append((field, field == "_score"))
            } else if let member = element.object?.first {
                let word = member.value.string ?? member.value["order"]?.string ?? "asc"
                fields.append((member.key, word.asciiLowercased == "desc"))
            } else {
                throw SearchQuery.parsing("malformed sort format, a field is expected")
            }
        }
        return fields
    }

    /// `_source`: a flag, a field, fields, or `includes` and `excludes`.
    private static func filter(_ json: JSON) throws(RESTError) -> FilterPath? {
        func texts(_ json: JSON?) -> [String] {
            json?.array?.compactMap(\.string) ?? (json?.string).map { [$0] } ?? []
        }
        var paths = texts(json)
        if json.object != nil {
            paths = texts(json["includes"] ?? json["include"])
            paths += texts(json["excludes"] ?? json["exclude"]).map { "-" + $0 }
        }
        return paths.isEmpty ? nil : try FilterPath(paths.joined(separator: ","))
    }

    // MARK: - Answering

    /// The answer over all documents that may be found.
    func answer(_ documents: [SearchHit]) -> RESTAnswer {
        var found = documents.filter(query.finds)
        if let order { found = Self.sorted(found, order) }
        let page = found.dropFirst(from).prefix(size)
        let score: JSON = order == nil ? .number(1) : .null
        let total = JSON.object([
            ("value", .integer(Int64(found.count))), ("relation", .string("eq")),
        ])
        let shards = ["total", "successful", "skipped", "failed"].enumerated().map { place, name in
            (key: name, value: JSON.integer(place < 2 ? 1 : 0))
        }
        return RESTAnswer(
            .object([
                ("took", .integer(1)), ("timed_out", .bool(false)), ("_shards", .object(shards)),
                (
                    "hits",
                    .object([
                        ("total", total), ("max_score", page.isEmpty ? .null : score),
                        ("hits", .array(page.map { shown($0, score) })),
                    ])
                ),
            ])
        )
    }

    private func shown(_ hit: SearchHit, _ score: JSON) -> JSON {
        let source = showsSource ? filter?.filtered(hit.source) ?? hit.source : nil
        return .members([
            ("_index", .string(hit.index)), ("_id", .string(hit.id)),
            ("_version", .integer(hit.version)), ("_seq_no", .integer(hit.sequence)),
            ("_primary_term", .integer(1)), ("_score", score), ("_source", source),
            ("sort", order.map { .array($0.map { hit.values($0.field).first ?? .null }) }),
        ])
    }

    private static func sorted(
        _ hits: [SearchHit],
        _ order: [(field: String, isDescending: Bool)]
    ) -> [SearchHit] {
        let keyed = hits.enumerated().map { place, hit in
            (place: place, hit: hit, keys: order.map { hit.values($0.field).first })
        }
        return keyed.sorted { left, right in
            for (place, field) in order.enumerated() {
                let compared = compare(left.keys[place], right.keys[place], field.isDescending)
                if compared != 0 { return compared < 0 }
            }
            return left.place < right.place
        }.map(\.hit)
    }

    /// Documents without the field come last in either order.
    private static func compare(_ left: JSON?, _ right: JSON?, _ isDescending: Bool) -> Int {
        guard let left else { return right == nil ? 0 : 1 }
        guard let right else { return -1 }
        let isLess: Bool
        let isGreater: Bool
        if let a = left.double, let b = right.double {
            (isLess, isGreater) = (a < b, a > b)
        } else {
            let (a, b) = (left.string ?? left.description, right.string ?? right.description)
            (isLess, isGreater) = (a < b, a > b)
        }
        let order = isLess ? -1 : isGreater ? 1 : 0
        return isDescending ? -order : order
    }
}
