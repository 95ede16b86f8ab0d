import BorealBase

/// Answers by request: the least recently used go when the bytes run out.
struct AnswerCache: Sendable {
    /// What an entry costs beside its value: key, links, table.
    static let entryBytes = 160

    /// A change takes effect at once.
    var bytesMax: Int {
        didSet { shrink() }
    }
    private(set) var bytes = 0
    private(set) var hits = 0
    private(set) var misses = 0

    /// One answer, linked to its neighbours in the order of use.
    private struct Entry: Sendable {
        var key: CacheKey?
        var answer: RemoteAnswer
        var size: Int
        var expiresAt: Microseconds
        /// Used more recently; -1 for none.
        var newer: Int
        /// Used less recently; -1 for none.
        var older: Int
    }

    private var slots: [Entry] = []
    private var places: [CacheKey: Int] = [:]
    private var unused: [Int] = []
    private var newest = -1
    private var oldest = -1

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var count: Int { places.count }

    /// The remembered answer, which so becomes the most recently used.
    mutating func answer(for key: CacheKey, at now: Microseconds) -> RemoteAnswer? {
        guard let place = places[key] else {
            misses += 1
            return nil
        }
        guard slots[place].expiresAt > now else {
            remove(place)
            misses += 1
            return nil
        }
        unlink(place)
        linkNewest(place)
        hits += 1
        return slots[place].answer
    }

    /// Remembers an answer, in place of an older one for the same request.
    mutating func store(_ answer: RemoteAnswer, for key: CacheKey, until expiresAt: Microseconds) {
        if let place = places[key] { remove(place) }
        let size = answer.byteCount + AnswerCache.entryBytes
        guard size <= bytesMax else { return }
        let entry = Entry(
            key: key,
            answer: answer,
            size: size,
            expiresAt: expiresAt,
            newer: -1,
            older: -1
        )
        let place = unused.popLast() ?? slots.count
        if place == slots.count { slots.append(entry) } else { slots[place] = entry }
        places[key] = place
        bytes += size
        linkNewest(place)
        shrink()
    }

    /// Forgets everything but the counts.
    mutating func removeAll() {
        slots = []
        places = [:]
        unused = []
        newest = -1
        oldest = -1
        bytes = 0
    }

    private mutating func shrink() {
        while bytes > bytesMax, oldest >= 0 { remove(oldest) }
    }

    private mutating func remove(_ place: Int) {
        unlink(place)
        if let key = slots[place].key { places[key] = nil }
        bytes -= slots[place].size
        slots[place].key = nil
        // The value's memory goes with it; the slot is used again.
        slots[place].answer = RemoteAnswer(.score(0))
        unused.append(place)
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        if newer >= 0 { slots[newer].older = older } else { newest = older }
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkNewest(_ place: Int) {
        slots[place].newer = -1
        slots[place].older = newest
        if newest >= 0 { slots[newest].newer = place } else { oldest = place }
        newest = place
    }
}

extension RemoteAnswer {
    /// Bytes that it takes, about.
    var byteCount: Int {
        switch value {
        case .text(let text): text.utf8.count
        case .vector(let numbers): numbers.count * MemoryLayout<Double>.size
        case .score: 0
        case .json(let json): json.byteCount
        case .written(let body): body.count
        }
    }
}

extension JSON {
    /// Bytes of the tree, about: enums of two words and what they point to.
    fileprivate var byteCount: Int {
        switch self {
        case .null, .bool, .integer, .number: 24
        case .string(let text), .literal(let text): 40 + text.utf8.count
        case .array(let elements): elements.reduce(40) { $0 + $1.byteCount }
        case .object(let members):
            members.reduce(40) { $0 + 24 + $1.key.utf8.count + $1.value.byteCount }
        }
    }
}
