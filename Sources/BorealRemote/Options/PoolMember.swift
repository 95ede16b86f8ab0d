package import BorealBase

/// One place that a model may be called at.
package struct PoolMember: Equatable, Sendable {
    /// Members of one tier share the work; tiers are tried in the order of their first member.
    package var tier: String
    package var address: RemoteAddress
    /// Share of its tier's calls.
    package var weight = 1
    /// Calls at once; nil for the model's bound.
    package var concurrencyMax: Int?
    /// Requests a minute.
    package var requestsPerMinute: Int?
    /// Tokens a minute.
    package var tokensPerMinute: Int?

    package init(tier: String, address: RemoteAddress) {
        self.tier = tier
        self.address = address
    }

    /// As `POOL` writes it, the query string left out.
    package var shown: String {
        var words = ["\(tier)=\(address.shown)", "w=\(weight)"]
        let limits = [
            ("conc", concurrencyMax), ("rpm", requestsPerMinute), ("tpm", tokensPerMinute),
        ]
        words += limits.compactMap { name, limit in limit.map { "\(name)=\($0)" } }
        return words.joined(separator: " ")
    }

    /// Members of one pool.
    private static let countMax = 64

    /// Reads `dedicated=http://a w=3 conc=8, shared=http://b rpm=600`.
    ///
    /// - Throws: `RemoteModelError` CONFIG, and what `RemoteAddress` throws.
    package static func list(_ text: String) throws(RemoteModelError) -> [PoolMember] {
        var members: [PoolMember] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = words.first, let mark = first.firstIndex(of: "=") else {
                throw RemoteModelError(.config, "POOL: a member begins with TIER=URL")
            }
            let url = String(first[first.index(after: mark)...])
            var member = try make(tier: String(first[..<mark]), url: url)
            for word in words.dropFirst() {
                let pair = word.split(separator: "=", omittingEmptySubsequences: false)
                guard pair.count == 2, let value = Int64(pair[1]) else {
                    throw problem("'\(UpstreamText.clean(word.utf8))' is no NAME=NUMBER")
                }
                try member.set(String(pair[0]), .integer(value))
            }
            members.append(member)
        }
        return try checked(members)
    }

    /// Reads `[{"tier":"dedicated","url":"http://a","w":3,"conc":8}]`.
    ///
    /// - Throws: as above.
    package static func list(_ json: JSON) throws(RemoteModelError) -> [PoolMember] {
        if let text = json.string { return try list(text) }
        guard let elements = json.array else { throw problem("an array of members is missing") }
        var members: [PoolMember] = []
        for element in elements {
            guard let object = element.object, let url = element["url"]?.string else {
                throw problem("a member is an object with \"url\"")
            }
            var member = try make(tier: element["tier"]?.string ?? "shared", url: url)
            for (name, value) in object where name != "url" && name != "tier" {
                try member.set(name, value)
            }
            members.append(member)
        }
        return try checked(members)
    }

    private static func problem(_ text: String) -> RemoteModelError {
        RemoteModelError(.config, "POOL: " + text)
    }

    private static func make(tier: String, url: String) throws(RemoteModelError) -> PoolMember {
        let isName =
            (1...64).contains(tier.utf8.count)
            && tier.utf8.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isLetter || (0x30...0x39).contains(byte)
                    || byte == 0x5F
            }
        guard isName else {
            throw problem("'\(UpstreamText.clean(tier.utf8))' is no name of a tier")
        }
        return PoolMember(tier: tier.asciiLowercased, address: try RemoteAddress(url))
    }

    private mutating func set(_ name: String, _ value: JSON) throws(RemoteModelError) {
        func number(_ range: ClosedRange<Int64>) throws(RemoteModelError) -> Int {
            guard let number = value.integer, range.contains(number) else {
                throw Self.problem(
                    "'\(name)' is a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return Int(number)
        }
        switch name {
        case "w": weight = try number(1...1_000)
        case "conc": concurrencyMax = try number(1...99_999)
        case "rpm": requestsPerMinute = try number(1...1_000_000_000)
        case "tpm": tokensPerMinute = try number(1...1_000_000_000_000)
        default:
            let nearest = NearestName.find(name, among: ["w", "conc", "rpm", "tpm"]) ?? ""
            let shown = UpstreamText.clean(name.utf8)
            throw Self.problem("unknown '\(shown)'; did you mean '\(nearest)'?")
        }
    }

    private static func checked(_ members: [PoolMember]) throws(RemoteModelError) -> [PoolMember] {
        guard (1...countMax).contains(members.count) else {
            throw problem("a pool has 1 to \(countMax) members")
        }
        return members
    }
}
