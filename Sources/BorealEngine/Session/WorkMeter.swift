import BorealBase
import Synchronization

/// What the server has done since its start, for `/metrics`.
package final class WorkMeter: Sendable {
    /// What a statement is about, by its first word.
    package enum StatementKind: String, CaseIterable, Sendable {
        case select, insert, update, delete, definition, model, set, show, transaction
        /// One that was prepared before.
        case prepared
        case other

        /// - Parameter text: of a statement; a hint in front of it makes it one about models.
        package init(_ text: [UInt8]) {
            let start = text.prefix(Self.headBytes).firstIndex { $0 > 0x20 } ?? 0
            let head = text.dropFirst(start).prefix(Self.hint.count)
            if head.elementsEqual(Self.hint, by: { $0 | 0x20 == $1 | 0x20 }) {
                self = .model
                return
            }
            let word = text.dropFirst(start).prefix(Self.wordBytes).prefix { $0 | 0x20 >= 0x61 }
            self = Self.words[String(decoding: word, as: UTF8.self).asciiLowercased] ?? .other
        }

        private static let hint = Array("/*polar4ai*/".utf8)
        private static let headBytes = 64
        private static let wordBytes = 16

        private static let words: [String: StatementKind] = [
            "select": .select, "with": .select, "table": .select, "values": .select,
            "insert": .insert, "replace": .insert, "load": .insert, "update": .update,
            "delete": .delete, "create": .definition, "alter": .definition, "drop": .definition,
            "rename": .definition, "truncate": .definition, "set": .set, "show": .show,
            "describe": .show, "desc": .show, "explain": .show, "begin": .transaction,
            "start": .transaction, "commit": .transaction, "rollback": .transaction,
            "savepoint": .transaction, "release": .transaction, "upload": .model,
            "deploy": .model, "evaluate": .model,
        ]
    }

    /// Statements of a kind.
    package struct Statements: Sendable {
        /// Those that ended well, and those that ended with an error.
        package fileprivate(set) var succeeded = 0
        package fileprivate(set) var failed = 0
        /// `[WorkMeter.bounds + 1]`: how many took at most each bound, and how many longer; each
        /// statement once.
        package fileprivate(set) var buckets = [Int](repeating: 0, count: bounds.count + 1)
        package fileprivate(set) var microseconds: UInt64 = 0
    }

    /// Upper bounds of latencies, in microseconds.
    package static let bounds: [UInt64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 60_000_000,
    ]

    /// A lock for each kind: statements of one kind seldom end at the same moment.
    private final class Slot: Sendable {
        let statements = Mutex(Statements())
    }

    private let slots = StatementKind.allCases.map { _ in Slot() }
    private let predicted = Atomic<Int>(0)
    private let rounds = Atomic<Int>(0)

    init() {}

    /// A statement has ended.
    package func count(_ kind: StatementKind, failed: Bool, microseconds: UInt64) {
        guard let place = StatementKind.allCases.firstIndex(of: kind) else { return }
        slots[place].statements.withLock { statements in
            if failed { statements.failed += 1 } else { statements.succeeded += 1 }
            let bucket = Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count
            statements.buckets[bucket] += 1
            statements.microseconds &+= microseconds
        }
    }

    /// By kind, in the order of kinds.
    package var statements: [(kind: StatementKind, statements: Statements)] {
        zip(StatementKind.allCases, slots).map { ($0, $1.statements.withLock { $0 }) }
    }

    func countPredicted(_ rows: Int) { predicted.add(rows, ordering: .relaxed) }

    /// Rows that local models have answered.
    package var predictedRows: Int { predicted.load(ordering: .relaxed) }

    func countRound() { rounds.add(1, ordering: .relaxed) }

    /// Rounds, iterations and epochs of training.
    package var trainingRounds: Int { rounds.load(ordering: .relaxed) }
}
