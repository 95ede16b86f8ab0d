import Foundation
import Testing

/// `boreal train` and `boreal predict` on LibSVM files.
@Suite("LibSVM files at the shell")
struct SparseFileTests {
    @Test("weights beside the file count, and a narrower file has the model's other columns as 0")
    func trainAndPredict() throws {
        let folder = NSTemporaryDirectory() + "boreal-svm-\(UUID().uuidString)"
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
}
