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

    mutating func checked(_ value: TableValue) throws -> TableValue {
        switch name {
        case "sql_mode": return .text(try SQLModeText.normal(value))
        case "time_zone": return try timeZone(value)
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

    private func toggle(_ value: TableValue) throws -> TableValue {
        switch (value.text ?? "NULL").uppercased() {
        case "1", "ON", "TRUE": return .integer(1)
        case "0", "OFF", "FALSE": return .integer(0)
        default: throw wrong(value)
        }
    }

    // MARK: - Numbers

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

    private mutating func unsigned(_ value: TableValue) throws -> TableValue {
        switch value {
        case .unsigned: return value
        case .integer(let number):
            if number < 0 { try noteTruncation(value) }
            return .unsigned(UInt64(max(number, 0)))
        default: throw TableError.wrongTypeForVariable(name)
        }
    }

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

    private mutating func noteTruncation(_ value: TableValue) throws {
        guard !isStrict else { throw wrong(value) }
        let text = "Truncated incorrect \(name) value: '\(value.text ?? "NULL")'"
        warning = TableWarning(.warning, .truncatedWrongValue, text)
    }

    // MARK: - Words

    private func choice(_ value: TableValue) throws -> TableValue {
        guard case .choice(let choices) = entry.kind, let text = value.text else {
            throw wrong(value)
        }
        if let found = choices.first(where: { $0.asciiLowercased == text.asciiLowercased }) {
            return .text(found)
        }
        guard case .integer(let place) = value, let index = Int(exactly: place),
            choices.indices.contains(index)
        else { throw wrong(value) }
        return .text(choices[index])
    }

    private func timeZone(_ value: TableValue) throws -> TableValue {
        guard let text = value.text, TimeZoneOffset.minutes(text) != nil else {
            throw TableError.unknownTimeZone(value.text ?? "NULL")
        }
        return .text(text)
    }

    private func engine(_ value: TableValue) throws -> TableValue {
        let known = ["InnoDB", "MyISAM", "MEMORY", "CSV", "ARCHIVE", "Aria"]
        let wanted = value.text?.asciiLowercased
        guard let found = known.first(where: { $0.asciiLowercased == wanted }) else {
            throw TableError.unknownStorageEngine(value.text ?? "NULL")
        }
        return .text(found)
    }

    private func charset(_ value: TableValue) throws -> TableValue {
        guard let text = value.text else {
            guard name == "character_set_results" else { throw wrong(value) }
            return .null
        }
        guard Collations.defaultCollation(ofCharset: text) != nil else {
            throw TableError.unknownCharacterSet(text)
        }
        return .text(Collations.canonicalCharset(text))
    }

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
