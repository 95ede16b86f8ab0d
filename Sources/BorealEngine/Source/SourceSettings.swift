import BorealBase
import BorealCatalog

/// What a client's session at the source has set, as far as it changes what a query there means:
/// the jobs of the session read with it.
struct SourceSettings: Equatable, Sendable {
    let timeZone: String
    let sqlMode: String

    /// What the session is asked.
    static let question = "SELECT @@session.time_zone, @@session.sql_mode"

    init(timeZone: String, sqlMode: String) {
        self.timeZone = timeZone
        self.sqlMode = sqlMode
    }

    /// Reads the stored form; nil for none.
    init?(json: JSON?) {
        guard let timeZone = json?["time_zone"]?.string, let sqlMode = json?["sql_mode"]?.string
        else { return nil }
        self.init(timeZone: timeZone, sqlMode: sqlMode)
    }

    /// The form that the registry keeps.
    static func json(_ settings: SourceSettings?) -> JSON {
        guard let settings else { return .null }
        return .object([
            ("time_zone", .string(settings.timeZone)), ("sql_mode", .string(settings.sqlMode)),
        ])
    }

    /// The statement that sets the same in another session, whatever that session's `sql_mode` is.
    var statement: String {
        "SET SESSION time_zone = \(Self.literal(timeZone)), sql_mode = \(Self.literal(sqlMode))"
    }

    /// A text that means itself in every session.
    static func literal(_ text: String) -> String {
        let digits = text.utf8.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "CONVERT(X'\(digits.joined())' USING utf8mb4)"
    }
}
