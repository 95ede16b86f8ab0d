/// A compiled LIKE pattern: `%` any run, `_` any one character, an escape character before either.
struct LikePattern: Sendable {
    private enum Element: Equatable {
        case scalar(UInt32)
        case one
        case run
    }

    private let elements: [Element]
    private let isFolding: Bool

    /// - Parameter escape: nil for no escape character at all.
    init(_ pattern: UnsafeRawBufferPointer, escape: UInt32?, isFolding: Bool) {
        self.isFolding = isFolding
        var elements: [Element] = []
        var position = 0
        while position < pattern.count {
            let value = TextFolding.scalar(pattern, &position)
            if value == escape, position < pattern.count {
                let next = TextFolding.scalar(pattern, &position)
                elements.append(.scalar(isFolding ? TextFolding.fold(next) : next))
            } else if value == 0x25 {
                if elements.last != .run { elements.append(.run) }
            } else if value == 0x5F {
                elements.append(.one)
            } else {
                elements.append(.scalar(isFolding ? TextFolding.fold(value) : value))
            }
        }
        self.elements = elements
    }

    /// A pattern with the usual backslash escape, for SHOW ... LIKE.
    init(_ pattern: String) {
        var text = pattern
        self = text.withUTF8 {
            LikePattern(UnsafeRawBufferPointer($0), escape: 0x5C, isFolding: true)
        }
    }

    /// True when the whole text matches.
    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// True when the whole text matches. Linear in the text for each `%`, never exponential.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        var element = 0
        var retryElement = -1
        var retryPosition = 0
        while position < text.count {
            if element < elements.count, elements[element] == .run {
                retryElement = element
                retryPosition = position
                element += 1
                continue
            }
            var after = position
            let value = TextFolding.scalar(text, &after)
            if element < elements.count, accepts(elements[element], value) {
                element += 1
                position = after
            } else if retryElement >= 0 {
                _ = TextFolding.scalar(text, &retryPosition)
                position = retryPosition
                element = retryElement + 1
            } else {
                return false
            }
        }
        while element < elements.count, elements[element] == .run { element += 1 }
        return element == elements.count
    }

    private func accepts(_ element: Element, _ value: UInt32) -> Bool {
        switch element {
        case .one: true
        case .run: false
        case .scalar(let expected): expected == (isFolding ? TextFolding.fold(value) : value)
        }
    }
}
