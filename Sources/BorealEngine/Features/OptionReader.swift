import BorealBase
import BorealBoost
import BorealSQL

/// Reads the options of one model statement: every one of them must be known, and none may come
/// twice.
struct OptionReader {
    private let options: [ModelOption]
    private let known: Set<String>

    /// - Parameter known: lower-cased names that the statement takes.
    /// - Throws: `invalidOption` for a name that is unknown or comes twice.
    init(_ list: OptionList?, known: Set<String>) throws(ServerError) {
        options = list?.options ?? []
        self.known = known
        var seen: Set<String> = []
        for option in options {
            guard known.contains(option.key) else {
                let valid = known.sorted().joined(separator: ", ")
                throw .invalidOption(option.name.name, "unknown option; valid options: \(valid)")
            }
            guard seen.insert(option.key).inserted else {
                throw .invalidOption(option.name.name, "given twice")
            }
        }
    }

    private func option(_ name: String) -> ModelOption? {
        assert(known.contains(name), "an option that is not in the list of known ones")
        return options.first { $0.key == name }
    }

    /// The text of an option; nil when it is absent or `None`.
    ///
    /// - Throws: `invalidOption` for anything but a string or a bare word.
    func text(_ name: String) throws(ServerError) -> String? {
        guard let option = option(name) else { return nil }
        switch option.value.kind {
        case .string(let text), .word(let text): return text
        case .none: return nil
        default: throw .invalidOption(option.name.name, "a text in quotes is expected")
        }
    }

    /// The text of an option of any single value; nil when it is absent or `None`.
    ///
    /// - Throws: `invalidOption` for a list or a query.
    func single(_ name: String) throws(ServerError) -> String? {
        guard let option = option(name) else { return nil }
        switch option.value.kind {
        case .string(let text), .word(let text), .decimal(let text): return text
        case .integer(let number): return String(number)
        case .boolean(let flag): return flag ? "True" : "False"
        case .none: return nil
        case .list, .query, .placeholder:
            throw .invalidOption(option.name.name, "a single value is expected")
        }
    }

    /// The text of an option that must be there.
    func requiredText(_ name: String) throws(ServerError) -> String {
        guard let text = try text(name) else { throw .invalidOption(name, "the option is missing") }
        return text
    }

    /// The query of an option, `(SELECT ...)`; nil when it is absent or `None`.
    ///
    /// - Throws: `invalidOption` for anything else.
    func query(_ name: String) throws(ServerError) -> String? {
        guard let option = option(name) else { return nil }
        switch option.value.kind {
        case .query(let query): return query.text
        case .none: return nil
        default: throw .invalidOption(option.name.name, "a query in parentheses is expected")
        }
    }

    /// The number of an option, also in quotes; nil when it is absent or `None`.
    ///
    /// - Throws: `invalidOption` for anything but a finite number.
    func number(_ name: String) throws(ServerError) -> Double? {
        guard let option = option(name) else { return nil }
        let number: Double?
        switch option.value.kind {
        case .integer(let value): number = Double(value)
        case .decimal(let text), .string(let text): number = Double(text)
        case .none: return nil
        default: number = nil
        }
        guard let number, number.isFinite else {
            throw .invalidOption(option.name.name, "a number is expected")
        }
        return number
    }

    /// The whole number of an option; nil when it is absent or `None`.
    ///
    /// - Throws: `invalidOption` for anything but a whole number in `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(ServerError) -> Int? {
        guard let number = try number(name) else { return nil }
        guard number.rounded() == number, number >= Double(range.lowerBound),
            number <= Double(range.upperBound)
        else {
            throw .invalidOption(
                name,
                "a whole number from \(range.lowerBound) to \(range.upperBound) is expected"
            )
        }
        return Int(number)
    }

    /// Words separated by commas, in lower case; none when the option is absent or empty.
    ///
    /// - Throws: `invalidOption` for a word that is empty or comes twice.
    func words(_ name: String) throws(ServerError) -> [String] {
        guard let text = try text(name), !text.trimmingBlanks.isEmpty else { return [] }
        var words: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = String(part).trimmingBlanks.asciiLowercased
            guard !word.isEmpty else { throw .invalidOption(name, "a word of the list is empty") }
            guard !words.contains(word) else {
                throw .invalidOption(name, "'\(word)' is named twice")
            }
            words.append(word)
        }
        return words
    }

    /// Column names separated by commas; nil when the option is absent or empty.
    ///
    /// - Throws: `invalidOption` for an empty or repeated name, or too many of them.
    func columns(_ name: String) throws(ServerError) -> [String]? {
        guard let text = try text(name), !text.trimmingBlanks.isEmpty else { return nil }
        let columns = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { Self.unquoted(String($0).trimmingBlanks) }
        guard columns.count <= Limits.featureColumnsMax else {
            throw .invalidOption(
                name,
                "\(columns.count) columns are too many; \(Limits.featureColumnsMax) are allowed"
            )
        }
        var seen: Set<String> = []
        for column in columns {
            guard !column.isEmpty else { throw .invalidOption(name, "a column name is empty") }
            guard seen.insert(column.asciiLowercased).inserted else {
                throw .invalidOption(name, "column '\(column)' is named twice")
            }
        }
        return columns
    }

    /// Column names that must be there.
    func requiredColumns(_ name: String) throws(ServerError) -> [String] {
        guard let columns = try columns(name) else {
            throw .invalidOption(name, "the option is missing or empty")
        }
        return columns
    }

    /// A column name may stand in back-quotes.
    private static func unquoted(_ name: String) -> String {
        guard name.count >= 2, name.hasPrefix("`"), name.hasSuffix("`") else { return name }
        return String(name.dropFirst().dropLast())
    }

    /// The pairs of a parenthesised list, as a trainer takes them; empty when the option is absent.
    ///
    /// - Throws: `invalidOption` when it is no list or a value is one.
    func parameters(_ name: String) throws(ServerError) -> [(name: String, value: ParameterValue)] {
        guard let option = option(name) else { return [] }
        guard case .list(let list) = option.value.kind else {
            throw .invalidOption(option.name.name, "a list in parentheses is expected")
        }
        var pairs: [(name: String, value: ParameterValue)] = []
        for member in list.options {
            let value: ParameterValue
            switch member.value.kind {
            case .string(let text), .word(let text): value = .text(text)
            case .integer(let number): value = .integer(number)
            case .decimal(let text): value = .real(Double(text) ?? .nan)
            case .boolean(let flag): value = .boolean(flag)
            case .none: value = .none
            case .list, .query, .placeholder:
                throw .invalidOption(member.name.name, "a single value is expected")
            }
            pairs.append((member.name.name, value))
        }
        return pairs
    }
}
