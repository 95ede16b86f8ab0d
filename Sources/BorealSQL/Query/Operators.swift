/// An operator in front of one operand.
public enum UnaryOperator: String, Sendable {
    /// Arithmetic negation.
    case minus = "-"
    /// The sign that changes nothing.
    case plus = "+"
    /// `~`, on 64 bits.
    case bitNot = "~"
    /// `NOT` and `!`, which differ in binding only.
    case not = "NOT"
    /// `BINARY expr`: the bytes of the operand.
    case binary = "BINARY"
}

/// An operator between two operands. `LIKE`, `IN`, `BETWEEN`, `IS` are kinds of their own.
public enum BinaryOperator: String, Sendable {
    /// `OR`; `||` too unless `PIPES_AS_CONCAT` is on.
    case or = "OR"
    /// `XOR`.
    case xor = "XOR"
    /// `AND` and `&&`.
    case and = "AND"
    /// `=`.
    case equal = "="
    /// `<=>`: equality where NULL equals NULL.
    case nullSafeEqual = "<=>"
    /// `<>` and `!=`.
    case notEqual = "<>"
    /// `<`.
    case less = "<"
    /// `<=`.
    case lessOrEqual = "<="
    /// `>`.
    case greater = ">"
    /// `>=`.
    case greaterOrEqual = ">="
    /// `|`.
    case bitOr = "|"
    /// `&`.
    case bitAnd = "&"
    /// `<<`.
    case shiftLeft = "<<"
    /// `>>`.
    case shiftRight = ">>"
    /// `+`.
    case add = "+"
    /// `-`.
    case subtract = "-"
    /// `*`.
    case multiply = "*"
    /// `/`, never an integer division.
    case divide = "/"
    /// `DIV`, the integer division.
    case integerDivide = "DIV"
    /// `%` and `MOD`.
    case modulo = "%"
    /// `^`.
    case bitXor = "^"
    /// `||` with `PIPES_AS_CONCAT`.
    case concatenate = "||"
    /// `SOUNDS LIKE`.
    case soundsLike = "SOUNDS LIKE"
}
