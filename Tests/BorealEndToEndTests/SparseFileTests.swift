import Foundation
import TestPrograms
import Testing

/// `boreal train` and `boreal predict` on LibSVM files.
@Suite("LibSVM files at the shell")
struct SparseFileTests {
    @Test("weights beside the file count, and a narrower file has the model's other columns as 0")
    func trainAndPredict() throws {
        let folder = TestRun.folder + "svm-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Rows of weight 0 tell the opposite; f4 is there in training alone.
        var table = ""
        var weights = ""
        for row in 0..<600 {
            let isLie = row % 3 == 0
            let isHigh = row % 2 == 0
            table += "\(isHigh != isLie ? 1 : 0) 1:\(row % 7)\(isHigh ? " 2:5" : "") 4:1\n"
            weights += isLie ? "0\n" : "1\n"
        }
        try table.write(toFile: folder + "/t.svm", atomically: true, encoding: .utf8)
        try weights.write(toFile: folder + "/t.svm.weight", atomically: true, encoding: .utf8)
        try "0 2:5\n0 1:3\n".write(toFile: folder + "/p.svm", atomically: true, encoding: .utf8)
        let train = try ProgramRun(
            ServerProcess.binary,
            [
                "train", "--data", folder + "/t.svm", "--label", "label", "--out",
                folder + "/m.txt", "--param", "n_estimators=60", "--json",
            ]
        )
        #expect(train.status == 0, "\(train.errors)")
        #expect(train.output.contains("\"features\": 5"), "\(train.output)")
        let predict = try ProgramRun(
            ServerProcess.binary,
            [
                "predict", "--model", folder + "/m.txt", "--data", folder + "/p.svm", "--output",
                "value",
            ]
        )
        #expect(predict.status == 0, "\(predict.errors)")
        let values = predict.output.split(separator: "\n").dropFirst().compactMap { Double($0) }
        try #require(values.count == 2, "\(predict.output)")
        #expect(values[0] > 0.9 && values[1] < 0.1, "\(values)")
    }

    @Test("groups and first scores beside the file are used, and the model says what it is")
    func ranking() throws {
        let folder = TestRun.folder + "rank-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ text: String, _ name: String) throws {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }
        // Of the ten rows of a group the one with the greatest f0 is the best.
        var table = ""
        for row in 0..<600 {
            let rank = (row * 7 + row / 10) % 10
            table += "\(rank / 4) 0:\(rank) 1:\(row % 3)\n"
        }
        for name in ["t.svm", "v.svm"] {
            try write(table, name)
            try write(String(repeating: "10\n", count: 60), name + ".query")
            try write(String(repeating: "0.5\n", count: 600), name + ".init")
        }
        let model = folder + "/m.txt"
        func train(_ parameters: [String]) throws -> ProgramRun {
            try ProgramRun(
                ServerProcess.binary,
                [
                    "train", "--data", folder + "/t.svm", "--label", "label", "--valid",
                    folder + "/v.svm", "--out", model, "--param", "n_estimators=20", "--json",
                ] + parameters.flatMap { ["--param", $0] }
            )
        }
        let run = try train(["objective=lambdarank", "eval_at=3", "metric=ndcg,map"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("\"features\": 2"), "\(run.output)")
        #expect(run.output.contains("\"ndcg@3\": 1"), "\(run.output)")
        let text = try String(contentsOfFile: model, encoding: .utf8)
        #expect(text.contains("\nobjective=lambdarank\n"))
        try write("10\n10\n", "t.svm.query")
        let bad = try train(["objective=lambdarank"])
        #expect(bad.status == 1)
        #expect(bad.errors.contains("sizes of groups"), "\(bad.errors)")
    }

    @Test("a table that would be too wide with all its zeros trains, is judged and is answered")
    func wide() throws {
        let folder = TestRun.folder + "wide-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // 60,000 rows of 9,000 columns: 4.3 GB of doubles. The label is whether one of the words
        // with an even number below 90 is there.
        var table = ""
        for row in 0..<60_000 {
            let (first, second) = (row * 31 % 180, 180 + row * 7 % 8_820)
            table += "\(first < 90 && first % 2 == 0 ? 1 : 0) \(first):1 \(second):1\n"
        }
        let data = folder + "/t.svm"
        try table.write(toFile: data, atomically: true, encoding: .utf8)
        let train = try ProgramRun(
            ServerProcess.binary,
            [
                "train", "--data", data, "--label", "label", "--valid", data, "--out",
                folder + "/m.txt", "--param", "n_estimators=40", "--param", "learning_rate=0.3",
                "--param", "min_samples_leaf=5", "--json",
            ]
        )
        #expect(train.status == 0, "\(train.errors)")
        #expect(train.output.contains("\"acc\": 1"), "\(train.output)")
        let predict = try ProgramRun(
            ServerProcess.binary,
            ["predict", "--model", folder + "/m.txt", "--data", data, "--output", "label"]
        )
        #expect(predict.status == 0, "\(predict.errors)")
        let labels = predict.output.split(separator: "\n").dropFirst()
        let expected = table.split(separator: "\n").map { $0.prefix(1) }
        #expect(Array(labels) == expected)
    }
}
