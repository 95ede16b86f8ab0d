extension PickleMachine {
    /// Opcodes that make or fill containers; false for others.
    mutating func container(_ opcode: UInt8) throws(FormatError) -> Bool {
        switch opcode {
        case UInt8(ascii: "]"): try push(try makeContainer([]) { .list($0) })  // EMPTY_LIST
        case UInt8(ascii: ")"): try push(try makeContainer([]) { .tuple($0) })  // EMPTY_TUPLE
        case UInt8(ascii: "}"): try push(try makeContainer([]) { .dictionary($0) })  // EMPTY_DICT
        case 0x8F: try push(try makeContainer([]) { .set($0) })  // EMPTY_SET
        case UInt8(ascii: "l"): try push(try makeContainer(try popMark()) { .list($0) })  // LIST
        case UInt8(ascii: "t"): try push(try makeContainer(try popMark()) { .tuple($0) })  // TUPLE
        case 0x91: try push(try makeContainer(try popMark()) { .set($0) })  // FROZENSET
        case UInt8(ascii: "d"):  // DICT
            let items = try popMark()
            guard items.count % 2 == 0 else { throw malformed("a key without a value") }
            try push(try makeContainer(items) { .dictionary($0) })
        case 0x85, 0x86, 0x87: try pushTuple(Int(opcode - 0x84))  // TUPLE1, TUPLE2, TUPLE3
        case UInt8(ascii: "a"):  // APPEND
            let element = try pop()
            try extendList([element])
        case UInt8(ascii: "e"): try extendList(try popMark())  // APPENDS
        case 0x90: try extendSet(try popMark())  // ADDITEMS
        case UInt8(ascii: "s"):  // SETITEM
            let value = try pop()
            let key = try pop()
            try extendDictionary([key, value])
        case UInt8(ascii: "u"): try extendDictionary(try popMark())  // SETITEMS
        default: return false
        }
        return true
    }

    private mutating func pushTuple(_ count: Int) throws(FormatError) {
        var elements: [PickleRef] = []
        for _ in 0..<count { elements.append(try pop()) }
        try push(try makeContainer(elements.reversed()) { .tuple($0) })
    }

    private mutating func extendList(_ elements: [PickleRef]) throws(FormatError) {
        let target = try top()
        guard case .list(let container) = document[target] else {
            throw malformed("APPEND on \(document.kind(target))")
        }
        try extend(target, container, elements)
    }

    private mutating func extendSet(_ elements: [PickleRef]) throws(FormatError) {
        let target = try top()
        guard case .set(let container) = document[target] else {
            throw malformed("ADDITEMS on \(document.kind(target))")
        }
        try extend(target, container, elements)
    }

    private mutating func extendDictionary(_ items: [PickleRef]) throws(FormatError) {
        let target = try top()
        guard case .dictionary(let container) = document[target], items.count % 2 == 0 else {
            throw malformed("SETITEM on \(document.kind(target))")
        }
        try extend(target, container, items)
    }

    private mutating func extend(
        _ target: PickleRef,
        _ container: Int,
        _ elements: [PickleRef]
    ) throws(FormatError) {
        try charge(elements.count * 4)
        document.containers[container].append(contentsOf: elements)
        let index = Int(target.index)
        depths[index] = max(depths[index], try depth(above: elements[...]))
    }

    /// Opcodes that move values around: marks, memo, frames; false for others.
    mutating func memory(_ opcode: UInt8) throws(FormatError) -> Bool {
        switch opcode {
        case UInt8(ascii: "("):  // MARK
            guard marks.count < FormatLimits.pickleMarksMax else {
                throw .tooLarge(.pickle, what: "open marks", limit: FormatLimits.pickleMarksMax)
            }
            marks.append(stack.count)
        case UInt8(ascii: "0"):  // POP, which also takes back a MARK
            if stack.count == marks.last {
                marks.removeLast()
            } else {
                _ = try pop()
            }
        case UInt8(ascii: "1"): _ = try popMark()  // POP_MARK
        case UInt8(ascii: "2"): try push(try top())  // DUP
        case 0x94: try remember(memo.count + sparseMemo.count)  // MEMOIZE
        case UInt8(ascii: "q"): try remember(Int(try byte()))  // BINPUT
        case UInt8(ascii: "r"): try remember(try length(4))  // LONG_BINPUT
        case UInt8(ascii: "p"): try remember(try slot())  // PUT
        case UInt8(ascii: "h"): try recall(Int(try byte()))  // BINGET
        case UInt8(ascii: "j"): try recall(try length(4))  // LONG_BINGET
        case UInt8(ascii: "g"): try recall(try slot())  // GET
        case 0x80:  // PROTO
            let version = try byte()
            guard version <= 5 else {
                throw .unsupportedVersion(.pickle, version: String(version))
            }
        case 0x95:  // FRAME: only a promise that so many bytes follow
            let count = try length(8)
            guard count <= document.source.count - position else {
                throw malformed("a frame of \(count) bytes")
            }
        default: return false
        }
        return true
    }

    private mutating func slot() throws(FormatError) -> Int {
        guard let slot = Int(try lineText()), slot >= 0 else { throw malformed("a memo slot") }
        return slot
    }

    private mutating func remember(_ slot: Int) throws(FormatError) {
        let value = try top()
        guard memo.count + sparseMemo.count < FormatLimits.pickleMemoMax else {
            throw .tooLarge(.pickle, what: "memo slots", limit: FormatLimits.pickleMemoMax)
        }
        if slot < memo.count {
            memo[slot] = value
        } else if slot == memo.count, sparseMemo.isEmpty {
            try charge(4)
            memo.append(value)
        } else {
            try charge(64)
            sparseMemo[slot] = value
        }
    }

    private mutating func recall(_ slot: Int) throws(FormatError) {
        if slot < memo.count { return try push(memo[slot]) }
        guard let value = sparseMemo[slot] else { throw malformed("memo slot \(slot) is empty") }
        try push(value)
    }
}
