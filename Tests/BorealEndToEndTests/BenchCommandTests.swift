import Foundation
import TestPrograms
import Testing

/// `boreal bench`, and the phases that `boreal train` tells: what the engine's bench reads.
@Suite("Measuring at the shell")
struct BenchCommandTests {
    private static let model = Fixtures.root + "/models/lgb460-txt-goss/"

    private func bench(_ more: String...) throws -> ProgramRun {
        try ProgramRun(
            ServerProcess.binary,
            [
                "bench", "--model", Self.model + "model.txt", "--data", Self.model + "rows.csv",
                "--seconds", "0",
            ] + more
        )
    }

    private func object(_ run: ProgramRun) throws -> [String: Any] {
        try #require(run.status == 0, "\(run.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        return try #require(value as? [String: Any], "\(run.output)")
    }

    @Test(
        "one figure for each number of rows, none larger than the table",
        arguments: ["value", "raw", "leaf"]
    )
    func figures(output: String) throws {
        let report = try object(
            bench("--rows", "1,7,1000000", "--threads", "2", "--output", output)
        )
        #expect(report["threads"] as? Int == 2 && report["output"] as? String == output)
        let rows = try #require(report["rows"] as? Int)
        let runs = try #require(report["runs"] as? [[String: Any]], "\(report)")
        #expect(runs.compactMap { $0["rows"] as? Int } == [1, 7, rows], "\(report)")
        for run in runs {
            let names = ["call_us", "rows_per_s", "rows_per_s_min", "rows_per_s_max"]
            let numbers = names.compactMap { run[$0] as? Double }
            try #require(numbers.count == 4, "\(run)")
            let count = Double(run["rows"] as? Int ?? 0)
            #expect(abs(numbers[0] * numbers[1] / (count * 1e6) - 1) < 1e-6, "\(run)")
            #expect(numbers[2] <= numbers[1] && numbers[1] <= numbers[3], "\(run)")
            #expect((run["samples"] as? Int ?? 0) >= 3, "\(run)")
        }
    }

    @Test("without --rows the whole table is one call")
    func wholeTable() throws {
        let report = try object(bench())
        let runs = try #require(report["runs"] as? [[String: Any]], "\(report)")
        #expect(runs.count == 1 && runs[0]["rows"] as? Int == report["rows"] as? Int)
    }

    @Test(
        "what cannot be measured is refused with a sentence",
        arguments: [
            (["--output", "nonsense"], 1, "'nonsense' is none of"),
            (["--rows", "1,0"], 1, "one row or more"), (["--rows", "many"], 1, "one row or more"),
            (["--output", "proba", "--data", "/nowhere.csv"], 1, "cannot read '/nowhere.csv'"),
            (["--threads=-1"], 2, "positive numbers"), (["--seconds", "1e9"], 2, "positive"),
        ] as [([String], Int, String)]
    )
    func refusals(options: [String], status: Int, sentence: String) throws {
        var words = ["bench", "--model", Self.model + "model.txt"]
        if !options.contains("--data") { words += ["--data", Self.model + "rows.csv"] }
        let run = try ProgramRun(ServerProcess.binary, words + options)
        #expect(Int(run.status) == status, "\(run.errors)")
        #expect(run.errors.contains(sentence), "\(run.errors)")
    }

    @Test("training tells the seconds of its phases and the memory they hold")
    func phases() throws {
        let run = try ProgramRun(
            ServerProcess.binary,
            [
                "train", "--data", Fixtures.root + "/data/airlines_sample_train.csv", "--label",
                "Delay", "--param", "n_estimators=5", "--threads", "1", "--json",
            ]
        )
        let report = try object(run)
        let names = ["load_s", "bin_s", "train_s", "train_cpu_s", "save_s"]
        let seconds = names.compactMap { report[$0] as? Double }
        try #require(seconds.count == names.count, "\(report)")
        #expect(seconds.allSatisfy { $0 >= 0 } && seconds[3] > 0, "\(report)")
        let memory = ["train_held_mib", "train_peak_mib", "peak_rss_mib"].compactMap {
            report[$0] as? Double
        }
        try #require(memory.count == 3, "\(report)")
        #expect(memory[0] > 0 && memory[0] <= memory[1] && memory[1] <= memory[2], "\(report)")
    }
}
