import Foundation
import TestPrograms
import Testing

/// Models trained here are as good as the `lightgbm` package's with equal parameters.
@Suite("Accuracy beside LightGBM", .serialized)
struct AccuracyTests {
    /// LightGBM 4.7.0 on the airlines sample: objective=binary, num_leaves=256, max_depth=8,
    /// learning_rate=0.06, min_data_in_leaf=20, categories in sorted order, 100 trees; scored on
    /// airlines_sample_test.csv.
    private let lightGBM = (acc: 0.6428705, auc: 0.6752602)

    @Test("airlines sample: accuracy and AUC within 0.003 of LightGBM's")
    func airlines() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.createAirlinesModel("airlines_gbm", trees: 100)
        #expect(
            try client.statuses(of: "airlines_gbm", until: ["saved", "failed"]).last == "saved"
        )
        let id = try #require(
            try client.query(
                """
                SELECT Delay FROM EVALUATE(MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test)
                WITH (x_cols='\(airlinesFeatures)', y_cols='Delay', metrics='acc,auc')
                """
            ).cell
        )
        let results = try #require(try client.task(id)["results"])
        let values = results.split(whereSeparator: { !"0123456789.".contains($0) })
            .compactMap { Double($0) }
        try #require(values.count == 2, "\(results)")
        #expect(abs(values[0] - lightGBM.acc) < 0.003, "\(results)")
        #expect(abs(values[1] - lightGBM.auc) < 0.003, "\(results)")
    }

    @Test(
        "the artifact loads in the lightgbm package, which scores it to the same doubles",
        .enabled(if: AccuracyTests.hasLightGBM, "python3 with lightgbm is not installed")
    )
    func artifactInPython() throws {
        let folder = TestRun.folder + "py-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = Fixtures.root + "/data/airlines_sample_train.csv"
        let test = Fixtures.root + "/data/airlines_sample_test.csv"
        for ending in ["txt", "pkl"] {
            let train = try ProgramRun(
                ServerProcess.binary,
                [
                    "train", "--class", "lightgbm", "--data", data, "--label", "Delay",
                    "--param", "n_estimators=20", "--out", "\(folder)/m.\(ending)",
                ]
            )
            #expect(train.status == 0, "\(train.errors)")
        }
        let predict = try ProgramRun(
            ServerProcess.binary,
            [
                "predict", "--model", "\(folder)/m.txt", "--data", test, "--output", "raw", "--out",
                "\(folder)/raw.csv",
            ]
        )
        #expect(predict.status == 0, "\(predict.errors)")
        let python = try #require(ProgramRun.find("python3"))
        let check = try ProgramRun(
            python,
            [
                Fixtures.root + "/../Tests/Clients/lightgbm_scores.py", folder, test,
                folder + "/raw.csv",
            ]
        )
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    static let hasLightGBM: Bool = {
        guard let python = ProgramRun.find("python3"),
            let run = try? ProgramRun(python, ["-c", "import lightgbm, joblib"])
        else { return false }
        return run.status == 0
    }()
}
