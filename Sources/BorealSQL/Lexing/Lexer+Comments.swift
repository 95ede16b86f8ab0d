import BorealBase

extension Lexer {
    /// Moves to the next byte of a token.
    ///
    /// - Throws: `SyntaxError.unterminated` for a comment without end.
    mutating func skipBlanks() throws(SyntaxError) {
        while position < limit {
            let byte = bytes[position]
            if isBlank(byte) {
                position += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "-"):
                guard startsLineComment() else { return }
                skipLine()
            case UInt8(ascii: "/"):
                guard self.byte(position + 1) == UInt8(ascii: "*") else { return }
                try skipOrEnterComment()
            case UInt8(ascii: "*"):
                guard isInVersionComment, self.byte(position + 1) == UInt8(ascii: "/") else {
                    return
                }
                isInVersionComment = false
                position += 2
            default: return
            }
        }
        if isInVersionComment {
            let end = Int32(truncatingIfNeeded: limit)
            throw .unterminated(.comment, SourceSpan(start: end, end: end))
        }
    }

    /// Two hyphens start a comment only before a blank, a control character or the end.
    private func startsLineComment() -> Bool {
        guard byte(position + 1) == UInt8(ascii: "-") else { return false }
        return position + 2 >= limit || bytes[position + 2] <= 0x20
    }

    private mutating func skipLine() {
        while position < limit, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }

    /// At `/*`: skips the comment, or moves into one that is meant for this version.
    private mutating func skipOrEnterComment() throws(SyntaxError) {
        let start = position
        let isMariaDBOnly = mode.contains(.mariaDB) && byte(start + 2) == UInt8(ascii: "M")
        let inside = start + (isMariaDBOnly ? 4 : 3)
        guard byte(inside - 1) == UInt8(ascii: "!") else {
            try skipComment(from: start, nested: false)
            return
        }
        var digits = 0
        var version = 0
        while digits < 6, isDigit(byte(inside + digits)) {
            version = version * 10 + Int(bytes[inside + digits] - UInt8(ascii: "0"))
            digits += 1
        }
        // Fewer than five digits are no version but the comment's first token.
        if digits < 5 {
            digits = 0
            version = 0
        }
        if mode.reads(version: version, isMariaDBOnly: isMariaDBOnly) {
            position = inside + digits
            isInVersionComment = true
        } else {
            try skipComment(from: start, nested: true)
        }
    }

    /// Moves behind `*/`. A comment for another version may hold plain comments.
    private mutating func skipComment(from start: Int, nested: Bool) throws(SyntaxError) {
        var offset = start + 2
        var depth = 1
        while offset + 1 < limit {
            let byte = bytes[offset]
            let second = bytes[offset + 1]
            if byte == UInt8(ascii: "*"), second == UInt8(ascii: "/") {
                offset += 2
                depth -= 1
                if depth == 0 {
                    position = offset
                    return
                }
            } else if nested, byte == UInt8(ascii: "/"), second == UInt8(ascii: "*") {
                offset += 2
                depth += 1
            } else {
                offset += 1
            }
        }
        position = limit
        throw .unterminated(
            .comment,
            SourceSpan(
                start: Int32(truncatingIfNeeded: start),
                end: Int32(truncatingIfNeeded: limit)
            )
        )
    }

    /// Whether the hint stands among the comments in front of the first token. Does not move.
    ///
    /// A comment is the hint when its text, all white space removed and case folded, reads
    /// `polar4ai` or `polarforai`.
    public func startsWithHint() throws(SyntaxError) -> Bool {
        var copy = self
        while copy.position < copy.limit {
            if copy.isAtHint() { return true }
            let before = copy.position
            let byte = copy.bytes[before]
            let isLine =
                byte == UInt8(ascii: "#") || byte == UInt8(ascii: "-") && copy.startsLineComment()
            if isBlank(byte) {
                copy.position += 1
            } else if isLine {
                copy.skipLine()
            } else if byte == UInt8(ascii: "/"), copy.byte(before + 1) == UInt8(ascii: "*") {
                guard copy.byte(before + 2) != UInt8(ascii: "!") else { return false }
                try copy.skipComment(from: before, nested: false)
            } else {
                return false
            }
        }
        return false
    }

    private func isAtHint() -> Bool {
        guard byte(position) == UInt8(ascii: "/"), byte(position + 1) == UInt8(ascii: "*") else {
            return false
        }
        var letters: [UInt8] = []
        var offset = position + 2
        while offset < limit {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "*"), self.byte(offset + 1) == UInt8(ascii: "/") {
                return letters.elementsEqual("polar4ai".utf8)
                    || letters.elementsEqual("polarforai".utf8)
            }
            if !isBlank(byte) {
                // Longer than either spelling: no hint, and no reason to read on.
                guard letters.count < 10 else { return false }
                letters.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
            }
            offset += 1
        }
        return false
    }
}
