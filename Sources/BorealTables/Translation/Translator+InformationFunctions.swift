import BorealBase
import BorealSQL

/// Functions that tell about the server and the session.
extension Translator {
    static let informationSpecials: [String: Special] = [
        "VERSION": { translator, call in
            _ = try translator.arguments(call, 0...0)
            translator.isCacheable = false
            return try translator.constant(
                translator.context.systemVariable(SystemVariable(name: "version"))
            )
        },
        "DATABASE": { try $0.systemText($1, "b_database", 64) },
        "SCHEMA": { try $0.systemText($1, "b_database", 64) },
        "USER": { try $0.systemText($1, "b_user", 288) },
        "SESSION_USER": { try $0.systemText($1, "b_user", 288) },
        "SYSTEM_USER": { try $0.systemText($1, "b_user", 288) },
        "CURRENT_USER": { try $0.systemText($1, "b_current_user", 288) },
        "CURRENT_ROLE": { translator, call in
            _ = try translator.arguments(call, 0...0)
            // There are no roles, so none is active.
            return .text("'NONE'", length: 288)
        },
        "BENCHMARK": { try $0.benchmark($1) },
        "VALUES": { _, _ in .null },
    ]

    private func systemText(
        _ call: SpecialCall,
        _ target: String,
        _ length: Int
    ) throws -> TypedSQL {
        _ = try arguments(call, 0...0)
        var result = TypedSQL.text("\(target)()", length: length)
        result.coercibility = 3
        result.charset = "utf8mb3"
        result.isNullable = length == 64
        return result
    }

    /// `BENCHMARK(count, expression)`: 0, the expression evaluated as often as asked.
    private func benchmark(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        let count = whole(values[0]).sql
        let rows =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count)) "
            + "SELECT 0 * count(i + (\(values[1].sql) IS NULL)) FROM n"
        return .integer(
            "(CASE WHEN \(count) < 0 THEN NULL WHEN \(count) = 0 THEN 0 "
                + "WHEN \(count) > 0 THEN (\(rows)) END)",
            bits: 1,
            length: 1
        )
    }
}
