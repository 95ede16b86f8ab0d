import BorealBase
import BorealSQL
import BorealWire

/// String functions that depend on the types or collations of their arguments.
extension Translator {
    static let textSpecials: [String: Special] = [
        "HEX": { try $0.hex($1) }, "CHAR": { try $0.char($1) },
        "LOCATE": { try $0.locate($1) }, "POSITION": { try $0.locate($1) },
        "INSTR": { try $0.locate($1) }, "FIELD": { try $0.field($1) },
        "FIND_IN_SET": { translator, call in
            let values = try translator.arguments(call, 2...2)
            let isBinary = try translator.comparesBytes(values[0], values[1]) ? 1 : 0
            let texts = values.map { translator.text($0).sql }.joined(separator: ", ")
            return .integer("b_find_in_set(\(texts), \(isBinary))", bits: 16, length: 3)
        },
        "STRCMP": { try $0.stringOrder($1) },
        "CHARSET": { try $0.characterSet($1) }, "COLLATION": { try $0.characterSet($1) },
        "COERCIBILITY": { translator, call in
            let value = try translator.arguments(call, 1...1)[0]
            let level = value.valueClass == .null ? 6 : value.coercibility
            return .integer(String(level), bits: 3, length: 10)
        },
        // The server reads no file of its machine for a client.
        "LOAD_FILE": { translator, call in
            _ = try translator.arguments(call, 1...1)
            return TypedSQL("NULL", ColumnType(.blob, length: 4_294_967_295))
        },
    ]

    private func hex(_ call: SpecialCall) throws -> TypedSQL {
        let value = try arguments(call, 1...1)[0]
        if value.valueClass.isNumber { return .text("b_hex_int(\(whole(value).sql))", length: 16) }
        let isBytes = value.valueClass == .binary || value.charset != nil
        let operand = isBytes ? bytes(value) : text(value)
        return .text("b_hex(\(operand.sql))", length: max(operand.type.length * 2, 1))
    }

    private func char(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 1...1_000).map { whole($0).sql }
        let sql = "b_char(\(values.joined(separator: ", ")))"
        switch call.call.charset {
        case nil, "binary"?:
            return TypedSQL(sql, ColumnType(.varbinary, length: values.count * 4))
        case "utf8mb4"?, "utf8mb3"?, "utf8"?, "ascii"?:
            return .text("b_utf8(\(sql))", length: values.count * 4)
        case .some(let charset) where SingleByteSet.names.contains(charset):
            return .text("b_decode(\(sql), '\(charset)')", length: values.count * 4)
        case .some(let charset): throw TableError.notSupported("CHAR(... USING \(charset))")
        }
    }

    private func locate(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, call.name == "LOCATE" ? 2...3 : 2...2)
        let swapped = call.name == "INSTR" ? [values[1], values[0]] : Array(values[..<2])
        let isBinary = try comparesBytes(swapped[0], swapped[1])
        let start = values.count == 3 ? whole(values[2]).sql : "1"
        let list =
            "\(text(swapped[0]).sql), \(text(swapped[1]).sql), \(start), \(isBinary ? 1 : 0)"
        return .integer("b_locate(\(list))", bits: 32, length: 11)
    }

    private func field(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...1_000)
        let tests = try values.dropFirst().enumerated().map { offset, value in
            "WHEN \(try comparison(.equal, values[0], value).sql) THEN \(offset + 1)"
        }
        var result = TypedSQL.integer(
            "(CASE \(tests.joined(separator: " ")) ELSE 0 END)",
            bits: 10,
            length: 3
        )
        result.isNullable = false
        return result
    }

    private func stringOrder(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        let (a, b) = (text(values[0]).sql, text(values[1]).sql)
        let name = try collation(values[0], values[1], "strcmp")
        let tail = " COLLATE " + StorageName.collation(name)
        return .integer(
            "(CASE WHEN \(a)\(tail) = \(b) THEN 0 WHEN \(a)\(tail) < \(b) THEN -1 "
                + "WHEN \(a)\(tail) > \(b) THEN 1 END)",
            bits: 2,
            length: 2
        )
    }

    private func characterSet(_ call: SpecialCall) throws -> TypedSQL {
        let value = try arguments(call, 1...1)[0]
        var collation = "binary"
        if let charset = value.charset {
            collation = Collations.defaultCollation(ofCharset: charset) ?? collation
        } else if value.valueClass == .text {
            collation = value.collation
        }
        let answer =
            call.name == "CHARSET"
            ? value.charset ?? Collations.charset(of: collation) : collation
        return .text(answer.sqlLiteral, length: 64)
    }
}
