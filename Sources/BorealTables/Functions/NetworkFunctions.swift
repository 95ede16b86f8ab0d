import BorealBase
import BorealSQLite

/// Internet addresses between their texts, numbers and bytes.
extension FunctionRegistry {
    /// Registers them. What is no address is NULL, for the questions 0.
    func addAddresses() throws(SQLiteError) {
        try add("b_inet_aton", 1) { call in
            call.result(InternetAddress.number(call.bytes(0)))
        }
        try add("b_inet_ntoa", 1) { call in
            guard let value = UInt32(exactly: call.whole(0)) else { return call.resultNull() }
            call.result(InternetAddress.text(of: value))
        }
        try add("b_inet6_aton", 1) { call in
            let text = call.text(0)
            guard let bytes = InternetAddress.four(text) ?? InternetAddress.six(text) else {
                return call.resultNull()
            }
            call.result(bytes)
        }
        try add("b_inet6_ntoa", 1) { call in
            let bytes = Array(call.bytes(0))
            switch bytes.count {
            case 4: call.result(bytes.map { String($0) }.joined(separator: "."))
            case 16: call.result(InternetAddress.text(ofSix: bytes))
            default: call.resultNull()
            }
        }
        try addRaw("b_is_ipv4", 1) { call in
            call.result(!call.isNull(0) && InternetAddress.four(call.text(0)) != nil)
        }
        try addRaw("b_is_ipv6", 1) { call in
            call.result(!call.isNull(0) && InternetAddress.six(call.text(0)) != nil)
        }
        try addRaw("b_is_ipv4_compat", 1) { call in
            let bytes = call.isNull(0) ? [] : Array(call.bytes(0))
            guard bytes.count == 16, bytes[..<12].allSatisfy({ $0 == 0 }) else {
                return call.result(false)
            }
            // `::` and `::1` are addresses of version 6 of their own.
            call.result(bytes[12..<15] != [0, 0, 0] || bytes[15] > 1)
        }
        try addRaw("b_is_ipv4_mapped", 1) { call in
            let bytes = call.isNull(0) ? [] : Array(call.bytes(0))
            let isMapped =
                bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 }
                && bytes[10..<12] == [0xFF, 0xFF]
            call.result(isMapped)
        }
    }
}

/// Addresses of both versions (RFC 791, RFC 4291).
enum InternetAddress {
    /// What INET_ATON reads: up to four parts; missing ones stand in the middle (`127.1`).
    static func number(_ text: UnsafeRawBufferPointer) -> Int64? {
        var result: Int64 = 0
        var part: Int64 = 0
        var dots = 0
        guard let last = text.last, last != UInt8(ascii: ".") else { return nil }
        for byte in text {
            if byte == UInt8(ascii: ".") {
                dots += 1
                result = result << 8 &+ part
                part = 0
                guard dots <= 7 else { return nil }
            } else {
                guard (0x30...0x39).contains(byte) else { return nil }
                part = part * 10 + Int64(byte - 0x30)
                guard part <= 255 else { return nil }
            }
        }
        if dots == 1 { result <<= 16 }
        if dots == 2 { result <<= 8 }
        return result << 8 &+ part
    }

    /// `10.0.5.9` of a number.
    static func text(of value: UInt32) -> String {
        [24, 16, 8, 0].map { String(value >> UInt32($0) & 255) }.joined(separator: ".")
    }

    /// Four parts of one to three digits each.
    static func four(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part -> UInt8? in
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            return UInt8(exactly: part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
        }
        return bytes.count == 4 ? bytes : nil
    }

    /// Eight groups, of which one gap of zeros may be left out, the last two perhaps as version 4.
    static func six(_ text: String) -> [UInt8]? {
        guard (2...45).contains(text.utf8.count) else { return nil }
        var groups = text.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count >= 3 else { return nil }
        // An empty group stands at an end only beside the gap.
        if groups[0].isEmpty {
            guard groups[1].isEmpty else { return nil }
            groups.removeFirst()
        }
        if groups[groups.count - 1].isEmpty {
            guard groups.count >= 2, groups[groups.count - 2].isEmpty else { return nil }
            groups.removeLast()
        }
        var bytes: [UInt8] = []
        var gap: Int?
        for (index, group) in groups.enumerated() {
            if group.isEmpty {
                guard gap == nil else { return nil }
                gap = bytes.count
            } else if index == groups.count - 1, group.contains(".") {
                guard let tail = four(group) else { return nil }
                bytes += tail
            } else {
                guard group.utf8.count <= 4, group.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                    let value = UInt16(group, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        guard let gap else { return bytes.count == 16 ? bytes : nil }
        guard bytes.count <= 14 else { return nil }
        bytes.insert(contentsOf: repeatElement(0, count: 16 - bytes.count), at: gap)
        return bytes
    }

    /// The text of sixteen bytes: the longest run of zero groups left out, the last four bytes as
    /// version 4 where the address is compatible with it or mapped from it.
    static func text(ofSix bytes: [UInt8]) -> String {
        let groups = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
        var gap = 0..<0
        var index = 0
        while index < 8 {
            let end = groups[index...].firstIndex { $0 != 0 } ?? 8
            if end - index > gap.count { gap = index..<end }
            index = max(end, index) + 1
        }
        if gap.count < 2 { gap = 0..<0 }
        var result = ""
        index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                result += index == 0 ? "::" : ":"
                index = gap.upperBound
                continue
            }
            let isTail = index == 6 && gap.lowerBound == 0 && !gap.isEmpty
            if isTail, gap.count == 6 || (gap.count == 5 && groups[5] == 0xFFFF) {
                return result + bytes[12...].map { String($0) }.joined(separator: ".")
            }
            result += String(groups[index], radix: 16)
            if index < 7 { result += ":" }
            index += 1
        }
        return result
    }
}
