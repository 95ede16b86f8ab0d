/// How many digits MySQL's arithmetic keeps.
///
/// MySQL's decimals are words of nine digits, nine words at most. A quotient is computed to whole
/// words, whatever the type of the expression says: `1/3` is shown as 0.3333 but goes on as
/// 0.333333333, so that `1/3*3` is 1.0000. (MySQL's strings/decimal.c, do_div_mod.)
extension DecimalNumber {
    private static let wordDigits = 9
    private static let wordsMax = 9
    /// Digits behind the point that a product keeps.
    private static let productScaleMax = 31

    private static func words(_ digits: Int) -> Int {
        (max(digits, 0) + wordDigits - 1) / wordDigits
    }

    /// The quotient with MySQL's number of digits; nil for a zero divisor.
    ///
    /// - Parameter digits: `div_precision_increment`.
    func quotient(by divisor: DecimalNumber, digits: Int) -> DecimalNumber? {
        let left = Self.words(scale) * Self.wordDigits
        let right = Self.words(divisor.scale) * Self.wordDigits
        let more = max(digits - (left - scale) - (right - divisor.scale), 0)
        let target = Self.words(left + right + more) * Self.wordDigits
        return divided(by: divisor, scale: target)?.bounded
    }

    /// The product, cut to 31 digits behind the point.
    func product(with other: DecimalNumber) -> DecimalNumber {
        let product = self * other
        guard product.scale > Self.productScaleMax else { return product }
        return product.rounded(scale: Self.productScaleMax, truncating: true)
    }

    /// Cut to the digits behind the point that fit into nine words beside those before it.
    var bounded: DecimalNumber {
        guard scale > Self.wordDigits else { return self }
        let free = max(Self.wordsMax - Self.words(integerDigits), 0) * Self.wordDigits
        return scale > free ? rounded(scale: free, truncating: true) : self
    }
}
