import BorealBase
import BorealSQL

/// Brings a value that SET gives into the form that a variable keeps, with MySQL's errors.
struct VariableCheck {
    let name: String
    let entry: SystemVariables.Entry
    /// A number out of range is an error instead of a warning.
    let isStrict: Bool
    /// What SHOW WARNINGS will tell.
    private(set) var warning: TableWarning?

    init(_ name: String, _ entry: SystemVariables.Entry, isStrict: Bool) {
        self.name = name
        self.entry = entry
        self.isStrict = isStrict
    }

    /// The value in the form that the variable keeps.
    ///
    /// - Throws: MySQL's error for a value of the wrong type (1232), an unknown one (1231, or the
    ///   number that character sets, collations, zones and engines have), or one that is not done.
    mutating func checked(_ value: TableValue) throws -> TableValue {
        switch name {
        case "sql_mode": return .text(try SQLModeText.normal(value))
        case "time_zone": return try timeZone(value)
        case "lc_time_names": return try locale(value)
        case "transaction_isolation", "tx_isolation":
            return try choice(.text((value.text ?? "NULL").replacing(" ", with: "-")))
        case "default_storage_engine", "storage_engine", "default_tmp_storage_engine":
            return try engine(value)
        default: break
        }
        switch entry.kind {
        case .toggle: return try toggle(value)
        case .integer(let range): return try integer(value, range)
        case .unsigned: return try unsigned(value)
        case .real: return try real(value)
        case .choice: return try choice(value)
        case .charset: return try charset(value)
        case .collation: return try collation(value)
        case .only: return try only(value)
        case .text:
            guard let text = value.text else { throw wrong(value) }
            return .text(text)
        }
    }

    private func wrong(_ value: TableValue) -> TableError {
        .wrongValueForVariable(name: name, value: value.text ?? "NULL")
    }

    /// 1 or 0 of the words that MySQL takes for them.
    private func toggle(_ value: TableValue) throws -> TableValue {
        switch (value.text ?? "NULL").uppercased() {
        case "1", "ON", "TRUE": return .integer(1)
        case "0", "OFF", "FALSE": return .integer(0)
        default: throw wrong(value)
        }
    }

    // MARK: - Numbers

    /// Only whole numbers: MySQL takes neither `1.5` nor `'1'`.
    private mutating func integer(
        _ value: TableValue,
        _ range: ClosedRange<Int64>
    ) throws -> TableValue {
        let number: Int64
        switch value {
        case .integer(let given): number = given
        case .unsigned(let given): number = Int64(clamping: given)
        default: throw TableError.wrongTypeForVariable(name)
        }
        let kept = min(max(number, range.lowerBound), range.upperBound)
        if kept != number { try noteTruncation(value) }
        return .integer(kept)
    }

    /// A number from 0; a negative one becomes 0.
    private mutating func unsigned(_ value: TableValue) throws -> TableValue {
        switch value {
        case .unsigned: return value
        case .integer(let number):
            if number < 0 { try noteTruncation(value) }
            return .unsigned(UInt64(max(number, 0)))
        default: throw TableError.wrongTypeForVariable(name)
        }
    }

    /// Seconds with a fraction, for instance.
    private mutating func real(_ value: TableValue) throws -> TableValue {
        switch value {
        case .integer, .unsigned, .real, .decimal: break
        default: throw TableError.wrongTypeForVariable(name)
        }
        guard let number = value.text.flatMap({ Double($0) }) else {
            throw TableError.wrongTypeForVariable(name)
        }
        if number < 0 { try noteTruncation(value) }
        return .real(max(number, 0))
    }

    /// What happens to a number out of range: a warning, or the error when the mode is strict.
    private mutating func noteTruncation(_ value: TableValue) throws {
        guard !isStrict else { throw wrong(value) }
        let text = "Truncated incorrect \(name) value: '\(value.text ?? "NULL")'"
        warning = TableWarning(.warning, .truncatedWrongValue, text)
    }

    // MARK: - Words

    /// A word of the list in any case, or its place in it.
    private func choice(_ value: TableValue) throws -> TableValue {
        guard case .choice(let choices) = entry.kind else { throw wrong(value) }
        // NULL is a word where it is one of the choices.
        let text = value.text ?? "NULL"
        if let found = choices.first(where: { $0.asciiLowercased == text.asciiLowercased }) {
            return .text(found)
        }
        guard case .integer(let place) = value, let index = Int(exactly: place),
            choices.indices.contains(index)
        else { throw wrong(value) }
        return .text(choices[index])
    }

    /// `SYSTEM` or an offset; names of zones are not known.
    private func timeZone(_ value: TableValue) throws -> TableValue {
        guard let text = value.text, TimeZoneOffset.minutes(text) != nil else {
            throw TableError.unknownTimeZone(value.text ?? "NULL")
        }
        return .text(text)
    }

    /// A locale whose names of months and weekdays are known.
    private func locale(_ value: TableValue) throws -> TableValue {
        guard let text = value.text, TimeLocale(text) != nil else {
            throw TableError.unknownLocale(value.text ?? "NULL")
        }
        return .text(text)
    }

    /// An engine that CREATE TABLE takes, in MySQL's spelling; all are kept the same way.
    private func engine(_ value: TableValue) throws -> TableValue {
        let known = ["InnoDB", "MyISAM", "MEMORY", "CSV", "ARCHIVE", "Aria"]
        let wanted = value.text?.asciiLowercased
        guard let found = known.first(where: { $0.asciiLowercased == wanted }) else {
            throw TableError.unknownStorageEngine(value.text ?? "NULL")
        }
        return .text(found)
    }

    /// A character set under its own name; only that of results may be NULL.
    private func charset(_ value: TableValue) throws -> TableValue {
        guard let text = value.text else {
            guard name == "character_set_results" else { throw wrong(value) }
            return .null
        }
        if name == "character_set_client" { try Collations.checkClient(text.asciiLowercased) }
        guard Collations.defaultCollation(ofCharset: text) != nil else {
            throw TableError.unknownCharacterSet(text)
        }
        return .text(Collations.canonicalCharset(text))
    }

    /// A collation under its own name.
    private func collation(_ value: TableValue) throws -> TableValue {
        guard let text = value.text else { throw wrong(value) }
        guard let found = Collations.entry(text) else { throw TableError.unknownCollation(text) }
        return .text(found.name)
    }

    /// Accepts what is in force already, in any spelling.
    private func only(_ value: TableValue) throws -> TableValue {
        let given = entry.isSwitch ? try toggle(value) : value
        guard given.text?.asciiLowercased == entry.value.text?.asciiLowercased else {
            throw TableError.notSupported("\(name) = \(value.text ?? "NULL")")
        }
        return entry.value
    }
}
