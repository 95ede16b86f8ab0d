import Testing

@testable import BorealEngine

@Suite("What the server has done")
struct WorkMeterTests {
    @Test(
        "a statement's kind is its first word's",
        arguments: [
            ("SELECT 1", .select), ("  select*from t", .select), ("(SELECT 1)", .other),
            ("/*polar4ai*/SHOW MODELS", .model), ("/*POLAR4AI*/ SELECT 1", .model),
            ("/* x */ SELECT 1", .other), ("INSERT INTO t VALUES (1)", .insert),
            ("replace t values(1)", .insert), ("UPDATE t SET a=1", .update),
            ("DELETE FROM t", .delete), ("CREATE TABLE t(a int)", .definition),
            ("SET @a=1", .set), ("SHOW TABLES", .show), ("COMMIT", .transaction),
            ("COMMIT;", .transaction), ("upload model m", .model), ("", .other), ("\u{1}", .other),
        ] as [(String, WorkMeter.StatementKind)]
    )
    func kinds(_ text: String, _ kind: WorkMeter.StatementKind) {
        #expect(WorkMeter.StatementKind(Array(text.utf8)) == kind)
    }

    @Test("each statement is in one bucket, by the least bound that it keeps")
    func buckets() throws {
        let meter = WorkMeter()
        meter.count(.select, failed: false, microseconds: 100)
        meter.count(.select, failed: true, microseconds: 101)
        meter.count(.select, failed: false, microseconds: .max / 2)
        meter.count(.update, failed: false, microseconds: 0)
        let select = try #require(meter.statements.first { $0.kind == .select }).statements
        #expect(select.succeeded == 2 && select.failed == 1)
        #expect(select.buckets[0] == 1 && select.buckets[1] == 1 && select.buckets.last == 1)
        #expect(select.buckets.reduce(0, +) == 3)
        meter.countPredicted(7)
        meter.countPredicted(1)
        #expect(meter.predictedRows == 8)
    }
}
