/// An expression as states that are all tried at once, byte by byte.
struct PatternProgram: Sendable {
    private enum State: Sendable {
        /// Goes on to the next state over one of these bytes.
        case bytes(ByteSet)
        /// Goes on to both.
        case fork(Int, Int)
        case jump(Int)
        /// Goes on at the start of the text alone.
        case start
        /// Goes on at the end of the text alone.
        case end
        case match
    }

    private var states: [State] = []
    private let text: String

    /// Repetitions in repetitions make many states of few characters.
    private static let statesMax = 4_000

    init(_ tree: PatternTree, _ text: String) throws(RemoteModelError) {
        self.text = text
        try add(tree)
        try append(.match)
    }

    private mutating func append(_ state: State) throws(RemoteModelError) {
        guard states.count < Self.statesMax else {
            throw RemoteModelError(
                .config,
                "Invalid regex pattern: \(UpstreamText.clean(text.utf8)) (too many repetitions)"
            )
        }
        states.append(state)
    }

    private mutating func add(_ tree: PatternTree) throws(RemoteModelError) {
        switch tree {
        case .empty: break
        case .bytes(let set): try append(.bytes(set))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let parts): for part in parts { try add(part) }
        case .either(let choices): try addEither(choices[...])
        case .times(let inner, let least, let most):
            for _ in 0..<least {
                let known = states.count
                try add(inner)
                // Nothing, however often, is nothing; else `(((){99}){99}){99}` would take hours.
                if states.count == known { return }
            }
            guard let most else { return try addLoop(inner) }
            try addOptional(inner, count: most - least)
        }
    }

    private mutating func addEither(
        _ choices: ArraySlice<PatternTree>
    ) throws(RemoteModelError) {
        guard let first = choices.first else { return }
        guard choices.count > 1 else { return try add(first) }
        let fork = states.count
        try append(.fork(0, 0))
        try add(first)
        let jump = states.count
        try append(.jump(0))
        states[fork] = .fork(fork + 1, states.count)
        try addEither(choices.dropFirst())
        states[jump] = .jump(states.count)
    }

    private mutating func addLoop(_ inner: PatternTree) throws(RemoteModelError) {
        let fork = states.count
        try append(.fork(0, 0))
        try add(inner)
        try append(.jump(fork))
        states[fork] = .fork(fork + 1, states.count)
    }

    /// Up to `count` times: each may be the last.
    private mutating func addOptional(
        _ inner: PatternTree,
        count: Int
    ) throws(RemoteModelError) {
        var forks: [Int] = []
        for _ in 0..<count {
            forks.append(states.count)
            try append(.fork(0, 0))
            try add(inner)
        }
        for fork in forks { states[fork] = .fork(fork + 1, states.count) }
    }

    /// True when the states reach their end at the end of the text.
    func matches(_ bytes: [UInt8]) -> Bool {
        var current: [Int] = []
        var following: [Int] = []
        // The step at which a state was entered last, so that each is entered once a step.
        var entered = [Int](repeating: -1, count: states.count)
        enter(0, at: 0, of: bytes.count, &current, &entered)
        for (place, byte) in bytes.enumerated() {
            following.removeAll(keepingCapacity: true)
            for index in current {
                guard case .bytes(let set) = states[index], set.contains(byte) else { continue }
                enter(index + 1, at: place + 1, of: bytes.count, &following, &entered)
            }
            if following.isEmpty { return false }
            swap(&current, &following)
        }
        return current.contains { if case .match = states[$0] { true } else { false } }
    }

    /// Enters a state and all that it leads to without a byte.
    private func enter(
        _ first: Int,
        at place: Int,
        of count: Int,
        _ list: inout [Int],
        _ entered: inout [Int]
    ) {
        var open = [first]
        while let index = open.popLast() {
            guard entered[index] != place else { continue }
            entered[index] = place
            switch states[index] {
            case .bytes, .match: list.append(index)
            case .jump(let target): open.append(target)
            case .fork(let one, let other):
                open.append(other)
                open.append(one)
            case .start: if place == 0 { open.append(index + 1) }
            case .end: if place == count { open.append(index + 1) }
            }
        }
    }
}
