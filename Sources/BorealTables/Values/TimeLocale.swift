/// The names of months and weekdays in one language, as `lc_time_names` chooses it.
struct TimeLocale: Sendable {
    /// January first.
    let months: [String]
    let shortMonths: [String]
    /// Monday first.
    let weekdays: [String]
    let shortWeekdays: [String]

    static let english = TimeLocale("en_US") ?? TimeLocale(months: [], weekdays: [])

    /// Nil for a locale that MySQL does not have.
    init?(_ name: String) {
        let wanted = name.lowercased()
        let row = LocaleNameTable.rows.first { row in
            row.locales.split(separator: " ").contains { $0.lowercased() == wanted }
        }
        guard let row else { return nil }
        let lists = row.names.split(separator: ";").map { list in
            list.split(separator: ",").map { String($0) }
        }
        guard lists.map(\.count) == [12, 12, 7, 7] else { return nil }
        months = lists[0]
        shortMonths = lists[1]
        weekdays = lists[2]
        shortWeekdays = lists[3]
    }

    private init(months: [String], weekdays: [String]) {
        self.months = months
        shortMonths = months
        self.weekdays = weekdays
        shortWeekdays = weekdays
    }

    /// The name as MySQL spells it (`de_DE`), for whatever case it was written in.
    static func canonicalName(_ name: String) -> String? {
        let wanted = name.lowercased()
        for row in LocaleNameTable.rows {
            for found in row.locales.split(separator: " ") where found.lowercased() == wanted {
                return String(found)
            }
        }
        return nil
    }
}
