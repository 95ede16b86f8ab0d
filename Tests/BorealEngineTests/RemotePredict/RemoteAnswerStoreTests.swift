import BorealBase
import BorealRemote
import Foundation
import Testing

@testable import BorealEngine

@Suite("Answers of a task so far")
struct RemoteAnswerStoreTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "boreal-answers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private let cells: [RemoteCell] = [
        .empty, .text(""), .text("größer\u{0}x"), .score(0.1), .score(-3),
        .failure(RemoteModelError(.filtered, "held back")),
    ]

    @Test("what was kept is there after a restart, as of an earlier run")
    func restart() throws {
        try inFolder { folder in
            let rows = cells.enumerated().map { index, cell in
                RemoteAnswerStore.Row(key: "k\(index)", content: "c\(index)", cell: cell)
            }
            var store: RemoteAnswerStore? = try RemoteAnswerStore(folder: folder, task: "t")
            #expect(try store?.answer(to: "k0") == nil)
            try store?.keep([])
            try store?.keep(rows)
            for row in rows {
                #expect(
                    try store?.answer(to: row.key)
                        == .init(cell: row.cell, content: row.content, isOfThisRun: true)
                )
            }
            store = nil
            let again = try RemoteAnswerStore(folder: folder, task: "t")
            for row in rows {
                #expect(
                    try again.answer(to: row.key)
                        == .init(cell: row.cell, content: row.content, isOfThisRun: false)
                )
            }
            // The first answer stays.
            try again.keep([.init(key: "k1", content: "c1", cell: .text("other"))])
            #expect(try again.answer(to: "k1")?.cell == .text(""))
            #expect(try again.answer(to: "K1") == nil)
        }
    }

    @Test("tasks have stores of their own, which go with them")
    func files() throws {
        try inFolder { folder in
            for task in ["one", "two"] {
                let store = try RemoteAnswerStore(folder: folder, task: task)
                try store.keep([.init(key: "k", content: "c", cell: .text(task))])
            }
            #expect(
                try RemoteAnswerStore(folder: folder, task: "two").answer(to: "k")?.cell
                    == .text("two")
            )
            RemoteAnswerStore.remove(folder: folder, task: "one")
            RemoteAnswerStore.remove(folder: folder, task: "never there")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.allSatisfy { $0.hasPrefix("two.") } && !left.isEmpty)
        }
    }

    @Test("a file that is no store is an error, not the end of the server")
    func damage() throws {
        try inFolder { folder in
            try Data("no database at all, whatever its name says".utf8)
                .write(to: URL(fileURLWithPath: folder + "/t.db"))
            let error = #expect(throws: ServerError.self) {
                try RemoteAnswerStore(folder: folder, task: "t")
            }
            #expect(error?.message.contains("answers that the task has so far") == true)
        }
    }
}
