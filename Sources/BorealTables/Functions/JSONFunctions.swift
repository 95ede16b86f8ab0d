import BorealBase
import BorealSQLite

/// JSON in MySQL's sense: documents are texts in its normal form.
extension FunctionRegistry {
    /// Registers all of them.
    func addJSON() throws(SQLiteError) {
        let context = context
        try add("b_json_parse", 1) { call in
            let reader = JSONArguments(call, "cast_as_json", context)
            guard let value = reader.document(0) else { return }
            call.result(value.normalised.shown)
        }
        try add("b_json_number", 1) { $0.result($0.text(0)) }
        try add("b_json_bytes", 1) { call in
            // 15 is the type code of VARBINARY.
            let text = Base64.encode(Array(call.bytes(0))).filter { $0 != "\n" }
            call.result("\"base64:type15:\(text)\"")
        }
        try add("b_json_real", 1) { $0.result(JSON.number($0.double(0)).shown) }
        try add("b_json_valid", 1) { call in
            // Only whether it parses is asked.
            call.result((try? JSON.parse(call.bytes(0))) != nil)
        }
        try add("b_json_quote", 1) { $0.result(JSON.quoted($0.text(0))) }
        try add("b_json_unquote", 1) { call in
            let bytes = call.bytes(0)
            guard bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 else {
                return call.result(argument: 0)
            }
            guard let value = JSONArguments(call, "json_unquote", context).document(0) else {
                return
            }
            call.result(value.string ?? value.shown)
        }
        try addJSONParts()
        try addJSONQuestions()
        try addJSONSearch()
        try addJSONMakers()
        try addJSONChanges()
    }

    /// What a path leads to.
    private func addJSONParts() throws(SQLiteError) {
        let context = context
        try add("b_json_extract") { call in
            let reader = JSONArguments(call, "json_extract", context)
            guard let value = reader.document(0) else { return }
            var found: [JSON] = []
            var isMany = call.count > 2
            for index in 1..<call.count {
                guard let path = reader.path(index) else { return }
                isMany = isMany || path.hasWildcard
                found += path.values(in: value)
            }
            guard let first = found.first else { return call.resultNull() }
            call.result((isMany ? JSON.array(found) : first).shown)
        }
        try add("b_json_value", 2) { call in
            let reader = JSONArguments(call, "json_value", context)
            guard let value = reader.document(0), let path = reader.plainPath(1) else { return }
            switch path.values(in: value).first {
            case nil, .null?, .array?, .object?: call.resultNull()
            case .string(let text)?: call.result(text)
            case .some(let scalar): call.result(scalar.shown)
            }
        }
        try add("b_json_pretty", 1) { call in
            guard let value = JSONArguments(call, "json_pretty", context).document(0) else {
                return
            }
            call.result(value.normalised.pretty)
        }
    }

    /// What is asked about a document: lengths, names, what it contains.
    private func addJSONQuestions() throws(SQLiteError) {
        let context = context
        try add("b_json_length") { call in
            guard let value = JSONArguments(call, "json_length", context).part() else { return }
            call.result(Int64(value.array?.count ?? value.object?.count ?? 1))
        }
        try add("b_json_depth", 1) { call in
            guard let value = JSONArguments(call, "json_depth", context).document(0) else { return }
            call.result(Int64(value.depth))
        }
        try add("b_json_type", 1) { call in
            guard let value = JSONArguments(call, "json_type", context).document(0) else { return }
            call.result(value.typeName)
        }
        try add("b_json_keys") { call in
            guard let value = JSONArguments(call, "json_keys", context).part() else { return }
            guard let members = value.normalised.object else { return call.resultNull() }
            call.result(JSON.array(members.map { .string($0.key) }).shown)
        }
        try add("b_json_contains") { call in
            let reader = JSONArguments(call, "json_contains", context)
            guard let target = reader.document(0), let wanted = reader.document(1) else { return }
            guard call.count > 2 else { return call.result(target.contains(wanted)) }
            guard let path = reader.plainPath(2) else { return }
            guard let place = path.values(in: target).first else { return call.resultNull() }
            call.result(place.contains(wanted))
        }
        try add("b_json_contains_path") { call in
            let reader = JSONArguments(call, "json_contains_path", context)
            guard let value = reader.document(0), let isAll = reader.isAll(1) else { return }
            var answer = isAll
            for index in 2..<call.count {
                guard let path = reader.path(index) else { return }
                let isThere = !path.matches(in: value).isEmpty
                answer = isAll ? answer && isThere : answer || isThere
            }
            call.result(answer)
        }
        try add("b_json_overlaps", 2) { call in
            let reader = JSONArguments(call, "json_overlaps", context)
            guard let a = reader.document(0), let b = reader.document(1) else { return }
            call.result(a.overlaps(b))
        }
        try add("b_json_member", 2) { call in
            let reader = JSONArguments(call, "member of", context)
            guard let value = reader.document(0), let array = reader.document(1) else { return }
            call.result((array.array ?? [array]).contains { $0.isSame(as: value) })
        }
    }

    /// `JSON_SEARCH(document, 'one' | 'all', pattern [, escape [, path ...]])`.
    private func addJSONSearch() throws(SQLiteError) {
        let context = context
        try addRaw("b_json_search") { call in
            let required = [0, 1, 2] + Array(4..<max(call.count, 4))
            guard !required.contains(where: { call.isNull($0) }) else { return call.resultNull() }
            let reader = JSONArguments(call, "json_search", context)
            guard let value = reader.document(0), let isAll = reader.isAll(1) else { return }
            let mark = call.count > 3 && !call.isNull(3) ? call.text(3) : ""
            let escape = mark.isEmpty ? 0x5C : mark.unicodeScalars.first?.value
            let pattern = LikePattern(call.bytes(2), escape: escape, isFolding: false)
            var places: [JSONPath.Match] = [([], value)]
            if call.count > 4 {
                places = []
                for index in 4..<call.count {
                    guard let path = reader.path(index) else { return }
                    places += path.matches(in: value)
                }
            }
            var found: [[JSONPath.Step]] = []
            for place in places where isAll || found.isEmpty {
                JSONArguments.search(place, pattern, &found)
            }
            if !isAll { found = Array(found.prefix(1)) }
            let paths = found.map { JSON.string(JSONPath.text($0)) }
            guard let first = paths.first else { return call.resultNull() }
            call.result(paths.count == 1 ? first.shown : JSON.array(paths).shown)
        }
    }

    /// Arrays and objects of values that come as JSON text.
    private func addJSONMakers() throws(SQLiteError) {
        let context = context
        try addRaw("b_json_array") { call in
            var text = "["
            for index in 0..<call.count { text += (index > 0 ? ", " : "") + call.text(index) }
            call.result(text + "]")
        }
        try addRaw("b_json_object") { call in
            let reader = JSONArguments(call, "json_object", context)
            var members: [String: String] = [:]
            for index in stride(from: 0, to: call.count - 1, by: 2) {
                guard !call.isNull(index) else { return reader.fail(.nullMemberName) }
                members[call.text(index)] = call.text(index + 1)
            }
            let sorted = members.sorted { left, right in
                let (a, b) = (left.key.utf8, right.key.utf8)
                return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
            }
            let list = sorted.map { JSON.quoted($0.key) + ": " + $0.value }
            call.result("{" + list.joined(separator: ", ") + "}")
        }
    }
}

/// The arguments of one call of a JSON function; what is no document or path raises the error.
struct JSONArguments {
    /// Where the arguments are, and where the answer goes.
    private let call: SQLiteCall
    /// The function's name in errors.
    private let name: String
    /// Where errors are raised.
    private let context: FunctionContext

    init(_ call: SQLiteCall, _ name: String, _ context: FunctionContext) {
        self.call = call
        self.name = name
        self.context = context
    }

    /// Raises an error.
    func fail(_ error: TableError) { context.fail(call, error) }

    /// The document of an argument, or an error raised.
    func document(_ index: Int) -> JSON? {
        do {
            return try JSON.parse(call.bytes(index))
        } catch {
            fail(
                .invalidArgumentJSON(
                    reason: error.sentence,
                    position: error.offset,
                    argument: index + 1,
                    function: name
                )
            )
            return nil
        }
    }

    /// The path of an argument, or an error raised.
    func path(_ index: Int) -> JSONPath? {
        do {
            return try JSONPath(call.text(index))
        } catch {
            fail(.invalidPath(position: error.position))
            return nil
        }
    }

    /// A path that leads to one place at most.
    func plainPath(_ index: Int) -> JSONPath? {
        guard let path = path(index) else { return nil }
        guard !path.hasWildcard else {
            fail(.wildcardInPath)
            return nil
        }
        return path
    }

    /// 'one' or 'all'.
    func isAll(_ index: Int) -> Bool? {
        switch call.text(index).lowercased() {
        case "one": return false
        case "all": return true
        default:
            fail(.oneOrAll(name))
            return nil
        }
    }

    /// The document, or the part of it that the second argument's path leads to.
    func part() -> JSON? {
        guard let value = document(0) else { return nil }
        guard call.count > 1 else { return value }
        guard let path = plainPath(1) else { return nil }
        guard let found = path.values(in: value).first else {
            call.resultNull()
            return nil
        }
        return found
    }

    /// Places of strings that match, below a place.
    static func search(
        _ place: JSONPath.Match,
        _ pattern: LikePattern,
        _ found: inout [[JSONPath.Step]]
    ) {
        switch place.value {
        case .string(var text):
            let matches = text.withUTF8 { pattern.matches(UnsafeRawBufferPointer($0)) }
            if matches, !found.contains(place.path) { found.append(place.path) }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                search((place.path + [.index(index)], element), pattern, &found)
            }
        case .object(let members):
            for member in members {
                search((place.path + [.key(member.key)], member.value), pattern, &found)
            }
        default: break
        }
    }
}

extension JSONError {
    /// MySQL's sentence.
    var sentence: String {
        switch reason {
        case "text behind the value": "The document root must not be followed by other values."
        case "the text ends early": offset == 0 ? "The document is empty." : "Invalid value."
        case "a member name is missing": "Missing a name for object member."
        case "':' is missing": "Missing a colon after a name of object member."
        case "',' or a closing bracket is missing":
            "Missing a comma or ']' after an array element."
        case "a string does not end": "Missing a closing quotation mark in string."
        case "an unknown escape": "Invalid escape character in string."
        case "the string is no UTF-8", "a control character in a string":
            "Invalid encoding in string."
        default: "Invalid value."
        }
    }
}
