import BorealBase
import Testing

@testable import BorealEngine

/// Whose the inner query of a statement on models is, beside a source.
@Suite struct SourceQueryTests {
    private static let queries: [(String, Bool)] = [
        ("SELECT * FROM orders", true), ("select a from shop.orders o join x using (id)", true),
        ("SELECT * FROM `local`", true), ("SELECT local FROM orders", true),
        ("SELECT 'local.t' FROM orders", true), ("SELECT 1 FROM dual", true),
        ("SELECT * FROM local.orders", false), ("SELECT * FROM `LOCAL`.orders", false),
        ("SELECT * FROM polar4ai.predicted", false), ("SELECT 1 AS a, 'from' AS b", false),
        ("SELECT o.* FROM orders o, local.t", false), ("SELECT AI_GENERATE('m', 'x') a", false),
    ]

    @Test("a query that names a table is the source's, unless it names a database here")
    func places() throws {
        for (text, isTheirs) in Self.queries {
            #expect(try SourceQuery.isMeant(by: text) == isTheirs, "\(text)")
        }
    }

    @Test("a function that asks a model does not run over tables of the source")
    func functions() {
        #expect(throws: ServerError.modelCallOverSource) {
            try SourceQuery.isMeant(by: "SELECT PREDICT_ROW('m', a) FROM orders")
        }
    }
}
