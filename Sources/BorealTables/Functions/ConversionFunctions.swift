import BorealBase
import BorealSQLite
import BorealWire

/// Between representations; see `ValueClass`.
extension FunctionRegistry {
    /// Registers those that the translator writes between an operand and its use.
    func addConversions() throws(SQLiteError) {
        let context = context
        try add("b_num", 1) { call in
            let parsed = DecimalNumber.prefix(of: call.bytes(0))
            if parsed?.isWhole != true {
                context.warn(.wrongValue(type: "DOUBLE", value: call.text(0), column: nil, row: 1))
            }
            call.result(parsed?.number.double ?? 0)
        }
        try add("b_ureal", 1) { $0.result(Double($0.whole(0))) }
        try add("b_itext", 1) { $0.result(String($0.int64(0))) }
        try add("b_utext", 1) { $0.result(String($0.whole(0))) }
        try add("b_rtext", 1) { $0.result(NumberText.double($0.double(0))) }
        try add("b_rfixed", 2) { $0.result(NumberText.fixed($0.double(0), $0.int(1))) }
        try add("b_ftext", 1) { $0.result(NumberText.float(Float($0.double(0)))) }
        try add("b_float", 1) { $0.result(finite: Double(Float($0.double(0)))) }
        try add("b_rdec", 1) { $0.result(DecimalNumber($0.double(0))) }
        try add("b_tdecimal", 1) { call in
            let parsed = DecimalNumber.prefix(of: call.bytes(0))
            if parsed?.isWhole != true {
                context.warn(.wrongValue(type: "DECIMAL", value: call.text(0), column: nil, row: 1))
            }
            call.result(parsed?.number ?? DecimalNumber())
        }
        try add("b_rint", 1) { call in
            // Halves go to the even neighbour, as the C library's rint has it.
            let value = call.double(0).rounded(.toNearestOrEven)
            if let whole = Int64(exactly: value) { return call.result(whole) }
            call.result(value < 0 ? Int64.min : Int64.max)
        }
        try add("b_dint", 1) { call in
            let value = call.decimal(0)
            if let whole = value.int64 { return call.result(whole) }
            if value.isNegative { return call.result(Int64.min) }
            call.result(value.uint64 ?? .max)
        }
        try add("b_dsigned", 1) { call in
            let value = call.decimal(0)
            call.result(value.int64 ?? (value.isNegative ? .min : .max))
        }
        try add("b_tint", 1) { call in
            let value = DecimalNumber.prefix(of: call.bytes(0))?.number ?? DecimalNumber()
            call.result(value.int64 ?? (value.isNegative ? .min : .max))
        }
        try addCasts()
    }

    /// CAST to whole numbers and DECIMAL: what does not fit is bounded with a warning.
    private func addCasts() throws(SQLiteError) {
        let context = context
        // CAST reads the digits in front and stops at anything else.
        try add("b_cast_int", 1) { call in
            let (value, isWhole) = Self.digitsInFront(call.bytes(0))
            if !isWhole {
                context.warn(.wrongValue(type: "INTEGER", value: call.text(0), column: nil, row: 1))
            }
            call.result(value)
        }
        try add("b_signed", 1) { $0.result(Int64(bitPattern: $0.bitPattern(0))) }
        try add("b_unsigned", 1) { $0.result($0.bitPattern(0)) }
        try add("b_dcast", 3) { call in
            let digits = call.int(1)
            let scale = call.int(2)
            let value = call.decimal(0).rounded(scale: scale)
            if value.fits(digits: digits, scale: scale) { return call.result(value) }
            context.warn(.outOfRange(column: value.text, row: 1))
            call.result(.largest(digits: digits, scale: scale, isNegative: value.isNegative))
        }
        try addBytes()
    }

    /// A sign and digits as 64 bits; what is too large becomes the largest of its sign.
    private static func digitsInFront(_ bytes: UnsafeRawBufferPointer) -> (Int64, isWhole: Bool) {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var rest = bytes.drop(while: isBlank)
        let isNegative = rest.first == 0x2D
        if let sign = rest.first, sign == 0x2D || sign == 0x2B { rest = rest.dropFirst() }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        var isWhole = !digits.isEmpty && rest.drop(while: isBlank).isEmpty
        var value: UInt64 = 0
        for digit in digits {
            let (product, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = product.addingReportingOverflow(UInt64(digit - 0x30))
            if first || second {
                isWhole = false
                value = .max
                break
            }
            value = sum
        }
        guard isNegative else { return (Int64(bitPattern: value), isWhole) }
        guard value <= 1 << 63 else { return (.min, false) }
        return (Int64(bitPattern: 0 &- value), isWhole)
    }

    /// Between texts, bytes and keys of comparison.
    private func addBytes() throws(SQLiteError) {
        let context = context
        try add("b_utf8", 1) { call in
            guard let text = String(validating: call.bytes(0), as: UTF8.self) else {
                context.warn(.wrongValue(type: "utf8mb4", value: "", column: nil, row: 1))
                return call.resultNull()
            }
            call.result(text)
        }
        try add("b_squeeze", 2) { call in
            let set = SingleByteSet.named(call.text(1))
            let scalars = call.text(0).unicodeScalars.map { set?.byte(of: $0) == nil ? "?" : $0 }
            call.result(String(String.UnicodeScalarView(scalars)))
        }
        try add("b_binary", 2) { call in
            let size = min(max(call.int(1), 0), TableLimits.textBytesMax)
            var bytes = Array(call.bytes(0).prefix(size))
            bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
            call.result(bytes)
        }
        try add("b_bit", 1) { call in
            call.result(String(decoding: call.bytes(0), as: UTF8.self))
        }
        try addRaw("b_tuple") { call in
            guard !call.hasNull else { return call.resultNull() }
            var key: [UInt8] = []
            for index in 0..<call.count {
                let bytes = Array(call.bytes(index))
                key.append(UInt8(call.type(index).rawValue))
                key.append(contentsOf: "\(bytes.count):".utf8)
                key.append(contentsOf: bytes)
            }
            call.result(key)
        }
        try add("b_set_bits", 2) { call in
            let members = call.text(1).split(separator: ",", omittingEmptySubsequences: false)
            var bits: UInt64 = 0
            for part in call.text(0).split(separator: ",") {
                guard let place = members.prefix(64).firstIndex(of: part) else { continue }
                bits |= 1 << UInt64(place)
            }
            call.result(bits)
        }
        try add("b_fold", 1) { call in
            let folded = TextFolding.scalars(call.bytes(0), isFolding: true)
            let scalars = folded.map { Unicode.Scalar($0) ?? "\u{FFFD}" }
            call.result(String(String.UnicodeScalarView(scalars)))
        }
        try add("b_dnorm", 1) { call in
            var text = call.decimal(0).text
            if text.contains(".") {
                while text.hasSuffix("0") { text.removeLast() }
                if text.hasSuffix(".") { text.removeLast() }
            }
            call.result(text)
        }
    }

    // MARK: - Arithmetic

    /// Registers what SQLite's own operators would answer otherwise: 64 bits with overflow as an
    /// error, exact decimals, real numbers that must be finite.
    func addArithmetic() throws(SQLiteError) {
        try addWhole("b_iadd") { $0 + $1 }
        try addWhole("b_isub") { $0 - $1 }
        try addWhole("b_imul") { $0 * $1 }
        try addWhole("b_idiv") { $1 == 0 ? nil : $0 / $1 }
        try addWhole("b_imod") { $1 == 0 ? nil : $0 % $1 }
        let context = context
        try add("b_bitnot", 1) { $0.result(~$0.bitPattern(0)) }
        try add("b_bits", 3) { call in
            let a = call.bitPattern(1)
            let b = call.bitPattern(2)
            switch call.text(0) {
            case "|": call.result(a | b)
            case "&": call.result(a & b)
            case "^": call.result(a ^ b)
            case "<<": call.result(b >= 64 ? 0 : a << b)
            default: call.result(b >= 64 ? 0 : a >> b)
            }
        }
        try add("b_finite", 2) { call in
            let value = call.double(0)
            if value.isFinite { return call.result(value) }
            context.fail(call, .valueOutOfRange(type: "DOUBLE", expression: call.text(1)))
        }
        try add("b_fmod", 2) { call in
            let divisor = call.double(1)
            if divisor == 0 { return call.resultNull() }
            call.result(call.double(0).truncatingRemainder(dividingBy: divisor))
        }
        try addDecimal("b_dadd") { a, b in a + b }
        try addDecimal("b_dsub") { a, b in a - b }
        try addDecimal("b_dmul") { a, b in a.product(with: b) }
        try addDecimal("b_dmod") { a, b in a.remainder(by: b) }
        try add("b_ddiv", 4) { [self] call in
            let quotient = call.decimal(0).quotient(by: call.decimal(1), digits: call.int(2))
            answer(call, quotient, shown: 3)
        }
        try add("b_ddiv_int", 3) { call in
            guard let quotient = call.decimal(0).divided(by: call.decimal(1), scale: 0) else {
                return call.resultNull()
            }
            if let whole = quotient.int64 { return call.result(whole) }
            context.fail(call, .valueOutOfRange(type: "BIGINT", expression: call.text(2)))
        }
        try add("b_dneg", 1) { $0.result(-$0.decimal(0)) }
        try add("b_dabs", 1) { call in
            let value = call.decimal(0)
            call.result(value.isNegative ? -value : value)
        }
        try add("b_dround", 2) { $0.result($0.decimal(0).rounded(scale: $0.int(1))) }
        try add("b_imean", 3) { call in
            let count = DecimalNumber(call.int64(1))
            call.result(DecimalNumber(call.int64(0)).quotient(by: count, digits: call.int(2)))
        }
    }

    /// An operation on whole numbers, computed in 128 bits. Arguments: both operands, whether the
    /// result is unsigned, and the text of the expression for the error.
    private func addWhole(
        _ name: String,
        _ body: @escaping @Sendable (Int128, Int128) -> Int128?
    ) throws(SQLiteError) {
        let context = context
        try add(name, 4) { call in
            guard let value = body(call.whole(0), call.whole(1)) else { return call.resultNull() }
            let isUnsigned = call.int64(2) != 0
            if isUnsigned, let fit = UInt64(exactly: value) { return call.result(fit) }
            if !isUnsigned, let fit = Int64(exactly: value) { return call.result(fit) }
            let type = isUnsigned ? "BIGINT UNSIGNED" : "BIGINT"
            context.fail(call, .valueOutOfRange(type: type, expression: call.text(3)))
        }
    }

    private func addDecimal(
        _ name: String,
        _ body: @escaping @Sendable (DecimalNumber, DecimalNumber) -> DecimalNumber?
    ) throws(SQLiteError) {
        try add(name, 3) { [self] call in
            answer(call, body(call.decimal(0), call.decimal(1)), shown: 2)
        }
    }

    /// Answers the result of decimal arithmetic; nil stands for a division by zero.
    private func answer(_ call: SQLiteCall, _ value: DecimalNumber?, shown: Int) {
        guard let value else {
            if context.divisionByZeroFails { return context.fail(call, .divisionByZero) }
            return call.resultNull()
        }
        let kept = value.bounded
        guard kept.integerDigits <= DecimalNumber.digitsMax else {
            let error = TableError.valueOutOfRange(type: "DECIMAL", expression: call.text(shown))
            return context.fail(call, error)
        }
        call.result(kept)
    }
}
