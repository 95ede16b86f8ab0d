/// A decimal digit.
@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// A hexadecimal digit in either case.
@inline(__always)
func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

/// What a bare name may start with: a letter, `_`, `$`, or any byte of a character at or above
/// U+0080.
@inline(__always)
func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte == 0x5F || byte >= 0x80 || byte == 0x24
}

/// What a bare name may go on with.
@inline(__always)
func isNameByte(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

/// Blank, tab, line feed, vertical tab, form feed, carriage return.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 }

/// The value of a hexadecimal digit.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8 {
    isDigit(byte) ? byte &- 0x30 : (byte | 0x20) &- 0x57
}
