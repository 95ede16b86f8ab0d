import BorealBase
public import BorealSQL

/// What SHOW WARNINGS tells of optimizer hints.
extension TableSession {
    /// Warns of what is wrong with hints.
    ///
    /// - Parameter text: what their spans point into.
    public func warn(of hints: OptimizerHints, in text: [UInt8]) {
        for problem in hints.problems { warn(problem.warning(in: text)) }
    }
}

extension OptimizerHints.Problem {
    fileprivate func warning(in text: [UInt8]) -> TableWarning {
        switch self {
        case .syntax(let span):
            TableWarning(.warning, .syntax, "Optimizer hint syntax error " + Self.near(span, text))
        case .timeTooLong(let span):
            TableWarning(
                .warning,
                .syntax,
                "Unsupported MAX_EXECUTION_TIME " + Self.near(span, text)
            )
        case .timeIsNotOfQuery:
            TableWarning(
                .warning,
                .hintNotOfQuery,
                "MAX_EXECUTION_TIME hint is supported by top-level standalone SELECT statements "
                    + "only"
            )
        case .timeIsRepeated(let time):
            TableWarning(
                .warning,
                .hintRepeated,
                "Hint MAX_EXECUTION_TIME(\(time)) is ignored as conflicting/duplicated"
            )
        }
    }

    private static func near(_ span: SourceSpan, _ text: [UInt8]) -> String {
        let (rest, line) = SyntaxError.unexpected(span, expected: []).near(in: text)
        return "near '\(rest.hasPrefix("*/") ? "*/" : rest)' at line \(line)"
    }
}
