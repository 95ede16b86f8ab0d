import BorealBase
import BorealSQL

/// System variables and counters as tables: MySQL 8.0 has them in performance_schema, older tools
/// look in information_schema.
extension SystemTables {
    static let variables: [SystemTable] = [
        pair("information_schema", "GLOBAL_VARIABLES") { names($0, .global) },
        pair("information_schema", "SESSION_VARIABLES") { names($0, .session) },
        pair("information_schema", "GLOBAL_STATUS") { counters($0, isGlobal: true) },
        pair("information_schema", "SESSION_STATUS") { counters($0, isGlobal: false) },
        pair("performance_schema", "global_variables") { names($0, .global) },
        pair("performance_schema", "session_variables") { names($0, .session) },
        pair("performance_schema", "global_status") { counters($0, isGlobal: true) },
        pair("performance_schema", "session_status") { counters($0, isGlobal: false) },
        pair("performance_schema", "persisted_variables") { _ in [] },
    ]

    private static func pair(
        _ database: String,
        _ name: String,
        rows: @escaping @Sendable (SystemRequest) -> [(name: String, value: String)]
    ) -> SystemTable {
        let columns = "VARIABLE_NAME varchar(64)!, VARIABLE_VALUE varchar(1024)"
        return SystemTable(database, name, columns) { request in
            rows(request).map { [.text($0.name), .text($0.value)] }
        }
    }

    private static func names(
        _ request: SystemRequest,
        _ scope: SystemVariable.Scope
    ) -> [(name: String, value: String)] {
        request.session.allVariables(scope).map { ($0.name, $0.value.text ?? "") }
    }

    private static func counters(
        _ request: SystemRequest,
        isGlobal: Bool
    ) -> [(name: String, value: String)] {
        request.session.counters(isGlobal: isGlobal)
    }
}
