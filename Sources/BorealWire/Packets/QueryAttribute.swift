/// A value that a client sends along with a statement, beside its parameters (the manual's "Query
/// Attributes"); with `CLIENT_QUERY_ATTRIBUTES` only.
public struct QueryAttribute: Equatable, Sendable {
    /// Its name; clients may send the same one twice.
    public var name: String
    /// Its value.
    public var value: ParameterValue

    /// What a client declares of an attribute, which later executions may leave out.
    struct Declaration: Equatable, Sendable {
        var name: String
        var type: ParameterType
    }
}

extension PayloadReader {
    /// The attributes in front of the text of COM_QUERY: `parameter_count` (int<lenenc>),
    /// `parameter_set_count` (int<lenenc>), and, unless there are none, the NULL bitmap,
    /// `new_params_bind_flag` (1), types with names, and values.
    ///
    /// - Throws: `truncated`, `malformed`.
    mutating func queryAttributes() throws(WireError) -> [QueryAttribute] {
        let count = try attributeCount()
        guard try lengthEncoded("parameter_set_count") == 1 else {
            throw malformed("parameter_set_count")
        }
        guard count > 0 else { return [] }
        let nulls = try bytes(UInt64(count + 7) / 8, "null_bitmap")
        guard try byte("new_params_bind_flag") == 1 else {
            throw malformed("new_params_bind_flag")
        }
        var declared: [QueryAttribute.Declaration] = []
        declared.reserveCapacity(count)
        for _ in 0..<count { declared.append(try declaration()) }
        var attributes: [QueryAttribute] = []
        attributes.reserveCapacity(count)
        for index in 0..<count {
            let value = try value(declared[index].type, isNull: nulls.isBitSet(index))
            attributes.append(QueryAttribute(name: declared[index].name, value: value))
        }
        return attributes
    }

    /// `parameter_count`, of which each has at least a type and the length of a name.
    mutating func attributeCount() throws(WireError) -> Int {
        let count = try lengthEncoded("parameter_count")
        guard count <= UInt64(WireLimits.parametersMax) else { throw malformed("parameter_count") }
        guard count <= UInt64(remaining) else { throw truncated("parameter_count") }
        return Int(count)
    }

    /// The type of a value and the name in front of it.
    mutating func declaration() throws(WireError) -> QueryAttribute.Declaration {
        let type = try parameterType()
        let name = try lengthEncodedBytes("parameter_name")
        return QueryAttribute.Declaration(name: text(name), type: type)
    }

    /// `parameter_type` (2).
    mutating func parameterType() throws(WireError) -> ParameterType {
        let code = try byte("parameter_type")
        let flags = try byte("parameter_type")
        guard let field = FieldType(rawValue: code) else { throw malformed("parameter_type") }
        return ParameterType(field: field, isUnsigned: flags & 0x80 != 0)
    }

    /// A value that the NULL bitmap may stand for.
    mutating func value(
        _ type: ParameterType,
        isNull: Bool
    ) throws(WireError) -> ParameterValue {
        isNull ? .null : try value(type)
    }
}

extension UnsafeRawBufferPointer {
    /// The bit of a NULL bitmap.
    func isBitSet(_ index: Int) -> Bool { self[index / 8] & 1 << UInt8(index % 8) != 0 }
}
