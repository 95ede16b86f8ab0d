import BorealBase
import BorealRemote
import BorealSQL
import Testing

@testable import BorealEngine

@Suite("What becomes of rows of remote models")
struct RemoteCellTests {
    private static let failed = RemoteCell.failure(RemoteModelError(.upstream5xx, "went wrong"))
    private static let other = RemoteCell.failure(RemoteModelError(.filtered, "held back"))

    @Test(
        "a cell is written as prediction and status",
        arguments: [
            (.empty, nil, ""), (.text(""), "", ""), (.text("a\nb"), "a\nb", ""),
            (.score(0.5), "0.5", ""), (.score(1e300), "1e+300", ""),
            (failed, nil, "UPSTREAM_5xx: went wrong"),
        ] as [(RemoteCell, String?, String)]
    )
    func texts(_ cell: RemoteCell, _ prediction: String?, _ status: String) {
        var text: [UInt8] = []
        let isThere = cell.appendPrediction(to: &text)
        #expect((isThere ? String(decoding: text, as: UTF8.self) : nil) == prediction)
        text = []
        cell.appendStatus(to: &text)
        #expect(String(decoding: text, as: UTF8.self) == status)
    }

    @Test("failures of the row itself are final, all others may pass")
    func passing() {
        let final: Set<RemoteModelError.Code> = [
            .upstream4xx, .upstream5xx, .badResponse, .filtered, .truncated,
        ]
        for code in RemoteModelError.Code.allCases {
            let cell = RemoteCell.failure(RemoteModelError(code, ""))
            #expect(cell.isPassing == !final.contains(code))
        }
        #expect(!RemoteCell.empty.isPassing && !RemoteCell.text("").isPassing)
    }

    @Test(
        "the statement goes before the model",
        arguments: [
            (nil, nil, .failIfAll), (nil, .null, .failIfAll), (nil, .fail, .fail),
            (.null, .fail, .keep), (.null, nil, .keep), (.fail, .null, .fail),
        ]
            as [(
                RemoteModelOptions.OnError?, RemoteModelOptions.OnError?, RemoteTally.Rule
            )]
    )
    func rules(
        _ statement: RemoteModelOptions.OnError?,
        _ model: RemoteModelOptions.OnError?,
        _ rule: RemoteTally.Rule
    ) {
        #expect(RemoteTally.Rule(statement: statement, model: model) == rule)
    }

    @Test(
        "a statement fails when every row that was asked did, for one reason",
        arguments: [
            ([], false), ([.empty], false), ([failed], true), ([.empty, failed, failed], true),
            ([failed, other], false), ([failed, .text("x")], false), ([.score(1), failed], false),
        ] as [([RemoteCell], Bool)]
    )
    func verdicts(_ cells: [RemoteCell], _ fails: Bool) throws {
        var tally = RemoteTally(.failIfAll)
        for cell in cells { try tally.add(cell) }
        #expect((tally.verdict != nil) == fails)
        let asked = cells.count { $0 != .empty }
        #expect(tally.askedRows == asked)
        if fails { #expect(tally.verdict?.rows == asked) }
        var keeping = RemoteTally(.keep)
        for cell in cells { try keeping.add(cell) }
        #expect(keeping.verdict == nil)
        var strict = RemoteTally(.fail)
        var thrown = false
        for cell in cells where !thrown {
            do throws(RemoteModelError) { try strict.add(cell) } catch { thrown = true }
        }
        #expect(thrown == (cells.contains(Self.failed) || cells.contains(Self.other)))
    }

    @Test("answers that stop at a limit are counted")
    func cut() throws {
        var tally = RemoteTally(.failIfAll)
        try tally.add(.text("a", isCut: true))
        try tally.add(.text("b"))
        #expect(tally.cutRows == 1 && tally.failedRows == 0)
    }

    private func request(_ options: String, _ items: String = "*") throws -> RemotePredictRequest {
        let text = "SELECT \(items) FROM PREDICT(MODEL m, SELECT 1) WITH (\(options))"
        guard case .model(.predict(let node)) = try StatementParser.parse(text).kind else {
            throw ServerError.interrupted
        }
        return try RequestReader.remotePredict(node)
    }

    @Test("options are read")
    func options() throws {
        let bare = try request("")
        #expect(!bare.hasOptions && bare.mode == .unset && bare.features == nil)
        let full = try request(
            "x_cols='a', s_cols='b,c', primary_key='k', mode='SYNC', on_error='NULL', y_cols=''"
        )
        #expect(full.features == ["a"] && full.carried == ["b", "c"] && full.key == ["k"])
        #expect(full.mode == .sync && full.onError == .null && full.hasOptions)
        for wrong in ["mode='x'", "on_error='x'", "x_cols='a,a'", "output='raw'", "mode=1"] {
            let error = #expect(throws: ServerError.self) { try request(wrong) }
            #expect(error?.code == .invalidOption)
        }
    }

    @Test(
        "the columns are those asked for, then prediction and status",
        arguments: [
            ("*", "", ["predicted_results"]), ("predicted_results AS r", "", ["r"]),
            ("*", "mode='sync'", ["a", "b", "prediction", "status"]),
            ("b", "x_cols='a'", ["b", "prediction", "status"]),
            ("*", "s_cols='b'", ["b", "prediction", "status"]),
            ("status, b", "s_cols='a'", ["status", "b", "a", "prediction"]),
        ] as [(String, String, [String])]
    )
    func columns(_ items: String, _ options: String, _ names: [String]) throws {
        let columns = try RemoteColumns(
            try request(options, items),
            inputs: ["a", "b"],
            kind: .chat
        )
        #expect(columns.projection.columns.map(\.name) == names)
        #expect(columns.storedTypes.count == columns.definitions.count)
    }

    @Test("a column that is not there is named")
    func unknown() throws {
        for (items, options, place) in [("c", "", "field list"), ("*", "s_cols='c'", "s_cols")] {
            let asked = try request(options, items)
            let error = #expect(throws: ServerError.self) {
                try RemoteColumns(asked, inputs: ["a"], kind: .rerank)
            }
            #expect(error == .unknownColumn("c", in: place))
        }
    }
}
