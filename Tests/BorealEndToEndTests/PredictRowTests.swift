import Testing

/// PREDICT_ROW and PREDICT_PROBA against PREDICT, the statement they must agree with.
@Suite("Models as functions", .serialized)
struct PredictRowTests {
    private let arguments = "Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length"

    @Test("PREDICT_ROW answers what PREDICT answers, wherever it stands")
    func agreement() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.createAirlinesModel()
        #expect(
            try client.statuses(of: "airlines_gbm", until: ["saved", "failed"]).last == "saved"
        )
        try client.query("USE db4ai")
        let expected = try client.query(
            "SELECT Delay FROM PREDICT(MODEL airlines_gbm, SELECT * FROM airlines_test LIMIT 500) "
                + "WITH (x_cols='\(airlinesFeatures)', output='proba')"
        ).rows
        let streamed = try client.query(
            "SELECT Delay, PREDICT_ROW('airlines_gbm', \(arguments)) p, "
                + "PREDICT_PROBA('airlines_gbm', \(arguments)) q FROM airlines_test LIMIT 500"
        )
        #expect(streamed.names == ["Delay", "p", "q"])
        #expect(streamed.rows.map { $0[1] } == expected.map { $0[1] })
        for (row, other) in zip(streamed.rows, expected) {
            #expect(Double(row[2] ?? "") == Double(other[3] ?? ""))
        }
        let ones = expected.count { $0[1] == "1" }
        let cases: [(String, String)] = [
            (
                "SELECT COUNT(*) FROM (SELECT * FROM airlines_test LIMIT 500) t "
                    + "WHERE PREDICT_ROW('airlines_gbm', \(arguments)) = 1", "\(ones)"
            ),
            (
                "SELECT SUM(PREDICT_ROW('airlines_gbm', \(arguments))) "
                    + "FROM (SELECT * FROM airlines_test LIMIT 500) t", "\(ones)"
            ),
            (
                "SELECT COUNT(*) FROM airlines_test "
                    + "WHERE PREDICT_PROBA('airlines_gbm', \(arguments)) > 2", "0"
            ),
        ]
        for (sql, answer) in cases { #expect(try client.query(sql).rows == [[answer]], "\(sql)") }
        // All rows, far above the 1,000 of PREDICT, are written back.
        try client.query("ALTER TABLE airlines_test ADD COLUMN Guess INT")
        try client.query(
            "UPDATE airlines_test SET Guess = PREDICT_ROW('airlines_gbm', \(arguments))"
        )
        let wrong = try client.query(
            "SELECT COUNT(*) FROM airlines_test "
                + "WHERE NOT Guess <=> PREDICT_ROW('airlines_gbm', \(arguments))"
        )
        #expect(wrong.rows == [["0"]])
    }

    @Test("what is wrong with a call is told with the model's name")
    func errors() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.createAirlinesModel("m", trees: 3)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        let cases: [(String, Int)] = [
            ("SELECT PREDICT_ROW('nobody', 1)", 9053), ("SELECT PREDICT_ROW('m', 1, 2)", 9055),
            ("SELECT PREDICT_ROW()", 9055), ("SELECT PREDICT_ROW(CONCAT('m'), 1)", 9055),
            ("SELECT PREDICT_ROW('m', 'AA', 'x', 'b', 'c', 1, 2, 3)", 9062),
        ]
        for (sql, number) in cases {
            #expect((try client.failure(of: sql).number) == number, "\(sql)")
        }
        #expect(
            try client.query("SELECT PREDICT_ROW('m', 'AA', 1, 'SFO', NULL, 1, 2, 3) IN (0, 1)")
                .rows
                == [["1"]]
        )
        // A replaced model is the one that answers next.
        let sql = "SELECT PREDICT_PROBA('m', 'AA', 1, 'SFO', 'LAX', 1, 2, 3)"
        let first = try client.query(sql).rows
        try client.query("DROP MODEL m")
        #expect((try client.failure(of: sql).number) == 9053)
        try client.createAirlinesModel("m", trees: 30)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        #expect(try client.query(sql).rows != first)
    }
}
