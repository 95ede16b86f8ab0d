import BorealBase
import BorealSQL

/// JSON functions: which arguments are documents, and which are values that become JSON.
extension Translator {
    static let jsonSpecials: [String: Special] = [
        "JSON_ARRAY": { translator, call in
            let values = try translator.arguments(call, 0...2_000)
            let list = zip(values, call.call.arguments).map { translator.jsonArgument($0, $1) }
            return translator.json("b_json_array", list)
        },
        "JSON_OBJECT": { try $0.jsonObject($1) },
        "JSON_UNQUOTE": { translator, call in
            let value = try translator.arguments(call, 1...1)[0]
            return .text(
                "b_json_unquote(\(translator.text(value).sql))",
                length: 65_535,
                isBinary: true
            )
        },
        "JSON_SET": { try $0.jsonPairs($1) }, "JSON_INSERT": { try $0.jsonPairs($1) },
        "JSON_REPLACE": { try $0.jsonPairs($1) }, "JSON_ARRAY_APPEND": { try $0.jsonPairs($1) },
        "JSON_ARRAY_INSERT": { try $0.jsonPairs($1) },
        "JSON_MERGE": { try $0.jsonMerge($1, "b_json_merge_preserve") },
        "JSON_MERGE_PRESERVE": { try $0.jsonMerge($1, "b_json_merge_preserve") },
        "JSON_MERGE_PATCH": { try $0.jsonMerge($1, "b_json_merge_patch") },
        "JSON_VALUE": { try $0.jsonValue($1) },
    ]

    private func json(_ target: String, _ list: [String]) -> TypedSQL {
        TypedSQL("\(target)(\(list.joined(separator: ", ")))", ColumnType(.json))
    }

    /// An argument that must be a document: JSON, or a text that is parsed.
    func document(_ value: TypedSQL, _ index: Int, _ name: String) throws -> TypedSQL {
        switch value.valueClass {
        case .null, .json, .text: return text(value)
        default:
            throw TableError.noJSONType(argument: index + 1, function: name.lowercased())
        }
    }

    private func jsonObject(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 0...2_000)
        guard values.count % 2 == 0 else {
            throw TableError.wrongParameterCount(call.call.name.name)
        }
        let list = values.enumerated().map { index, value in
            let node = call.call.arguments[index]
            return index % 2 == 0 ? text(value).sql : jsonArgument(value, node)
        }
        return json("b_json_object", list)
    }

    /// A document, then pairs of a path and a new value.
    private func jsonPairs(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 3...2_001)
        guard values.count % 2 == 1 else {
            throw TableError.wrongParameterCount(call.call.name.name)
        }
        let list = try values.enumerated().map { index, value -> String in
            if index == 0 { return try document(value, 0, call.name).sql }
            let node = call.call.arguments[index]
            return index % 2 == 1 ? text(value).sql : jsonArgument(value, node)
        }
        return json("b_\(call.name.lowercased())", list)
    }

    private func jsonMerge(_ call: SpecialCall, _ target: String) throws -> TypedSQL {
        let values = try arguments(call, 2...2_000)
        let list = try values.enumerated().map { try document($1, $0, call.name).sql }
        return json(target, list)
    }

    /// `JSON_VALUE(document, path [RETURNING type])`: a scalar as a value of that type.
    private func jsonValue(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        let list = "\(try document(values[0], 0, call.name).sql), \(text(values[1]).sql)"
        guard let type = call.call.returning else {
            return .text("b_json_value(\(list))", length: 512, isBinary: true)
        }
        if type.name == .json { return TypedSQL("b_json_extract(\(list))", ColumnType(.json)) }
        return try cast(.text("b_json_value(\(list))", length: 512), type)
    }

    /// `value MEMBER OF (array)`.
    func memberOf(_ value: TypedSQL, _ array: TypedSQL) throws -> TypedSQL {
        let list = try [jsonArgument(value), document(array, 1, "member of").sql]
        // NULL stays NULL rather than becoming JSON's null.
        return .boolean(
            "(CASE WHEN \(value.sql) IS NOT NULL THEN b_json_member(\(list[0]), \(list[1])) END)"
        )
    }

    /// A value as JSON text, so that numbers stay numbers and texts become strings.
    func jsonArgument(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .null: "'null'"
        case .json: "ifnull(\(value.sql), 'null')"
        case .integer, .unsigned, .decimal: "ifnull(\(text(value).sql), 'null')"
        case .real: "ifnull(b_json_real(\(value.sql)), 'null')"
        case .date: "ifnull(b_json_quote(\(value.sql)), 'null')"
        case .dateTime: "ifnull(b_json_quote(b_dtpad(\(value.sql), 6)), 'null')"
        case .time: "ifnull(b_json_quote(b_timepad(\(value.sql), 6)), 'null')"
        case .text: "ifnull(b_json_quote(\(value.sql)), 'null')"
        case .binary: "ifnull(b_json_bytes(\(value.sql)), 'null')"
        }
    }

    /// The same for a value whose tree is known: comparisons become true and false.
    private func jsonArgument(_ value: TypedSQL, _ node: Expression) -> String {
        guard Self.isTruth(node) else { return jsonArgument(value) }
        let sql = value.sql
        return "(CASE WHEN \(sql) IS NULL THEN 'null' WHEN \(sql) THEN 'true' ELSE 'false' END)"
    }

    private static func isTruth(_ node: Expression) -> Bool {
        switch node.kind {
        case .literal(.boolean), .isTest, .like, .regexp, .between, .inList, .inQuery, .exists,
            .memberOf, .quantified, .unary(.not, _):
            return true
        case .binary(let sign, _, _):
            switch sign {
            case .and, .or, .xor, .equal, .notEqual, .less, .lessOrEqual, .greater,
                .greaterOrEqual, .nullSafeEqual, .soundsLike:
                return true
            default: return false
            }
        case .function(let call):
            let name = call.name.name.uppercased()
            return name == "ISNULL" || FunctionTable.all[name]?.answer == .truth
        default: return false
        }
    }
}
