/// A constant of the statement's text.
public enum Literal: Equatable, Sendable {
    /// `NULL`, also `\N`.
    case null
    /// `TRUE` and `FALSE`.
    case boolean(Bool)
    /// Digits only that fit 64 bits. A minus sign in front is an operator.
    case integer(UInt64)
    /// An exact number: with a decimal point, or an integer beyond 64 bits; digits as written.
    case decimal(String)
    /// A number with an exponent, as written.
    case float(String)
    /// A string of valid UTF-8 without an introducer, escapes resolved, adjacent strings joined.
    case string(String)
    /// A string with an introducer (`_utf8mb4'..'`, `_binary'..'`, `N'..'` as `utf8mb3`):
    /// the character set in lower case, and the bytes.
    case introduced(charset: String, bytes: [UInt8])
    /// A string without an introducer whose bytes are no UTF-8.
    case bytes([UInt8])
    /// `X'4D'` and `0x4D`: the bytes. A number where the context is numeric.
    case hexadecimal([UInt8])
    /// `b'101'` and `0b101`: the bits, right-aligned in the bytes.
    case bits([UInt8])
    /// `DATE '..'`, `TIME '..'`, `TIMESTAMP '..'`, and the ODBC forms `{d '..'}`, `{t ..}`, `{ts
    /// ..}`.
    case temporal(TemporalKind, String)

    /// Which temporal literal.
    public enum TemporalKind: Sendable {
        /// `DATE '2020-01-31'`.
        case date
        /// `TIME '10:11:12'`.
        case time
        /// `TIMESTAMP '2020-01-31 10:11:12'`.
        case timestamp
    }
}

/// The unit of an `INTERVAL`, of `EXTRACT`, `TIMESTAMPADD` and `TIMESTAMPDIFF`.
public enum IntervalUnit: String, Sendable, CaseIterable {
    /// Millionths of a second.
    case microsecond = "MICROSECOND"
    /// Seconds.
    case second = "SECOND"
    /// Minutes.
    case minute = "MINUTE"
    /// Hours.
    case hour = "HOUR"
    /// Days.
    case day = "DAY"
    /// Weeks.
    case week = "WEEK"
    /// Months.
    case month = "MONTH"
    /// Quarters.
    case quarter = "QUARTER"
    /// Years.
    case year = "YEAR"
    /// `'s.ffffff'`.
    case secondMicrosecond = "SECOND_MICROSECOND"
    /// `'m:s.ffffff'`.
    case minuteMicrosecond = "MINUTE_MICROSECOND"
    /// `'m:s'`.
    case minuteSecond = "MINUTE_SECOND"
    /// `'h:m:s.ffffff'`.
    case hourMicrosecond = "HOUR_MICROSECOND"
    /// `'h:m:s'`.
    case hourSecond = "HOUR_SECOND"
    /// `'h:m'`.
    case hourMinute = "HOUR_MINUTE"
    /// `'d h:m:s.ffffff'`.
    case dayMicrosecond = "DAY_MICROSECOND"
    /// `'d h:m:s'`.
    case daySecond = "DAY_SECOND"
    /// `'d h:m'`.
    case dayMinute = "DAY_MINUTE"
    /// `'d h'`.
    case dayHour = "DAY_HOUR"
    /// `'y-m'`.
    case yearMonth = "YEAR_MONTH"
}
