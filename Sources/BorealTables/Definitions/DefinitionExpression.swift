import BorealBase
import BorealSQL

/// An expression that a definition keeps: a CHECK, a generated column, a DEFAULT in parentheses.
///
/// It is kept as text in normal form and parsed again where it is used, so that what a file holds
/// is MySQL's language and not a tree of this version's.
struct DefinitionExpression {
    /// Who wants it; decides the errors.
    enum Purpose {
        case check(name: String)
        case generated(column: String)
        case defaultValue(column: String)
    }

    /// In normal form.
    let text: String
    /// Columns it names, in lower case.
    private(set) var columns: [String] = []

    /// Checks an expression that stands in a definition.
    ///
    /// - Throws: `TableError.constraint` for a subquery, a variable, or a function whose value is
    /// not decided by its arguments.
    init(_ node: Expression, for purpose: Purpose) throws {
        text = node.definitionText
        try walk(node, purpose)
    }

    /// The tree of a stored text.
    static func parse(_ text: String) throws -> Expression {
        // The text was made from a tree: that it fails now means a damaged file.
        guard let parsed = try? StatementParser.parse("SELECT " + text),
            case .ordinary(.query(let query)) = parsed.kind,
            case .select(let block) = query.body,
            case .expression(let node, _)? = block.items.first?.kind
        else { throw TableError.internalError("a stored expression is damaged") }
        return node
    }

    /// Functions whose value does not follow from their arguments.
    private static let unstable: Set<String> = [
        "now", "sysdate", "current_timestamp", "localtime", "localtimestamp", "curdate",
        "current_date", "curtime", "current_time", "utc_date", "utc_time", "utc_timestamp",
        "unix_timestamp", "rand", "uuid", "uuid_short", "connection_id", "last_insert_id",
        "row_count", "found_rows", "version", "benchmark", "sleep", "get_lock", "release_lock",
        "is_free_lock", "is_used_lock", "load_file",
    ]
    /// Functions about the session, refused in a DEFAULT too.
    private static let forbidden: Set<String> = [
        "user", "current_user", "session_user", "system_user", "database", "schema",
        "benchmark", "sleep", "get_lock", "release_lock", "load_file", "values",
    ]

    private mutating func walk(_ node: Expression, _ purpose: Purpose) throws {
        switch node.kind {
        case .column(let name): columns.append(name.name.name.asciiLowercased)
        case .function(let call): try check(call, purpose)
        case .query, .exists, .inQuery, .quantified: throw refused(nil, purpose)
        case .userVariable, .systemVariable, .assignment, .placeholder:
            if case .check(let name) = purpose {
                throw TableError.constraint(.checkReadsVariable(name))
            }
            throw refused(nil, purpose)
        case .match: throw refused("match", purpose)
        default: break
        }
        for child in node.children { try walk(child, purpose) }
    }

    private func check(_ call: FunctionCall, _ purpose: Purpose) throws {
        let name = call.name.name.asciiLowercased
        var isRefused = Self.forbidden.contains(name) || call.over != nil
        if case .defaultValue = purpose {
        } else if Self.unstable.contains(name) {
            // UNIX_TIMESTAMP(x) is a function of x.
            isRefused = !(name == "unix_timestamp" && !call.arguments.isEmpty)
        }
        if isRefused { throw refused(name, purpose) }
    }

    private func refused(_ function: String?, _ purpose: Purpose) -> TableError {
        switch purpose {
        case .check(let name):
            guard let function else { return .constraint(.checkHasQuery(name)) }
            return .constraint(.checkCallsFunction(check: name, function: function))
        case .generated(let column):
            guard let function else { return .constraint(.generatedHasQuery(column)) }
            return .constraint(.generatedCallsFunction(column: column, function: function))
        case .defaultValue(let column):
            return .constraint(
                .defaultCallsFunction(column: column, function: function ?? "subquery")
            )
        }
    }
}

extension Expression {
    /// The operands, those of nested queries apart.
    var children: [Expression] {
        switch kind {
        case .assignment(_, let value): [value]
        case .unary(_, let value): [value]
        case .binary(_, let left, let right): [left, right]
        case .quantified(_, let value, _, _): [value]
        case .isTest(let value, _, _): [value]
        case .like(let value, let pattern, let escape, _):
            [value, pattern] + (escape.map { [$0] } ?? [])
        case .regexp(let value, let pattern, _): [value, pattern]
        case .between(let value, let low, let high, _): [value, low, high]
        case .inList(let value, let list, _): [value] + list
        case .inQuery(let value, _, _): [value]
        case .memberOf(let value, let array): [value, array]
        case .caseWhen(let operand, let branches, let otherwise):
            [operand, otherwise].compactMap(\.self)
                + branches.flatMap { [$0.condition, $0.result] }
        case .cast(let value, _, _), .convertUsing(let value, _), .collate(let value, _),
            .interval(let value, _), .extract(_, let value), .jsonExtract(let value, _, _):
            [value]
        case .trim(_, let removed, let value): [value] + (removed.map { [$0] } ?? [])
        case .function(let call): call.arguments
        case .row(let values): values
        case .match(_, let text, _): [text]
        default: []
        }
    }
}
